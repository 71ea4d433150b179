"""Batches that a check could not read."""

from steward.evidence.window_evidence import WindowEvidence
from steward.results import MetricResult


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result for each batch whose profile is damaged, or was made over the bins of another baseline.

    Of its rows nothing is known, whatever the other batches of the window say. It is told under `validity`, whether or
    not that is switched on.
    """
    return [
        MetricResult(
            monitor="validity",
            statistic="unreadable_profile",
            status="unknown",
            message=f"the rows of batch {batch} are left out of this check: {reason}",
        )
        for batch, reason in sorted(evidence.unreadable.items())
    ]
