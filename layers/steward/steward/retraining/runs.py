"""State of one retraining run."""

from typing import Literal, Self

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import POLICY, ObjectRef

Stage = Literal["requested", "frozen", "trained", "validated", "promoted", "refused", "failed"]
AttemptedStage = Literal["training", "validation"]
_ORDER: dict[Stage, int] = {
    "requested": 0, "frozen": 1, "trained": 2, "validated": 3, "promoted": 4, "refused": 4, "failed": 4,
}  # fmt: skip


class Attempt(TolerantModel):
    """An attempt at one step of a run, noted before the work begins: what a killed process leaves behind.

    Attributes:
        stage: what is attempted.
        message: the id of the message that asks for it, the same each time that it is tried.
        delivery: always 1; releases that counted deliveries cannot read the run without it.
        begun_at: by the wall clock.
        makes: the key of the first object that the work stores; empty while the attempt still reads its rows.
        failed: whether it ended with an error: then the process was not killed.
        cut_off: how many attempts before this one were killed while they read or stored.
    """

    stage: AttemptedStage
    message: str = ""
    delivery: int = 1
    begun_at: AwareDatetime
    makes: str = ""
    failed: bool = False
    cut_off: int = 0


class Run(VersionedModel):
    """The state of a run (compare-and-swap). It only ever moves forward.

    Attributes:
        since: when the change began that the run is about; None where no alert says.
        requester: the ARN of the person who asked for it; `policy` where Steward did.
        dollars: what the functions that trained and judged took so far, at list price.
    """

    schema_version: Literal[1] = 1
    run: str
    model: str
    as_of: AwareDatetime
    reasons: list[str]
    correlation_id: str
    requested_at: AwareDatetime
    stage: Stage = "requested"
    dataset: ObjectRef | None = None
    version: str | None = None
    manifest: ObjectRef | None = None
    evaluation: ObjectRef | None = None
    outcome: str = ""
    since: AwareDatetime | None = None
    dollars: float = 0.0
    attempt: Attempt | None = None
    requester: str = POLICY

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.stage in ("promoted", "refused", "failed")

    def advance(self, stage: Stage, *, dollars: float = 0.0, **found: ObjectRef | str | None) -> Self:
        """The run at a later stage, which took so much; itself when it is there, or further, already.

        A refused version can be promoted yet: whose approval was not given in time, and was requested again.
        """
        overturned = self.stage == "refused" and stage == "promoted"
        if not overturned and (self.ended or _ORDER[stage] <= _ORDER[self.stage]):
            return self
        return self.model_copy(update={"stage": stage, "dollars": self.dollars + dollars, **found})
