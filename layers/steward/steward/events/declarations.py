"""Events about declarations: what register_model and remove_model emit."""

from pydantic import Field

from steward.events.event import Event, ObjectRef, Sentence


class ModelRegistered(Event):
    """A declaration was accepted and is in force."""

    revision: str
    spec: ObjectRef


class ModelRejected(Event):
    """A declaration was refused; nothing changed."""

    source: str = Field(description="The key of the upload.")
    problems: list[str]


class RemovalProposed(Event):
    """Somebody asks for a model to be removed."""

    reason: Sentence
    author: str


class ModelRemoved(Event):
    """A model is removed: its schedules are gone, and nothing is done for it any more but retention."""

    revision: str = Field(description="The revision of its declaration that says so.")
    stored: ObjectRef
    summary: Sentence
