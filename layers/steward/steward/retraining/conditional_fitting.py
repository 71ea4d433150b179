"""Fits the conditional performance of a version on labelled rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.baselines.baseline import Baseline
from steward.baselines.conditional_performance import ConditionalPerformance
from steward.estimation.calibration import ScoreCalibration
from steward.estimation.direct_loss import LossEstimator
from steward.profiles.bins import CategoricalBins, Codes, NumericBins
from steward.profiles.feature_losses import FeatureLosses
from steward.profiles.model_bins import Bins
from steward.profiles.profile_input import ProfileInput
from steward.profiles.sample import codes
from steward.retraining.dataset import truth
from steward.retraining.residual_trees import fit_residual_trees
from steward.retraining.scored_outcomes import row_losses
from steward.spec.model import ModelSpec

FEWEST_ROWS = 100
"""Labelled rows below which nothing is learnt."""


def with_conditional(
    baseline: Baseline, portion: ProfileInput, scores: Floats, rows: pd.DataFrame, spec: ModelSpec
) -> Baseline:
    """The baseline, and what the labelled rows teach, unless they are too few, or all of one class.

    Args:
        baseline: whose bins are used.
        portion: the labelled rows, with the version's outputs on them.
        scores: probability of the positive class, or predicted value, shape (rows,); of each of several classes,
            shape (rows, classes).
        rows: the same rows with their labels.
        spec: names the columns and the task.
    """
    labels = truth(rows, spec)
    declared = labels >= 0 if spec.task == "multiclass_classification" else np.ones(len(labels), dtype=bool)
    if np.count_nonzero(declared) < FEWEST_ROWS:
        return baseline
    table = codes(portion, baseline.bins, spec.columns)[declared]
    learn = _of_errors if spec.task == "regression" else _of_classes
    found = learn(baseline.bins, table, scores[declared], rows[declared], spec)
    return baseline.model_copy(update={"conditional": found})


def _of_classes(
    bins: Bins, table: Codes, scores: Floats, rows: pd.DataFrame, spec: ModelSpec
) -> ConditionalPerformance | None:
    labels = truth(rows, spec).astype(np.intp)
    if not np.ptp(labels):
        return None
    if spec.task == "multiclass_classification":
        decided = scores.argmax(axis=1)
        threshold = 1 / len(spec.classes)
        parts = {f"scores.{name}": scores[:, at] for at, name in enumerate(spec.classes)}
        of_class = {part: (labels == at, decided == at) for at, part in enumerate(parts)}
    else:
        decided, threshold = (scores >= spec.threshold).astype(np.intp), spec.threshold
        parts, of_class = {"score": scores}, {"score": (labels == 1, decided == 1)}
    return ConditionalPerformance(
        calibrations={
            part: ScoreCalibration.fit(
                of_part,
                *of_class[part],
                edges=_numeric(bins, part).edges,
                threshold=threshold,
                codes=table,
                part=_place(bins, part),
                grow=fit_residual_trees,
            )
            for part, of_part in parts.items()
        },
        features=_features(bins, table, row_losses(scores, rows, spec), labels != decided),
    )


def _of_errors(
    bins: Bins, table: Codes, predictions: Floats, rows: pd.DataFrame, spec: ModelSpec
) -> ConditionalPerformance | None:
    column = _numeric(bins, "prediction")
    cells, size = column.cuts.searchsorted(predictions, side="right"), len(column.edges) + 1
    losses = row_losses(predictions, rows, spec)
    with np.errstate(over="ignore"):
        squares = np.square(losses)
        usable = np.isfinite(np.square(squares)).all()
    if not usable:
        return None
    place = _place(bins, "prediction")
    absolute, squared = (
        LossEstimator.fit(each, cells, size, codes=table, part=place, grow=fit_residual_trees)
        for each in (losses, squares)
    )
    return ConditionalPerformance(
        absolute=absolute, squared=squared, features=_features(bins, table, losses, np.zeros(len(losses), bool))
    )


def _features(bins: Bins, table: Codes, losses: Floats, wrong: NDArray[np.bool_]) -> FeatureLosses:
    parts = {
        name: (table[:, at], _size(bins, name)) for at, (side, name) in enumerate(bins.sampled) if side == "features"
    }
    return FeatureLosses.of(parts, losses, wrong)


def _size(bins: Bins, part: str) -> int:
    column = bins.features[part]
    return len(column.categories) if isinstance(column, CategoricalBins) else len(column.edges) + 1


def _numeric(bins: Bins, part: str) -> NumericBins:
    column = bins.outputs[part]
    if not isinstance(column, NumericBins):
        msg = f"{part} has no numeric bins; it is what the version says of a row"
        raise TypeError(msg)
    return column


def _place(bins: Bins, part: str) -> int | None:
    """The position of an output among the codes of a row."""
    sampled = bins.sampled
    return sampled.index(("outputs", part)) if ("outputs", part) in sampled else None
