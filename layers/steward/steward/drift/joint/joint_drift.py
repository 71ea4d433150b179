"""Detects drift of the joint distribution of the columns."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.baselines.baseline import Baseline
from steward.drift import drift_messages
from steward.drift.family import Family
from steward.drift.joint.correlation_shift import correlation_shift
from steward.drift.joint.domain_classifier import MOST_ROWS, CrossFitClassifier
from steward.drift.joint.maximum_mean_discrepancy import maximum_mean_discrepancy
from steward.drift.joint.normal_scores import MISSING, normal_scores, score_tables
from steward.drift.joint.random_features import random_features
from steward.drift.joint.reconstruction_error import explains_everything, reconstruction_error
from steward.drift.rare_categories import RareCategories
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, Summary, histogram
from steward.results import REMEDY, MetricResult, Status
from steward.spec.drift_monitors import JointMonitor

FEWEST_ROWS = 50
"""Rows needed in either sample."""

MOST_REFERENCE_ROWS = 2000
"""Rows of the baseline's sample that are looked at; more would cost time and prove little."""

_LARGE_AUC, _LARGE_CORRELATION, _LARGE_RECONSTRUCTION = 0.9, 0.5, 1.0
_NUMERIC_CODES = 254


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Sampled rows of the baseline and of a window as normal scores.

    Attributes:
        names: of the parts.
        reference: shape (m, parts).
        window: shape (n, parts).
        ordered: which parts are numeric, so that a correlation of theirs means something, shape (parts,).
    """

    names: tuple[str, ...]
    reference: NDArray[np.float64]
    window: NDArray[np.float64]
    ordered: NDArray[np.bool_]

    @classmethod
    def of(cls, baseline: Baseline, profile: Profile) -> Self:
        """Score the sampled rows by the ranks that their codes have in the baseline.

        A part that no sampled row of either side has is left out: outputs that stem from a holdout, for one, or a
        column that the window lacks, which is told of by itself.
        """
        bins, reference = baseline.bins, baseline.reference
        sides = {"features": reference.features, "outputs": reference.outputs}
        tables = score_tables([_bins_and_rare(sides[side][name]) for side, name in bins.sampled])
        codes = baseline.sample.table[:MOST_REFERENCE_ROWS]
        here = profile.sample.table
        known = np.flatnonzero((codes != MISSING).any(axis=0) & ((here != MISSING).any(axis=0) | (len(here) == 0)))
        return cls(
            tuple(bins.sampled[at][1] for at in known),
            normal_scores(codes[:, known], tables[known]),
            normal_scores(here[:, known], tables[known]),
            np.array([isinstance(bins.sampled_bins[at], NumericBins) for at in known], np.bool_),
        )

    @cached_property
    def numeric(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numeric parts of the reference's and of the window's rows."""
        return self.reference[:, self.ordered], self.window[:, self.ordered]

    @cached_property
    def mapped(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Random features of the reference's and of the window's rows, each of shape (rows, 64)."""
        return random_features(self.reference), random_features(self.window)

    @cached_property
    def halves(self) -> CrossFitClassifier | None:
        """For classifiers: the rows' random features, then their scores. None with too few rows."""
        reference, window = self.mapped
        return CrossFitClassifier.of(
            np.hstack([reference[:MOST_ROWS], self.reference[:MOST_ROWS]]), np.hstack([window, self.window])
        )


_LEARNT = frozenset({"pca_reconstruction_error", "domain_classifier_auc"})
_OF_NUMBERS = frozenset({"correlation_shift", "pca_reconstruction_error"})
_ALIKE = 0.6
_REPEATED = 1.2
"""From this correlation on, with so many sampled rows of one entity, a classifier knows entities by their rows: it
alarmed in 2 to 8 % of unchanged windows (decision 0029)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What one joint statistic found.

    Attributes:
        value, before: in the window and in the baseline, where the statistic has one there.
        effect: the size of the change.
        least: from which on it matters.
        large: from which on it is never passed over as chance.
        p_value: its chance in unchanged data.
        words: the change as a clause.
    """

    value: float
    before: float | None
    effect: float
    least: float
    large: float
    p_value: float
    words: str


def evaluate_joint(
    baseline: Baseline, profile: Profile, monitor: JointMonitor | None, family: Family
) -> list[MetricResult]:
    """Four statistics of the sampled rows, each with a status of its own."""
    if monitor is None:
        return []
    rows = ScoredRows.of(baseline, profile)
    effect = baseline.joint_design_effect
    sampled = len(rows.window) / max(1, profile.rows)
    effect = effect.model_copy(update={"window_repeats": 1 + (effect.window_repeats - 1) * min(1.0, sampled)})
    effect = effect.at(len(rows.window))
    reason = _unmeasurable(rows)
    results = []
    for statistic, measure in (
        ("correlation_shift", _correlations),
        ("pca_reconstruction_error", _reconstruction),
        ("maximum_mean_discrepancy", _discrepancy),
        ("domain_classifier_auc", _classifier),
    ):
        why = reason or (_too_alike(effect) if statistic in _LEARNT else None)
        found = None if why else measure(rows, monitor, effect)
        results.append(_to_result(statistic, found, rows, family, why or _why_not(statistic, rows)))
    return results


def _correlations(rows: ScoredRows, monitor: JointMonitor, effect: DesignEffect) -> _Found | None:
    found = correlation_shift(*rows.numeric, deflation=effect.value, degrees=_degrees(effect))
    if found is None:
        return None
    names = [name for name, ordered in zip(rows.names, rows.ordered, strict=True) if ordered]
    first, second = (names[position] for position in found.pair)
    words = f"the correlation of `{first}` and `{second}` went from {found.before:.2f} to {found.after:.2f}"
    change = abs(found.after - found.before)
    least, large = monitor.minimum_correlation, _LARGE_CORRELATION
    return _Found(found.after, found.before, change, least, large, found.p_value, words)


def _reconstruction(rows: ScoredRows, monitor: JointMonitor, effect: DesignEffect) -> _Found | None:
    found = reconstruction_error(*rows.numeric, deflation=effect.value, degrees=_degrees(effect))
    if found is None:
        return None
    change = found.after / found.before - 1
    words = f"rows fit the baseline's {found.components} principal components {abs(change):.0%} {_better(change)}"
    least, large = monitor.minimum_reconstruction, _LARGE_RECONSTRUCTION
    return _Found(found.after, found.before, found.effect, least, large, found.p_value, words)


def _discrepancy(rows: ScoredRows, monitor: JointMonitor, effect: DesignEffect) -> _Found | None:
    reference, window = rows.mapped
    found = maximum_mean_discrepancy(reference, window, deflation=effect.value, degrees=_degrees(effect))
    if found is None:
        return None
    area = rows.halves.classify(slice(reference.shape[1])) if rows.halves else None
    times = drift_messages.times(found.excess)
    words = f"columns taken together lie elsewhere: their mean discrepancy is {times} times what chance gives"
    return _Found(
        found.value, None, area.roc_auc if area else 0.5, monitor.minimum_auc, _LARGE_AUC, found.p_value, words
    )


def _classifier(rows: ScoredRows, monitor: JointMonitor, effect: DesignEffect) -> _Found | None:
    if rows.halves is None:
        return None
    found = rows.halves.classify(deflation=effect.value, degrees=_degrees(effect))
    words = f"a classifier tells these rows from the baseline's with a ROC AUC of {found.roc_auc:.2f}"
    return _Found(found.roc_auc, 0.5, found.roc_auc, monitor.minimum_auc, _LARGE_AUC, found.p_value, words)


def _to_result(statistic: str, found: _Found | None, rows: ScoredRows, family: Family, reason: str) -> MetricResult:
    result = MetricResult(
        monitor="joint_drift",
        statistic=statistic,
        rows=len(rows.window),
        baseline_rows=len(rows.reference),
        status="unknown",
        message=f"{statistic.replace('_', ' ')} cannot be measured: {reason}",
    )
    if found is None:
        return result
    significance = family.share_rate * family.share()
    real, matters = found.p_value <= significance, found.effect >= found.least
    status: Status = "drift" if real and matters else "ok"
    figures = f"(n = {len(rows.window):,} sampled rows)"
    chance = drift_messages.chance_of(found.p_value / family.share())
    if real and matters:
        message = f"{found.words} {figures}; {chance}"
    elif real:
        message = f"{found.words}, too little to matter {figures}"
    elif matters and found.effect >= found.large:
        status = "unknown"
        message = f"cannot tell: {found.words} {figures}, and the baseline's windows differ too much for it to show"
        message += f"; {REMEDY}"
    else:
        message = f"{found.words}, no more than chance allows {figures}"
    return result.model_copy(
        update={
            "value": found.value,
            "threshold": found.least,
            "p_value": found.p_value,
            "significance": significance,
            "effect": found.effect,
            "baseline": found.before,
            "status": status,
            "message": message,
        }
    )


def _unmeasurable(rows: ScoredRows) -> str | None:
    for sample, place in ((rows.window, "the window"), (rows.reference, "the baseline")):
        if len(sample) < FEWEST_ROWS:
            return f"the sample of {place} has {len(sample)} rows, and {FEWEST_ROWS} are needed"
    return None


def _why_not(statistic: str, rows: ScoredRows) -> str:
    """Why a statistic of enough rows has no value."""
    columns = int(rows.ordered.sum())
    if statistic in _OF_NUMBERS and columns < 2:  # noqa: PLR2004
        return f"it needs two columns of numbers, and {columns or 'none'} can be compared"
    if statistic == "pca_reconstruction_error" and explains_everything(rows.numeric[0]):
        return (
            f"the components that are kept describe the {columns} columns of numbers whole, and leave "
            "no error; correlations tell of changes all the same"
        )
    return "too few rows differ from the most frequent value of their columns; give more rows"


def _bins_and_rare(summary: Summary) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The bins of a column that rows have codes of, and which of them are rare."""
    counts = np.array(histogram(summary), dtype=np.float64)
    if not isinstance(summary, CategoricalSummary):
        return counts[:_NUMERIC_CODES], None
    rare = RareCategories.of(counts).rare[:_NUMERIC_CODES]
    return counts[: len(rare)], rare


def _too_alike(effect: DesignEffect) -> str | None:
    """Why what is learnt from some of the rows cannot be tried on the others."""
    clusters = effect.clusters
    if clusters is None or clusters.location < _ALIKE or effect.repeats <= _REPEATED:
        return None
    return f"rows of one entity are too alike (intraclass correlation {clusters.location:.2f})"


def _degrees(effect: DesignEffect) -> float:
    return float(effect.chunks - 1) if effect.clustered else np.inf


def _better(change: float) -> str:
    return "worse" if change > 0 else "better"
