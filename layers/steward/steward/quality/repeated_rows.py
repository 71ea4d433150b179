"""Detects floods of copies of one row, whatever their ids."""

from typing import NamedTuple

import numpy as np

from steward.drift.proportion_tests import increase_p_value
from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.bins import MISSING, Codes
from steward.results import MetricResult, Status

FEWEST_ROWS = 50
"""Rows that the sample of the window, and that of the reference, need."""


class _FrequentRow(NamedTuple):
    """The most frequent row of the window.

    Attributes:
        hits, rows: sampled rows of the window that agree with it, of how many.
        baseline_hits, baseline_rows: likewise, of the reference.
        different: how many different rows the window's sample has.
    """

    hits: int
    rows: int
    baseline_hits: int
    baseline_rows: int
    different: int


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The row of the window that comes most often, as the bins of all features code it, against its own share before.

    In breach when the share has increased by more than the limit and Fisher's test, corrected for the choice among
    all rows that differ, would find as much in unchanged data at most at the usual rate. The rows looked at are the
    samples that joint drift is measured on. Rows with different values in the same bins agree; the reference has as
    many of those, so that a model of few and coarse features is compared with itself.

    Source: R. A. Fisher (1935), The logic of inductive inference, Journal of the Royal Statistical Society 98, 39-82.
    """
    monitor = evidence.spec.monitors.repeated_rows
    if monitor is None:
        return []
    shared = {"monitor": "repeated_rows", "statistic": "most_frequent_row_share", "threshold": monitor.maximum_increase}
    found = _most_frequent(evidence)
    if isinstance(found, str):
        message = f"repeated rows cannot be judged: {found}"
        return [MetricResult.model_validate({**shared, "status": "unknown", "message": message})]
    share, before = found.hits / found.rows, found.baseline_hits / found.baseline_rows
    chance = found.different * increase_p_value(found.hits, found.rows, found.baseline_hits, found.baseline_rows)
    flooded = share - before > monitor.maximum_increase and chance <= evidence.false_alarm_rate
    status: Status = "breach" if flooded else "ok"
    message = f"{share:.1%} of {found.rows:,} sampled rows agree in every feature, {before:.1%} in the reference"
    if flooded:
        message += f", where an increase of {monitor.maximum_increase:.1%} is allowed; look for copies under new ids"
    figures = {
        "value": share,
        "baseline": before,
        "effect": share - before,
        "p_value": min(1.0, chance),
        "rows": found.rows,
        "baseline_rows": found.baseline_rows,
    }
    return [MetricResult.model_validate({**shared, **figures, "status": status, "message": message})]


def _most_frequent(evidence: WindowEvidence) -> _FrequentRow | str:
    """The most frequent row; why there is none to be compared."""
    features = [at for at, (side, _) in enumerate(evidence.baseline.bins.sampled) if side == "features"]
    here, there = _known(evidence.profile.sample.table, features), _known(evidence.baseline.sample.table, features)
    for table, place in ((here, "the window"), (there, "the reference")):
        if len(table) < FEWEST_ROWS:
            return f"the sample of {place} has {len(table)} rows with a feature, and {FEWEST_ROWS} are needed"
    rows, counts = np.unique(here, axis=0, return_counts=True)
    top = int(counts.argmax())
    return _FrequentRow(
        hits=int(counts[top]),
        rows=len(here),
        baseline_hits=int((there == rows[top]).all(axis=1).sum()),
        baseline_rows=len(there),
        different=len(rows),
    )


def _known(table: Codes, features: list[int]) -> Codes:
    """The features of the rows that have any."""
    codes: Codes = table[:, features]
    known: Codes = codes[(codes != MISSING).any(axis=1)]
    return known
