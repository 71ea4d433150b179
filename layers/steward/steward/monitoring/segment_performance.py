"""Detects segments in which a version performs worse than on its own holdout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steward.evidence.window_evidence import WindowEvidence
from steward.performance.intervals import Estimate, simultaneous
from steward.performance.metric import Metric
from steward.performance.metrics import metrics_of
from steward.performance.outcomes import Outcomes
from steward.performance.realised_performance import comparable, compare, surely_beyond
from steward.profiles.model_bins import OTHER, SegmentBins
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.monitors import PerformanceMetric, SegmentPerformanceMonitor

FEWEST_LABELS: int = SegmentPerformanceMonitor.model_fields["minimum_labels"].default
"""Labels that a group needs where no monitor says how many."""

_SHOWN = 3

ByGroup = Mapping[str, Mapping[str, Outcomes]]
"""Outcomes by segment and group."""


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """Compare the performance within every group of every declared segment."""
    baseline, realised = evidence.baseline, evidence.realised
    window = realised.groups.segments if realised else None
    if not evidence.spec.segments:
        return []
    return compare_segments(
        baseline.bins.segments, window, baseline.holdout_groups.segments, evidence.spec, evidence.family.share_rate
    )


def compare_segments(
    segments: Mapping[str, SegmentBins], window: ByGroup | None, holdout: ByGroup, spec: ModelSpec, rate: float
) -> list[MetricResult]:
    """One metric within each group of each segment, against the same group of the version's own holdout.

    The metric is the declared one; where none is, the first performance monitor of the task, and every result is
    `measured`. A group is in breach when the whole interval of its difference lies beyond the tolerance on the bad
    side; the intervals are widened so that those of all groups hold together but for the rate (see
    `intervals.simultaneous`), whatever the dependence between them. Which groups are compared follows from how many
    labels they have, and not from what the labels are.

    Args:
        segments: those of the version's baseline.
        window: outcomes by segment and group; None before any label.
        holdout: likewise, of the version's holdout.
        spec: the declaration in force.
        rate: the chance of any breach in one window, over all groups together, where none is worse than tolerated.

    Returns:
        First the worst groups in one result, then one for each group; `unknown` with its reason where nothing can be
        measured. Nothing where no segment is declared, or the task has no metric.
    """
    metric = _metric(spec)
    if metric is None or not spec.segments:
        return []
    if window is None:
        return [_unranked("no row of the window has a label yet")]
    monitor = spec.monitors.segment_performance
    needed = monitor.minimum_labels if monitor else FEWEST_LABELS
    groups = [
        _Group(bins.label(name, group), here, there)
        for name, bins in segments.items()
        for group in bins.groups
        if not _never_seen(group, here := window.get(name, {}).get(group), there := holdout.get(name, {}).get(group))
    ]
    whys = {group.label: group.why_not(spec, needed) for group in groups}
    comparable = [group for group in groups if whys[group.label] is None]
    deviation = simultaneous(rate, len(comparable)) if comparable else 0.0
    compared = {group.label: _Compared.of(group, metric, deviation) for group in comparable}
    together = _together(len(comparable), rate)
    results = [
        compared[group.label].result(metric, monitor, together)
        if group.label in compared
        else group.unknown(metric, whys[group.label] or "")
        for group in groups
    ]
    late = [_declared_late(segment.name) for segment in spec.segments if segment.name not in segments]
    return [_worst(list(compared.values()), metric, needed), *results, *late]


@dataclass(frozen=True, slots=True)
class _Group:
    """One group, with what is known of it; None where nothing was counted."""

    label: str
    window: Outcomes | None
    holdout: Outcomes | None

    def why_not(self, spec: ModelSpec, needed: int) -> str | None:
        """Why it cannot be compared; None where it can."""
        if self.window is None:
            return "no prediction of the window has its column, or its labels were joined before it was watched"
        if self.holdout is None:
            return (
                "the version's baseline has no outcomes of it; train or adopt a version under the present declaration"
            )
        if not self.window.task == self.holdout.task == spec.task or _classes(self.window) != _classes(self.holdout):
            return "its labels were joined under another declaration than that of the version's holdout"
        for outcomes, place in ((self.window, "the window"), (self.holdout, "the holdout")):
            if outcomes.labelled < needed:
                return f"{place} has {outcomes.labelled:,} labelled rows of it, and {needed:,} are needed"
        return None

    def unknown(self, metric: Metric[Any, Any], why: str) -> MetricResult:
        """The result that says why it was not compared."""
        return MetricResult(
            monitor="segment_performance",
            segment=self.label,
            statistic=metric.name,
            rows=self.window.labelled if self.window else 0,
            baseline_rows=self.holdout.labelled if self.holdout else 0,
            status="unknown",
            message=f"{metric.title} of {self.label} cannot be compared: {why}",
        )


@dataclass(frozen=True, slots=True)
class _Compared:
    """A group with enough labels on either side, and the metric of both; None where it is undefined."""

    label: str
    sides: tuple[Outcomes, Outcomes]
    window: Estimate | None
    holdout: Estimate | None

    @classmethod
    def of(cls, group: _Group, metric: Metric[Any, Any], deviation: float) -> "_Compared":
        if group.window is None or group.holdout is None:
            raise ValueError(f"{group.label} has nothing to compare")
        sides = comparable(metric, group.window, group.holdout)
        return cls(group.label, sides, *(metric(outcomes, deviation) for outcomes in sides))

    def result(
        self, metric: Metric[Any, Any], monitor: SegmentPerformanceMonitor | None, together: str
    ) -> MetricResult:
        """Against the holdout, by the limit that is declared."""
        tolerance = monitor.tolerance if monitor else None
        found = compare(metric, self.sides, (self.window, self.holdout), tolerance, column=self.label)
        message = f"{found.message}; {together}" if found.status in ("ok", "breach") else found.message
        about = {"monitor": "segment_performance", "column": None, "segment": self.label, "message": message}
        return found.model_copy(update=about)


def _worst(compared: Sequence[_Compared], metric: Metric[Any, Any], needed: int) -> MetricResult:
    """The groups that lost most against the holdout, and which of them did so beyond chance."""
    known = [(group.label, group.window, group.holdout) for group in compared if group.window and group.holdout]
    if not known:
        return _unranked(f"no group has {needed:,} labels in the window and on the holdout to know its {metric.title}")
    ranked = sorted(known, key=lambda found: -_loss(metric, found[1], found[2]))
    label, window, expected = ranked[0]
    worst = [
        f"{name}, {metric.title} {metric.text(here.value)} against {metric.text(there.value)} on the holdout, "
        f"n = {here.rows:,}{' (beyond chance)' if surely_beyond(metric.better, here, there, 0.0) else ''}"
        for name, here, there in ranked[:_SHOWN]
        if _loss(metric, here, there) > 0
    ]
    none = f"no segment is worse than on the holdout by {metric.title} ({len(known)} groups compared)"
    return MetricResult(
        monitor="segment_performance",
        segment=label,
        statistic="worst_segment",
        value=window.value,
        low=window.low,
        high=window.high,
        baseline=expected.value,
        effect=window.value - expected.value,
        rows=window.rows,
        baseline_rows=expected.rows,
        status="measured",
        message=f"worst: {'; '.join(worst)}" if worst else none,
    )


def _never_seen(group: str, window: Outcomes | None, holdout: Outcomes | None) -> bool:
    """Whether a group that is there for values to come has no row anywhere."""
    return group == OTHER and not any(outcomes and outcomes.rows for outcomes in (window, holdout))


def _loss(metric: Metric[Any, Any], window: Estimate, expected: Estimate) -> float:
    """How much worse a figure is than expected; below zero where it is better."""
    match metric.better:
        case "higher":
            return expected.value - window.value
        case "lower":
            return window.value - expected.value
        case "nearer zero":
            return abs(window.value) - abs(expected.value)


def _metric(spec: ModelSpec) -> Metric[Any, Any] | None:
    """The declared one, else that of the first performance monitor, else the task's first; None where it has none."""
    known = metrics_of(spec)
    monitor = spec.monitors.segment_performance
    names: list[PerformanceMetric] = [*([monitor.metric] if monitor else []), *spec.performance_monitors, *known]
    return known[names[0]] if names else None


def _together(groups: int, rate: float) -> str:
    return (
        f"over the {groups} groups compared together, chance alone breaches a limit in at most one of "
        f"{1 / rate:,.0f} windows"
    )


def _unranked(why: str) -> MetricResult:
    return MetricResult(
        monitor="segment_performance",
        statistic="worst_segment",
        status="unknown",
        message=f"the worst segment is not known: {why}",
    )


def _declared_late(name: str) -> MetricResult:
    return MetricResult(
        monitor="segment_performance",
        segment=name,
        statistic="groups",
        status="unknown",
        message=f"{name} cannot be watched: it was declared after the version was made; train or adopt another",
    )


def _classes(outcomes: Outcomes) -> tuple[str, ...]:
    return outcomes.classes if outcomes.task == "multiclass_classification" else ()
