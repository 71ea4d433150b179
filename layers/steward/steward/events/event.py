"""Base of all events: the fields that each carries, and the types that several share."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal, Self, TypedDict

from pydantic import AfterValidator, AwareDatetime, StringConstraints, model_validator

from steward.documents import TolerantModel, VersionedModel

SOURCE = "steward"
DEPLOYMENT = "_deployment"
"""In place of a model, where an event or a ledger entry speaks of the deployment; no model can be called so."""
NO_MODEL = "unknown"
"""In place of a model, in the ledger entries of files whose key names none."""
POLICY = "policy"
"""In place of an author's ARN, where the declaration asks for an action."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_SENTENCE_LENGTH = 4000


def _shorten(sentence: str) -> str:
    return sentence if len(sentence) <= _SENTENCE_LENGTH else f"{sentence[: _SENTENCE_LENGTH - 3]}..."


Sentence = Annotated[str, AfterValidator(_shorten)]
"""What a person reads. It may quote what others wrote, and EventBridge and SNS take 256 KB, so it is cut at 4,000."""


class ObjectRef(TolerantModel):
    """A reference to the exact bytes that something rests on."""

    key: str
    version_id: str
    sha256: Digest


class Header(TypedDict):
    """The fields that every event has, to be unpacked where one is made."""

    occurred_at: datetime
    model: str
    as_of: datetime
    correlation_id: str


class Event(VersionedModel):
    """What all events carry.

    `event_id` is derived from the content, so the same fact told twice has the same id; `as_of` is the moment the event
    speaks for, `occurred_at` the wall clock's, `correlation_id` the same from the cause to the last effect. Validators
    are built at first use (`defer_build`): a function meets few of the events, and starts sooner without the others.
    """

    schema_version: Literal[1] = 1
    event_id: str = ""
    occurred_at: AwareDatetime
    model: str
    as_of: AwareDatetime
    correlation_id: str

    @model_validator(mode="after")
    def _identify(self) -> Self:
        if not self.event_id:
            content = self.model_dump_json(exclude={"event_id", "occurred_at"}, exclude_defaults=True)
            digest = hashlib.sha256(f"{type(self).__name__}:{content}".encode()).hexdigest()
            object.__setattr__(self, "event_id", digest[:32])
        return self
