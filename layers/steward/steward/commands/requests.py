"""Every command: its parameters, and the event that it becomes once the author is verified."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from steward.events import (
    AlertAcknowledged,
    AlertMuted,
    CheckRequested,
    DefectChange,
    DefectChangeRequested,
    DefectProposed,
    Event,
    FreezeProposed,
    Header,
    RemovalProposed,
    RetrainingProposed,
    RollbackProposed,
)
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity
from steward.spec.spec_section import ModelName
from steward.spec.windows import Window

LIFETIME = timedelta(minutes=5)
"""The longest life of a command: AWS refuses a signature that is five minutes old."""

LONGEST_SPAN = timedelta(days=366)
"""The longest mute or freeze with an end; who wants it longer asks again in a year."""


def _whole_seconds_of_utc(moment: datetime) -> datetime:
    if moment.microsecond:
        raise ValueError("has a fraction of a second; leave it out")
    return moment.astimezone(UTC)


def _window_id(identifier: str) -> str:
    try:
        Window.parse(identifier)
    except ValueError:
        raise ValueError(
            f"{identifier!r} is no window: write its id, such as 20240115T000000Z_1d, as `steward watch` prints it"
        ) from None
    return identifier


Instant = Annotated[AwareDatetime, AfterValidator(_whole_seconds_of_utc)]
CommandReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
WindowId = Annotated[str, StringConstraints(max_length=40), AfterValidator(_window_id)]


class Command(BaseModel, ABC):
    """What all commands carry.

    Attributes:
        id: made by who gives it; no id is accepted twice.
        issued_at: when it was given, in whole seconds; the signature that proves its author is of this second.
        expires_at: from then on it is refused, at most `LIFETIME` later.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    command: str
    id: UUID
    model: ModelName
    issued_at: Instant
    expires_at: Instant

    @model_validator(mode="after")
    def _lives_briefly(self) -> Self:
        if not self.issued_at < self.expires_at <= self.issued_at + LIFETIME:
            raise ValueError(f"expires_at must come after issued_at, by at most {LIFETIME.seconds} seconds")
        return self

    @property
    def correlation_id(self) -> str:
        """The same on everything that the command leads to."""
        return f"command-{self.id}"

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What is asked for, as a person reads it in the ledger."""

    @abstractmethod
    def event(self, author: str, occurred_at: datetime) -> Event:
        """The event published once the author is verified; every call returns the same event."""

    def _common(self, occurred_at: datetime) -> Header:
        return Header(
            occurred_at=occurred_at, model=self.model, as_of=self.issued_at, correlation_id=self.correlation_id
        )


class AcknowledgeCommand(Command):
    """A person has seen an alert."""

    command: Literal["acknowledge"] = "acknowledge"
    monitor: MonitorName | None = None
    note: Note = ""

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"acknowledges {self.monitor or 'every alert that fires'}{f': {self.note}' if self.note else ''}"

    def event(self, author: str, occurred_at: datetime) -> AlertAcknowledged:
        """The event published once the author is verified."""
        common = self._common(occurred_at)
        return AlertAcknowledged(**common, monitor=self.monitor, author=author, note=self.note)


class MuteCommand(Command):
    """No notifications for a while; an `until` that equals `issued_at` lifts a mute."""

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

    def event(self, author: str, occurred_at: datetime) -> AlertMuted:
        """The event published once the author is verified."""
        common = self._common(occurred_at)
        return AlertMuted(**common, monitor=self.monitor, until=self.until, reason=self.reason, author=author)


class CheckCommand(Command):
    """A check now: of one window, or of all that closed lately."""

    command: Literal["check"] = "check"
    window: WindowId | None = None

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"asks for a check of {f'window {self.window}' if self.window else 'what closed lately'}"

    def event(self, author: str, occurred_at: datetime) -> CheckRequested:  # noqa: ARG002 - a check is anybody's
        """The event published once the author is verified."""
        return CheckRequested(**self._common(occurred_at), window=self.window)


class RetrainCommand(Command):
    """The retraining policy is asked for a run."""

    command: Literal["retrain"] = "retrain"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"asks for a retraining: {self.reason}"

    def event(self, author: str, occurred_at: datetime) -> RetrainingProposed:
        """The event published once the author is verified."""
        return RetrainingProposed(**self._common(occurred_at), reason=self.reason, author=author)


class FreezeCommand(Command):
    """Promotions wait, until a moment or until thawed."""

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

    def event(self, author: str, occurred_at: datetime) -> FreezeProposed:
        """The event published once the author is verified."""
        return FreezeProposed(**self._common(occurred_at), until=self.until, reason=self.reason, author=author)


class ThawCommand(Command):
    """Promotions go on."""

    command: Literal["thaw"] = "thaw"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"thaws promotions: {self.reason}"

    def event(self, author: str, occurred_at: datetime) -> FreezeProposed:
        """The event published once the author is verified."""
        return FreezeProposed(**self._common(occurred_at), until=self.issued_at, reason=self.reason, author=author)


class RollBackCommand(Command):
    """The champion before takes over again."""

    command: Literal["roll_back"] = "roll_back"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"rolls the release back: {self.reason}"

    def event(self, author: str, occurred_at: datetime) -> RollbackProposed:
        """The event published once the author is verified."""
        return RollbackProposed(**self._common(occurred_at), reason=self.reason, author=author)


class OpenDefectCommand(Command):
    """An error in the data is written down."""

    command: Literal["open_defect"] = "open_defect"
    title: CommandReason
    severity: Severity = "warning"
    windows: Annotated[list[WindowId], Field(max_length=1000)] = Field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"reports an error in the data ({self.severity}): {self.title}"

    def event(self, author: str, occurred_at: datetime) -> DefectProposed:
        """The event published once the author is verified."""
        return DefectProposed(
            **self._common(occurred_at),
            source="person",
            severity=self.severity,
            title=self.title,
            windows=self.windows,
            author=author,
        )


class ChangeDefectCommand(Command):
    """A defect is moved on, or given to another owner."""

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

    def event(self, author: str, occurred_at: datetime) -> DefectChangeRequested:
        """The event published once the author is verified."""
        return DefectChangeRequested(
            **self._common(occurred_at),
            defect=self.defect,
            change=self.change,
            owner=self.owner,
            note=self.note,
            author=author,
        )


class RemoveCommand(Command):
    """The model is to be looked after no more."""

    command: Literal["remove"] = "remove"
    reason: CommandReason

    @property
    def sentence(self) -> str:
        """What is asked for."""
        return f"removes the model: {self.reason}"

    def event(self, author: str, occurred_at: datetime) -> RemovalProposed:
        """The event published once the author is verified."""
        return RemovalProposed(**self._common(occurred_at), reason=self.reason, author=author)


COMMANDS: dict[str, type[Command]] = {kind.model_fields["command"].default: kind for kind in Command.__subclasses__()}
"""Every command by its name; `spec.commands.CommandName` names the same, for declarations."""


def _check_end(issued_at: datetime, until: datetime) -> None:
    if not issued_at <= until <= issued_at + LONGEST_SPAN:
        raise ValueError(f"until must not lie before issued_at, nor more than {LONGEST_SPAN.days} days after it")


def _format_moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
