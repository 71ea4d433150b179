"""The table of a stream: what a version trained after each window says of each later row, and its losses by window.

Made once a stream and kept; every policy replays on it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.retraining import recipe
from steward.retraining.dataset import is_positive, targets
from tests.benchmarks.run_costs.streams import FOLDER, Stream

_TINY = 1e-15


@dataclass(frozen=True, slots=True)
class LossTable:
    """Versions by windows.

    Attributes:
        reference: windows that the first version is made of.
        window: of each row the number of its window, ascending, shape (rows,).
        labels: whether each row is positive, shape (rows,).
        scores: of the version that is trained after each window, float32, shape (windows, rows); NaN for rows that it
            was trained on, and for versions trained before half of the reference.
        losses: mean log loss, shape (windows, windows), NaN likewise.
    """

    reference: int
    window: NDArray[np.intp]
    labels: NDArray[np.bool_]
    scores: NDArray[np.float32]
    losses: NDArray[np.float64]

    @property
    def windows(self) -> int:
        """How many there are in all."""
        return len(self.losses)

    def rows_of(self, window: int) -> slice:
        """The rows of a window."""
        return slice(*np.searchsorted(self.window, [window, window + 1]))

    def row_losses(self, version: int, window: int) -> NDArray[np.float64]:
        """The log loss of each row of a window under a version."""
        rows = self.rows_of(window)
        return log_losses(self.labels[rows], self.scores[version, rows].astype(np.float64))


def log_losses(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log loss of each row."""
    return -np.log(np.clip(np.where(labels, scores, 1 - scores), _TINY, 1.0))


def table_of(name: str, draw: object) -> LossTable:
    """The table of a stream, from where it is kept or made now.

    Args:
        name: of the stream.
        draw: gives it.
    """
    path = FOLDER / f"table-{name}.npz"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        made = _make(draw())  # type: ignore[operator]
        partial = path.with_suffix(".partial.npz")
        np.savez_compressed(
            partial, reference=made.reference, window=made.window, labels=made.labels, scores=made.scores,
            losses=made.losses,
        )  # fmt: skip
        partial.rename(path)
    with np.load(path) as kept:
        return LossTable(int(kept["reference"]), kept["window"], kept["labels"], kept["scores"], kept["losses"])


def _make(stream: Stream) -> LossTable:
    spec, rows, window = stream.spec, stream.rows, stream.window
    declared, span = spec.retraining.recipe, spec.retraining.training_span
    if declared is None:
        raise ValueError(f"{stream.name} has no recipe")
    labels = is_positive(rows, spec).to_numpy()
    scores = np.full((stream.windows, len(rows)), np.nan, dtype=np.float32)
    times = rows[spec.columns.time]
    for after in range(max(1, stream.reference // 2), stream.windows):
        known = window <= after - 0
        if span is not None:
            known &= (times > times[known].max() - pd.Timedelta(span)).to_numpy()
        later = window > after
        model = recipe.fit(declared, spec, rows[known], targets(rows[known], spec))
        if later.any():
            scores[after, later] = recipe.score(model, spec, rows[later])
    starts = np.searchsorted(window, np.arange(stream.windows))
    losses = np.add.reduceat(
        np.where(np.isnan(scores), np.nan, log_losses(labels, scores.astype(np.float64))), starts, axis=1
    ) / np.bincount(window)  # fmt: skip
    return LossTable(stream.reference, window, labels, scores, losses)
