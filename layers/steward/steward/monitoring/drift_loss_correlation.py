"""Rank correlation of each drift signal with realised loss over earlier windows."""

import math

import numpy as np

from steward.array_types import Floats
from steward.evidence.history import LATE
from steward.evidence.window_evidence import WindowEvidence
from steward.performance.intervals import Z95
from steward.performance.midranks import midranks
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.monitors import PerformanceMetric

FEWEST_WINDOWS = 8

_TOO_WELL = 1 - 1e-12


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The rank correlation of each signal's effect with the loss, one result a signal, the closest first.

    A signal is a column's drift or a joint statistic, by the size of its effect; the loss is log loss, or the mean
    absolute error of a regression. The p-value is for no correlation at all, for each signal by itself.

    Sources: C. Spearman (1904), The proof and measurement of association between two things, American Journal of
    Psychology 15, 72-101; E. C. Fieller, H. O. Hartley and E. S. Pearson (1957), Tests for rank correlation
    coefficients I, Biometrika 44, 470-481 (the p-value); D. G. Bonett and T. A. Wright (2000), Sample size requirements
    for estimating Pearson, Kendall and Spearman correlations, Psychometrika 65, 23-28 (the interval).
    """
    if not evidence.spec.metrics:
        return []
    loss = _loss(evidence.spec)
    windows = [past for past in evidence.history if loss in past.realised and past.effects][-LATE:]
    if len(windows) < FEWEST_WINDOWS:
        return [_unknown(len(windows))]
    names = list(dict.fromkeys(name for past in windows for name in past.effects))
    effects = np.abs([[past.effects.get(name, math.nan) for name in names] for past in windows])
    losses = np.array([past.realised[loss] for past in windows])
    results = [_correlate_signal(name, effects[:, at], losses, evidence.spec) for at, name in enumerate(names)]
    return sorted((found for found in results if found), key=lambda found: -abs(found.value or 0.0))


def _correlate_signal(name: str, effects: Floats, losses: Floats, spec: ModelSpec) -> MetricResult | None:
    """Nothing where the signal was too seldom measured, or never moved."""
    known = np.isfinite(effects) & np.isfinite(losses)
    count = int(known.sum())
    if count < FEWEST_WINDOWS or not np.ptp(effects[known]) > 0 or not np.ptp(losses[known]) > 0:
        return None
    value = rank_correlation(effects[known], losses[known])
    bounded = max(-_TOO_WELL, min(_TOO_WELL, value))
    middle, half = math.atanh(bounded), Z95 * math.sqrt((1 + value**2 / 2) / (count - 3))
    chance = math.erfc(abs(middle) * math.sqrt((count - 3) / 1.06 / 2))
    low, high = math.tanh(middle - half), math.tanh(middle + half)
    loss = "mean absolute error" if spec.task == "regression" else "log loss"
    return MetricResult(
        monitor="performance_decomposition",
        column=name,
        statistic="drift_loss_correlation",
        value=value,
        p_value=chance,
        low=low,
        high=high,
        rows=count,
        status="measured",
        message=f"over {count:,} earlier windows, the drift of `{name}` and realised {loss} have a rank correlation of "
        f"{value:.2f} ({low:.2f} to {high:.2f}, p = {chance:.2g})",
    )


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's, ties sharing their rank; both must vary.

    >>> rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3]))
    1.0
    """
    first, second = (ranks - ranks.mean() for ranks in (midranks(one), midranks(other)))
    return float(first @ second / math.sqrt(float(first @ first) * float(second @ second)))


def _loss(spec: ModelSpec) -> PerformanceMetric:
    return "mean_absolute_error" if spec.task == "regression" else "log_loss"


def _unknown(count: int) -> MetricResult:
    return MetricResult(
        monitor="performance_decomposition",
        statistic="drift_loss_correlation",
        rows=count,
        status="unknown",
        message=f"how well drift predicts loss is not known: {count} earlier windows have labels, and {FEWEST_WINDOWS} "
        "are needed",
    )
