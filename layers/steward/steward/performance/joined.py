"""The outcomes of prediction records that have met their labels."""

from typing import assert_never

import numpy as np
import pandas as pd

from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.records.labels import normalised
from steward.spec.model import ModelSpec


def joined_outcomes(joined: pd.DataFrame, spec: ModelSpec, *, rows: int, orphans: int) -> Outcomes:
    """Count the outcomes of labelled predictions.

    Args:
        joined: one row a labelled prediction, with its scores or prediction and its label.
        spec: names the columns, the task and the classes.
        rows: predictions with and without a label.
        orphans: labels with no prediction.

    Raises:
        ValueError: the task has no labels.
    """
    columns = spec.columns
    match spec.task:
        case "binary_classification":
            positive = normalised(spec.positive_label)
            scores = joined[str(columns.score)].to_numpy(dtype=np.float64)
            decided = (
                (joined[columns.prediction].astype(str) == positive).to_numpy()
                if columns.prediction
                else scores >= spec.threshold
            )
            truth = (joined[columns.label].astype(str) == positive).to_numpy()
            return BinaryOutcomes.of(scores, truth, decided, rows=rows, orphans=orphans)
        case "multiclass_classification":
            classes = pd.Index(spec.classes)
            of_classes = joined[list(columns.scores.values())].to_numpy(dtype=np.float64)
            true_class = classes.get_indexer(pd.Index(joined[columns.label].astype(str)))
            likeliest = (
                classes.get_indexer(pd.Index(joined[columns.prediction].astype(str)))
                if columns.prediction
                else of_classes.argmax(axis=1)
            )
            return MulticlassOutcomes.of(spec.classes, of_classes, true_class, likeliest, rows=rows, orphans=orphans)
        case "regression":
            predictions = joined[str(columns.prediction)].to_numpy(dtype=np.float64)
            labels = joined[columns.label].to_numpy(dtype=np.float64)
            return RegressionOutcomes.of(predictions, labels, rows=rows, orphans=orphans)
        case "text_generation":
            raise ValueError(f"{spec.model} generates text, and has no labels to be judged by")
        case unreachable:
            assert_never(unreachable)
