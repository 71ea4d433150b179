"""Events about the version in charge: what release_model and accept_version emit, and what people ask of them."""

from typing import Literal

from pydantic import AwareDatetime, Field

from steward.events.event import Event, Sentence

ReleaseStage = Literal[
    "champion", "refused", "held", "rolled_back", "challenger", "advanced", "approved", "awaiting_approval", "stopped"
]
OverrideAction = Literal["advance", "promote", "abort", "approve", "reject"]


class FreezeProposed(Event):
    """Promotions are to wait, until thawed where `until` is None; an `until` that equals `as_of` thaws."""

    until: AwareDatetime | None
    reason: Sentence
    author: str = Field(description='An ARN, or "policy" for an action that the declaration asks for.')


class RollbackProposed(Event):
    """The champion before is to take over again."""

    reason: Sentence
    author: str


class ReleaseOverrideProposed(Event):
    """A person decides on a running release: its next step, its end, or the approval that it waits for."""

    action: OverrideAction
    version: str | None = Field(default=None, description="Of several challengers, which.")
    reason: Sentence
    author: str


class ReleaseChanged(Event):
    """A version became champion, was refused, waits, or took over again; or its gradual release began, moved or ended.

    Attributes:
        release: the gradual release that it is about; empty for a direct one.
        share: of the entities that the version answers from now on.
    """

    run: str
    version: str
    previous: str | None
    stage: ReleaseStage
    summary: Sentence
    release: str = ""
    share: float | None = None


class VersionRejected(Event):
    """A version that another environment sent was refused; nothing changed."""

    version: str
    source: str = Field(description="The key of what was sent.")
    origin: str = Field(description="The environment that sent it, as far as known.")
    problems: list[Sentence]
