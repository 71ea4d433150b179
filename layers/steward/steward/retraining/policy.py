"""The retraining policy: a pure function of declaration, state and event."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel, VersionedModel
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec
from steward.spec.policies import RetrainingPolicy

_MAX_DECISIONS = 100
_TRAINED_ELSEWHERE = (
    "the model is trained elsewhere (its declaration has no retraining.recipe): upload reference data with the new "
    "version's scores (`steward push FILE --model MODEL --kind reference`), and it takes over"
)
_SETTINGS = {"task", "positive_label", "columns", "features", "validation"}
_RETRAINING_SETTINGS = {"recipe", "training_span", "holdout_span"}


class RetrainingDecision(TolerantModel):
    """A decision of the policy, with its reasons.

    Attributes:
        verdict: `start`, `decline` (something asked for a run and something held it back), or `nothing` (none asked).
        triggers: what asked for the run.
        reasons: what held it back, or, for a start, what asked for it.
        as_of: the moment that the answer speaks for, where it is not its cause's.
    """

    verdict: Literal["start", "decline", "nothing"]
    triggers: list[str] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    run: str | None = None
    as_of: AwareDatetime | None = None


class RetrainingState(VersionedModel):
    """What the policy remembers of one model between decisions (compare-and-swap).

    Attributes:
        labels: labelled rows by place (`version/window` or `reference/batch`), counted since the newest run; a place
            told again replaces its figure, and its figure can only grow.
        counted: the figures that the newest run already had.
        reference_until: the newest moment that a batch of reference data spoke for. They come in any order, and a first
            run speaks for all that have come.
        last_run: the newest run's id.
        last_as_of: the moment the newest run speaks for.
        last_requested_at: when it was decided, by the wall clock; its own record may not be stored yet.
        last_settings: `training_settings` of the declaration at that moment; None where that was not noted.
        decisions: the last answers by the event that asked, so that a redelivery is answered alike. Those that started
            a run are kept apart from the many that did not, or these would push out one whose run has yet to be told
            of.
    """

    schema_version: Literal[1] = 1
    labels: dict[str, int] = Field(default_factory=dict)
    counted: dict[str, int] = Field(default_factory=dict)
    reference_until: AwareDatetime | None = None
    last_run: str | None = None
    last_as_of: AwareDatetime | None = None
    last_requested_at: AwareDatetime | None = None
    last_settings: str | None = None
    decisions: dict[str, RetrainingDecision] = Field(default_factory=dict)

    @property
    def new_labels(self) -> int:
        """Labelled rows that came since the newest run."""
        return sum(max(0, rows - self.counted.get(place, 0)) for place, rows in self.labels.items())

    @property
    def all_labels(self) -> int:
        """Labelled rows that ever came."""
        return sum(self.labels.values())

    def knows(self, batch: str) -> bool:
        """Whether it was told of a batch of reference data."""
        return _reference(batch) in self.labels

    def with_labels(self, place: str, rows: int) -> Self:
        """The memory after being told how many labelled rows a place has."""
        known = self.labels.get(place, 0)
        return self if rows <= known else self.model_copy(update={"labels": self.labels | {place: rows}})

    def with_reference(self, batch: str, rows: int, as_of: datetime) -> Self:
        """The memory after being told of a batch of reference data."""
        until = max(as_of, self.reference_until or as_of)
        return self.with_labels(_reference(batch), rows).model_copy(update={"reference_until": until})

    def settings_changed(self, settings: str) -> bool:
        """Whether a run would be made with other settings than the newest run, so that it may end otherwise."""
        return self.last_run is not None and self.last_settings not in {None, settings}

    def with_decision(
        self, cause: str, decision: RetrainingDecision, *, as_of: datetime, requested_at: datetime, settings: str
    ) -> Self:
        """The memory after an answer."""
        known = (self.decisions | {cause: decision}).items()
        starts = [(event, said) for event, said in known if said.verdict == "start"]
        others = [(event, said) for event, said in known if said.verdict != "start"]
        answers = dict(starts[-_MAX_DECISIONS:] + others[-_MAX_DECISIONS:])
        if decision.verdict != "start":
            return self.model_copy(update={"decisions": answers})
        return self.model_copy(
            update={
                "decisions": answers,
                "counted": dict(self.labels),
                "last_run": decision.run,
                "last_as_of": as_of,
                "last_requested_at": requested_at,
                "last_settings": settings,
            }
        )


def _reference(batch: str) -> str:
    """The place of a batch of reference data."""
    return f"reference/{batch}"


def training_settings(spec: ModelSpec) -> str:
    """A digest of what a declaration says of training and validation: with the same, the same rows end alike."""
    said = spec.model_dump(mode="json", include={**dict.fromkeys(_SETTINGS, True), "retraining": _RETRAINING_SETTINGS})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def decide(
    policy: RetrainingPolicy,
    state: RetrainingState,
    *,
    settings: str,
    registered: bool,
    firing: Sequence[str],
    proposed: str | None,
    in_flight: bool,
    has_champion: bool,
    referred: bool,
    as_of: datetime,
    run: str,
) -> RetrainingDecision:
    """Apply the policy. A model that is trained elsewhere gets a version whenever reference data come, and only then.

    Args:
        policy: what the model declares.
        state: what is remembered, with the labels of the present event already told.
        settings: `training_settings` of the declaration.
        registered: whether a declaration was just registered, or a run just ended. That starts a run only where no
            version is in charge and a run was made with other settings: it may end otherwise now.
        firing: monitors whose alerts fire now.
        proposed: why a person or a schedule asks; None when neither does.
        in_flight: whether the newest run has not ended.
        has_champion: whether any version is in charge.
        referred: whether reference data have just come.
        as_of: the moment the decision speaks for.
        run: the id that a run would get.
    """
    if policy.recipe is None:
        return _adoption(state, proposed=proposed, in_flight=in_flight, referred=referred, run=run)
    changed = state.settings_changed(settings)
    if registered and (has_champion or in_flight or not changed):
        return RetrainingDecision(verdict="nothing")
    triggers = _triggers(policy, state, firing=firing, proposed=proposed, has_champion=has_champion, as_of=as_of)
    if not triggers:
        return RetrainingDecision(verdict="nothing")
    obstacles = _obstacles(policy, state, in_flight=in_flight, has_champion=has_champion, changed=changed, as_of=as_of)
    if obstacles:
        return RetrainingDecision(verdict="decline", triggers=triggers, reasons=obstacles)
    return RetrainingDecision(verdict="start", triggers=triggers, reasons=triggers, run=run)


def _adoption(
    state: RetrainingState, *, proposed: str | None, in_flight: bool, referred: bool, run: str
) -> RetrainingDecision:
    """Every batch of reference data makes a version of all reference data so far; the newest of them is promoted."""
    if not referred and proposed:
        return RetrainingDecision(verdict="decline", triggers=[proposed], reasons=[_TRAINED_ELSEWHERE])
    if not referred:
        return RetrainingDecision(verdict="nothing")
    came = [f"reference data came: {state.all_labels:,} rows in all"]
    if in_flight:
        came.append(f"run {state.last_run} has not ended; the later of the two counts")
    return RetrainingDecision(verdict="start", triggers=came, reasons=came, run=run)


def _triggers(
    policy: RetrainingPolicy,
    state: RetrainingState,
    *,
    firing: Sequence[str],
    proposed: str | None,
    has_champion: bool,
    as_of: datetime,
) -> list[str]:
    asked = [f"alert {monitor} is firing" for monitor in policy.on_alerts if monitor in firing]
    if not has_champion:
        asked.append("no version is in charge yet")
    if proposed:
        asked.append(proposed)
    age = as_of - state.last_as_of if state.last_as_of else timedelta(0)
    if policy.every and age >= policy.every:
        asked.append(
            f"the newest run is {_days(age)} old; the policy asks for one every {format_duration(policy.every)}"
        )
    return asked


def _obstacles(
    policy: RetrainingPolicy,
    state: RetrainingState,
    *,
    in_flight: bool,
    has_champion: bool,
    changed: bool,
    as_of: datetime,
) -> list[str]:
    held = []
    if in_flight:
        held.append(f"run {state.last_run} has not ended")
    if has_champion and state.last_as_of and as_of - state.last_as_of < policy.cool_down:
        since = _days(max(as_of - state.last_as_of, timedelta(0)))
        held.append(
            f"cool-down: the newest run is {since} old, the policy asks for {format_duration(policy.cool_down)}"
        )
    if not has_champion and state.all_labels < policy.minimum_labels:
        held.append(f"{state.all_labels:,} labelled rows so far; a first run needs {policy.minimum_labels:,}")
    if state.last_run and not changed and state.new_labels < policy.minimum_new_labels:
        held.append(
            f"{state.new_labels:,} labelled rows since the newest run, which the declaration has not changed since; "
            f"the policy asks for {policy.minimum_new_labels:,}"
        )
    return held


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.0f} d" if days >= 1 else f"{days * 24:.0f} h"
