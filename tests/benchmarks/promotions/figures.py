"""The table and the chart of the simulated years."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.drawing import INK, MUTED, axes_of, save

KEPT = Path(__file__).resolve().parents[3] / ".local" / "promotions"
HEAD = [
    "days",
    "rows a day",
    "of holdout",
    "A/A years that promote any",
    "with 95 % in each run",
    "better by 0.01: promoted by the first run",
    "within two",
]
_MOST, _LEAST = 0.05, 0.9
_DRAWN = ("days like their neighbours (0.8)", 900, 14)


def _cells() -> list[dict]:
    return json.loads((KEPT / "years.json").read_text(encoding="utf-8"))


def lines() -> Iterator[list[str]]:
    """A line for each kind of year."""
    for cell in _cells():
        by_luck = cell["shared"][-1] / cell["years"]
        at_once, within_two = (count / cell["years"] for count in cell["found"])
        yield [
            cell["world"], f"{cell['rows']:,}", f"{cell['days']}", _marked(by_luck, missed=by_luck > _MOST),
            f"{cell['alone'][-1] / cell['alone_years']:.0%}", f"{at_once:.1%}",
            _marked(within_two, missed=within_two < _LEAST),
        ]  # fmt: skip


def draw(path: Path) -> None:
    """How many years have promoted a version that is no better, week by week."""
    cell = next(cell for cell in _cells() if (cell["world"], cell["rows"], cell["days"]) == _DRAWN)
    figure, axes = axes_of(
        "A year of weekly retrainings shares one chance of promoting by luck",
        "share of A/A years that have promoted any version (days like their neighbours, two weeks of 900 rows a day)",
        height=4.2,
        grid="y",
    )
    weeks = range(1, len(cell["shared"]) + 1)
    for counts, years, shade, label in (
        (cell["alone"], cell["alone_years"], "#b3261e", "confidence: 0.95\nin each run"),
        (cell["shared"], cell["years"], "#2b6cb0", "chance_a_year: 0.05"),
    ):
        shares = [count / years for count in counts]
        axes.plot(weeks, shares, color=shade, linewidth=2)
        place = (-4, -26) if shares[-1] > 0.5 else (-4, 14)
        text = f"{label}: {shares[-1]:.1%}"
        axes.annotate(
            text, (weeks[-1], shares[-1]), textcoords="offset points", xytext=place, ha="right", color=INK, fontsize=9
        )
    axes.axhline(_MOST, color=MUTED, linewidth=1, linestyle=":")
    axes.annotate("5 %", (20, _MOST), textcoords="offset points", xytext=(0, 4), color=MUTED, fontsize=9)
    axes.set_ylim(0, 1)
    axes.set_xlabel("weeks", color=MUTED)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    save(figure, path)


def _marked(share: float, *, missed: bool) -> str:
    return f"{share:.1%}" + (", **missed**" if missed else "")
