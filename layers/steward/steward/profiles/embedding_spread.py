"""How much the mean of an embedding's feature map varies: within a sample of rows, and from window to window."""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.documents import TolerantModel
from steward.profiles.design_effect import FEWEST_CHUNKS, DesignEffect, Repeated, beyond_chance
from steward.profiles.embeddings import FREQUENCIES, EmbeddingBins, EmbeddingSums, present
from steward.records.columns import EmbeddingColumn


class EmbeddingSpread(TolerantModel):
    """What tells chance from change in the mean of the mapped vectors.

    For n independent rows against m of the baseline the squared distance of the means is, under no change, a sum of
    chi-squared variables of one degree each, weighted by (1/n + 1/m) times these eigenvalues (A. Gretton et al.,
    2012, A kernel two-sample test, JMLR 13, 723-773, theorem 12).

    Attributes:
        eigenvalues: of the covariance of the mapped vectors in the reference, falling; those below a millionth of their
            sum are left out.
        design_effect: the mean square by which the windows' means differ, over what independent rows would give.
    """

    eigenvalues: tuple[float, ...] = ()
    design_effect: DesignEffect = DesignEffect()

    @classmethod
    def of(cls, columns: Iterable[EmbeddingColumn], windows: Sequence[EmbeddingSums], bins: EmbeddingBins) -> Self:
        """From the reference."""
        total, squares, rows = np.zeros(2 * FREQUENCIES), np.zeros((2 * FREQUENCIES, 2 * FREQUENCIES)), 0
        for vectors in present(list(columns)):
            mapped = bins.features(vectors)
            total += mapped.sum(axis=0)
            squares += mapped.T @ mapped
            rows += len(mapped)
        if rows < 2:  # noqa: PLR2004
            return cls()
        mean = total / rows
        values = np.linalg.eigvalsh((squares - np.outer(total, mean)) / (rows - 1))[::-1]
        kept = values[values > values.sum() * 1e-6]
        return cls(eigenvalues=tuple(kept.tolist())).among(windows)

    def among(self, windows: Sequence[EmbeddingSums], entities: Repeated | None = None) -> Self:
        """The same covariance, with the design effect that these windows, and rows of one entity, show."""
        found = _design_effect(windows, np.array(self.eigenvalues))
        return self.model_copy(update={"design_effect": found.with_entities(entities) if entities else found})


def _design_effect(windows: Sequence[EmbeddingSums], eigenvalues: NDArray[np.float64]) -> DesignEffect:
    filled = [window for window in windows if window.count]
    if not filled:
        return DesignEffect()
    rows = np.array([window.count for window in filled], dtype=np.float64)
    mean_rows, chunks = float(rows.mean()), len(filled)
    if chunks < FEWEST_CHUNKS:
        return DesignEffect(rows=mean_rows, chunks=chunks)
    trace = float(eigenvalues.sum())
    if trace <= 0:
        return DesignEffect(rows=mean_rows, chunks=chunks, known=True)
    means = np.array([window.feature_mean for window in filled])
    centre = rows @ means / rows.sum()
    excess = float(np.sum(rows * np.sum((means - centre) ** 2, axis=1))) / (chunks - 1) / trace
    degrees = (chunks - 1) * trace**2 / float(np.sum(eigenvalues**2))
    return DesignEffect(
        value=max(1.0, excess),
        location=max(1.0, excess),
        rows=mean_rows,
        chunks=chunks,
        clustered=beyond_chance(excess * degrees, degrees),
        known=True,
    )
