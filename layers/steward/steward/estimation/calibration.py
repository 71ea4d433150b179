"""Calibration map: the share of positive rows by score, fitted on the holdout."""

from collections.abc import Callable
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.estimation.boosted_trees import BoostedTrees
from steward.estimation.residual_model import ResidualModel
from steward.performance.binary_outcomes import CLIP, BinaryCounts
from steward.profiles.bins import Codes

PRIOR_ROWS = 1.0
"""Rows that each cell is given in advance, positive as often as its scores say: the map is defined everywhere, and few
rows do not bend it much."""

Grow = Callable[[Codes, Floats], BoostedTrees]
"""Fits trees over the codes of rows to what is left of a figure of each; done when a version is made."""

_DIGITS = 6
"""Significant ones: shares of one in a hundred thousand keep theirs."""


class ScoreCalibration(TolerantModel):
    """The share of positive rows by score, from the labelled rows of the holdout.

    Attributes:
        edges: of the cells of the score, as in the profile's bins: cell k holds the scores in [edges[k-1], edges[k]).
        rows: of the holdout, per cell.
        shares: expected share of positive rows per cell.
        decided: share of rows decided positive per cell.
        scores: mean score per cell.
        positive_log_loss, negative_log_loss: mean log loss of a positive and of a negative row of the cell, in nats.
        positive_error, negative_error: mean of (score - label)² of a positive and of a negative row.
        residual_model: what the other features tell of the share beyond the score.
    """

    edges: tuple[float, ...]
    rows: tuple[int, ...]
    shares: tuple[float, ...]
    decided: tuple[float, ...]
    scores: tuple[float, ...]
    positive_log_loss: tuple[float, ...]
    negative_log_loss: tuple[float, ...]
    positive_error: tuple[float, ...]
    negative_error: tuple[float, ...]
    residual_model: ResidualModel

    @classmethod
    def fit(
        cls,
        scores: Floats,
        labels: NDArray[np.bool_],
        decided: NDArray[np.bool_],
        *,
        edges: tuple[float, ...],
        threshold: float,
        codes: Codes,
        part: int | None,
        grow: Grow,
    ) -> Self:
        """Learn from the labelled rows of the holdout; done when a version is made.

        Shares never fall as scores rise. A class without any row has a share of 0 everywhere.

        Args:
            scores: probability of the positive class, shape (rows,), one row at least.
            labels: whether the truth is the positive class, shape (rows,).
            decided: whether the prediction is the positive class, shape (rows,).
            edges: of the cells, ascending.
            threshold: scores from here on are decided positive, in cells without rows.
            codes: shape (rows, parts).
            part: position of the score's own part in the codes, where it has one.
            grow: fits the trees.
        """
        from scipy.optimize import isotonic_regression  # noqa: PLC0415 - a check reads calibrations without SciPy

        ends = np.concatenate(([0.0], edges, [1.0]))
        middle = (ends[1:] + ends[:-1]) / 2
        size = len(middle)
        cells = np.searchsorted(np.array(edges), scores, side="right")
        rows = np.bincount(cells, minlength=size)
        held = rows > 0

        def mean(values: Floats, without: Floats) -> Floats:
            return np.where(held, np.bincount(cells, values, size) / np.maximum(rows, 1), without)

        clipped, nearby = np.clip(scores, CLIP, 1 - CLIP), np.clip(middle, CLIP, 1 - CLIP)
        score = mean(scores, middle)
        weights = np.asarray(rows + PRIOR_ROWS, np.float64)
        observed = (np.bincount(cells, labels, size) + PRIOR_ROWS * score) / weights
        shares = isotonic_regression(observed, weights=weights).x
        if not labels.any():
            shares = np.zeros(size)
        return cls(
            edges=edges,
            rows=tuple(rows.tolist()),
            shares=_round(shares),
            decided=_round(mean(decided.astype(np.float64), (middle >= threshold).astype(np.float64))),
            scores=_round(score),
            positive_log_loss=_round(mean(-np.log(clipped), -np.log(nearby))),
            negative_log_loss=_round(mean(-np.log1p(-clipped), -np.log1p(-nearby))),
            positive_error=_round(mean((1 - scores) ** 2, (1 - middle) ** 2)),
            negative_error=_round(mean(scores**2, middle**2)),
            residual_model=ResidualModel.of(grow(codes, labels - shares[cells]), codes, cells, size, part),
        )

    @cached_property
    def array(self) -> dict[str, Floats]:
        """Every figure per cell as an array, by its name; `nothing` is zero everywhere."""
        names = (
            "rows", "shares", "decided", "scores", "positive_log_loss", "negative_log_loss", "positive_error",
            "negative_error",
        )  # fmt: skip
        return {name: np.array(getattr(self, name), np.float64) for name in names} | {
            "nothing": np.zeros(len(self.rows))
        }

    def labelled(self, counts: BinaryCounts) -> Floats:
        """Rows per cell of this map, from the rows of any finer division of the score."""
        cells = np.searchsorted(np.array(self.edges), counts.scores, side="right")
        return np.bincount(cells, counts.positive + counts.negative, len(self.rows))


def _round(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values.tolist())
