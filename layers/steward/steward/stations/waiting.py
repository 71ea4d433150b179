"""Labels that gave no time: finding the window of their prediction, or letting them wait for it."""

import numpy as np
import pandas as pd

from steward.events import BatchIngested
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.records import Records
from steward.records.stored import read_ids, read_records, write_records
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket


def place(data: Bucket, spec: ModelSpec, ingested: BatchIngested) -> set[Window]:
    """Move waiting labels to the windows of their predictions; the windows that got some.

    A batch of labels looks for its own rows' predictions within the label horizon, newest window first; a batch of
    predictions lets every waiting label look at the windows it brought. Placing a label twice changes nothing.
    """
    if ingested.kind == "labels":
        waiting = [keys.waiting_labels(spec.model, ingested.batch)]
        windows = _within_horizon(data, spec)
    else:
        some = data.marked(keys.untimed_labels(spec.model))
        waiting = [listed.key for listed in data.list(keys.waiting_labels(spec.model))] if some else []
        windows = [Window.parse(window) for window in ingested.windows]
    known: dict[Window, set[str]] = {}
    touched: set[Window] = set()
    for key in waiting:
        touched |= _place_batch(data, spec, key, windows, known)
    return touched


def _within_horizon(data: Bucket, spec: ModelSpec) -> list[Window]:
    """The windows that have predictions, newest first, back to the label horizon before the newest."""
    found = {
        Window.containing(keys.window_start(listed.key), spec.window.length)
        for listed in data.list(keys.partitions("predictions", spec.model))
    }
    newest = max(found, default=None)
    return [window for window in sorted(found, reverse=True) if newest and window.end > newest.end - spec.label_horizon]


def _place_batch(
    data: Bucket, spec: ModelSpec, key: str, windows: list[Window], known: dict[Window, set[str]]
) -> set[Window]:
    """Move what can be moved of one batch; `known` keeps the ids of windows for the batches after it."""
    content = data.find(key)
    if content is None:
        return set()
    batch = key.rsplit("/", 1)[-1].removesuffix(".parquet")
    waiting = read_records(content.body, spec, [spec.columns.id, spec.columns.label])
    touched: set[Window] = set()
    for window in windows:
        if waiting.empty:
            break
        if window not in known:
            known[window] = _prediction_ids(data, spec, window)
        here = waiting[spec.columns.id].isin(known[window])
        if here.any():
            _add(data, spec, window, batch, waiting[here])
            touched.add(window)
            waiting = waiting[~here]
    if waiting.empty:
        data.delete(key)
    elif touched:
        data.put(key, write_records(_records(waiting, spec), spec), "application/vnd.apache.parquet")
    return touched


def _prediction_ids(data: Bucket, spec: ModelSpec, window: Window) -> set[str]:
    return {
        identity
        for listed in data.list(keys.window_records("predictions", spec.model, window))
        for identity in read_ids(data.get(listed.key).body, spec)
    }


def _add(data: Bucket, spec: ModelSpec, window: Window, batch: str, labels: pd.DataFrame) -> None:
    """Add labels to those of their batch that were placed in this window before."""
    data.mark(keys.labelled_window(spec.model, window.id))

    def union(present: bytes | None) -> bytes:
        known = [read_records(present, spec, list(labels.columns))] if present is not None else []
        rows = pd.concat([*known, labels], ignore_index=True).drop_duplicates(spec.columns.id)
        return write_records(_records(rows.sort_values(spec.columns.id), spec), spec)

    data.rewrite(keys.records("labels", spec.model, window, f"{batch}-placed"), union, "application/vnd.apache.parquet")


def _records(labels: pd.DataFrame, spec: ModelSpec) -> Records:
    values = labels[spec.columns.label]
    column: Column
    if spec.task == "regression":
        column = NumericColumn(values.to_numpy(dtype=np.float64))
    else:
        codes, categories = pd.factorize(values.astype(str), sort=True)
        column = CategoricalColumn(codes.astype(np.int32), tuple(categories))
    ids = labels[spec.columns.id].to_numpy(dtype=object)
    return Records(ids=ids, times=None, versions=None, chunk=Chunk(len(labels), {spec.columns.label: column}))
