"""Detects drift within one segment."""

import math
from collections.abc import Sequence

from steward.baselines.baseline import Baseline
from steward.drift.column_drift import DriftLimits, evaluate_column
from steward.drift.drift_scope import DriftScope
from steward.drift.family import Family
from steward.profiles.profile import Profile
from steward.results import MetricResult


def evaluate_segments(baseline: Baseline, profile: Profile, watched: DriftScope, family: Family) -> list[MetricResult]:
    """Every statistic of every feature and output within each group of each segment.

    Each group is compared with itself in the baseline, by the limits of feature drift, at the part of the family's rate
    that the segments share. The first result names the groups that moved most; there is none without segments.
    """
    monitor, features = watched.monitors.segment_drift, watched.monitors.feature_drift
    if monitor is None or features is None or not baseline.bins.segments:
        return []
    results: list[MetricResult] = []
    for name, bins in baseline.bins.segments.items():
        for group in bins.groups:
            segment = bins.label(name, group)
            window, reference = profile.segments[name][group], baseline.reference.segments[name][group]
            if not window.rows and not reference.rows:
                continue
            if window.rows < monitor.minimum_rows:
                results.append(_too_few(segment, window.rows, reference.rows, monitor.minimum_rows))
                continue
            own = baseline.facing(window.entities)
            for sides, of_bins in (
                ((window.features, reference.features), baseline.bins.features),
                ((window.outputs, reference.outputs), baseline.bins.outputs),
            ):
                for part, column in of_bins.items():
                    if watched.watches(part):
                        limits = DriftLimits(
                            monitor="segment_drift",
                            segment=segment,
                            significance=features.false_alarm_rate * family.segment_share,
                            share=family.segment_share,
                            minimum_effect=watched.least_effect(part, column, features),
                            importance=watched.importance(part),
                        )
                        effect = own.design_effect(part)
                        results += evaluate_column(part, (sides[0][part], sides[1][part]), column, effect, limits)
    return [_worst(results), *results]


def _worst(results: Sequence[MetricResult]) -> MetricResult:
    """The groups with the largest drift, by how many times what matters, and how many columns of each drifted."""
    decided = [result for result in results if result.effect is not None and result.segment is not None]
    drifted = sorted((result for result in decided if result.status == "drift"), key=_size, reverse=True)
    segments = list(dict.fromkeys(result.segment for result in drifted))
    watched = len({result.segment for result in decided})
    found = MetricResult(monitor="segment_drift", statistic="worst_segment", status="unknown", message="")
    if not watched:
        message = "the worst segment is not known: no group has enough rows in the window to be compared"
        return found.model_copy(update={"message": message})
    if not segments:
        message = f"no segment has drifted ({watched} groups compared)"
        return found.model_copy(update={"status": "measured", "message": message})
    worst = [
        _describe_group([result for result in drifted if result.segment == segment]) for segment in segments[:_SHOWN]
    ]
    more = f"; and {len(segments) - _SHOWN} more" if len(segments) > _SHOWN else ""
    return found.model_copy(
        update={
            "segment": segments[0],
            "value": drifted[0].effect,
            "threshold": drifted[0].threshold,
            "rows": drifted[0].rows,
            "baseline_rows": drifted[0].baseline_rows,
            "status": "measured",
            "message": f"worst of {watched} groups: {'; '.join(worst)}{more}",
        }
    )


def _describe_group(drifted: Sequence[MetricResult]) -> str:
    """One group, with the columns that drifted in it, the largest first."""
    columns = [f"`{result.column}`" for result in drifted]
    more = f" and {len(columns) - _SHOWN} more columns" if len(columns) > _SHOWN else ""
    return f"{drifted[0].segment} ({', '.join(columns[:_SHOWN])}{more})"


def _size(result: MetricResult) -> tuple[float, float]:
    """How many times what matters; where all matters, those come first."""
    effect, least = result.effect or 0.0, result.threshold or 0.0
    return (effect / least if least else math.inf, effect)


_SHOWN = 3


def _too_few(segment: str, rows: int, baseline_rows: int, needed: int) -> MetricResult:
    return MetricResult(
        monitor="segment_drift",
        segment=segment,
        statistic="rows",
        rows=rows,
        baseline_rows=baseline_rows,
        status="unknown",
        message=f"{segment} cannot be compared: the window has {rows:,} of its rows, and {needed:,} are needed",
    )
