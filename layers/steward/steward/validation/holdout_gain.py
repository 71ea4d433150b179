"""Measures what a version gains over another one on the holdout, in the declared metric."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steward.performance.block_bounds import allowed_autocorrelation, far_autocorrelation
from steward.performance.paired import (
    Gain,
    paired_absolute_error_gain,
    paired_class_log_loss_gain,
    paired_log_loss_gain,
    paired_roc_auc_gain,
    paired_squared_error_gain,
)
from steward.spec.durations import format_duration
from steward.spec.validation_policy import ValidationMetric, ValidationPolicy
from steward.validation.contest import Contest

FEWEST_BLOCKS = 3
"""Blocks of time that a bound on a gain needs."""
_TITLES: dict[ValidationMetric, str] = {
    "log_loss": "log loss",
    "roc_auc": "ROC AUC",
    "mean_absolute_error": "mean absolute error",
    "mean_squared_error": "mean squared error",
}


@dataclass(frozen=True, slots=True)
class HoldoutGain:
    """What the challenger gains over an opponent on the rows of the holdout.

    Attributes:
        metric: as people read it.
        gain: with its bounds.
        blocks: of time that the rows fall into.
    """

    metric: str
    gain: Gain
    blocks: int


def measure_gain(
    contest: Contest,
    opponent: NDArray[np.float64],
    policy: ValidationPolicy,
    *,
    in_time: bool,
    confidence: float | None = None,
    far: bool = False,
) -> HoldoutGain | str:
    """The gain over an opponent, row by row; or why the holdout cannot tell, and what to do about it.

    Args:
        contest: the challenger's scores, and the holdout's labels, times and entities.
        opponent: its scores, as the challenger's.
        policy: names metric, confidence and block.
        in_time: whether blocks may resemble their neighbours.
        confidence: of each bound, where it is not the policy's.
        far: whether the bounds are far out in the tail (`block_bounds.far_margin`).
    """
    metric = metric_of(contest, policy)
    blocks = blocks_of(contest, policy)
    count = len(np.unique(blocks))
    if count < FEWEST_BLOCKS:
        return (
            f"the holdout spans {count} blocks of {format_duration(policy.block)} and needs {FEWEST_BLOCKS} to "
            "prove a gain; lengthen retraining.holdout_span, or shorten validation.block"
        )
    against, level = replace(contest, champion=opponent), confidence or policy.confidence
    gain = _gain(metric, against, level, blocks, in_time=in_time, far=far)
    if contest.entities is not None:
        known = len(np.unique(contest.entities))
        if known < FEWEST_BLOCKS:
            return f"the holdout has rows of {known} entities and needs {FEWEST_BLOCKS} to prove a gain"
        gain = _with_entities(gain, metric, against, contest.entities, level)
    return HoldoutGain(_TITLES[metric], gain, count)


def blocks_of(contest: Contest, policy: ValidationPolicy) -> NDArray[np.int64]:
    """The block of time of each row of the holdout, in order of time, shape (rows,)."""
    times = contest.times.astype("datetime64[us]").astype(np.int64)
    return times // round(policy.block.total_seconds() * 1e6)


def metric_of(contest: Contest, policy: ValidationPolicy) -> ValidationMetric:
    """The metric that decides."""
    return policy.metric or ("mean_absolute_error" if contest.labels.dtype == np.float64 else "log_loss")


def title_of(metric: ValidationMetric) -> str:
    """A metric as people read it."""
    return _TITLES[metric]


def chance(policy: ValidationPolicy, run_chance: float | None, blocks: int | None) -> str:
    """What the bound promises, and of which holdouts; `blocks` is None where they are taken as independent anyway."""
    if run_chance is not None and blocks:
        allowed = far_autocorrelation(blocks)
        luck = (
            f"a version that is no better passes in at most {run_chance:.2%} of such runs, and any of a year's in at "
            f"most {policy.chance_a_year:.1%}"
        )
    else:
        allowed = allowed_autocorrelation(blocks) if blocks else 0.0
        rate = 1 - policy.confidence
        trials = f"at most {rate:.0%} of trials, {52 * rate:.1f} times a year with one a week"
        luck = f"a version that is no better passes in {trials}"
    resemble = f"blocks may resemble their neighbours (autocorrelation up to {allowed:g})"
    independent = "blocks, being few, are taken as independent" if blocks else "blocks are taken as independent"
    return f"{luck}; {resemble if allowed else independent}"


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


def _gain(
    metric: ValidationMetric,
    contest: Contest,
    confidence: float,
    blocks: NDArray[np.int64],
    *,
    in_time: bool = False,
    far: bool = False,
) -> Gain:
    labels, champion, challenger = contest.labels, contest.champion, contest.challenger
    match metric:
        case "roc_auc":
            return paired_roc_auc_gain(
                labels.astype(np.bool_), champion, challenger, confidence, blocks, in_time=in_time, far=far
            )
        case "mean_absolute_error":
            return paired_absolute_error_gain(
                labels.astype(np.float64), champion, challenger, confidence, blocks, in_time=in_time, far=far
            )
        case "mean_squared_error":
            return paired_squared_error_gain(
                labels.astype(np.float64), champion, challenger, confidence, blocks, in_time=in_time, far=far
            )
        case "log_loss" if champion.ndim > 1:
            return paired_class_log_loss_gain(
                labels.astype(np.intp), champion, challenger, confidence, blocks, in_time=in_time, far=far
            )
        case "log_loss":
            return paired_log_loss_gain(
                labels.astype(np.bool_), champion, challenger, confidence, blocks, in_time=in_time, far=far
            )
