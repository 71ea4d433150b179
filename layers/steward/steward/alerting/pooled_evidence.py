"""Pools the evidence of consecutive windows of a performance metric."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from steward.alerting.inputs import MonitorFinding
from steward.alerting.state_machine import WindowKind
from steward.spec.alerting import AlertRule
from steward.student_t import student_quantile

SPANS = (1, 3, 10, 30)
"""Newest windows that are judged together."""

_Z95 = NormalDist().inv_cdf(0.975)


def classify_window(findings: Sequence[MonitorFinding], rule: AlertRule) -> tuple[WindowKind, int]:
    """What the newest window counts as, and how many windows together made it bad.

    A 95 % interval is wrong in one window of forty, two hundred times a year of hourly ones. So a window of a metric
    with a declared rate of false alarms is bad only where it, or the newest 3, 10 or 30 together, lie beyond the limit
    with 95 % confidence, and so far from what is usual as chance brings an unchanged model at that rate, shared out
    among the spans (Bonferroni). Windows weigh by their observations; the holdout's error is the same in all of them
    and counts once. A longer span counts only while the shorter ones lie beyond the limit too, and while its newest
    window does not contradict the others with 95 % confidence, so that trouble that has passed is over.

    Args:
        findings: of one monitor, the oldest window first; the newest is judged.
        rule: how the alert moves.
    """
    newest = findings[-1]
    if rule.false_alarm_rate is None or newest.precision is None:
        return "bad" if newest.bad else "good" if newest.recovered(rule.resolve_at) else "between", 1
    deviation = -NormalDist().inv_cdf(rule.false_alarm_rate / len(SPANS))
    measured = [found for found in findings[-SPANS[-1] :] if found.precision]
    alone = _Pooled.of(measured[-1:])
    surely_within = alone.excess + alone.margin < 0
    for span in SPANS if not surely_within else ():
        pooled = _Pooled.of(measured[-span:])
        if span > 1 and (newest.precision.selected or pooled.excess <= 0 or alone.contradicts(measured[-span:-1])):
            break
        if pooled.proves_change(deviation):
            return "bad", min(span, len(measured))
    return "good" if newest.recovered(rule.resolve_at) else "between", 1


@dataclass(frozen=True, slots=True)
class _Pooled:
    """Windows taken together, each weighing by its observations.

    Attributes:
        excess: how far their mean is beyond the limit.
        tolerance: how far the limit is from what is usual.
        own: half the width of the 95 % interval of the mean.
        margin: the same of the excess, with the holdout's.
        chance: the same of an unchanged model's excess.
        skewness: of an unchanged model's mean, towards the limit.
        degrees: of freedom that the chance is known with: the holdout's where it follows from that, else the windows'.
    """

    excess: float
    tolerance: float
    own: float
    margin: float
    chance: float
    skewness: float
    degrees: int

    @classmethod
    def of(cls, findings: Sequence[MonitorFinding]) -> "_Pooled":
        """The newest finding has the limit that counts."""
        limit, usual = findings[-1].threshold or 0.0, findings[-1].baseline or 0.0
        side = 1.0 if limit > usual else -1.0
        parts = [(one.value or 0.0, one.precision) for one in findings if one.precision]
        total = sum(known.observations for _, known in parts)
        excess = math.fsum(known.observations * side * (value - limit) for value, known in parts) / total
        own = math.hypot(*(known.observations * known.window for _, known in parts)) / total
        unchanged = math.hypot(*(known.observations * known.unchanged for _, known in parts)) / total
        newest = parts[-1][1]
        return cls(
            excess=excess,
            tolerance=abs(limit - usual),
            own=own,
            margin=math.hypot(own, newest.holdout),
            chance=math.hypot(unchanged, newest.holdout),
            skewness=newest.skewness * math.sqrt(newest.observations / total),
            degrees=newest.degrees or max(1, total - 1),
        )

    def contradicts(self, before: Sequence[MonitorFinding]) -> bool:
        """Whether windows before are surely worse than these."""
        rest = _Pooled.of(before) if before else self
        return rest.excess - self.excess > math.hypot(rest.own, self.own)

    def proves_change(self, deviation: float) -> bool:
        """Whether the mean is surely beyond the limit, and as far from what is usual as this normal quantile says.

        The quantile is Student's, or that of a figure so skewed if that is larger. Source: E. A. Cornish and R. A.
        Fisher (1938), Moments and cumulants in the specification of distributions, Review of the International
        Statistical Institute 5, 307-320 (the first term).
        """
        skewed = deviation + (deviation**2 - 1) * self.skewness / 6
        quantile = max(student_quantile(self.degrees, deviation), skewed)
        return self.excess > self.margin and self.excess + self.tolerance > self.chance * quantile / _Z95
