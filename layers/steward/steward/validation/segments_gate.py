"""The gate that looks at the declared segments one by one: a gain on average may hide a loss of some."""

from collections.abc import Iterator
from dataclasses import replace

from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.holdout_gain import measure_gain

_NAMED = 3
"""Segments that a message names."""


class NoWorseSegment:
    """No declared segment has lost more than the margin against the champion.

    A segment is refused where the loss is proved, with a confidence that is shared among the segments (Bonferroni):
    small segments vary, and a gate that asked each for a proof of no loss would refuse every version.
    """

    name = "segments"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Nothing is asked without a margin, or before there is a champion."""
        margin = policy.segment_margin
        if margin is None or contest.champion_version is None or not contest.segments:
            return None
        return _compare(self.name, contest, policy, margin, f"champion {contest.champion_version}")


class NoWorseSegmentThanFirst:
    """A guardrail: small losses of a segment against one champion after another do not add up either."""

    name = "segments_not_worse_than_first"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """The same comparison with the first approved version, where the champion is another."""
        margin, first = policy.segment_margin, contest.first
        if margin is None or first is None or first.version == contest.champion_version or not contest.segments:
            return None
        if first.scores is None:
            return GateResult(gate=self.name, passed=True, message=f"not measured: {first.unavailable}")
        against = replace(contest, champion=first.scores)
        return _compare(self.name, against, policy, margin, f"the first approved version {first.version}")


def _compare(gate: str, contest: Contest, policy: ValidationPolicy, margin: float, opponent: str) -> GateResult:
    findings = list(_measure(contest, policy, margin))
    lost = [finding for finding in findings if not finding.passed]
    measured = sum(finding.value is not None for finding in findings)
    worst = "; ".join(finding.message for finding in lost[:_NAMED])
    message = (
        f"{len(lost)} of {len(findings)} segments lost more against {opponent} than the "
        f"{margin:g} that validation.segment_margin allows: {worst}"
        ". Train on more rows of them, or accept the loss by a larger margin"
        if lost
        else f"no segment is proved to have lost more than {margin:g} against {opponent}; "
        f"{measured} of {len(findings)} have enough rows to tell"
    )
    return GateResult(gate=gate, passed=not lost, message=message, findings=findings)


def _measure(contest: Contest, policy: ValidationPolicy, margin: float) -> Iterator[GateFinding]:
    confidence = 1 - (1 - policy.confidence) / len(contest.segments)
    shared = policy.model_copy(update={"confidence": confidence})
    for name, rows in contest.segments.items():
        part = contest.of_rows(rows)
        try:
            measured = measure_gain(part, part.champion, shared, in_time=True)
        except ValueError as error:
            measured = str(error)
        if isinstance(measured, str):
            message = f"{name}: not measured: {measured}"
            yield GateFinding(name=name, passed=True, message=message, limit=margin, rows=len(rows))
            continue
        gain = measured.gain
        change = f"{'gains' if gain.value >= 0 else 'loses'} {abs(gain.value):.4f}"
        yield GateFinding(
            name=name,
            passed=gain.high >= -margin,
            message=f"{name}: {measured.metric} {change} on {len(rows):,} rows, between {gain.low:.4f} and "
            f"{gain.high:.4f} with {confidence:.2%} confidence on each side",
            value=-gain.value,
            low=-gain.high,
            high=-gain.low,
            limit=margin,
            rows=len(rows),
        )
