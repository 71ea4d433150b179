"""Every command: its parameters, and the event that it becomes once the author is verified."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer, model_validator

from steward.commands.command_base import LONGEST_SPAN, Command, CommandReason, Instant, Note, WindowId
from steward.events import (
    AlertAcknowledged,
    AlertMuted,
    CheckRequested,
    DefectChange,
    DefectChangeRequested,
    DefectProposed,
    Event,
    FreezeProposed,
    OverrideAction,
    ReleaseOverrideProposed,
    RemovalProposed,
    ReproductionRequested,
    RetrainingProposed,
    RollbackProposed,
)
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity


class AcknowledgeCommand(Command):
    """A person has seen an alert."""

    publishes: ClassVar[type[Event]] = AlertAcknowledged

    command: Literal["acknowledge"] = "acknowledge"
    monitor: MonitorName | None = None
    note: Note = ""

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"acknowledges {self.monitor or 'every alert that fires'}{f': {self.note}' if self.note else ''}"


class MuteCommand(Command):
    """No notifications for a while; an `until` that equals `issued_at` lifts a mute."""

    publishes: ClassVar[type[Event]] = AlertMuted

    command: Literal["mute"] = "mute"
    monitor: MonitorName | None = None
    until: Instant
    reason: CommandReason

    @model_validator(mode="after")
    def _ends(self) -> Self:
        _check_end(self.issued_at, self.until)
        return self

    @property
    def sentence(self) -> str:
        """What is asked for."""
        subject = self.monitor or "every monitor"
        if self.until == self.issued_at:
            return f"lifts the mute of {subject}: {self.reason}"
        return f"mutes {subject} until {_format_moment(self.until)}: {self.reason}"


class CheckCommand(Command):
    """A check now: of one window, or of all that closed lately."""

    publishes: ClassVar[type[Event]] = CheckRequested

    command: Literal["check"] = "check"
    window: WindowId | None = None

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"asks for a check of {f'window {self.window}' if self.window else 'what closed lately'}"


class RetrainCommand(Command):
    """The retraining policy is asked for a run."""

    publishes: ClassVar[type[Event]] = RetrainingProposed

    command: Literal["retrain"] = "retrain"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"asks for a retraining: {self.reason}"


class FreezeCommand(Command):
    """Promotions wait, until a moment or until thawed."""

    publishes: ClassVar[type[Event]] = FreezeProposed

    command: Literal["freeze"] = "freeze"
    until: Instant | None = None
    reason: CommandReason

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.until == self.issued_at:
            raise ValueError("until must come after issued_at; a freeze is ended with thaw")
        if self.until:
            _check_end(self.issued_at, self.until)
        return self

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"freezes promotions until {_format_moment(self.until) if self.until else 'thawed'}: {self.reason}"


class ThawCommand(Command):
    """Promotions go on."""

    publishes: ClassVar[type[Event]] = FreezeProposed

    command: Literal["thaw"] = "thaw"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"thaws promotions: {self.reason}"

    def _fields(self) -> dict[str, Any]:
        return super()._fields() | {"until": self.issued_at}


class RollBackCommand(Command):
    """The champion before takes over again."""

    publishes: ClassVar[type[Event]] = RollbackProposed

    command: Literal["roll_back"] = "roll_back"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"rolls the release back: {self.reason}"


class ReleaseCommand(Command):
    """A release is moved on, ended, approved, rejected or requested again, or an emergency override is reviewed."""

    publishes: ClassVar[type[Event]] = ReleaseOverrideProposed

    command: Literal["release"] = "release"
    action: OverrideAction
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")] | None = None
    evidence: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")] = ""
    emergency: bool = False
    subject: Literal["release", "guardrails"] = "release"
    reason: CommandReason

    @model_serializer(mode="wrap")
    def _as_earlier_releases(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is not said: the command line of an earlier release writes the same text."""
        usual = {"evidence": "", "emergency": False, "subject": "release"}
        return {name: value for name, value in write(self).items() if name not in usual or value != usual[name]}

    @model_validator(mode="after")
    def _fits_the_action(self) -> Self:
        if self.emergency and self.action != "promote":
            raise ValueError("emergency goes with promote alone; leave it out")
        if self.subject == "guardrails" and self.action not in {"approve", "reject", "request"}:
            raise ValueError("guardrails are approved, rejected or requested again; nothing else")
        if self.evidence and self.action != "approve":
            raise ValueError("evidence goes with approve alone; leave it out")
        return self

    @property
    def sentence(self) -> str:
        """What is asked for."""
        of = f" of {self.version}" if self.version else ""
        changed = "release" if self.subject == "release" else "changed guardrails"
        what = {"review": "review the emergency override"}.get(self.action, f"{self.action} the {changed}")
        how = " in an emergency, without approval" if self.emergency else ""
        evidence = f" (evidence {self.evidence})" if self.evidence else ""
        return f"asks to {what}{of}{how}{evidence}: {self.reason}"


class OpenDefectCommand(Command):
    """An error in the data is written down."""

    publishes: ClassVar[type[Event]] = DefectProposed

    command: Literal["open_defect"] = "open_defect"
    title: CommandReason
    severity: Severity = "warning"
    windows: Annotated[list[WindowId], Field(max_length=1000)] = Field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"reports an error in the data ({self.severity}): {self.title}"

    def _fields(self) -> dict[str, Any]:
        return super()._fields() | {"source": "person"}


class ChangeDefectCommand(Command):
    """A defect is moved on, or given to another owner."""

    publishes: ClassVar[type[Event]] = DefectChangeRequested

    command: Literal["change_defect"] = "change_defect"
    defect: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    change: DefectChange
    owner: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _assigned_to_someone(self) -> Self:
        if (self.change == "assign") != (self.owner is not None):
            raise ValueError("owner says who a defect is assigned to: with assign, and with nothing else")
        return self

    @property
    def sentence(self) -> str:
        """What is asked for."""
        to = f" to {self.owner}" if self.owner else ""
        return (
            f"asks to {self.change.replace('_', ' ')} defect {self.defect}{to}{f': {self.note}' if self.note else ''}"
        )


class RemoveCommand(Command):
    """The model is to be looked after no more."""

    publishes: ClassVar[type[Event]] = RemovalProposed

    command: Literal["remove"] = "remove"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"removes the model: {self.reason}"


class ReproduceCommand(Command):
    """A version is trained again in the deployment, and compared."""

    publishes: ClassVar[type[Event]] = ReproductionRequested

    command: Literal["reproduce"] = "reproduce"
    version: Annotated[str, StringConstraints(min_length=1, max_length=100)]

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"asks to train version {self.version} again"


COMMANDS: dict[str, type[Command]] = {kind.model_fields["command"].default: kind for kind in Command.__subclasses__()}
"""Every command by its name; `spec.commands.CommandName` names the same, for declarations."""


def _check_end(issued_at: datetime, until: datetime) -> None:
    if not issued_at <= until <= issued_at + LONGEST_SPAN:
        raise ValueError(f"until must not lie before issued_at, nor more than {LONGEST_SPAN.days} days after it")


def _format_moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
