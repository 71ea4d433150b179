"""The evidence about one window of one version, which every monitor is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, Family, evaluate_drift
from steward.evidence.history import PastWindow
from steward.evidence.label_matches import LabelMatches, PastMatches
from steward.evidence.performance_estimate import PerformanceEstimate
from steward.evidence.window_outcomes import WindowOutcomes
from steward.performance.metric import MetricFigures
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.profile import Profile
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.monitors import usual_rate
from steward.spec.windows import ORIGIN, Window

FEWEST_COMPARED = 3
"""Earlier windows that must have records to be compared with; below, the reference stands in for them."""


@dataclass(frozen=True)
class WindowEvidence:
    """One window, its baseline, what is remembered of the windows before, and the settings that they are judged by.

    What several monitors need is worked out once, when the first of them asks.

    Attributes:
        spec: the declaration in force, with the settings of every monitor.
        window: which.
        baseline: of the version; its own reference, whatever drift is measured against.
        profile: of the window, merged.
        realised: what became of its predictions; None before any label.
        attributions: what its features contributed, from its records or from a sample; empty where nothing is known.
        unattributed: why a sample of the window could not be attributed; empty where it was, or none was taken.
        compared: the profiles of the earlier windows that a seasonal or trailing comparison asks for, merged.
        history: the version's earlier windows, the oldest first.
        unreadable: batches of the window that are left out of the profile, each with the reason.
        volumes: rows of the version's windows, by number, counted from `ORIGIN`; later ones may be among them.
        labelled: rows of them that have a label, likewise.
        waiting: what is remembered of labels of them that wait for their predictions, likewise.
        ended: whether no more records of the window are due; see `services.stream`.
    """

    spec: ModelSpec
    window: Window
    baseline: Baseline
    profile: Profile
    realised: WindowOutcomes | None = None
    attributions: AttributionSums = field(default_factory=AttributionSums.empty)
    unattributed: str = ""
    compared: Sequence[Profile] = ()
    history: Sequence[PastWindow] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[int, int] = field(default_factory=dict)
    labelled: Mapping[int, int] = field(default_factory=dict)
    waiting: Mapping[int, PastMatches] = field(default_factory=dict)
    ended: bool = True

    @property
    def as_of(self) -> datetime:
        """The moment that the judgement speaks for."""
        return self.window.end

    @property
    def number(self) -> int:
        """Of the window."""
        return self.window.number

    def starts(self, number: int) -> datetime:
        """When a window begins."""
        return ORIGIN + number * self.window.length

    @cached_property
    def drift_baseline(self) -> Baseline:
        """What drift is measured against: earlier windows where the declaration asks for them and there are enough."""
        usable = [profile for profile in self.compared if profile.rows]
        return self.baseline.against(usable) if len(usable) >= FEWEST_COMPARED else self.baseline

    @cached_property
    def scope(self) -> DriftScope:
        """Which columns are watched, by which limits."""
        return DriftScope.of(self.spec, self.baseline.importances)

    @cached_property
    def family(self) -> Family:
        """The tests that share the false-alarm rate of a window."""
        return Family.of(self.baseline, self.scope)

    @cached_property
    def drift(self) -> list[MetricResult]:
        """Drift, missing cells and unseen categories of every column, and drift of all columns together."""
        return evaluate_drift(self.drift_baseline, self.profile, self.scope)

    @cached_property
    def realised_figures(self) -> MetricFigures[Any] | None:
        """The metrics of the window; None before any label."""
        return MetricFigures(self.realised.outcomes) if self.realised else None

    @cached_property
    def holdout_figures(self) -> MetricFigures[Any] | None:
        """The metrics of the version's holdout; None of a task without labels."""
        return MetricFigures(self.baseline.holdout) if self.baseline.holdout else None

    @cached_property
    def estimate(self) -> PerformanceEstimate | str:
        """The performance that is expected of the window before its labels, or why nothing can be."""
        known = self.baseline.conditional
        return PerformanceEstimate.of(self.spec, known, self.profile, self.holdout_figures, self.realised_figures)

    @property
    def false_alarm_rate(self) -> float:
        """Of a monitor of data quality that declares none, in one window."""
        return usual_rate(self.window.length)

    @cached_property
    def labelled_before(self) -> dict[int, int]:
        """Labelled rows of the windows before, by number, of those that had any rows."""
        return {number: rows for number, rows in self.labelled.items() if number < self.number}

    @property
    def matches(self) -> LabelMatches | None:
        """What became of the labels of the window; None where none came."""
        return self.realised.matches if self.realised else None

    @cached_property
    def past_matches(self) -> dict[int, PastMatches]:
        """The same of earlier windows, by number."""
        waiting = {number: matches for number, matches in self.waiting.items() if number < self.number}
        return waiting | {Window.parse(past.window).number: past.matches for past in self.history if past.matches}

    @property
    def columns_before(self) -> Mapping[str, float] | None:
        """What was odd about the columns of the window before, as `schema_consistency` keeps it; None where unknown."""
        return next((past.columns for past in reversed(self.history) if past.columns is not None), None)
