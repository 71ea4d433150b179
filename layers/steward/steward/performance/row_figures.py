"""The figure of each row whose mean is a metric, by which arms of a release are compared."""

import numpy as np
import pandas as pd

from steward.array_types import Floats
from steward.performance.binary_outcomes import row_log_loss
from steward.performance.multiclass_outcomes import UNDECLARED, row_class_log_loss
from steward.records.canonical import canonical_label
from steward.spec.model import ModelSpec
from steward.spec.release import RowMetric


def row_figures(rows: pd.DataFrame, spec: ModelSpec, metric: RowMetric) -> Floats:
    """The figure of each row.

    Args:
        rows: predictions as they are stored, with their labels where they are known (missing otherwise).
        spec: names the columns, the task and the classes.
        metric: which; of the task.

    Returns:
        Shape (rows,); NaN where it is not known.
    """
    columns = spec.columns
    if metric == "latency":
        return rows[str(columns.latency)].to_numpy(np.float64)
    if metric == "error_rate":
        failed = rows[str(columns.error)].astype(object)
        return np.where(failed.isna(), np.nan, failed.astype(str) == "true")
    known = rows[columns.label].notna().to_numpy()
    found = np.full(len(rows), np.nan)
    if known.any():
        found[known] = _of_labelled(rows[known], spec, metric)
    return found


def _of_labelled(rows: pd.DataFrame, spec: ModelSpec, metric: RowMetric) -> Floats:
    match spec.task:
        case "binary_classification":
            return _of_two_classes(rows, spec, metric)
        case "multiclass_classification":
            return _of_classes(rows, spec, metric)
        case _:
            return _of_values(rows, spec, metric)


def _of_two_classes(rows: pd.DataFrame, spec: ModelSpec, metric: RowMetric) -> Floats:
    columns, positive = spec.columns, canonical_label(spec.positive_label)
    scores = rows[str(columns.score)].to_numpy(np.float64)
    truth = (rows[columns.label].astype(str) == positive).to_numpy()
    if metric == "log_loss":
        return np.asarray(np.where(np.isfinite(scores), row_log_loss(truth, scores), np.nan), np.float64)
    if metric == "brier_score":
        return np.asarray(np.square(scores - truth), np.float64)
    if metric == "outcome":
        return truth.astype(np.float64)
    decided = (
        (rows[columns.prediction].astype(str) == positive).to_numpy()
        if columns.prediction
        else scores >= spec.threshold
    )
    return np.asarray(decided == truth, np.float64)


def _of_classes(rows: pd.DataFrame, spec: ModelSpec, metric: RowMetric) -> Floats:
    columns, classes = spec.columns, pd.Index(spec.classes)
    scores = rows[list(columns.scores.values())].to_numpy(np.float64)
    truth = classes.get_indexer(pd.Index(rows[columns.label].astype(str)))
    if metric == "log_loss":
        return np.where(truth == UNDECLARED, np.nan, row_class_log_loss(truth, scores))
    decided = (
        classes.get_indexer(pd.Index(rows[columns.prediction].astype(str)))
        if columns.prediction
        else scores.argmax(axis=1)
    )
    return np.where(truth == UNDECLARED, np.nan, decided == truth)


def _of_values(rows: pd.DataFrame, spec: ModelSpec, metric: RowMetric) -> Floats:
    labels = rows[spec.columns.label].to_numpy(np.float64)
    if metric == "outcome":
        return labels
    errors = rows[str(spec.columns.prediction)].to_numpy(np.float64) - labels
    return np.asarray(np.square(errors) if metric == "mean_squared_error" else np.abs(errors), np.float64)
