"""Confidence-based performance estimation of classifiers, without labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.estimation.calibration import ScoreCalibration
from steward.estimation.forecast import MetricForecast
from steward.estimation.one_vs_rest import OneVsRestProblem, Slopes, group_cells
from steward.performance.binary_outcomes import BinaryCounts
from steward.performance.metric import Metric
from steward.performance.multiclass_outcomes import MulticlassCounts
from steward.profiles.bins import Codes

_STEP = 1e-6
_FEWEST_SAMPLED = 2
_SCALARS = (
    "true_positives", "false_positives", "true_negatives", "false_negatives", "log_loss_sum", "squared_error_sum",
)  # fmt: skip
_OF_ROWS = {"log_loss": ("positive_log_loss", "nothing"), "brier_score": ("positive_error", "negative_error")}
"""Of several classes, what a row of each kind adds to the sums over all classes."""


@dataclass(frozen=True, eq=False)
class ConfidenceBasedEstimate:
    """Confidence-based estimate of a classifier's performance on the rows of a window.

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

    window: Sequence[OneVsRestProblem]
    holdout: Sequence[OneVsRestProblem]
    several: bool
    codes: Codes

    @classmethod
    def of(
        cls, calibrations: Sequence[ScoreCalibration], rows: Sequence[Floats], codes: Codes, *, several: bool
    ) -> "ConfidenceBasedEstimate":
        """The rows of a window.

        Args:
            calibrations: of each class's score; the positive one's alone where there are two.
            rows: per cell of each score.
            codes: of sampled rows, shape (sampled, parts).
            several: whether there are more than two classes.
        """
        return cls(
            [OneVsRestProblem.of_window(one, found, codes) for one, found in zip(calibrations, rows, strict=True)],
            [OneVsRestProblem.of_holdout(one) for one in calibrations],
            several,
            codes,
        )

    @property
    def rows(self) -> int:
        """With a score."""
        return round(float(self.window[0].rows.sum()))

    def forecast(self, metric: Metric[Any, Any]) -> MetricForecast | None:
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
        doubt, together = self._of_decisions(here), self._together(here)
        for now, then, groups, slopes, past in zip(self.window, self.holdout, self._groups, here, there, strict=True):
            known = np.maximum(np.bincount(groups, then.rows), 1e-9)
            chance = np.bincount(groups, then.rows * then.shares) / known
            learnt = together * chance * (1 - chance) / known
            leaning, leant = np.bincount(groups, now.rows * slopes.by_label), then.rows * past.by_label
            error += float(learnt @ (leaning - np.bincount(groups, leant)) ** 2)
            doubt += float(learnt @ leaning**2)
            doubt += together * float(np.sum(now.rows * now.shares * (1 - now.shares) * slopes.by_label**2))
            residual_model = now.calibration.residual_model
            drawn = residual_model.by_block(now.rows * slopes.by_label) ** 2 * now.spread
            both += float(
                np.sum(drawn / np.maximum(now.sampled, 1) + drawn / np.maximum(residual_model.holdout_rows, 1))
            )
        return MetricForecast(expected - before, math.sqrt(both + error), math.sqrt(both + doubt))

    @cached_property
    def _groups(self) -> list[NDArray[np.intp]]:
        return [group_cells(now, then) for now, then in zip(self.window, self.holdout, strict=True)]

    def _counts(self, problems: Sequence[OneVsRestProblem]) -> BinaryCounts | MulticlassCounts:
        if not self.several:
            return problems[0].expected
        log_loss = sum(
            float(problem.expected.positive @ problem.calibration.array["positive_log_loss"]) for problem in problems
        )
        error = sum(float(problem.expected.squared_error_sum) for problem in problems)
        classes = tuple(problem.expected for problem in problems)
        return MulticlassCounts(classes, np.asarray(log_loss), np.asarray(error), None)

    def _value(self, metric: Metric[Any, Any], problems: Sequence[OneVsRestProblem]) -> float:
        return float(metric.value(self._counts(problems)))

    def _slopes(self, metric: Metric[Any, Any], problems: Sequence[OneVsRestProblem]) -> list[Slopes]:
        counts = self._counts(problems)
        cells = metric.by_cell(counts) if metric.by_cell else None
        found = []
        for at, problem in enumerate(problems):
            scalars = np.zeros(len(_SCALARS))
            if self.several and metric.name in _OF_ROWS:
                positive, negative = (
                    problem.calibration.array[name] / max(float(counts.rows), 1.0) for name in _OF_ROWS[metric.name]
                )
            else:
                scalars = scalars if cells else self._by_scalar(metric, problems, at)
                positive, negative = problem.by_cell(scalars, cells[at] if cells else None)
            tp, fp, tn, fn, *_ = scalars.tolist()
            by_row = problem.shares * positive + (1 - problem.shares) * negative
            found.append(Slopes(positive - negative, by_row, tp - fn, fp - tn))
        return found

    def _by_scalar(self, metric: Metric[Any, Any], problems: Sequence[OneVsRestProblem], at: int) -> Floats:
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

    def _together(self, slopes: Sequence[Slopes]) -> float:
        """How much more the labels of a row matter than if each class's came about by itself; 1 for two classes.

        A row that is of one class is of no other: what it adds to one class's figure, it takes from the others'. This
        is measured on the sampled rows; without codes of every score, it is bounded by the classes' own variances.
        """
        if not self.several:
            return 1.0
        found = [
            (one, one.rows * one.shares * slope.by_label**2) for one, slope in zip(self.window, slopes, strict=True)
        ]
        most = sum(float(variance.sum()) for _, variance in found)
        alone = sum(float(variance @ (1 - one.shares)) for one, variance in found)
        if alone <= 0 or self._rows is None:
            return most / alone if alone > 0 else 1.0
        slope = np.stack(
            [
                one.by_label[place] + more * (one.decided_positive - one.decided_negative)
                for one, (place, more, _) in zip(slopes, self._rows, strict=True)
            ]
        )
        chance = np.stack([share for _, _, share in self._rows])
        chance /= np.maximum(chance.sum(axis=0), _STEP)
        whole = float(np.sum(chance * slope**2) - np.sum(np.sum(chance * slope, axis=0) ** 2))
        return whole / len(self.codes) * self.rows / alone

    def _of_decisions(self, slopes: Sequence[Slopes]) -> float:
        """Variance of a metric by how rows were decided whose score of a class does not settle it."""
        if not self.several or self._rows is None:
            return 0.0
        return float(self._decided(slopes).var()) * self.rows

    def _decided(self, slopes: Sequence[Slopes]) -> Floats:
        """What the decision on each sampled row does, above the usual for its scores."""
        decided = np.zeros(len(self.codes))
        for one, (_, more, share) in zip(slopes, self._rows or (), strict=True):
            decided += more * (share * one.decided_positive + (1 - share) * one.decided_negative)
        return decided

    @cached_property
    def _rows(self) -> list[tuple[NDArray[np.intp], Floats, Floats]] | None:
        """Of each class, for every sampled row: its cell, how much more it is decided than is usual there, its share.

        The class of the highest score is decided. None where samples do not tell all scores.
        """
        parts = [problem.calibration.residual_model.part for problem in self.window]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or len(self.codes) < _FEWEST_SAMPLED:
            return None
        codes = zip(self.codes[:, known].T.astype(np.intp), self.window, strict=True)
        places = [np.minimum(found, len(problem.rows) - 1) for found, problem in codes]
        arrays = [problem.calibration.array for problem in self.window]
        best = np.argmax([of["scores"][place] for of, place in zip(arrays, places, strict=True)], axis=0)
        return [
            (place, (best == at) - of["decided"][place], problem.shares[place])
            for at, (place, of, problem) in enumerate(zip(places, arrays, self.window, strict=True))
        ]

    def _of_draw(self, problems: Sequence[OneVsRestProblem], slopes: Sequence[Slopes]) -> float:
        """Variance of a metric by which rows there are.

        Of several classes a row's scores hang together as in the sampled rows; where they have no codes of every
        score, they are taken as independent.
        """
        total = max(float(problems[0].rows.sum()), 1.0)
        if self.several and self._rows is not None:
            influence = self._decided(slopes)
            for slope, (place, _, _) in zip(slopes, self._rows, strict=True):
                influence += slope.by_row[place]
            return float(influence.var()) * total
        variance = 0.0
        for problem, slope in zip(problems, slopes, strict=True):
            mean = float(problem.rows @ slope.by_row) / total
            variance += float(problem.rows @ (slope.by_row - mean) ** 2)
        return variance
