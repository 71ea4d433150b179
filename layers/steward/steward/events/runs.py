"""Events about retraining: what kick_retraining, train_model and validate_model emit."""

from typing import Literal

from pydantic import Field

from steward.events.event import POLICY, Event, ObjectRef, Sentence


class RetrainingProposed(Event):
    """Someone, or a schedule, asks for a retraining; the policy decides.

    Attributes:
        defect: the defect whose correction changed rows that the champion was trained on; None for another reason.
        erasure: the erasure that removed rows that the champion was trained on; None for another reason.
    """

    reason: Sentence
    author: str = "schedule"
    defect: str | None = None
    erasure: str | None = None

    @property
    def asked(self) -> Literal["person", "schedule", "correction", "erasure", "action"]:
        """Who asks."""
        if self.erasure:
            return "erasure"
        if self.author == "schedule":
            return "schedule"
        if self.author != POLICY:
            return "person"
        return "correction" if self.defect else "action"


class TrainingRequested(Event):
    """The policy started a run."""

    run: str
    reasons: list[Sentence]


class TrainingDeclined(Event):
    """The policy held a run back, and why."""

    reasons: list[Sentence]
    triggers: list[Sentence]


class TrainingCompleted(Event):
    """A run made a version; it is not judged yet."""

    run: str
    version: str
    dataset: str
    manifest: ObjectRef


class ReproductionRequested(Event):
    """Someone asks whether a version can be made again: it is trained once more, and no version comes of it."""

    version: str
    author: str


class TrainingReproduced(Event):
    """A version was trained again, and its artifact is identical."""

    version: str
    sha256: str
    result: ObjectRef


class ReproductionFailed(Event):
    """A version was trained again and differs, or could not be trained; the message says what differs, or why."""

    version: str
    message: Sentence
    result: ObjectRef | None = Field(default=None, description="None where the function was killed.")


class RunFailed(Event):
    """A run ended without a version, or without a judgement on it."""

    run: str
    stage: Literal["training", "validation", "release"]
    message: Sentence


class ValidationCompleted(Event):
    """A version was judged on rows that neither it nor the champion had seen."""

    run: str
    version: str
    passed: bool
    summary: Sentence
    evaluation: ObjectRef


class ChampionTestRequested(Event):
    """Someone, or a schedule, asks for a test of the champion on labels that came since it was made."""


class ChampionTested(Event):
    """The champion was judged on labelled rows that are newer than all it was made or judged with, or cannot be."""

    version: str | None = Field(description="None where there is no champion.")
    passed: bool | None = Field(description="None where nothing could be measured; the summary says why.")
    rows: int
    summary: Sentence
    evaluation: ObjectRef | None = None
