"""The result of a command. It also reserves the command's id, so that it is not used again."""

from typing import Literal

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.events import Digest, Sentence


class CommandResult(VersionedModel):
    """The verdict on one message (create-only).

    Attributes:
        message: the id of its sending; one that is repeated has the same, a replay another.
        command: the text of the command, as it came.
        sha256: of that text.
        author: the ARN that AWS named; None where nothing was proven.
        reason: what was asked for, or why it was refused.
    """

    schema_version: Literal[1] = 1
    message: str
    command: str
    sha256: Digest
    verdict: Literal["accepted", "refused"]
    author: str | None
    reason: Sentence
    decided_at: AwareDatetime
