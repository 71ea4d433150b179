"""What the retraining policy remembers of a model between decisions."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel, VersionedModel
from steward.events import RealisedLoss
from steward.retraining.gain_forecast import GainForecast, JudgedRun, ServedMetric, forecast_gain
from steward.retraining.policy_decision import PolicyDecision, RunVerdict
from steward.spec.cost_aware import MAX_HORIZON
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

_MAX_DECISIONS = 100
_MAX_DOCUMENTS = 10
_MAX_RUNS = 100
_MAX_WINDOWS = MAX_HORIZON
_MAX_JUDGED = 30
_SETTINGS = {"task", "positive_label", "columns", "features", "validation"}
_RETRAINING_SETTINGS = {"recipe", "training_span", "holdout_span"}
_LATER_SETTINGS = {"span", "half_life", "refit"}
_LATER_GATES = {"chance_a_year", "non_inferiority_margin", "fairness", "calibration", "budgets"}
"""Those that count where they are set: a release that does not know them gives the same digest without."""


class RetrainingDecision(TolerantModel):
    """What is remembered of a decision: its result, the sentences that it was announced with, and what a run needs."""

    verdict: RunVerdict
    triggers: list[str] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    run: str | None = None
    as_of: AwareDatetime | None = None
    since: AwareDatetime | None = None


class RetrainingState(VersionedModel):
    """What the policy remembers of one model between decisions (compare-and-swap).

    Attributes:
        labels: labelled rows by place (`version/window` or `reference/batch`), counted since the newest run; a place
            told again replaces its figure, and its figure can only grow.
        counted: the figures that the newest run already had.
        classes, counted_classes: the same of each class, for the places that told of classes.
        realised: by place, the metric of the newest labelled windows.
        reference_until: the newest moment that a batch of reference data spoke for. They come in any order, and a first
            run speaks for all that have come.
        last_run: the newest run's id.
        last_as_of: the moment the newest run speaks for.
        last_requested_at: when it was decided, by the wall clock; its own record may not be stored yet.
        last_settings: `training_settings` of the declaration at that moment; None where that was not noted.
        runs: the newest runs, each with the moment it speaks for.
        judged: the newest runs that a forecast was made for, with what they showed of it.
        decisions: the last answers by the event that asked, so that a redelivery is answered alike. Those that started
            a run are kept apart from the many that did not, or these would push out one whose run has yet to be told
            of.
        documents: the newest ten that were noted, in full: a redelivery stores the same document again.
    """

    schema_version: Literal[1] = 1
    labels: dict[str, int] = Field(default_factory=dict)
    counted: dict[str, int] = Field(default_factory=dict)
    classes: dict[str, dict[str, int]] = Field(default_factory=dict)
    counted_classes: dict[str, dict[str, int]] = Field(default_factory=dict)
    realised: dict[str, RealisedLoss] = Field(default_factory=dict)
    reference_until: AwareDatetime | None = None
    last_run: str | None = None
    last_as_of: AwareDatetime | None = None
    last_requested_at: AwareDatetime | None = None
    last_settings: str | None = None
    runs: dict[str, AwareDatetime] = Field(default_factory=dict)
    judged: dict[str, JudgedRun] = Field(default_factory=dict)
    decisions: dict[str, RetrainingDecision] = Field(default_factory=dict)
    documents: dict[str, PolicyDecision] = Field(default_factory=dict)

    @property
    def new_labels(self) -> int:
        """Labelled rows that came since the newest run."""
        return sum(max(0, rows - self.counted.get(place, 0)) for place, rows in self.labels.items())

    @property
    def all_labels(self) -> int:
        """Labelled rows that ever came."""
        return sum(self.labels.values())

    @property
    def new_labels_by_class(self) -> dict[str, int]:
        """Labelled rows of each class that ever came, that came since the newest run."""
        new = {name: 0 for of_place in self.classes.values() for name in of_place}
        for place, of_place in self.classes.items():
            before = self.counted_classes.get(place, {})
            for name, rows in of_place.items():
                new[name] += max(0, rows - before.get(name, 0))
        return new

    @property
    def newest_label(self) -> datetime | None:
        """The end of the newest labelled window, or of the reference if that is later."""
        windows = [_window(place) for place, rows in self.labels.items() if rows and not _is_reference(place)]
        ends = [Window.parse(max(windows)).end] if windows else []
        return max([*ends, *([self.reference_until] if self.reference_until else [])], default=None)

    def newest_realised(self, version: str | None) -> RealisedLoss | None:
        """The metric of a version's newest labelled window; None before any."""
        mine = [place for place in self.realised if place.rpartition("/")[0] == version]
        return self.realised[max(mine, key=_window)] if mine else None

    def forecast(self, spec: ModelSpec, champion: str | None, holdout: float | None) -> GainForecast | None:
        """What a run is forecast to gain over the champion; None where the policy does not ask.

        Args:
            spec: the declaration.
            champion: the version in charge.
            holdout: the policy's metric on its holdout; None where it was not measured.
        """
        policy = spec.retraining
        if policy.policy != "cost_aware" or policy.run_cost is None or champion is None:
            return None
        places = sorted(self.realised, key=lambda place: (_window(place), place))
        served = [
            ServedMetric(place.rpartition("/")[0], Window.parse(_window(place)), self.realised[place])
            for place in places
            if self.realised[place].metric == spec.judged_by
        ]
        return forecast_gain(
            served, champion, holdout, list(self.judged.values()),
            run_cost=policy.run_cost, horizon=policy.horizon_windows(spec.window.length),
            remembers_first=len(self.realised) < _MAX_WINDOWS or served[0].version != champion,
        )  # fmt: skip

    def runs_of_month(self, as_of: datetime) -> list[str]:
        """The runs that speak for the calendar month of a moment."""
        return [run for run, moment in self.runs.items() if (moment.year, moment.month) == (as_of.year, as_of.month)]

    def runs_before(self, run: str) -> list[datetime]:
        """The moments that the runs speak for which were decided before another; all where that one is not known."""
        known = list(self.runs)
        return list(self.runs.values())[: known.index(run) if run in known else len(known)]

    def knows(self, batch: str) -> bool:
        """Whether it was told of a batch of reference data."""
        return _reference(batch) in self.labels

    def with_labels(
        self, place: str, rows: int, classes: Mapping[str, int] | None = None, realised: RealisedLoss | None = None
    ) -> Self:
        """The memory after being told how many labelled rows a place has, of which classes, and the metric there."""
        known = self.labels.get(place, 0)
        if rows < known or (rows == known and realised == self.realised.get(place)):
            return self
        figures = self.realised | ({place: realised} if realised else {})
        newest = sorted(figures, key=_window)[-_MAX_WINDOWS:]
        return self.model_copy(
            update={
                "labels": self.labels | {place: rows},
                "classes": self.classes | ({place: dict(classes)} if classes else {}),
                "realised": {at: figures[at] for at in newest},
            }
        )

    def with_reference(self, batch: str, rows: int, as_of: datetime) -> Self:
        """The memory after being told of a batch of reference data."""
        until = max(as_of, self.reference_until or as_of)
        return self.with_labels(_reference(batch), rows).model_copy(update={"reference_until": until})

    def with_judged(self, run: str, *, gain: float | None, promoted: bool) -> Self:
        """The memory after being told what a run showed: its gain on the holdout, and whether its version took over."""
        if run not in self.judged:
            return self
        known = self.judged[run].model_copy(update={"gain": gain, "promoted": promoted})
        return self.model_copy(update={"judged": self.judged | {run: known}})

    def settings_changed(self, settings: str) -> bool:
        """Whether a run would be made with other settings than the newest run, so that it may end otherwise."""
        return self.last_run is not None and self.last_settings not in {None, settings}

    def with_decision(self, decision: PolicyDecision, *, requested_at: datetime, settings: str) -> Self:
        """The memory after an answer."""
        started = decision.verdict == "start"
        said = RetrainingDecision(
            verdict=decision.verdict,
            triggers=decision.triggers,
            reasons=decision.reasons if decision.fired else [],
            run=decision.decision if started else None,
            as_of=decision.as_of,
            since=decision.inputs.changed_since,
        )
        known = (self.decisions | {decision.cause: said}).items()
        starts = [(event, answer) for event, answer in known if answer.verdict == "start"]
        others = [(event, answer) for event, answer in known if answer.verdict != "start"]
        documents = self.documents | ({decision.cause: decision} if decision.fired else {})
        kept = {
            "decisions": dict(starts[-_MAX_DECISIONS:] + others[-_MAX_DECISIONS:]),
            "documents": dict(list(documents.items())[-_MAX_DOCUMENTS:]),
        }
        if not started:
            return self.model_copy(update=kept)
        if decision.inputs.forecast is not None:
            judged = self.judged | {decision.decision: decision.inputs.forecast.judged}
            kept["judged"] = dict(list(judged.items())[-_MAX_JUDGED:])
        return self.model_copy(
            update=kept
            | {
                "counted": dict(self.labels),
                "counted_classes": dict(self.classes),
                "last_run": decision.decision,
                "last_as_of": decision.as_of,
                "last_requested_at": requested_at,
                "last_settings": settings,
                "runs": dict([*self.runs.items(), (decision.decision, decision.as_of)][-_MAX_RUNS:]),
            }
        )


def _reference(batch: str) -> str:
    """The place of a batch of reference data."""
    return f"reference/{batch}"


def _is_reference(place: str) -> bool:
    return place.startswith("reference/")


def _window(place: str) -> str:
    """The window of a place that is no reference, by its ID, which sorts by start."""
    return place.rpartition("/")[2]


def training_settings(spec: ModelSpec) -> str:
    """A digest of what a declaration says of training and validation: with the same, the same rows end alike."""
    said = spec.model_dump(mode="json", include={**dict.fromkeys(_SETTINGS, True), "retraining": _RETRAINING_SETTINGS})
    later = spec.retraining.model_dump(mode="json", include=_LATER_SETTINGS)
    said["retraining"] |= {name: value for name, value in later.items() if value}
    for name in _LATER_GATES & said["validation"].keys():
        if said["validation"][name] is None:
            del said["validation"][name]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
