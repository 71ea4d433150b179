"""Compares the groups of each protected attribute with the declared limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steward.evidence.window_evidence import WindowEvidence
from steward.fairness.contrasts import Contrast, pairs
from steward.fairness.measures import MEASURES, SHARES, Measure, ModelTreatment, RateDefinition
from steward.fairness.rates import Rates
from steward.performance.groups import Confusion
from steward.performance.intervals import Z95, simultaneous
from steward.profiles.model_bins import OTHER, SegmentBins
from steward.profiles.segments import Decisions
from steward.results import MetricResult, Status
from steward.spec.model import ModelSpec
from steward.spec.monitors import FairnessMonitor

_NEEDED_GROUPS = 2
_NO_DECISIONS, _NO_LABELS = Decisions(), Confusion()


@dataclass(frozen=True, slots=True)
class GroupTreatment:
    """Counts of every group of the protected attributes, of a window or of the baseline.

    Attributes:
        decisions: by attribute and group.
        confusions: likewise, of rows with a label; empty before any.
    """

    decisions: Mapping[str, Mapping[str, Decisions]]
    confusions: Mapping[str, Mapping[str, Confusion]]

    def group(self, attribute: str, group: str) -> ModelTreatment:
        """One group; of nobody where nothing was counted."""
        return ModelTreatment(
            self.decisions.get(attribute, {}).get(group, _NO_DECISIONS),
            self.confusions.get(attribute, {}).get(group, _NO_LABELS),
        )


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """Compare the groups of every protected attribute; nothing where none is declared."""
    baseline, realised = evidence.baseline, evidence.realised
    if evidence.spec.fairness is None:
        return []
    window = GroupTreatment(evidence.profile.decisions, realised.groups.protected if realised else {})
    before = GroupTreatment(baseline.reference.decisions, baseline.holdout_groups.protected)
    return compare_groups(baseline.bins.protected, window, before, evidence.spec, evidence.family.share_rate)


def compare_groups(
    attributes: Mapping[str, SegmentBins],
    window: GroupTreatment,
    baseline: GroupTreatment,
    spec: ModelSpec,
    rate: float,
    *,
    limits: FairnessMonitor | None = None,
    rows_of: str = "window",
) -> list[MetricResult]:
    """Every measure between the groups of each protected attribute, and what each group gets.

    A measure with a limit is in breach when its whole interval is beyond it. The intervals of all pairs of groups, over
    all attributes and all measures with a limit, hold together but for the rate (Bonferroni; see
    `intervals.simultaneous`), so that picking the lowest and the highest group costs nothing of it. That answers what
    29 CFR 1607.4(D) says of small numbers: a difference counts where it is both large and significant. Measures
    without a limit are `measured`. A group with fewer rows than declared is `unknown` and is not compared; which groups
    are follows from how many rows they have, and not from what was decided.

    Args:
        attributes: those of the version's baseline.
        window: under judgement.
        baseline: of the version: its holdout, or its reference.
        spec: the declaration in force.
        rate: the chance of any breach in one window where no limit is overstepped.
        limits: in place of those of the monitor.
        rows_of: what sentences call the rows under judgement.
    """
    monitor, declared = limits or spec.monitors.fairness, spec.fairness
    if monitor is None or declared is None:
        return []
    watched = {name: attributes[name] for name in declared.protected if name in attributes}
    comparisons = sum(
        pairs(len(_enough(name, bins, measure.share, window, monitor)))
        for name, bins in watched.items()
        for measure in MEASURES
        if measure.limit(monitor) is not None
    )
    deviation = simultaneous(rate, max(1, comparisons))
    results: list[MetricResult] = []
    for name in declared.protected:
        if name not in watched:
            results.append(_declared_late(name))
            continue
        of_attribute = _Attribute(name, watched[name], window, baseline, monitor, rows_of)
        results += [of_attribute.measured(measure, deviation, comparisons, rate) for measure in MEASURES]
        results += [result for share in SHARES for result in of_attribute.by_group(share)]
    return results


@dataclass(frozen=True, slots=True)
class _Attribute:
    """One protected attribute under judgement."""

    name: str
    bins: SegmentBins
    window: GroupTreatment
    baseline: GroupTreatment
    monitor: FairnessMonitor
    rows_of: str

    def measured(self, measure: Measure, deviation: float, comparisons: int, rate: float) -> MetricResult:
        """One measure between all groups that have enough rows."""
        enough = _enough(self.name, self.bins, measure.share, self.window, self.monitor)
        rates = Rates.of({self.bins.label(self.name, group): counts for group, counts in enough.items()}, deviation)
        found = measure.contrast(rates) if len(enough) >= _NEEDED_GROUPS else None
        known = MetricResult(
            monitor="fairness",
            column=self.name,
            statistic=measure.name,
            threshold=measure.limit(self.monitor),
            baseline=self._of_baseline(measure),
            rows=int(rates.rows.sum()),
            status="unknown",
            message=f"{measure.title} of `{self.name}` cannot be measured: {self._why_not(measure, rates)}",
        )
        if found is None:
            return known
        status, verdict = _verdict(measure, found, known.threshold, self._together(comparisons, rate))
        lowest, highest = (_group(rates, at) for at in (found.lowest, found.highest))
        message = (
            f"{measure.title} of `{self.name}` is {found.value:.3f} ({found.low:.3f} to {found.high:.3f}): {lowest} "
            f"{measure.share.description}, {highest}{verdict}"
        )
        return known.model_copy(
            update={
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "effect": found.value - measure.equal,
                "status": status,
                "message": message,
            }
        )

    def by_group(self, share: RateDefinition) -> list[MetricResult]:
        """What each group gets, those left out that nobody was ever in; nothing before the labels that it needs."""
        if share.labels and not self.window.confusions:
            return []
        groups = [group for group in self.bins.groups if group != OTHER or self._has_rows(group)]
        return [self._of_group(share, group) for group in groups]

    def _of_group(self, share: RateDefinition, group: str) -> MetricResult:
        ((successes, rows),) = share.counts(self.window.group(self.name, group))
        ((before, before_rows),) = share.counts(self.baseline.group(self.name, group))
        label = self.bins.label(self.name, group)
        found = MetricResult(
            monitor="fairness",
            column=self.name,
            segment=label,
            statistic=share.name,
            baseline=before / before_rows if before_rows else None,
            rows=rows,
            baseline_rows=before_rows,
            status="unknown",
            message=f"{label} cannot be compared: the {self.rows_of} has {rows:,} {share.rows} of it, and "
            f"{self.monitor.minimum_rows:,} are needed",
        )
        if rows < self.monitor.minimum_rows:
            return found
        rates = Rates.of({label: [(successes, rows)]}, Z95)
        figures = {"value": float(rates.value[0]), "low": float(rates.low[0]), "high": float(rates.high[0])}
        said = f"{_group(rates, 0)} {share.description} ({figures['low']:.1%} to {figures['high']:.1%})"
        return found.model_copy(update={**figures, "status": "measured", "message": said})

    def _of_baseline(self, measure: Measure) -> float | None:
        enough = _enough(self.name, self.bins, measure.share, self.baseline, self.monitor)
        found = measure.contrast(Rates.of(enough, Z95)) if len(enough) >= _NEEDED_GROUPS else None
        return found.value if found else None

    def _together(self, comparisons: int, rate: float) -> str:
        return (
            f"; over the {comparisons:,} comparisons of groups together, chance alone breaches a limit in at most one "
            f"of {1 / rate:,.0f} {self.rows_of}s"
        )

    def _has_rows(self, group: str) -> bool:
        return any(side.group(self.name, group).decisions.rows for side in (self.window, self.baseline))

    def _why_not(self, measure: Measure, rates: Rates) -> str:
        share, needed = measure.share, self.monitor.minimum_rows
        if not any(decisions.rows for decisions in self.window.decisions.get(self.name, {}).values()):
            return f"no record of the {self.rows_of} says its `{self.name}`"
        if share.labels and not self.window.confusions:
            return f"no row of the {self.rows_of} has a label yet"
        if not rates.groups:
            return f"no group has {needed:,} {share.rows}"
        if len(rates.groups) < _NEEDED_GROUPS:
            return f"only {rates.groups[0]} has {needed:,} {share.rows}, and there is no other group to compare it with"
        return "no group has any of the favourable decisions"


def _enough(
    name: str, bins: SegmentBins, share: RateDefinition, treated: GroupTreatment, monitor: FairnessMonitor
) -> dict[str, Sequence[tuple[int, int]]]:
    """The counts of the groups that have enough rows to be compared."""
    counted = {group: share.counts(treated.group(name, group)) for group in bins.groups}
    return {
        group: counts for group, counts in counted.items() if all(rows >= monitor.minimum_rows for _, rows in counts)
    }


def _verdict(measure: Measure, found: Contrast, limit: float | None, together: str) -> tuple[Status, str]:
    """The status, and how the sentence ends."""
    if limit is None:
        return "measured", ""
    side = "below" if measure.equal > 0 else "above"
    if side == "below":
        beyond, breach = found.value < limit, found.high < limit
    else:
        beyond, breach = found.value > limit, found.low > limit
    said = f"{'surely' if breach else 'not surely'} {side}" if beyond else f"not {side}"
    return "breach" if breach else "ok", f", {said} the limit of {limit:g}{together}"


def _group(rates: Rates, at: int) -> str:
    return f"{rates.groups[at]} (n = {rates.rows[at]:,}) gets {rates.value[at]:.1%}"


def _declared_late(name: str) -> MetricResult:
    return MetricResult(
        monitor="fairness",
        column=name,
        statistic="groups",
        status="unknown",
        message=f"the groups of `{name}` cannot be compared: it was declared protected after the version was made; "
        "train or adopt another",
    )
