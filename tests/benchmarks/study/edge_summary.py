"""What the study says of the edge families, as tables."""

from collections.abc import Sequence

from tests.benchmarks.study.edge_detectors import CLASSICAL
from tests.benchmarks.study.edge_families import EDGE_FAMILIES
from tests.benchmarks.study.edge_scenarios import (
    EDGE_POWERS,
    EDGE_SCENARIOS,
    EDGE_SIZES,
    EDGE_WORDS,
    POWER_ROWS,
    PROMISED_EDGE_POWER,
    EdgeScenario,
)
from tests.benchmarks.study.results import Results
from tests.benchmarks.study.scenarios import PROMISED_FALSE_ALARMS
from tests.benchmarks.study.summary import Rate, table

_PER_CENT = 100
_SHOWN_UNKNOWN = 0.0005


class EdgeSummary:
    """All that is known of some scenarios and still holds."""

    def __init__(self, scenarios: Sequence[EdgeScenario] = tuple(EDGE_SCENARIOS.values())) -> None:
        self._scenarios = scenarios
        self._steward = {scenario: Results.load("steward", scenario) for scenario in EDGE_SCENARIOS.values()}
        self._classical = {scenario: Results.load(CLASSICAL, scenario) for scenario in EDGE_SCENARIOS.values()}

    def tables(self) -> str:
        """Both, without what nobody asked for."""
        return "\n\n".join(part for part in (self.false_alarms(), self.power()) if part)

    def rate(self, scenario: EdgeScenario) -> Rate:
        """Of Steward's alarms."""
        results = self._steward[scenario]
        return Rate(results.alarms("steward"), results.judged())

    def false_alarms(self) -> str:
        """A row a family, a column a size."""
        nulls = [scenario for scenario in self._scenarios if not scenario.change]
        sizes = [rows for rows in EDGE_SIZES if any(scenario.rows == rows for scenario in nulls)]
        rows = [
            [
                family,
                *(self._cell(EdgeScenario(family, rows)) for rows in sizes),
                f"{sum(self._steward[EdgeScenario(family, rows)].seconds() for rows in sizes):.0f} s",
            ]
            for family in EDGE_FAMILIES
            if any(scenario.family == family for scenario in nulls)
        ]
        return table(["family", *(f"{rows:,} rows" for rows in sizes), "processor time"], rows) if sizes else ""

    def _cell(self, scenario: EdgeScenario) -> str:
        """The rate, whether it is surely above what is promised, and how much was unknown."""
        rate, unknown = self.rate(scenario), self._steward[scenario].unknown_columns()
        missed = ", **missed**" if rate.windows and rate.interval[0] > PROMISED_FALSE_ALARMS else ""
        said = f"; unknown {_PER_CENT * unknown:.1f} %" if unknown > _SHOWN_UNKNOWN else ""
        return f"{rate.cell}{missed}{said}"

    def power(self) -> str:
        """A row a change: found by Steward, and by the textbook's tests at the same rate of false alarms."""
        wanted = [scenario for scenario in EDGE_POWERS if scenario in self._scenarios]
        null = EdgeScenario("mixed", POWER_ROWS)
        rows = []
        for scenario in wanted:
            found = self.rate(scenario)
            missed = ", **missed**" if found.windows and found.value < PROMISED_EDGE_POWER else ""
            promised = f"{_PER_CENT * PROMISED_EDGE_POWER:.0f} %"
            rows.append(
                [EDGE_WORDS[scenario.change or ""], promised, f"{found.cell}{missed}", self._classical_rate(scenario)]
            )
        rows.append(["nothing", "at most 1 %", self.rate(null).cell, self._classical_rate(null)])
        head = [f"change, n = {POWER_ROWS:,}", "promised", "Steward", "Kolmogorov-Smirnov, chi-squared, Bonferroni"]
        return table(head, rows) if wanted else ""

    def _classical_rate(self, scenario: EdgeScenario) -> str:
        """With the threshold that alarms for as many unchanged windows as Steward does, and for one at the least."""
        null = EdgeScenario("mixed", POWER_ROWS)
        quiet = sorted(self._classical[null].smallest_p_values())
        found = self._classical[scenario].smallest_p_values()
        rate = self.rate(null)
        if not quiet or not found or not rate.windows:
            return "—"
        threshold = quiet[max(1, round(rate.value * len(quiet))) - 1]
        return Rate(sum(p_value <= threshold for p_value in found), len(found)).cell
