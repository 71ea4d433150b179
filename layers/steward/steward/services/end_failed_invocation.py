"""Ends what a function was woken for, once it failed at every attempt."""

import json
from collections.abc import Iterator

from steward.events import (
    Event,
    FailedInvocation,
    ReproductionFailed,
    ReproductionRequested,
    TrainingCompleted,
    TrainingRequested,
    ValidationCompleted,
    decode,
)
from steward.outbox import OutboxEntry, announce
from steward.repositories.run_attempts import killed_reason
from steward.retraining.runs import Run
from steward.runtime import Runtime, logger
from steward.services.fail_run import RunStage, fail_run
from steward.store import keys

_STAGES: dict[type[Event], RunStage] = {
    TrainingRequested: "training",
    TrainingCompleted: "validation",
    ValidationCompleted: "release",
}
"""What fails for a run when the function that an event woke fails."""


def end_failed_invocation(runtime: Runtime, failed: FailedInvocation) -> Iterator[Event]:
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
