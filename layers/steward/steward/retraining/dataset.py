"""The labelled rows of a run: joins records with labels, and reads targets from them."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.errors import TrainingImpossible
from steward.records.canonical import canonical_label
from steward.records.row_versions import RecordLayer, current_labels, current_predictions, first_rows
from steward.retraining.manifest import DatasetObject
from steward.spec.model import ModelSpec

MINIMUM_ROWS_A_CLASS = 20


def dataset_rows(frames: Mapping[DatasetObject, pd.DataFrame], spec: ModelSpec) -> pd.DataFrame:
    """The rows of a dataset: labelled ones where there is a recipe to learn from them, else all of the reference.

    Raises:
        TrainingImpossible: there are none.
    """
    return labelled_rows(frames, spec) if spec.retraining.recipe else reference_rows(frames, spec)


def stored_columns(spec: ModelSpec, kind: str) -> Collection[str] | None:
    """The columns that are read of an object of a kind; None for all of them."""
    columns = spec.columns
    kind = kind.removeprefix("corrections/")
    if spec.retraining.recipe is None:
        return None
    if kind == "labels":
        return [columns.id, columns.label]
    label = [columns.label] if kind == "reference" else []
    entity = [columns.entity] if columns.entity is not None and spec.column(columns.entity) is None else []
    return [columns.id, columns.time, *label, *spec.features, *spec.attributes, *entity]


def labelled_rows(frames: Mapping[DatasetObject, pd.DataFrame], spec: ModelSpec) -> pd.DataFrame:
    """Reference rows, and predictions that have met their labels, as one table in order of time.

    Returns:
        The features and attributes, the id, the time and the label; one row an id (see `records.superseded`), the
        reference row where a prediction has the same.
    """
    columns = spec.columns
    entity = [columns.entity] if columns.entity is not None and spec.column(columns.entity) is None else []
    kept = [columns.id, columns.time, *spec.features, *spec.attributes, *entity]
    layers = group_layers(frames)
    parts = []
    if layers["reference"]:
        parts.append(current_predictions(layers["reference"], columns.id).reindex(columns=[*kept, columns.label]))
    if layers["predictions"] and layers["labels"]:
        predictions = current_predictions(layers["predictions"], columns.id).reindex(columns=kept)
        labels = current_labels(layers["labels"], columns.id)[[columns.id, columns.label]]
        parts.append(predictions.merge(labels, on=columns.id, how="inner", validate="one_to_one"))
    if not parts:
        raise TrainingImpossible("there are no labelled rows: upload reference data, or labels of predictions")
    return _in_order(parts, spec)


def reference_rows(frames: Mapping[DatasetObject, pd.DataFrame], spec: ModelSpec) -> pd.DataFrame:
    """All that reference rows hold, as one table in order of time; one row an id, the one uploaded first."""
    reference = group_layers(frames)["reference"]
    if not reference:
        raise TrainingImpossible("there are no reference rows to adopt: upload some, with the model's own outputs")
    return _in_order([current_predictions(reference, spec.columns.id)], spec)


def group_layers(frames: Mapping[DatasetObject, pd.DataFrame]) -> dict[str, list[RecordLayer]]:
    """The objects of each kind and what corrects them, each in order of upload."""
    layers: dict[str, list[RecordLayer]] = {"predictions": [], "labels": [], "reference": []}
    for item in sorted(frames, key=lambda item: (item.corrects, item.batch, item.stored.key)):
        layer = RecordLayer(item.batch, frames[item], correction=item.corrects, withdrawal=item.withdraws)
        layers[item.kind.removeprefix("corrections/")].append(layer)
    return layers


def suffices(rows: pd.DataFrame, spec: ModelSpec) -> bool:
    """Whether rows are enough of each class to learn or judge from."""
    return min(class_counts(rows, spec).values()) >= MINIMUM_ROWS_A_CLASS


def is_positive(rows: pd.DataFrame, spec: ModelSpec) -> pd.Series:
    """Whether each row's label is the declared positive one."""
    return rows[spec.columns.label].astype(str) == canonical_label(spec.positive_label)


def targets(rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.bool_] | NDArray[np.float64] | NDArray[np.object_]:
    """What there is to learn: whether the label is positive, its class, or its value, shape (rows,)."""
    if spec.task == "regression":
        return values(rows, spec)
    if spec.task == "multiclass_classification":
        return rows[spec.columns.label].astype(str).to_numpy(dtype=object)
    return is_positive(rows, spec).to_numpy()


def truth(rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.bool_] | NDArray[np.float64] | NDArray[np.signedinteger]:
    """What scores are judged by: whether the label is positive, the position of its class, or its value."""
    if spec.task == "regression":
        return values(rows, spec)
    return class_codes(rows, spec) if spec.task == "multiclass_classification" else is_positive(rows, spec).to_numpy()


def values(rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.float64]:
    """The labels of a regression, shape (rows,)."""
    return rows[spec.columns.label].to_numpy(dtype=np.float64)


def constant(rows: pd.DataFrame, spec: ModelSpec) -> tuple[float, ...]:
    """What a model that knows nothing would say of every row: the base rate, the share of each class, the median."""
    if spec.task == "regression":
        return (float(np.median(values(rows, spec))),)
    if spec.task == "multiclass_classification":
        codes = class_codes(rows, spec)
        return tuple((np.bincount(codes[codes >= 0], minlength=len(spec.classes)) / len(codes)).tolist())
    return (float(is_positive(rows, spec).mean()),)


def negative_label(rows: pd.DataFrame, spec: ModelSpec) -> str:
    """What files call the class that is not the positive one, of two."""
    others = rows.loc[~is_positive(rows, spec), spec.columns.label].astype(str)
    return str(others.mode().iloc[0]) if len(others) else "0"


def class_counts(rows: pd.DataFrame, spec: ModelSpec) -> dict[str, int]:
    """Rows of each class; for regression, of all."""
    if spec.task == "regression":
        return {"numeric": len(rows)}
    if spec.task == "multiclass_classification":
        found = rows[spec.columns.label].astype(str).value_counts()
        return {name: int(found.get(name, 0)) for name in spec.classes}
    positives = int(is_positive(rows, spec).sum())
    return {"positive": positives, "negative": len(rows) - positives}


def _in_order(parts: Sequence[pd.DataFrame], spec: ModelSpec) -> pd.DataFrame:
    rows = first_rows(parts, spec.columns.id)
    return rows.sort_values([spec.columns.time, spec.columns.id], kind="stable", ignore_index=True)


def class_codes(rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.intp]:
    """The position of each row's label among the declared classes, -1 where it is none of them, shape (rows,)."""
    codes: NDArray[np.intp] = pd.Index(spec.classes).get_indexer(pd.Index(rows[spec.columns.label].astype(str)))
    return codes
