"""How the charts of measured figures look: as the demo's do, plain, with the names at the marks."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infra.demo.chart import CHAMPION, FIRST, GRID, INK, MUTED, PROMOTED, REFUSED

COLOURS = {
    "Steward": CHAMPION,
    "Evidently": FIRST,
    "NannyML": PROMOTED,
    "alibi-detect": REFUSED,
    "whylogs": MUTED,
}
"""Of each tool, in every chart the same."""

__all__ = ["COLOURS", "GRID", "INK", "MUTED", "axes_of", "colour", "save", "spread"]


def colour(name: str) -> str:
    """Of a tool, or of one way to read its answers."""
    return next(shade for tool, shade in COLOURS.items() if name.startswith(tool))


def axes_of(title: str, subtitle: str, *, height: float, grid: str) -> tuple[Figure, Axes]:
    """A figure with one plot.

    Args:
        title: what it shows, as a sentence.
        subtitle: what is drawn.
        height: in inches, of 9.5 across.
        grid: the axis whose lines are drawn, `x` or `y`.
    """
    figure = Figure(figsize=(9.5, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.grid(axis="x" if grid == "x" else "y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=MUTED, which="both")
    axes.set_title(subtitle, loc="left", color=MUTED, fontsize=10)
    figure.suptitle(title, x=0.012, ha="left", color=INK, fontsize=13, fontweight="bold")
    return figure, axes


def spread(heights: list[float], room: float) -> list[float]:
    """The same heights, moved apart as little as labels need.

    >>> spread([0.0, 0.1, 5.0], 1.0)
    [-0.45, 0.55, 5.0]
    """
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    groups: list[list[int]] = []
    centres: list[float] = []
    for at in order:
        groups.append([at])
        centres.append(heights[at])
        while len(groups) > 1 and centres[-1] - centres[-2] < room * (len(groups[-1]) + len(groups[-2])) / 2:
            joined = groups[-2] + groups[-1]
            groups[-2:], centres[-2:] = [joined], [sum(heights[member] for member in joined) / len(joined)]
    moved = list(heights)
    for group, centre in zip(groups, centres, strict=True):
        for place, at in enumerate(group):
            moved[at] = round(centre + room * (place - (len(group) - 1) / 2), 12)
    return moved


def save(figure: Figure, path: Path) -> None:
    """Write a picture, the same bytes for the same figures."""
    figure.savefig(path, dpi=140, facecolor="white", metadata={"Software": None})
