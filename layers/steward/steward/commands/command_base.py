"""What all commands carry, and the types of their parameters."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, StringConstraints, model_validator

from steward.documents import InputHidingModel
from steward.events import Event, Header
from steward.privacy.written_text import kinds_in_words, personal_kinds
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


def _nobodys_data(text: str) -> str:
    if kinds := personal_kinds(text):
        raise ValueError(
            f"holds personal data ({kinds_in_words(kinds)}), and the ledger keeps it for good: name a request, "
            "a ticket or a role instead"
        )
    return text


Instant = Annotated[AwareDatetime, AfterValidator(_whole_seconds_of_utc)]
CommandReason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_nobodys_data)
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_nobodys_data)]
WindowId = Annotated[str, StringConstraints(max_length=40), AfterValidator(_window_id)]


class Command(InputHidingModel, ABC):
    """What all commands carry.

    Attributes:
        id: made by who gives it; no id is accepted twice.
        issued_at: when it was given, in whole seconds; the signature that proves its author is of this second.
        expires_at: from then on it is refused, at most `LIFETIME` later.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    publishes: ClassVar[type[Event]]

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

    def event(self, author: str, occurred_at: datetime) -> Event:
        """The event published once the author is verified; every call returns the same event."""
        header = Header(
            occurred_at=occurred_at, model=self.model, as_of=self.issued_at, correlation_id=self.correlation_id
        )
        kind = self.publishes
        own = {name: value for name, value in self._fields().items() if name in kind.model_fields}
        return kind.model_validate(own | header | ({"author": author} if "author" in kind.model_fields else {}))

    def _fields(self) -> dict[str, Any]:
        """The fields of the event that the command has under the same name."""
        return {name: getattr(self, name) for name in type(self).model_fields}
