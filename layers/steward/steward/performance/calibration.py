"""How often rows of each score are positive on the holdout, and what else of a row tells it."""

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from steward.performance.binary_outcomes import CLIP, Floats
from steward.performance.boosted import Codes, Trees
from steward.performance.boosting import fit_trees

PRIOR_ROWS = 1.0
"""Rows that each cell is given in advance, positive as often as its scores say: the map is defined everywhere, and few
rows do not bend it much."""

_DRAWN_TO_MAP = 20.0
_BLOCKS = 10
_NEAREST = 1e-5
_DIGITS = 6


class Calibration(BaseModel):
    """The share of positive rows, by score and by what else is known of a row; from the holdout.

    `shares` is the map from scores. Two rows of one score need not be alike: `trees` add to its log-odds what the
    other features tell, so that a window in which other rows get the same scores is not taken for the holdout.

    Attributes:
        edges: of the cells of the score, as in the profile's bins: cell k holds the scores in [edges[k-1], edges[k]).
        part: position of the score's own part in the codes; None where sampled rows have no code of this score.
        rows, positives: of the holdout, per cell.
        shares: expected share of positive rows per cell.
        decided: share of rows decided positive per cell.
        scores: mean score per cell.
        positive_log_loss, negative_log_loss: mean log loss of a positive and of a negative row of the cell, in nats.
        positive_error, negative_error: mean of (score - label)² of a positive and of a negative row.
        odds: log-odds of the map, that the trees add to.
        trees: over the codes of sampled rows.
        blocks: the block of neighbouring cells that each cell is in, of like numbers of rows.
        residuals: per block, mean on the holdout of what trees say above the map.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[float, ...]
    part: int | None
    rows: tuple[int, ...]
    positives: tuple[int, ...]
    shares: tuple[float, ...]
    decided: tuple[float, ...]
    scores: tuple[float, ...]
    positive_log_loss: tuple[float, ...]
    negative_log_loss: tuple[float, ...]
    positive_error: tuple[float, ...]
    negative_error: tuple[float, ...]
    odds: tuple[float, ...]
    trees: Trees
    blocks: tuple[int, ...]
    residuals: tuple[float, ...]

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
        seed: int,
    ) -> Self:
        """Learn from the labelled rows of the holdout; done when a version is made.

        Args:
            scores: probability of the positive class, shape (rows,).
            labels: whether the truth is the positive class, shape (rows,).
            decided: whether the prediction is the positive class, shape (rows,).
            edges: of the cells, strictly between 0 and 1, ascending.
            threshold: scores from here on are decided positive, in cells without rows.
            codes: shape (rows, parts).
            part: position of the score's own part in the codes, where it has one.
            seed: of the folds.
        """
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
        positives = np.bincount(cells, labels, size)
        weights = np.asarray(rows + PRIOR_ROWS, np.float64)
        mapped = isotonic((positives + PRIOR_ROWS * score) / weights, weights)
        odds = _odds(mapped)
        trees = fit_trees(codes, labels, odds[cells], seed)
        chances = _chances(odds[cells] + trees(codes))
        shares = (np.bincount(cells, chances, size) + _DRAWN_TO_MAP * mapped) / (rows + _DRAWN_TO_MAP)
        blocks = _blocks(rows)
        in_block = np.bincount(blocks, rows)
        residuals = np.bincount(blocks[cells], chances - shares[cells], len(in_block)) / np.maximum(in_block, 1)
        return cls(
            edges=edges,
            part=part,
            rows=tuple(rows.tolist()),
            positives=tuple(positives.astype(int).tolist()),
            shares=_rounded(shares),
            decided=_rounded(mean(decided.astype(np.float64), (middle >= threshold).astype(np.float64))),
            scores=_rounded(score),
            positive_log_loss=_rounded(mean(-np.log(clipped), -np.log(nearby))),
            negative_log_loss=_rounded(mean(-np.log1p(-clipped), -np.log1p(-nearby))),
            positive_error=_rounded(mean((1 - scores) ** 2, (1 - middle) ** 2)),
            negative_error=_rounded(mean(scores**2, middle**2)),
            odds=_rounded(odds),
            trees=trees,
            blocks=tuple(blocks.tolist()),
            residuals=_rounded(residuals),
        )

    @cached_property
    def array(self) -> dict[str, Floats]:
        """Every figure per cell as an array, by its name."""
        names = ("rows", "positives", "shares", "decided", "scores", "positive_log_loss", "negative_log_loss")
        figures = {
            name: np.array(getattr(self, name), np.float64)
            for name in (*names, "positive_error", "negative_error", "odds", "residuals")
        }
        return figures | {"nothing": np.zeros(len(self.rows))}

    @cached_property
    def block_of(self) -> NDArray[np.intp]:
        """The block of each cell, shape (cells,)."""
        return np.array(self.blocks, np.intp)

    def coarse(self, cells: Floats) -> Floats:
        """Rows per cell of this map, from rows per equal cell over [0, 1] of any finer division.

        Args:
            cells: shape (finer cells,).
        """
        middle = (np.arange(len(cells)) + 0.5) / len(cells)
        return np.bincount(np.searchsorted(np.array(self.edges), middle, side="right"), cells, len(self.rows))

    def surplus(self, codes: Codes) -> tuple[Floats, Floats, Floats]:
        """What the trees say of sampled rows above the map.

        Args:
            codes: shape (rows, parts).

        Returns:
            Per block: sampled rows, the mean of what the trees say above the map, and its variance over the rows.
        """
        size = len(self.residuals)
        nothing = np.zeros(size)
        if self.part is None or not len(self.trees.parts):
            return nothing, nothing, nothing
        cells = codes[:, self.part].astype(np.intp)
        known = cells < len(self.rows)
        cells = cells[known]
        above = _chances(self.array["odds"][cells] + self.trees(codes[known])) - self.array["shares"][cells]
        blocks = self.block_of[cells]
        rows = np.bincount(blocks, minlength=size).astype(np.float64)
        mean = np.bincount(blocks, above, size) / np.maximum(rows, 1)
        square = np.bincount(blocks, above**2, size) / np.maximum(rows, 1)
        return rows, mean, np.maximum(0.0, square - mean**2)


def isotonic(values: Floats, weights: Floats) -> Floats:
    """The nearest never-falling values, by weighted least squares: neighbours that fall are pooled.

    Source: M. Ayer et al. (1955), An empirical distribution function for sampling with incomplete information, Annals
    of Mathematical Statistics 26(4), 641-647 (pool adjacent violators).

    >>> isotonic(np.array([0.1, 0.4, 0.2, 0.9]), np.ones(4)).tolist()
    [0.1, 0.30000000000000004, 0.30000000000000004, 0.9]
    """
    pooled: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, count = value, weight, 1
        while pooled and pooled[-1][0] >= mean:
            before, heavier, more = pooled.pop()
            mean = (before * heavier + mean * mass) / (heavier + mass)
            mass, count = heavier + mass, more + count
        pooled.append((mean, mass, count))
    return np.repeat([mean for mean, _, _ in pooled], [count for _, _, count in pooled])


def _blocks(rows: NDArray[np.integer]) -> NDArray[np.intp]:
    """Neighbouring cells in at most ten blocks of like numbers of rows."""
    total = rows.sum()
    if not total:
        return np.zeros(len(rows), np.intp)
    middle = (np.cumsum(rows) - rows / 2) / total
    return np.unique(np.minimum((middle * _BLOCKS).astype(np.intp), _BLOCKS - 1), return_inverse=True)[1]


def _odds(shares: Floats) -> Floats:
    bounded = np.clip(shares, _NEAREST, 1 - _NEAREST)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _chances(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(value, _DIGITS) for value in values.tolist())
