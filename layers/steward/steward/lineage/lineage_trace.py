"""What something of a model came from, and what came of it: one shape for versions, predictions and files."""

from collections.abc import Iterable
from typing import Literal

from pydantic import ConfigDict

from steward.documents import InputHidingModel

TracedKind = Literal[
    "check",
    "correction",
    "dataset",
    "erasure",
    "evaluation",
    "file",
    "label",
    "prediction",
    "quarantine",
    "recipe",
    "records",
    "release",
    "run",
    "spec",
    "version",
    "window",
]


class TracedThing(InputHidingModel):
    """One thing that something came from, or that came of it.

    Attributes:
        id: by which other commands know it.
        detail: what else is known.
        key: of the object that holds it; empty where it is in several, or in none.
    """

    model_config = ConfigDict(frozen=True)

    kind: TracedKind
    id: str
    detail: str = ""
    key: str = ""


class LineageTrace(InputHidingModel):
    """The lineage of one thing, both ways.

    Attributes:
        came_from: what it was made of.
        led_to: what was made of it, or decided with it.
        notes: what is not known, and why.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    subject: TracedThing
    came_from: tuple[TracedThing, ...]
    led_to: tuple[TracedThing, ...]
    notes: tuple[str, ...] = ()


def without_repetition(things: Iterable[TracedThing]) -> tuple[TracedThing, ...]:
    """Each thing once, in the order in which they were found."""
    return tuple(dict.fromkeys(things))
