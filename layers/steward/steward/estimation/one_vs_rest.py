"""One class against the rest: its expected counts over a set of rows."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.estimation.calibration import ScoreCalibration
from steward.performance.binary_outcomes import BinaryCounts
from steward.profiles.bins import Codes

_GROUPS = 32


@dataclass(frozen=True, eq=False)
class OneVsRestProblem:
    """One class against the rest, over some rows.

    Attributes:
        calibration: of the score.
        rows: per cell of the score, shape (cells,).
        shares: expected share of positive rows per cell, shape (cells,).
        sampled: sampled rows per block, shape (blocks,); 0 without a sample.
        spread: variance in each block of what the other features tell, shape (blocks,).
    """

    calibration: ScoreCalibration
    rows: Floats
    shares: Floats
    sampled: Floats
    spread: Floats

    @classmethod
    def of_window(cls, calibration: ScoreCalibration, rows: Floats, codes: Codes) -> "OneVsRestProblem":
        """The rows of a window.

        Args:
            calibration: of the score.
            rows: per cell of the score, shape (cells,).
            codes: of sampled rows, shape (sampled, parts).
        """
        residual_model = calibration.residual_model
        found = residual_model.predict(codes)
        shares = np.clip(calibration.array["shares"] + found.excess[residual_model.block_of], 0.0, 1.0)
        return cls(calibration, rows, shares, found.rows, found.spread)

    @classmethod
    def of_holdout(cls, calibration: ScoreCalibration) -> "OneVsRestProblem":
        """The rows of the holdout."""
        nothing, known = np.zeros(len(calibration.residual_model.rows)), calibration.array
        return cls(calibration, known["rows"], known["shares"], nothing, nothing)

    @cached_property
    def by_map_alone(self) -> "OneVsRestProblem":
        """The same rows, of whom no more is known than their scores."""
        return replace(self, shares=self.calibration.array["shares"])

    @cached_property
    def expected(self) -> BinaryCounts:
        """The counts that are expected."""
        of = self.calibration.array
        positive, negative = self.rows * self.shares, self.rows * (1 - self.shares)
        decided = of["decided"]
        return BinaryCounts(
            true_positives=np.asarray(positive @ decided),
            false_positives=np.asarray(negative @ decided),
            true_negatives=np.asarray(negative @ (1 - decided)),
            false_negatives=np.asarray(positive @ (1 - decided)),
            positive=positive,
            negative=negative,
            scores=of["scores"],
            log_loss_sum=np.asarray(positive @ of["positive_log_loss"] + negative @ of["negative_log_loss"]),
            squared_error_sum=np.asarray(positive @ of["positive_error"] + negative @ of["negative_error"]),
        )

    def by_cell(self, scalars: Floats, cells: tuple[Floats, Floats] | None) -> tuple[Floats, Floats]:
        """Derivatives by the positive and negative rows of each cell, from those by the sums and by the cells alone."""
        of = self.calibration.array
        decided = of["decided"]
        tp, fp, tn, fn, log_loss, error = scalars
        positive = tp * decided + fn * (1 - decided) + log_loss * of["positive_log_loss"] + error * of["positive_error"]
        negative = fp * decided + tn * (1 - decided) + log_loss * of["negative_log_loss"] + error * of["negative_error"]
        return (positive, negative) if cells is None else (positive + cells[0], negative + cells[1])


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Derivatives of a metric by the rows of each cell, shape (cells,).

    Attributes:
        by_label: by a row's turning from negative to positive.
        by_row: by one more row, positive as often as expected.
        decided_positive, decided_negative: by the decision for a row of either kind, the same in every cell.
    """

    by_label: Floats
    by_row: Floats
    decided_positive: float
    decided_negative: float


def group_cells(now: OneVsRestProblem, then: OneVsRestProblem) -> NDArray[np.intp]:
    """Neighbouring cells that are decided alike, in some 32 groups of like numbers of rows, shape (cells,)."""
    mass = now.rows / max(float(now.rows.sum()), 1.0) + then.rows / max(float(then.rows.sum()), 1.0)
    position = np.minimum((np.cumsum(mass) - mass / 2) / 2 * _GROUPS, _GROUPS - 1).astype(np.intp)
    decided = (then.calibration.array["decided"] * 4).round().astype(np.intp)
    begins = np.diff(position, prepend=-1).astype(bool) | np.diff(decided, prepend=-1).astype(bool)
    groups: NDArray[np.intp] = np.cumsum(begins) - 1
    return groups
