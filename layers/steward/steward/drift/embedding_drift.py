"""Detects drift of a column of embeddings."""

import math

from steward.baselines.baseline import Baseline
from steward.drift import drift_messages
from steward.drift.comparison import FEWEST_ROWS
from steward.drift.drift_scope import DriftScope
from steward.drift.embedding_change import EmbeddingChange
from steward.drift.family import Family
from steward.profiles.embeddings import EmbeddingSums
from steward.profiles.profile import Profile
from steward.results import MetricResult

_VISIBLE_TURN = 5.0
"""Degrees; the means of two samples of the same data are some apart."""


def evaluate_embeddings(
    baseline: Baseline, profile: Profile, watched: DriftScope, family: Family
) -> list[MetricResult]:
    """The discrepancy and the mean cosine shift of every embedding among the features, with one status a column.

    They are one test: the mean cosine shift says in plain terms what the discrepancy decides, and carries its p-value.
    """
    monitor = watched.monitors.feature_drift
    if monitor is None:
        return []
    results: list[MetricResult] = []
    for name, spread in baseline.embedding_spreads.items():
        if not watched.watches(name):
            continue
        declared = watched.declaration(name)
        own = declared.minimum_effect if declared else None
        least = monitor.minimum_shift if own is None else own
        share = family.share(name)
        significance = monitor.false_alarm_rate * share
        window, reference = profile.embeddings[name], baseline.reference.embeddings[name]
        plain = MetricResult(
            monitor="feature_drift",
            column=name,
            statistic="maximum_mean_discrepancy",
            rows=window.count,
            baseline_rows=reference.count,
            status="unknown",
            message="",
        )
        reason = _incomparable(window, reference)
        found = None if reason else EmbeddingChange.between(reference, window, spread)
        if found is None:
            why = reason or "the baseline's vectors do not differ; its norm and its cosine tell"
            results.append(plain.model_copy(update={"message": f"`{name}` cannot be compared: {why}"}))
            continue
        real, matters = found.p_value <= significance, found.effect >= least
        carried = drift_messages.importance_note(watched.importance(name))
        size = drift_messages.Size(found.effect, least, "sd")
        message = drift_messages.verdict(f"`{name}`", _turn(found), window.count, size, real=real, matters=matters)
        if real and matters:
            message += f"; {drift_messages.chance_of(found.p_value / share)}{carried}"
        decided: dict[str, object] = {
            "p_value": found.p_value,
            "significance": significance,
            "status": "drift" if real and matters else "ok",
            "message": message,
        }
        of_all: dict[str, object] = {
            "value": found.maximum_mean_discrepancy,
            "threshold": least,
            "effect": found.effect,
        }
        of_mean: dict[str, object] = {"value": found.mean_cosine_shift, "statistic": "mean_cosine_shift"}
        results += [plain.model_copy(update=decided | of_all), plain.model_copy(update=decided | of_mean)]
    return results


def _turn(found: EmbeddingChange) -> str:
    """How it moved: `lies elsewhere, its mean turned by 12 degrees`."""
    angle = math.degrees(math.acos(1 - found.mean_cosine_shift)) if found.mean_cosine_shift is not None else 0.0
    turned = f", its mean turned by {angle:.0f} degrees" if angle >= _VISIBLE_TURN else ""
    return f"lies elsewhere{turned}"


def _incomparable(window: EmbeddingSums, reference: EmbeddingSums) -> str | None:
    for sums, place in ((window, "the window"), (reference, "the baseline")):
        if sums.rows == 0:
            return f"no record of {place} has it"
        if sums.count == 0:
            return f"all {sums.rows:,} cells in {place} are missing or no finite vectors"
        if sums.count < FEWEST_ROWS:
            return f"{place} has {sums.count} rows with a vector, and {FEWEST_ROWS} are needed"
    return None
