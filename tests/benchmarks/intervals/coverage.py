"""Coverage of the 95 % intervals, counted over seeded windows; where it is kept, and what it says as a table."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from steward.performance.binary_metrics import BINARY_METRICS
from steward.performance.binary_outcomes import BinaryOutcomes
from tests.benchmarks.intervals.shapes import METRICS, SHAPES, SHARES, draw, truth

SIZES = (50, 200, 1000)
PROMISED = 0.94
HEAD = ["positive rows", "rows a window", "ROC AUC", "average precision", "log loss", "Brier score"]

_KEPT = Path(__file__).parents[3] / ".local" / "intervals" / "figures.json"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one metric, over windows of one kind.

    Attributes:
        shape, share, rows, metric: which.
        windows: drawn.
        unknown: windows in which the metric is unknown.
        missed: windows whose interval does not hold the truth.
    """

    shape: str
    share: float
    rows: int
    metric: str
    windows: int
    unknown: int
    missed: int

    @property
    def held(self) -> float:
        """The share of the windows whose interval holds the truth, or that have none."""
        return 1 - self.missed / self.windows


def coverage_of(shape: str, share: float, rows: int, windows: int) -> list[Coverage]:
    """Count windows, for every metric."""
    generator = np.random.default_rng([rows, round(1000 * share), SHAPES.index(shape)])
    unknown, missed = dict.fromkeys(METRICS, 0), dict.fromkeys(METRICS, 0)
    for _ in range(windows):
        scores, labels = draw(shape, share, rows, generator)
        outcomes = BinaryOutcomes.of(scores, labels, scores >= 0.5)
        for name in METRICS:
            estimate = BINARY_METRICS[name](outcomes)
            if estimate is None:
                unknown[name] += 1
            else:
                missed[name] += not estimate.low <= truth(shape, share)[name] <= estimate.high
    return [Coverage(shape, share, rows, name, windows, unknown[name], missed[name]) for name in METRICS]


def keep(found: list[Coverage]) -> None:
    """Store what came out; it replaces what was known."""
    _KEPT.parent.mkdir(parents=True, exist_ok=True)
    _KEPT.write_text(json.dumps([asdict(one) for one in found], indent=1))


def lines() -> Iterator[list[str]]:
    """A line for each share and size: of each metric the shape whose intervals hold the truth least often."""
    found = [Coverage(**one) for one in json.loads(_KEPT.read_text())] if _KEPT.exists() else []
    for share in SHARES:
        for rows in SIZES:
            here = [one for one in found if (one.share, one.rows) == (share, rows)]
            worst = (min((one for one in here if one.metric == name), key=lambda one: one.held) for name in METRICS)
            yield [f"{share:.0%}", f"{rows:,}", *map(_cell, worst)]


def _cell(one: Coverage) -> str:
    unknown = f", {one.unknown / one.windows:.0%} unknown" if one.unknown else ""
    missed = "" if one.held >= PROMISED else ", **missed**"
    return f"{one.held:.1%} ({one.shape}{unknown}){missed}"
