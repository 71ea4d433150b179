"""Groups truncated because a column has more values than are monitored by name."""

from collections.abc import Mapping

from steward.baselines.baseline import Baseline
from steward.profiles.model_bins import OTHER, SegmentBins
from steward.profiles.profile import Profile
from steward.results import MetricResult
from steward.spec.monitors import MonitorName


def truncated_segments(baseline: Baseline, profile: Profile, monitor: MonitorName) -> list[MetricResult]:
    """One result for each segment whose column has more values than are watched by name."""
    return [
        _to_result(name, bins, baseline, (groups[OTHER].rows, sum(group.rows for group in groups.values())), monitor)
        for name, bins in _truncated(baseline.bins.segments, baseline).items()
        if (groups := profile.segments[name])
    ]


def truncated_attributes(baseline: Baseline, profile: Profile) -> list[MetricResult]:
    """The same for each protected attribute."""
    return [
        _to_result(name, bins, baseline, (groups[OTHER].rows, sum(group.rows for group in groups.values())), "fairness")
        for name, bins in _truncated(baseline.bins.protected, baseline).items()
        if (groups := profile.decisions[name])
    ]


def _truncated(segments: Mapping[str, SegmentBins], baseline: Baseline) -> dict[str, SegmentBins]:
    return {
        name: bins
        for name, bins in segments.items()
        if bins.column is not None and baseline.distinct_values.get(bins.column, 0) > len(bins.groups) - 1
    }


def _to_result(
    name: str, bins: SegmentBins, baseline: Baseline, rows: tuple[int, int], monitor: MonitorName
) -> MetricResult:
    """The sentence, with the share of the window's rows that `other` has."""
    values, watched = baseline.distinct_values[str(bins.column)], len(bins.groups) - 1
    others, known = rows
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
