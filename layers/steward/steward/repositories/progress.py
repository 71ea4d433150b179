"""Writes the progress of a training, seldom enough to cost nothing."""

from datetime import timedelta

from steward.retraining.training_progress import TrainingProgress, TrainingStage
from steward.runtime import Runtime
from steward.store import keys

EVERY = timedelta(seconds=5)
"""Between two writes, and before the first: a training that is over sooner writes none."""


class ProgressWriter:
    """Keeps the progress of one training, and writes it where `steward watch` looks."""

    def __init__(self, runtime: Runtime, model: str, run: str) -> None:
        now = runtime.now()
        self._runtime = runtime
        self._progress = TrainingProgress(model=model, run=run, began_at=now, updated_at=now)

    def __call__(self, stage: TrainingStage, **facts: str | float | None) -> None:
        """Note how far it is; a new stage forgets what was tried and was best in the one before."""
        kept = {} if stage == self._progress.stage else {"trying": "", "fold": 0, "best": "", "best_loss": None}
        now = self._runtime.now()
        written = self._progress.updated_at
        due = now - written >= EVERY
        changes = kept | facts | {"stage": stage, "updated_at": now if due else written}
        self._progress = self._progress.model_copy(update=changes)
        if due:
            self._runtime.data.put(keys.progress(self._progress.model), self._progress.model_dump_json().encode())
