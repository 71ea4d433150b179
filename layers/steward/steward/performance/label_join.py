"""Joins predictions with their labels and counts the outcomes."""

from typing import assert_never

import numpy as np
import pandas as pd

from steward.array_types import RowIndices
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.entity_figures import binary_entities, entities_of, multiclass_entities, regression_entities
from steward.performance.grouping import outcomes_by_group
from steward.performance.groups import GroupOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.profiles.model_bins import Bins
from steward.records.canonical import canonical_label
from steward.records.frame_rows import chunk_of
from steward.spec.model import ModelSpec


def join(
    predictions: pd.DataFrame, labels: pd.DataFrame, spec: ModelSpec, version: str, bins: Bins | None = None
) -> tuple[Outcomes, GroupOutcomes]:
    """Join the predictions of one version with their labels: outcomes of all rows and of each group.

    Args:
        predictions: of one window, one row an id: id, version, scores or prediction, and the columns that
            `grouping.columns_looked_at` names; `records.superseded` says which row of an id counts.
        labels: of the same window, one row an id: id and label.
        spec: names the columns, the task and the classes.
        version: whose predictions are judged.
        bins: of its baseline, which fixed the groups; no group is judged without.

    Raises:
        ValueError: the task has no labels, or an id has several rows.
    """
    columns = spec.columns
    orphans = int((~labels[columns.id].isin(predictions[columns.id])).sum())
    mine = predictions[predictions[columns.version].astype(str) == version]
    joined = mine.merge(labels[[columns.id, columns.label]], on=columns.id, how="inner", validate="one_to_one")
    outcomes = count_outcomes(joined, spec, rows=len(mine), orphans=orphans)
    if bins is None:
        return outcomes, GroupOutcomes()
    labelled = mine[columns.id].isin(joined[columns.id]).to_numpy()
    places = np.cumsum(labelled) - 1  # of each labelled prediction among the joined rows, whose order is that of mine

    def of(rows: RowIndices) -> Outcomes:
        return count_outcomes(joined.iloc[places[rows[labelled[rows]]]], spec, rows=len(rows), orphans=0)

    return outcomes, outcomes_by_group(chunk_of(mine, spec), bins, of)


def count_outcomes(joined: pd.DataFrame, spec: ModelSpec, *, rows: int, orphans: int) -> Outcomes:
    """Count the outcomes of labelled predictions.

    Args:
        joined: one row a labelled prediction, with its scores or prediction and its label.
        spec: names the columns, the task and the classes.
        rows: predictions with and without a label.
        orphans: labels with no prediction.

    Raises:
        ValueError: the task has no labels.
    """
    columns, entities = spec.columns, entities_of(joined, spec)
    match spec.task:
        case "binary_classification":
            positive = canonical_label(spec.positive_label)
            scores = joined[str(columns.score)].to_numpy(dtype=np.float64)
            decided = (
                (joined[columns.prediction].astype(str) == positive).to_numpy()
                if columns.prediction
                else scores >= spec.threshold
            )
            truth = (joined[columns.label].astype(str) == positive).to_numpy()
            counted = BinaryOutcomes.of(scores, truth, decided, rows=rows, orphans=orphans)
            return counted.model_copy(update={"entities": binary_entities(entities, scores, truth, decided)})
        case "multiclass_classification":
            classes = pd.Index(spec.classes)
            of_classes = joined[list(columns.scores.values())].to_numpy(dtype=np.float64)
            true_class = classes.get_indexer(pd.Index(joined[columns.label].astype(str)))
            likeliest = (
                classes.get_indexer(pd.Index(joined[columns.prediction].astype(str)))
                if columns.prediction
                else of_classes.argmax(axis=1)
            )
            found = MulticlassOutcomes.of(spec.classes, of_classes, true_class, likeliest, rows=rows, orphans=orphans)
            return found.model_copy(
                update={"entities": multiclass_entities(entities, of_classes, true_class, likeliest)}
            )
        case "regression":
            predictions = joined[str(columns.prediction)].to_numpy(dtype=np.float64)
            labels = joined[columns.label].to_numpy(dtype=np.float64)
            summed = RegressionOutcomes.of(predictions, labels, rows=rows, orphans=orphans)
            return summed.model_copy(update={"entities": regression_entities(entities, predictions, labels)})
        case "text_generation":
            raise ValueError(f"{spec.model} generates text, and has no labels to be judged by")
        case unreachable:
            assert_never(unreachable)
