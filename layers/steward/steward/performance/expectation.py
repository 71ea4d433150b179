"""What is expected of a classifier's rows before their labels, were each kind of row as right as on the holdout."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.performance.binary_outcomes import BinaryCounts, Floats
from steward.performance.boosted import Codes
from steward.performance.calibration import Calibration
from steward.performance.metric import Metric
from steward.performance.multiclass_outcomes import MulticlassCounts
from steward.performance.outlook import Outlook

_GROUPS = 32
_STEP = 1e-6
_SCALARS = (
    "true_positives", "false_positives", "true_negatives", "false_negatives", "log_loss_sum", "squared_error_sum",
)  # fmt: skip
_OF_ROWS = {"log_loss": ("positive_log_loss", "nothing"), "brier_score": ("positive_error", "negative_error")}
"""Of several classes, what a row of each kind adds to the sums over all classes."""


@dataclass(frozen=True, eq=False)
class Problem:
    """One class against the rest, over some rows.

    Attributes:
        calibration: of the score.
        rows: per cell of the score, shape (cells,).
        shares: expected share of positive rows per cell, shape (cells,).
        sampled: sampled rows per block, shape (blocks,); 0 without a sample.
        spread: variance in each block of what the other features tell, shape (blocks,).
    """

    calibration: Calibration
    rows: Floats
    shares: Floats
    sampled: Floats
    spread: Floats

    @classmethod
    def of_window(cls, calibration: Calibration, rows: Floats, codes: Codes) -> "Problem":
        """The rows of a window.

        Args:
            calibration: of the score.
            rows: per cell of the score, shape (cells,).
            codes: of sampled rows, shape (sampled, parts).
        """
        surplus = calibration.surplus
        found = surplus.sampled(codes)
        shares = np.clip(calibration.array["shares"] + found.above[surplus.block_of], 0.0, 1.0)
        return cls(calibration, rows, shares, found.rows, found.spread)

    @classmethod
    def of_holdout(cls, calibration: Calibration) -> "Problem":
        """The rows of the holdout."""
        nothing, known = np.zeros(len(calibration.surplus.rows)), calibration.array
        return cls(calibration, known["rows"], known["shares"], nothing, nothing)

    @property
    def by_map_alone(self) -> "Problem":
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
    """

    by_label: Floats
    by_row: Floats


@dataclass(frozen=True, eq=False)
class Classified:
    """The expectation of a classifier's rows.

    Confidence-based estimation: the score of a row, calibrated on the holdout, is the chance of its being positive, and
    every metric follows from the counts that are expected. Beyond the score, trees over sampled rows tell where the
    window's rows of a score are others than the holdout's (covariate shift; the reweighting of H. Shimodaira, 2000,
    Improving predictive inference under covariate shift by weighting the log-likelihood function, Journal of
    Statistical Planning and Inference 90, 227-244, done cell by cell).

    Source: NannyML, Confidence-based performance estimation (CBPE), documentation of version 0.13, "Estimation of
    performance of the monitored model"; J. Białek et al. (2024), Estimating model performance under covariate shift
    without labels, arXiv:2401.08348.

    Attributes:
        window, holdout: each class against the rest; one alone where there are two classes.
        several: whether there are more than two classes.
        codes: of sampled rows, shape (sampled, parts).
    """

    window: Sequence[Problem]
    holdout: Sequence[Problem]
    several: bool
    codes: Codes

    @classmethod
    def of(
        cls, calibrations: Sequence[Calibration], rows: Sequence[Floats], codes: Codes, *, several: bool
    ) -> "Classified":
        """The rows of a window.

        Args:
            calibrations: of each class's score; the positive one's alone where there are two.
            rows: per cell of each score.
            codes: of sampled rows, shape (sampled, parts).
            several: whether there are more than two classes.
        """
        return cls(
            [Problem.of_window(one, found, codes) for one, found in zip(calibrations, rows, strict=True)],
            [Problem.of_holdout(one) for one in calibrations],
            several,
            codes,
        )

    @property
    def rows(self) -> int:
        """With a score."""
        return round(float(self.window[0].rows.sum()))

    def outlook(self, metric: Metric[Any, Any]) -> Outlook | None:
        """A metric of these rows; None where it is not defined.

        Variances sum the squared influence of every row and label (the infinitesimal jackknife; B. Efron, 1982, The
        jackknife, the bootstrap and other resampling plans, chapter 6). The change is uncertain by which rows the
        window and the holdout drew, and by how the labels of the holdout fell, as far as the window leans on other
        cells than the holdout does. The realised metric is uncertain by the labels of the holdout as a whole and by its
        own labels. Both are by what the trees add to the map, which may well be nothing, or twice as much.
        """
        expected, before = self._value(metric, self.window), self._value(metric, self.holdout)
        if not math.isfinite(expected - before):
            return None
        here, there = self._slopes(metric, self.window), self._slopes(metric, self.holdout)
        both = (expected - self._value(metric, [problem.by_map_alone for problem in self.window])) ** 2
        error = self._of_draw(self.window, here) + self._of_draw(self.holdout, there)
        doubt = 0.0
        for now, then, groups, slopes, past in zip(self.window, self.holdout, self._groups, here, there, strict=True):
            known = np.maximum(np.bincount(groups, then.rows), 1e-9)
            chance = np.bincount(groups, then.rows * then.shares) / known
            learnt = chance * (1 - chance) / known
            leaning, leant = np.bincount(groups, now.rows * slopes.by_label), then.rows * past.by_label
            error += float(learnt @ (leaning - np.bincount(groups, leant)) ** 2)
            doubt += float(learnt @ leaning**2)
            doubt += float(np.sum(now.rows * now.shares * (1 - now.shares) * slopes.by_label**2))
            surplus = now.calibration.surplus
            drawn = surplus.by_block(now.rows * slopes.by_label) ** 2 * now.spread
            both += float(np.sum(drawn / np.maximum(now.sampled, 1) + drawn / np.maximum(surplus.held, 1)))
        return Outlook(expected - before, math.sqrt(both + error), math.sqrt(both + doubt))

    @cached_property
    def _groups(self) -> list[NDArray[np.intp]]:
        return [_groups(now, then) for now, then in zip(self.window, self.holdout, strict=True)]

    def _counts(self, problems: Sequence[Problem]) -> BinaryCounts | MulticlassCounts:
        if not self.several:
            return problems[0].expected
        log_loss = sum(
            float(problem.expected.positive @ problem.calibration.array["positive_log_loss"]) for problem in problems
        )
        error = sum(float(problem.expected.squared_error_sum) for problem in problems)
        classes = tuple(problem.expected for problem in problems)
        return MulticlassCounts(classes, np.asarray(log_loss), np.asarray(error), None)

    def _value(self, metric: Metric[Any, Any], problems: Sequence[Problem]) -> float:
        return float(metric.value(self._counts(problems)))

    def _slopes(self, metric: Metric[Any, Any], problems: Sequence[Problem]) -> list[Slopes]:
        counts = self._counts(problems)
        cells = metric.by_cell(counts) if metric.by_cell else None
        found = []
        for at, problem in enumerate(problems):
            if self.several and metric.name in _OF_ROWS:
                positive, negative = (
                    problem.calibration.array[name] / max(float(counts.rows), 1.0) for name in _OF_ROWS[metric.name]
                )
            else:
                scalars = np.zeros(len(_SCALARS)) if cells else self._by_scalar(metric, problems, at)
                positive, negative = problem.by_cell(scalars, cells[at] if cells else None)
            found.append(Slopes(positive - negative, problem.shares * positive + (1 - problem.shares) * negative))
        return found

    def _by_scalar(self, metric: Metric[Any, Any], problems: Sequence[Problem], at: int) -> Floats:
        """Derivatives by the sums of one class, by finite differences, all at once."""
        counts = problems[at].expected
        step = _STEP * max(1.0, float(counts.rows))
        moves = np.eye(len(_SCALARS), len(_SCALARS) + 1) * step
        moved = replace(
            counts, **{name: getattr(counts, name) + move for name, move in zip(_SCALARS, moves, strict=True)}
        )
        whole = self._counts(problems)
        if isinstance(whole, MulticlassCounts):
            whole = replace(whole, classes=(*whole.classes[:at], moved, *whole.classes[at + 1 :]))
        else:
            whole = moved
        values: Floats = np.broadcast_to(metric.value(whole), len(_SCALARS) + 1)
        slopes: Floats = np.nan_to_num((values[:-1] - values[-1]) / step)
        return slopes

    def _of_draw(self, problems: Sequence[Problem], slopes: Sequence[Slopes]) -> float:
        """Variance of a metric by which rows there are.

        Of several classes a row's scores hang together as in the sampled rows; where they have no codes of every
        score, they are taken as independent.
        """
        total = max(float(problems[0].rows.sum()), 1.0)
        parts = [problem.calibration.surplus.part for problem in problems]
        if self.several and len(self.codes) > 1 and None not in parts:
            influence = np.zeros(len(self.codes))
            for part, slope in zip(parts, slopes, strict=True):
                cells = np.minimum(self.codes[:, part or 0].astype(np.intp), len(slope.by_row) - 1)
                influence += slope.by_row[cells]
            return float(influence.var()) * total
        variance = 0.0
        for problem, slope in zip(problems, slopes, strict=True):
            mean = float(problem.rows @ slope.by_row) / total
            variance += float(problem.rows @ (slope.by_row - mean) ** 2)
        return variance


def _groups(now: Problem, then: Problem) -> NDArray[np.intp]:
    """Neighbouring cells that are decided alike, in some 32 groups of like numbers of rows, shape (cells,)."""
    mass = now.rows / max(float(now.rows.sum()), 1.0) + then.rows / max(float(then.rows.sum()), 1.0)
    position = np.minimum((np.cumsum(mass) - mass / 2) / 2 * _GROUPS, _GROUPS - 1).astype(np.intp)
    decided = (then.calibration.array["decided"] * 4).round().astype(np.intp)
    begins = np.diff(position, prepend=-1).astype(bool) | np.diff(decided, prepend=-1).astype(bool)
    return np.cumsum(begins) - 1
