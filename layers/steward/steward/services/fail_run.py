"""Ends a run that cannot continue."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from steward.errors import RunLost
from steward.events import (
    Event,
    RunFailed,
    TrainingCompleted,
    TrainingRequested,
)
from steward.outbox import OutboxEntry, announce
from steward.repositories.run_attempts import Attempts
from steward.retraining.runs import AttemptedStage, Run
from steward.runtime import Runtime
from steward.store import keys

RunStage = Literal["training", "validation", "release"]


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
