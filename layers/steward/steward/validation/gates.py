"""The gates between a trained version and traffic. Each has a name and one method, and stands in `GATES`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steward.performance.block_bounds import allowed_autocorrelation
from steward.performance.paired import (
    Gain,
    paired_absolute_error_gain,
    paired_class_log_loss_gain,
    paired_log_loss_gain,
    paired_roc_auc_gain,
    paired_squared_error_gain,
)
from steward.profiles.leakage import Leakage
from steward.quality.label_leakage import best, leaks, sentence
from steward.spec.durations import format_duration
from steward.spec.policies import ValidationMetric, ValidationPolicy
from steward.validation.evaluation import GateResult

FEWEST_BLOCKS = 3
"""Blocks of time that a bound on a gain needs."""
_TITLES: dict[ValidationMetric, str] = {
    "log_loss": "log loss",
    "roc_auc": "ROC AUC",
    "mean_absolute_error": "mean absolute error",
    "mean_squared_error": "mean squared error",
}


@dataclass(frozen=True, slots=True)
class Contest:
    """What the gates look at.

    Attributes:
        labels: of the holdout: whether positive, the position of the class, or the value, shape (rows,).
        times: when each of its rows took place, datetime64 in UTC, shape (rows,).
        challenger: the new version's scores, shape (rows,), or (rows, classes).
        champion: the champion's scores; without one, for each row what a constant would say: the base rate, the shares
            of the classes, or the median of the challenger's training rows.
        champion_version: None without a champion.
        champion_saw_until: labelled rows before this moment helped to make the champion.
        holdout_start: the event time of the holdout's first moment.
        challenger_saw_until: labelled rows before this moment helped to make the challenger.
        features: the challenger's, in its order.
        declared_features: those of the declaration in force.
        leakage: how well each part of the features tells the label by itself, in the challenger's training rows.
        maximum_auc: how well it may, None for no limit.
        entities: the hash of the entity of each row, shape (rows,); None where no column says of whom rows are.
    """

    labels: NDArray[np.bool_] | NDArray[np.float64] | NDArray[np.intp]
    times: NDArray[np.datetime64]
    challenger: NDArray[np.float64]
    champion: NDArray[np.float64]
    champion_version: str | None
    champion_saw_until: datetime | None
    holdout_start: datetime
    challenger_saw_until: datetime
    features: Sequence[str]
    declared_features: Sequence[str]
    leakage: Mapping[str, Leakage] = field(default_factory=dict)
    maximum_auc: float | None = None
    entities: NDArray[np.uint64] | None = None


class Gate(Protocol):
    """One condition that a version must meet."""

    name: str

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:
        """Judge; never raises for a version that is merely bad."""
        ...


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


class BetterThanChampion:
    """The gain over the champion on the holdout, row by row, exceeds the minimum with the declared confidence."""

    name = "better_than_champion"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:
        """Without a champion the version must beat a constant by anything at all.

        Then blocks are taken as independent: that a model tells more than a constant is rarely in doubt, and to reject
        a useful one leaves nothing in charge (decision 0062).
        """
        metric = policy.metric or _default_metric(contest)
        blocks = (contest.times.astype("datetime64[us]").astype(np.int64)) // round(policy.block.total_seconds() * 1e6)
        count = len(np.unique(blocks))
        if count < FEWEST_BLOCKS:
            message = (
                f"the holdout spans {count} blocks of {format_duration(policy.block)} and needs {FEWEST_BLOCKS} to "
                "prove a gain; lengthen retraining.holdout_span, or shorten validation.block"
            )
            return GateResult(gate=self.name, passed=False, message=message)
        in_time = contest.champion_version is not None
        gain = _gain(metric, contest, policy.confidence, blocks, in_time=in_time)
        if contest.entities is not None:
            known = len(np.unique(contest.entities))
            if known < FEWEST_BLOCKS:
                message = f"the holdout has rows of {known} entities and needs {FEWEST_BLOCKS} to prove a gain"
                return GateResult(gate=self.name, passed=False, message=message)
            gain = _with_entities(gain, metric, contest, contest.entities, policy.confidence)
        required = policy.minimum_gain if contest.champion_version else 0.0
        passed = gain.low > required
        opponent = f"champion {contest.champion_version}" if contest.champion_version else "a constant"
        what = _TITLES[metric]
        likely = not passed and gain.value > required
        remedy = "likely, but not proved: a longer retraining.holdout_span would tell; " if likely else ""
        message = (
            f"{what} {'gains' if gain.value >= 0 else 'loses'} {abs(gain.value):.4f} against {opponent} on "
            f"{gain.rows:,} unseen rows over {count} blocks of {format_duration(policy.block)}; "
            f"with {policy.confidence:.0%} confidence the gain is at least {gain.low:.4f}, "
            f"{'above' if passed else 'not above'} the {required:.4f} asked for; {remedy}"
            f"{_chance(policy, count if in_time else None)}"
        )
        return GateResult(
            gate=self.name,
            passed=passed,
            message=message,
            value=gain.value,
            low=gain.low,
            high=gain.high,
            required=required,
        )


def _chance(policy: ValidationPolicy, blocks: int | None) -> str:
    """What the bound promises, and of which holdouts; `blocks` is None where they are taken as independent anyway."""
    allowed = allowed_autocorrelation(blocks) if blocks else 0.0
    resemble = f"blocks may resemble their neighbours (autocorrelation up to {allowed:g})"
    independent = "blocks, being few, are taken as independent" if blocks else "blocks are taken as independent"
    assumed = resemble if allowed else independent
    return f"{policy.luck}; {assumed}"


def _with_entities(
    gain: Gain, metric: ValidationMetric, contest: Contest, entities: NDArray[np.uint64], confidence: float
) -> Gain:
    """The gain with bounds that rows of one entity do not narrow either.

    The variances of the sums over blocks of time and over entities add up, less that of rows, which is in both.

    Source: A. C. Cameron, J. B. Gelbach and D. L. Miller (2011), Robust inference with multiway clustering, Journal of
    Business and Economic Statistics 29(2), 238-249.
    """
    owners = np.unique(entities, return_inverse=True)[1]
    by_entity = _gain(metric, contest, confidence, owners)
    by_row = _gain(metric, contest, confidence, np.arange(len(owners)))
    halves = [found.value - found.low for found in (gain, by_entity, by_row)]
    half = math.sqrt(max(halves[0] ** 2, halves[1] ** 2, halves[0] ** 2 + halves[1] ** 2 - halves[2] ** 2))
    return replace(gain, low=gain.value - half, high=gain.value + half)


def _default_metric(contest: Contest) -> ValidationMetric:
    return "mean_absolute_error" if contest.labels.dtype == np.float64 else "log_loss"


def _gain(
    metric: ValidationMetric, contest: Contest, confidence: float, blocks: NDArray[np.int64], *, in_time: bool = False
) -> Gain:
    labels, champion, challenger = contest.labels, contest.champion, contest.challenger
    match metric:
        case "roc_auc":
            return paired_roc_auc_gain(
                labels.astype(np.bool_), champion, challenger, confidence, blocks, in_time=in_time
            )
        case "mean_absolute_error":
            return paired_absolute_error_gain(
                labels.astype(np.float64), champion, challenger, confidence, blocks, in_time=in_time
            )
        case "mean_squared_error":
            return paired_squared_error_gain(
                labels.astype(np.float64), champion, challenger, confidence, blocks, in_time=in_time
            )
        case "log_loss" if champion.ndim > 1:
            return paired_class_log_loss_gain(
                labels.astype(np.intp), champion, challenger, confidence, blocks, in_time=in_time
            )
        case "log_loss":
            return paired_log_loss_gain(
                labels.astype(np.bool_), champion, challenger, confidence, blocks, in_time=in_time
            )


class Adopted:
    """The version was trained elsewhere: whoever released it there answers for it."""

    name = "adopted"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:  # noqa: ARG002
        """Say so; there is no artifact to compare."""
        message = "adopted from its reference rows: it was trained elsewhere, and there is nothing to compare"
        return GateResult(gate=self.name, passed=True, message=message)


GATES: tuple[Gate, ...] = (SameFeatures(), UnseenHoldout(), NoLeakage(), BetterThanChampion())
"""Every gate that a version which Steward trained must pass, in the order in which they are asked."""

ADOPTION_GATES: tuple[Gate, ...] = (SameFeatures(), NoLeakage(refuses=False), Adopted())
"""Every gate that an adopted version must pass."""
