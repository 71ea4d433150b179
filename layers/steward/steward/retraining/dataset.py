"""The rows that a run reads: how records and labels are joined, and what is kept out to judge with."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from steward.errors import TrainingImpossible
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.labels import normalised
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window

_MINIMUM_ROWS_A_CLASS = 20


def labelled_rows(frames: Mapping[DatasetObject, pd.DataFrame], spec: ModelSpec) -> pd.DataFrame:
    """Reference rows, and predictions that have met their labels, as one table in order of time.

    Args:
        frames: the records of each object.
        spec: names the columns.

    Returns:
        The features, the id, the time and the label; one row an id. Of several labels of an id the one uploaded last
        stands; of several predictions the one uploaded first.
    """
    columns = spec.columns
    kept = [columns.id, columns.time, *spec.features]
    by_kind: dict[str, list[pd.DataFrame]] = {"predictions": [], "labels": [], "reference": []}
    for item in sorted(frames, key=lambda item: (item.batch, item.stored.key)):
        by_kind[item.kind].append(frames[item])
    parts = [frame[[*kept, columns.label]] for frame in by_kind["reference"]]
    if by_kind["predictions"] and by_kind["labels"]:
        predictions = pd.concat([frame[kept] for frame in by_kind["predictions"]], ignore_index=True)
        labels = pd.concat([frame[[columns.id, columns.label]] for frame in by_kind["labels"]], ignore_index=True)
        predictions = predictions.drop_duplicates(columns.id, keep="first")
        labels = labels.drop_duplicates(columns.id, keep="last")
        parts.append(predictions.merge(labels, on=columns.id, how="inner", validate="one_to_one"))
    if not parts:
        raise TrainingImpossible("there are no labelled rows: upload reference data, or labels of predictions")
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(columns.id, keep="first")
    return rows.sort_values([columns.time, columns.id], kind="stable", ignore_index=True)


def split(rows: pd.DataFrame, manifest: DatasetManifest, spec: ModelSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows to fit on and the holdout.

    Raises:
        TrainingImpossible: one of them has too few rows of a class to learn or judge from.
    """
    time = rows[spec.columns.time]
    start = pd.Timestamp(manifest.start) if manifest.start else time.min()
    training = rows[(time >= start) & (time < pd.Timestamp(manifest.holdout_start))]
    holdout = held_out(rows, manifest, spec)
    for name, part in (("training", training), ("holdout", holdout)):
        positives = int(is_positive(part, spec).sum())
        for label, count in (("positive", positives), ("negative", len(part) - positives)):
            if count < _MINIMUM_ROWS_A_CLASS:
                raise TrainingImpossible(
                    f"the {name} rows hold {count} {label} labels and need {_MINIMUM_ROWS_A_CLASS}; "
                    "wait for more labels, or change retraining.holdout_span or training_span"
                )
    return training, holdout


def held_out(rows: pd.DataFrame, manifest: DatasetManifest, spec: ModelSpec) -> pd.DataFrame:
    """The rows that no version of this dataset was fitted on."""
    time = rows[spec.columns.time]
    return rows[(time >= pd.Timestamp(manifest.holdout_start)) & (time < pd.Timestamp(manifest.end))]


def is_positive(rows: pd.DataFrame, spec: ModelSpec) -> pd.Series:
    """Whether each row's label is the declared positive one."""
    return rows[spec.columns.label].astype(str) == normalised(spec.positive_label)


def chunks_by_window(rows: pd.DataFrame, spec: ModelSpec) -> Iterator[tuple[Window, Chunk]]:
    """The features of rows in order of time, window by window, as a baseline takes them."""
    length = pd.Timedelta(spec.window.length)
    numbers = (rows[spec.columns.time] - pd.Timestamp(ORIGIN)) // length
    for number, part in rows.groupby(numbers.to_numpy(), sort=True):
        columns: dict[str, Column] = {}
        for name, feature in spec.features.items():
            missing = part[name].isna().to_numpy()
            if feature.type == "numeric":
                columns[name] = NumericColumn(part[name].to_numpy(dtype=np.float64), missing if missing.any() else None)
            else:
                codes, categories = pd.factorize(part[name].astype(object))
                columns[name] = CategoricalColumn(codes.astype(np.int32), tuple(categories))
        start = ORIGIN + int(str(number)) * spec.window.length
        yield Window(start, spec.window.length), Chunk(len(part), columns)
