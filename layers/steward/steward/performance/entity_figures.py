"""Sums of labelled rows by group of entities, for clustered intervals."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.performance.binary_outcomes import row_log_loss
from steward.performance.entity_sums import EntitySums
from steward.performance.multiclass_outcomes import UNDECLARED, row_class_log_loss
from steward.records.hashing import Hashes, text_hashes
from steward.spec.model import ModelSpec


def entities_of(rows: pd.DataFrame, spec: ModelSpec) -> Hashes | None:
    """The hash of the entity of each row, shape (rows,); None where no column says of whom they are.

    A row of nobody is alone: its id stands for its entity.
    """
    entity = spec.columns.entity
    if entity is None or entity not in rows or rows[entity].isna().all():
        return None
    named = rows[entity].astype(object)
    return text_hashes(named.where(named.notna(), rows[spec.columns.id]).astype(str).to_numpy(dtype=object))


def binary_entities(
    entities: Hashes | None, scores: Floats, labels: NDArray[np.bool_], decided: NDArray[np.bool_]
) -> EntitySums:
    """Of two classes; arguments as those of `BinaryOutcomes.of`, and the hash of the entity of each row."""
    if entities is None:
        return EntitySums()
    figures = {
        "loss": row_log_loss(labels, scores),
        "squared_error": np.square(scores - labels),
        "right": decided == labels,
        "label": labels,
    }
    return EntitySums.of(entities, figures)


def multiclass_entities(
    entities: Hashes | None, scores: Floats, labels: NDArray[np.integer], decided: NDArray[np.integer]
) -> EntitySums:
    """Of several classes; arguments as those of `MulticlassOutcomes.of`, and the hash of the entity of each row."""
    if entities is None:
        return EntitySums()
    declared = labels != UNDECLARED
    scores, labels, decided = scores[declared], labels[declared], decided[declared]
    errors = np.square(scores - (labels[:, None] == np.arange(scores.shape[1]))).sum(axis=1)
    figures = {"loss": row_class_log_loss(labels, scores), "squared_error": errors, "right": decided == labels}
    classes = {f"label_{at}": labels == at for at in range(scores.shape[1])}
    return EntitySums.of(entities[declared], figures | classes)


def regression_entities(entities: Hashes | None, predictions: Floats, labels: Floats) -> EntitySums:
    """Of predicted values; arguments as those of `RegressionOutcomes.of`, and the hash of the entity of each row."""
    if entities is None:
        return EntitySums()
    with np.errstate(over="ignore", invalid="ignore"):
        errors = predictions - labels
        figures = {
            "error": errors,
            "absolute_error": np.abs(errors),
            "squared_error": np.square(errors),
        }
    return EntitySums.of(entities, figures)
