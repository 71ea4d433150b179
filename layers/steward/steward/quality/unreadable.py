"""Batches that a check could not look at."""

from steward.quality.observed import Judgement, Observed
from steward.results import MetricResult


def judge(observed: Observed) -> Judgement:
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
        for batch, reason in sorted(observed.unreadable.items())
    ]
