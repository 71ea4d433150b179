"""Where the errors of estimates are kept, and what they say, as a table and a chart."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks.drawing import GRID, INK, axes_of, colour, save
from tests.benchmarks.estimation.worlds import FOLDER

_KEPT = FOLDER / "figures.json"
_TITLES = {"roc_auc": "ROC AUC", "accuracy": "accuracy", "f1": "F1"}
_WORLDS = {
    "linear": "a linear truth, and a model that has it",
    "curved": "a curved truth, and boosted trees",
    "beyond-the-model": "a curved truth, and a linear model",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out of one world for one metric.

    Attributes:
        world, metric: which.
        windows: of all seeds.
        steward, cbpe: mean absolute error against what the labels say.
        unmoved: that of the holdout's own figure, which is what is known without any estimate.
        coverage: share of the realised figures within Steward's 95 % intervals.
    """

    world: str
    metric: str
    windows: int
    steward: float
    cbpe: float
    unmoved: float
    coverage: float


def keep(found: list[Figures]) -> None:
    """Store what came out; it replaces what was known."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _KEPT.write_text(json.dumps([asdict(figures) for figures in found], indent=1))


def known() -> list[Figures]:
    """What last came out; empty where it was never run here."""
    return [Figures(**figures) for figures in json.loads(_KEPT.read_text())] if _KEPT.exists() else []


def lines() -> Iterator[list[str]]:
    """A line for each world and metric."""
    for one in known():
        missed = "" if one.steward <= one.cbpe else ", **missed**"
        yield [
            _WORLDS[one.world],
            _TITLES[one.metric],
            f"{one.windows:,}",
            f"{one.unmoved:.4f}",
            f"{one.cbpe:.4f}",
            f"{one.steward:.4f}{missed}",
            f"{one.coverage:.0%}",
        ]


def draw(path: Path) -> None:
    """Both errors, a line for each world and metric."""
    found = known()
    figure, axes = axes_of(
        "Performance estimated without labels, where the inputs move and the world stays",
        "mean absolute error against what the labels say; windows of 2,000 rows",
        height=4.2,
        grid="x",
    )
    for row, one in enumerate(found):
        axes.plot([one.steward, one.cbpe], [-row, -row], color=GRID, linewidth=3, zorder=1)
        for name, error in (("NannyML", one.cbpe), ("Steward", one.steward)):
            axes.plot(error, -row, "o", color=colour(name), markersize=9, zorder=2)
    for name, error, side in (("Steward", found[0].steward, -10), ("NannyML, CBPE", found[0].cbpe, 10)):
        axes.annotate(
            name, (error, 0), xytext=(side, 12), textcoords="offset points", color=colour(name), fontweight="bold",
            ha="right" if side < 0 else "left",
        )  # fmt: skip
    axes.set_ylim(0.5 - len(found), 1.0)
    axes.set_xlim(0, max(max(one.cbpe, one.steward) for one in found) * 1.08)
    axes.set_yticks([-row for row in range(len(found))], [f"{one.world}, {_TITLES[one.metric]}" for one in found])
    for text in axes.get_yticklabels():
        text.set_color(INK)
    save(figure, path)
