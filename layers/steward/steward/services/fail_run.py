"""Ends a run that cannot continue."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from steward.errors import RunLost
from steward.events import Event, RunFailed, TrainingCompleted, TrainingRequested, ValidationCompleted
from steward.outbox import OutboxEntry, announce
from steward.repositories.run_attempts import MAXIMUM_DELIVERIES, Attempts
from steward.retraining.runs import Run
from steward.runtime import Runtime
from steward.store import keys

RunStage = Literal["training", "validation", "release"]


@contextmanager
def ending_run(runtime: Runtime, cause: Event, *, stage: RunStage) -> Iterator[None]:
    """Let an unexpected error end the run on the last attempt, so that later runs are not held up.

    The error is raised all the same: the message goes to the dead-letter queue, where people find it. Causes that are
    of no run are left alone.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(cause, TrainingRequested | TrainingCompleted | ValidationCompleted):
            raise
        if runtime.attempt < MAXIMUM_DELIVERIES and stage != "release":
            Attempts(runtime, cause.model, cause.run, stage, runtime.attempt).fail()
        elif runtime.attempt >= MAXIMUM_DELIVERIES:
            message = f"{type(error).__name__}: {error}; the message is in the dead-letter queue"
            runtime.publish(fail_run(runtime, cause, cause.run, stage, message))
        raise


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
