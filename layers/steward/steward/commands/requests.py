"""Every command: its parameters, and the event that it becomes once the author is verified."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from steward.commands.command_base import LONGEST_SPAN, Command, CommandReason, Instant, Note, WindowId
from steward.commands.release_command import ReleaseCommand  # noqa: F401 - among `COMMANDS`
from steward.events import (
    AlertAcknowledged,
    AlertMuted,
    CheckRequested,
    DefectChange,
    DefectChangeRequested,
    DefectProposed,
    ErasureRequested,
    Event,
    ExceptionProposed,
    FreezeProposed,
    RemovalProposed,
    ReproductionRequested,
    RetrainingProposed,
    RollbackProposed,
)
from steward.governance.audit_exception import LONGEST_EXCEPTION
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity


def _check_invariant(name: str) -> str:
    from steward.governance.invariants.catalogue import check_name  # noqa: PLC0415 - what most commands never need

    return check_name(name)


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


_Pseudonym = Annotated[str, StringConstraints(pattern=r"^pn-[a-z2-7]{26}$")]


class EraseCommand(Command):
    """All rows of a subject are to be erased; its name never leaves the computer that the command is given on."""

    publishes: ClassVar[type[Event]] = ErasureRequested

    command: Literal["erase"] = "erase"
    subject: _Pseudonym
    stored_as: Annotated[list[_Pseudonym], Field(max_length=8)] = Field(default_factory=list)
    record: bool = False
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"asks to erase {'record' if self.record else 'subject'} {self.subject}: {self.reason}"


class ExceptCommand(Command):
    """An invariant is excepted for a time; an `until` that equals `issued_at` ends its exception, or reviews it."""

    publishes: ClassVar[type[Event]] = ExceptionProposed

    command: Literal["except"] = "except"
    invariant: Annotated[str, AfterValidator(_check_invariant)]
    owner: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    until: Instant
    review: bool = False
    reason: CommandReason

    @model_validator(mode="after")
    def _reviews_what_is_there(self) -> Self:
        if self.review and self.until != self.issued_at:
            raise ValueError("a review changes no end: leave until as issued_at is")
        return self

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not self.issued_at <= self.until <= self.issued_at + LONGEST_EXCEPTION:
            raise ValueError(
                f"until must come after issued_at, by {LONGEST_EXCEPTION.days} days at most: then it is reviewed"
            )
        return self

    @property
    def sentence(self) -> str:
        """What is asked for."""
        if self.review:
            return f"reviews the exception of {self.invariant}: {self.reason}"
        if self.until == self.issued_at:
            return f"ends the exception of {self.invariant}: {self.reason}"
        return f"excepts {self.invariant} until {_format_moment(self.until)}, owner {self.owner}: {self.reason}"


COMMANDS: dict[str, type[Command]] = {kind.model_fields["command"].default: kind for kind in Command.__subclasses__()}
"""Every command by its name; `spec.commands.CommandName` names the same, for declarations."""


def _check_end(issued_at: datetime, until: datetime) -> None:
    if not issued_at <= until <= issued_at + LONGEST_SPAN:
        raise ValueError(f"until must not lie before issued_at, nor more than {LONGEST_SPAN.days} days after it")


def _format_moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
