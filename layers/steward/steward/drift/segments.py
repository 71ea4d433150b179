"""Whether the records of one segment have moved, whatever the rest did."""

from steward.drift.columns import Limits, judge_column
from steward.drift.family import Family
from steward.drift.watched import Watched
from steward.profiles.baseline import Baseline
from steward.profiles.profile import Profile
from steward.results import MetricResult


def judge_segments(baseline: Baseline, profile: Profile, watched: Watched, family: Family) -> list[MetricResult]:
    """Every statistic of every feature and output within each group of each segment.

    Each group is compared with itself in the baseline, by the limits of feature drift, at the part of the family's rate
    that the segments share.
    """
    monitor, features = watched.monitors.segment_drift, watched.monitors.feature_drift
    if monitor is None or features is None:
        return []
    results: list[MetricResult] = []
    for name, bins in baseline.bins.segments.items():
        for group in bins.groups:
            segment = f"{name}={group}" if bins.where is None else name
            window, reference = profile.segments[name][group], baseline.reference.segments[name][group]
            if window.rows < monitor.minimum_rows:
                results.append(_too_few(segment, window.rows, reference.rows, monitor.minimum_rows))
                continue
            for sides, of_bins in (
                ((window.features, reference.features), baseline.bins.features),
                ((window.outputs, reference.outputs), baseline.bins.outputs),
            ):
                for part, column in of_bins.items():
                    if watched.watches(part):
                        limits = Limits(
                            monitor="segment_drift",
                            segment=segment,
                            significance=features.false_alarm_rate * family.segment_share,
                            share=family.segment_share,
                            minimum_effect=watched.least_effect(part, column, features),
                            importance=watched.importance(part),
                        )
                        effect = baseline.design_effect(part)
                        results += judge_column(part, (sides[0][part], sides[1][part]), column, effect, limits)
    return results


def _too_few(segment: str, rows: int, baseline_rows: int, needed: int) -> MetricResult:
    return MetricResult(
        monitor="segment_drift",
        segment=segment,
        statistic="rows",
        rows=rows,
        baseline_rows=baseline_rows,
        status="unknown",
        message=f"{segment} cannot be compared: the window has {rows:,} rows of it, and {needed:,} are needed",
    )
