"""Shows how far a training has come, while `steward watch` waits for the next decision."""

import time

from steward.cli.terminal import errors
from steward.retraining.runs import Run
from steward.retraining.training_progress import TrainingProgress
from steward.store import keys
from steward.store.bucket import Bucket

_EVERY = 3.0
"""Seconds between two looks: a training writes every five."""


class TrainingWatch:
    """Looks at the progress of a model's newest training, and prints what is new of one that goes on."""

    def __init__(self, data: Bucket, model: str) -> None:
        self._data = data
        self._model = model
        self._shown: TrainingProgress | None = None
        self._next = 0.0

    def look(self) -> None:
        """Print the progress where it changed, on standard error: decisions alone are the command's output."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        progress = self._data.load_if_present(keys.progress(self._model), TrainingProgress)
        if progress is None or progress == self._shown:
            return
        self._shown = progress
        run = self._data.load_if_present(keys.run(self._model, progress.run), Run)
        if run is not None and not run.ended and run.manifest is None:
            moment = f"{progress.updated_at:%Y-%m-%d %H:%M:%S}"
            errors.print(f"{moment}  training {progress.run}: {progress.sentence}", markup=False, highlight=False)
