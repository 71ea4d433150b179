"""The gates between a trained version and traffic. Each has a name and one method, and stands in `GATES`."""

from steward.quality.label_leakage import best, leaks, sentence
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.behaviour import ExpectedBehaviour, SteadyGoldenRows
from steward.validation.budgets_gate import WithinBudgets
from steward.validation.calibration_gate import Calibrated
from steward.validation.comparisons import BetterThanChampion, NotWorseThanChampion, NotWorseThanFirst
from steward.validation.contest import Contest, Gate
from steward.validation.evaluation import GateResult
from steward.validation.fairness_gate import FairTreatment
from steward.validation.guardrail_gates import GUARDRAIL_GATES, AllowedFeatures, GuardedMetrics
from steward.validation.robustness import SlowDecay
from steward.validation.schema_gate import SoundSchema
from steward.validation.segments_gate import NoWorseSegment, NoWorseSegmentThanFirst


class UnseenHoldout:
    """Neither version was fitted on a row of the holdout."""

    name = "unseen_holdout"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:  # noqa: ARG002
        """Compare the ends of both versions' training rows with the holdout's start."""
        seen = [contest.challenger_saw_until]
        if contest.champion_saw_until:
            seen.append(contest.champion_saw_until)
        passed = max(seen) <= contest.holdout_start
        message = (
            f"neither version was fitted on rows from {contest.holdout_start:%Y-%m-%d} on"
            if passed
            else f"a version was fitted on rows up to {max(seen):%Y-%m-%d}, past the holdout's start; "
            "wait until more labels have come, or shorten retraining.holdout_span"
        )
        return GateResult(gate=self.name, passed=passed, message=message)


class SameFeatures:
    """The version takes exactly the features that the declaration names."""

    name = "same_features"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:  # noqa: ARG002
        """Compare the names, in order."""
        passed = list(contest.features) == list(contest.declared_features)
        difference = sorted(set(contest.features) ^ set(contest.declared_features))
        message = (
            f"{len(contest.features)} features, as declared"
            if passed
            else f"the declaration in force has other features: {', '.join(difference) or 'another order'}; train again"
        )
        return GateResult(gate=self.name, passed=passed, message=message)


class NoLeakage:
    """No feature tells the label too well to be true: a score on such a holdout says nothing of production.

    Args:
        refuses: whether a version with such a feature is refused, or it is only told of.
    """

    name = "no_leakage"

    def __init__(self, *, refuses: bool = True) -> None:
        self._refuses = refuses

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:  # noqa: ARG002
        """Compare the strongest feature, where any was measured, with the limit of the monitor `label_leakage`."""
        known, maximum = contest.leakage, contest.maximum_auc
        if maximum is None:
            return GateResult(gate=self.name, passed=True, message="not asked: the monitor label_leakage is off")
        if not known:
            message = "not measured: too few labels came with the training rows"
            return GateResult(gate=self.name, passed=True, message=message)
        strongest = known[best(leaks(known, maximum) or known)]
        leaking = bool(leaks(known, maximum))
        note = "" if self._refuses or not leaking else "; it was trained elsewhere, so this is told and not refused"
        return GateResult(
            gate=self.name,
            passed=not (leaking and self._refuses),
            message=sentence(known, maximum) + note,
            value=strongest.auc,
            low=strongest.low,
        )


class Adopted:
    """The version was trained elsewhere: whoever released it there answers for it."""

    name = "adopted"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:  # noqa: ARG002
        """Say so; there is no artifact to compare."""
        message = "adopted from its reference rows: it was trained elsewhere, and there is nothing to compare"
        return GateResult(gate=self.name, passed=True, message=message)


GATES: tuple[Gate, ...] = (
    SameFeatures(),
    SoundSchema(),
    UnseenHoldout(),
    NoLeakage(),
    BetterThanChampion(),
    NotWorseThanChampion(),
    NotWorseThanFirst(),
    NoWorseSegment(),
    NoWorseSegmentThanFirst(),
    FairTreatment(),
    Calibrated(),
    SteadyGoldenRows(),
    ExpectedBehaviour(),
    SlowDecay(),
    WithinBudgets(),
    *GUARDRAIL_GATES,
)
"""Every gate that a version which Steward trained must pass where it is asked for, in the order of asking."""

ADOPTION_GATES: tuple[Gate, ...] = (
    SameFeatures(),
    NoLeakage(refuses=False),
    Adopted(),
    AllowedFeatures(),
    GuardedMetrics(),
)
"""Every gate that an adopted version must pass."""
