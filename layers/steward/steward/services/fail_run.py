"""Ends a run that cannot continue."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from steward.errors import RunLost
from steward.events import (
    Event,
    FailedInvocation,
    ReproductionFailed,
    ReproductionRequested,
    RunFailed,
    TrainingCompleted,
    TrainingRequested,
    ValidationCompleted,
    decode,
)
from steward.outbox import OutboxEntry, announce
from steward.repositories.run_attempts import Attempts, killed_reason
from steward.retraining.runs import AttemptedStage, Run
from steward.runtime import Runtime, logger
from steward.store import keys

RunStage = Literal["training", "validation", "release"]

_STAGES: dict[type[Event], RunStage] = {
    TrainingRequested: "training",
    TrainingCompleted: "validation",
    ValidationCompleted: "release",
}
"""What fails for a run when the function that an event woke fails."""


@contextmanager
def note_error(runtime: Runtime, cause: Event, *, stage: AttemptedStage) -> Iterator[None]:
    """Note on the run that an attempt ended with an error, which is raised all the same: its process was not killed.

    Causes that are of no run are left alone.
    """
    try:
        yield
    except Exception:
        if isinstance(cause, TrainingRequested | TrainingCompleted):
            Attempts(runtime, cause.model, cause.run, stage, runtime.message).fail()
        raise


def end_run(runtime: Runtime, failed: FailedInvocation) -> Iterator[Event]:
    """End the run whose training, validation or release failed at every attempt, so that later runs are not held up.

    A reproduction that failed so is announced.

    Lambda tells of processes that were killed too. Failures that are of no run, or of one that has ended, are let be.
    """
    try:
        cause = decode(json.dumps(failed.payload), sent_at=runtime.now())
    except (KeyError, ValueError) as error:
        logger.info("the failed invocation is of no run", function=failed.function_arn, reason=str(error))
        return
    if isinstance(cause, ReproductionRequested):
        yield from _fail_reproduction(runtime, cause, failed.reason)
        return
    stage = _STAGES.get(type(cause))
    if stage is None or not isinstance(cause, TrainingRequested | TrainingCompleted | ValidationCompleted):
        return
    run = runtime.data.load(keys.run(cause.model, cause.run), Run)
    if run.ended and run.stage != "failed":
        return
    message = killed_reason(run.attempt, stage) or f"{failed.reason}; the message is in the dead-letter queue"
    yield from fail_run(runtime, cause, cause.run, stage, run.outcome if run.ended else message)


def _fail_reproduction(runtime: Runtime, cause: ReproductionRequested, reason: str) -> Iterator[Event]:
    """Announce that a version could not be trained again."""
    message = (
        f"the function TrainModel failed at every attempt: {reason}. Its log says why; where it was killed, `steward "
        f"reproduce {cause.model} {cause.version}` trains on your own computer"
    )
    event = ReproductionFailed(**runtime.caused_by(cause), version=cause.version, message=message)
    entry = OutboxEntry(event, "reproduction_failed", cause.version, message, identity=f"killed-{cause.event_id}")
    return announce(runtime, entry)


def fail_run(runtime: Runtime, cause: Event, run: str, stage: RunStage, message: str) -> Iterator[Event]:
    """Mark a run as failed, and announce it."""

    def change(present: Run | None) -> Run:
        if present is None:
            raise RunLost(f"run {run} of {cause.model} is not stored")
        return present.advance("failed", outcome=message)

    runtime.data.update(keys.run(cause.model, run), Run, change)
    event = RunFailed(
        **runtime.caused_by(cause),
        run=run,
        stage=stage,
        message=message,
    )
    return announce(runtime, OutboxEntry(event, "run_failed", run, f"{stage}: {message}"))
