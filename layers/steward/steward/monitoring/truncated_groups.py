"""Groups truncated because a column has more values than are monitored by name."""

from collections.abc import Mapping

from steward.baselines.baseline import Baseline
from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.model_bins import OTHER, SegmentBins
from steward.profiles.segments import Decisions, SegmentProfile
from steward.results import MetricResult
from steward.spec.monitors import MonitorName


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result for each segment and protected attribute whose column has more values than are watched by name."""
    spec, profile, bins = evidence.spec, evidence.profile, evidence.baseline.bins
    results: list[MetricResult] = []
    if spec.segments:
        monitor: MonitorName = "segment_drift" if spec.monitors.segment_drift else "segment_performance"
        results += truncated_groups(evidence.baseline, bins.segments, profile.segments, monitor)
    if spec.fairness and spec.monitors.fairness:
        results += truncated_groups(evidence.baseline, bins.protected, profile.decisions, "fairness")
    return results


def truncated_groups(
    baseline: Baseline,
    segments: Mapping[str, SegmentBins],
    window: Mapping[str, Mapping[str, SegmentProfile | Decisions]],
    monitor: MonitorName,
) -> list[MetricResult]:
    """The same of some segments or protected attributes.

    Args:
        baseline: of the version.
        segments: by name.
        window: what is known of the rows of each group, by name and group.
        monitor: whose results they are.
    """
    return [
        _to_result(name, bins, baseline, groups, monitor)
        for name, bins in segments.items()
        if (groups := window[name])
        and bins.column is not None
        and baseline.distinct_values.get(bins.column, 0) > len(bins.groups) - 1
    ]


def _to_result(
    name: str,
    bins: SegmentBins,
    baseline: Baseline,
    groups: Mapping[str, SegmentProfile | Decisions],
    monitor: MonitorName,
) -> MetricResult:
    """The sentence, with the share of the window's rows that `other` has."""
    values, watched = baseline.distinct_values[str(bins.column)], len(bins.groups) - 1
    others, known = groups[OTHER].rows, sum(group.rows for group in groups.values())
    share = f"{others / known:.0%} of the window's rows" if known else "the window has no row that says which"
    return MetricResult(
        monitor=monitor,
        segment=bins.label(name, OTHER),
        statistic="distinct_values",
        value=float(values),
        threshold=float(watched),
        rows=others,
        status="measured",
        message=f"`{bins.column}` has {values:,} values in the baseline; the {watched:,} most frequent are watched one "
        f"by one, the other {values - watched:,} together with any new ones as `{OTHER}`: {share} "
        "(maximum_segment_values sets how many)",
    )
