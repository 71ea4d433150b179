"""Outcomes of a version's scores on labelled rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.performance.binary_outcomes import BinaryOutcomes, row_log_loss
from steward.performance.entity_figures import binary_entities, entities_of, multiclass_entities, regression_entities
from steward.performance.grouping import outcomes_by_group
from steward.performance.groups import GroupOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes, row_class_log_loss
from steward.performance.outcomes import Outcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.profiles.model_bins import Bins
from steward.records.columns import Chunk
from steward.retraining.dataset import class_codes, is_positive, values
from steward.spec.model import ModelSpec


def outcomes_of(scores: NDArray[np.float64], rows: pd.DataFrame, spec: ModelSpec) -> Outcomes:
    """The outcomes of scored rows, decided as the declaration says.

    Args:
        scores: as `recipe.score` gives them.
        rows: with their labels.
        spec: names the task, the threshold and the classes.
    """
    entities = entities_of(rows, spec)
    if spec.task == "regression":
        labels = values(rows, spec)
        shared = regression_entities(entities, scores, labels)
        return RegressionOutcomes.of(scores, labels).model_copy(update={"entities": shared})
    if spec.task == "multiclass_classification":
        codes, likeliest = class_codes(rows, spec), scores.argmax(axis=1)
        shared = multiclass_entities(entities, scores, codes, likeliest)
        return MulticlassOutcomes.of(spec.classes, scores, codes, likeliest).model_copy(update={"entities": shared})
    truth, decided = is_positive(rows, spec).to_numpy(), scores >= spec.threshold
    shared = binary_entities(entities, scores, truth, decided)
    return BinaryOutcomes.of(scores, truth, decided).model_copy(update={"entities": shared})


def group_outcomes_of(
    scores: NDArray[np.float64], rows: pd.DataFrame, spec: ModelSpec, chunk: Chunk, bins: Bins
) -> GroupOutcomes:
    """The outcomes of scored rows by group.

    Args:
        scores: as `recipe.score` gives them.
        rows: with their labels.
        spec: names the task, the threshold and the classes.
        chunk: the same rows as a profile takes them, with what the version says of them.
        bins: of the version's baseline, which fixed the groups.
    """
    return outcomes_by_group(chunk, bins, lambda at: outcomes_of(scores[at], rows.iloc[at], spec))


def row_losses(scores: NDArray[np.float64], rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.float64]:
    """The loss of each row, shape (rows,): log loss in nats, or the absolute error."""
    if spec.task == "regression":
        return np.abs(scores - values(rows, spec))
    if spec.task == "multiclass_classification":
        return row_class_log_loss(class_codes(rows, spec), scores)
    return row_log_loss(is_positive(rows, spec).to_numpy(), scores)
