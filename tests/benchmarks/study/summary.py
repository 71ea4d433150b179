"""What the study says: rates with exact intervals, as tables and charts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.lines import Line2D
from scipy.stats import beta

from tests.benchmarks.drawing import INK, axes_of, colour, save, spread
from tests.benchmarks.study.detector import DETECTORS
from tests.benchmarks.study.families import FAMILIES
from tests.benchmarks.study.results import Results
from tests.benchmarks.study.scenarios import (
    NULLS,
    POWERS,
    PROMISED_FALSE_ALARMS,
    PROMISED_POWER,
    SCENARIOS,
    SIZES,
    Scenario,
)

READINGS = {
    "steward": "Steward",
    "steward, any effect": "Steward, any effect",
    "alibi-detect": "alibi-detect",
    "NannyML": "NannyML",
    "Evidently, data set": "Evidently, data set",
    "Evidently, any column": "Evidently, any column",
}
"""Ways to read the tools' answers, in the order of the tables."""

PEERS = Path(__file__).with_name("peers.json")
"""Of each reading of a peer and scenario, the alarms and the windows of its last run."""

DRAWN = ("steward", "alibi-detect", "NannyML", "Evidently, data set", "Evidently, any column")

WORDS = {
    "shift-0.25": "mean of one column + 0.25 sd",
    "shift-0.1": "mean of one column + 0.1 sd",
    "share-plus-5-points": "a category's share + 5 points",
    "missing-5-percent": "missing cells of one column 0 → 5 %",
    "variance-times-1.5": "variance of one column × 1.5",
    "correlation-gone": "a correlation 0.8 → 0, marginals equal",
}

_CONFIDENCE = 0.95
_FEWEST_DRAWN = 20


@dataclass(frozen=True, slots=True)
class Rate:
    """Alarms among windows.

    Attributes:
        alarms: how many.
        windows: of how many that were judged.
        errors: windows beside these that the tool failed on.
    """

    alarms: int = 0
    windows: int = 0
    errors: int = 0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.alarms + other.alarms, self.windows + other.windows, self.errors + other.errors)

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.alarms / self.windows

    @property
    def interval(self) -> tuple[float, float]:
        """The exact binomial interval of 95 % (C. J. Clopper and E. S. Pearson, 1934, Biometrika 26, 404-413).

        >>> Rate(0, 100).interval[1] < 0.0363
        True
        """
        tail = (1 - _CONFIDENCE) / 2
        low = beta.ppf(tail, self.alarms, self.windows - self.alarms + 1) if self.alarms else 0.0
        missed = self.windows - self.alarms
        high = beta.ppf(1 - tail, self.alarms + 1, missed) if missed else 1.0
        return float(low), float(high)

    @property
    def cell(self) -> str:
        """For a table: the rate, its interval and what it rests on.

        >>> Rate(3, 600).cell
        '0.50 % (0.10–1.45) of 600'
        """
        if not self.windows:
            return f"fails ({self.errors} errors)" if self.errors else "—"
        low, high = (_percent(bound) for bound in self.interval)
        errors = f", {self.errors} errors" if self.errors else ""
        return f"{_percent(self.value)} % ({low}–{high}) of {self.windows:,}{errors}"


class Summary:
    """All that is known and still holds; of peers that were not asked again, what they said when they last were."""

    def __init__(self) -> None:
        self._results = {
            (tool, name): Results.load(tool, scenario) for tool in DETECTORS for name, scenario in SCENARIOS.items()
        }
        self._published = json.loads(PEERS.read_text(encoding="utf-8"))

    @property
    def dated(self) -> str:
        """When the peers were last asked, of those that no answers are stored of."""
        asked = {reading for results in self._results.values() for reading in results.readings}
        others = [name for name in self._published["counts"] if name not in asked]
        return f"Measured on {self._published['measured']}, on the same windows: {', '.join(others)}." if others else ""

    def rate(self, reading: str, scenarios: Sequence[Scenario]) -> Rate:
        """Of one way to read a tool's answers, over some scenarios together."""
        total = Rate()
        for scenario in scenarios:
            for tool in DETECTORS:
                results = self._results[tool, scenario.name]
                if reading in results.readings:
                    total += Rate(results.alarms(reading), results.judged(), results.errors())
        return total if total.windows or total.errors else self._published_rate(reading, scenarios)

    def _published_rate(self, reading: str, scenarios: Sequence[Scenario]) -> Rate:
        known = self._published["counts"].get(reading, {})
        return sum((Rate(*known[one.name]) for one in scenarios if one.name in known), Rate())

    def disagreements(self) -> list[str]:
        """Scenarios and blocks for which the tools did not draw the same windows: such results are worth nothing."""
        found = []
        for name in SCENARIOS:
            digests: dict[int, set[str]] = {}
            for tool in DETECTORS:
                for block, answer in self._results[tool, name].blocks.items():
                    digests.setdefault(block, set()).add(answer["digest"])
            found += [f"{name} block {block}" for block, different in digests.items() if len(different) > 1]
        return found

    def false_alarms(self) -> str:
        """The table of false alarms by size, over all families."""
        rows = [[f"{rows:,}", *(self.rate(reading, _nulls(rows=rows)).cell for reading in READINGS)] for rows in SIZES]
        return table(["rows a window", *READINGS.values()], rows)

    def by_family(self) -> str:
        """The table of false alarms by family and size: alarms of windows."""
        rows = []
        for reading, name in READINGS.items():
            for family in FAMILIES:
                rates = [self.rate(reading, _nulls(family, rows)) for rows in SIZES]
                cells = [f"{rate.alarms} of {rate.windows:,}" if rate.windows else "—" for rate in rates]
                rows.append([name, family, *cells])
        return table(["", "family", *(f"{rows:,} rows" for rows in SIZES)], rows)

    def power(self) -> str:
        """The table of changes found."""
        rows = []
        for scenario in POWERS:
            found = [
                f"{self.rate(reading, [scenario]).cell}{self._unchanged(reading, scenario)}" for reading in READINGS
            ]
            promised = f"{PROMISED_POWER[scenario.name]:.0%}".replace("%", " %")
            rows.append([f"{WORDS[scenario.change or '']}, n = {scenario.rows:,}", promised, *found])
        return table(["change", "promised", *READINGS.values()], rows)

    def _unchanged(self, reading: str, scenario: Scenario) -> str:
        """What the tool says of the same windows without the change."""
        quiet = self.rate(reading, _nulls(scenario.family, scenario.rows))
        return f"; unchanged {_percent(quiet.value)} %" if quiet.windows else ""

    def draw_false_alarms(self, path: Path) -> None:
        """Rates by size, with their intervals."""
        figure, axes = axes_of(
            "False alarms: windows of unchanged data that are called drifted",
            "share of windows, six families of data, 25 columns, 95 % intervals; dashed: what Steward promises",
            height=4.8,
            grid="y",
        )
        ends: list[tuple[str, float]] = []
        for place, reading in enumerate(DRAWN):
            rates = [(at, self.rate(reading, _nulls(rows=rows))) for at, rows in enumerate(SIZES)]
            known = [(at + 0.04 * (place - 2), rate) for at, rate in rates if rate.windows >= _FEWEST_DRAWN]
            if not known:
                continue
            shade, style = colour(READINGS[reading]), "--" if reading == "Evidently, data set" else "-"
            axes.plot([at for at, _ in known], [rate.value for _, rate in known], style, color=shade, marker="o", ms=5)
            for at, rate in known:
                axes.plot([at, at], rate.interval, color=shade, linewidth=1.2, alpha=0.6)
            ends.append((reading, known[-1][1].value))
        axes.axhline(PROMISED_FALSE_ALARMS, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_yscale("symlog", linthresh=0.01, linscale=0.6)
        axes.set_ylim(-0.0015, 1.3)
        axes.set_yticks([0, 0.01, 0.1, 1], ["0", "1 %", "10 %", "100 %"])
        axes.set_xticks(range(len(SIZES)), [f"{rows:,} rows" for rows in SIZES])
        transform = axes.transData
        heights = spread([float(transform.transform((0, value))[1]) for _, value in ends], 22.0)
        for (reading, _), height in zip(ends, heights, strict=True):
            value = float(transform.inverted().transform((0, height))[1])
            axes.annotate(
                READINGS[reading], (len(SIZES) - 0.8, value), color=colour(READINGS[reading]), va="center",
                fontsize=9.5, fontweight="bold", annotation_clip=False,
            )  # fmt: skip
        save(figure, path)

    def draw_power(self, path: Path) -> None:
        """Changes found; hollow where the tool cries as often without any change."""
        figure, axes = axes_of(
            "Changes found, in one column of 25",
            "share of windows called drifted; hollow: so are more than 5 % of unchanged ones",
            height=4.2,
            grid="x",
        )
        for row, scenario in enumerate(POWERS):
            axes.plot(PROMISED_POWER[scenario.name], -row, "|", color=INK, markersize=20, markeredgewidth=1.5)
            for place, reading in enumerate(DRAWN):
                rate = self.rate(reading, [scenario])
                if not rate.windows:
                    continue
                quiet = self.rate(reading, _nulls(scenario.family, scenario.rows))
                hollow = quiet.windows > 0 and quiet.value > 0.05
                shade, height = colour(READINGS[reading]), -row + 0.12 * (2 - place)
                axes.plot(rate.interval, [height, height], color=shade, linewidth=1.2, alpha=0.6)
                axes.plot(
                    rate.value,
                    height,
                    _marker(reading),
                    color=shade,
                    markersize=6,
                    markerfacecolor="white" if hollow else shade,
                )
        axes.set_yticks(
            [-row for row in range(len(POWERS))],
            [f"{WORDS[scenario.change or '']}\nn = {scenario.rows:,}" for scenario in POWERS],
        )
        for text in axes.get_yticklabels():
            text.set_color(INK)
        axes.set_xlim(-0.03, 1.03)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        keys = [
            Line2D([], [], linestyle="", marker=_marker(reading), color=colour(name), label=name)
            for reading, name in READINGS.items()
            if reading in DRAWN
        ]
        keys.append(Line2D([], [], linestyle="", marker="|", color=INK, markersize=12, label="promised of Steward"))
        legend = figure.legend(handles=keys, loc="outside lower left", ncols=len(keys), frameon=False, handletextpad=0)
        for text, key in zip(legend.get_texts(), keys, strict=True):
            text.set_color(key.get_color())
        save(figure, path)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _marker(reading: str) -> str:
    return "s" if reading == "Evidently, any column" else "o"


def _nulls(family: str | None = None, rows: int | None = None) -> list[Scenario]:
    return [scenario for scenario in NULLS if family in (None, scenario.family) and rows in (None, scenario.rows)]


def _percent(share: float) -> str:
    """Two digits behind the point below ten per cent, else one.

    >>> _percent(0.0123), _percent(0.5), _percent(1.0)
    ('1.23', '50.0', '100')
    """
    hundredth = share * 100
    return "100" if share == 1 else f"{hundredth:.2f}" if hundredth < 10 else f"{hundredth:.1f}"
