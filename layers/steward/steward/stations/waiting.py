"""Labels that gave no time: finding the window of their prediction, or letting them wait for it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steward.errors import Conflict
from steward.events import BatchIngested, StoredObject
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.records import Records
from steward.records.stored import read_ids, read_records, write_records
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations.window_records import RecordsFile, WindowRecords
from steward.store import keys
from steward.store.bucket import Bucket, Content

_PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Placed:
    """Labels that were added to the windows of their predictions.

    Attributes:
        windows: that got some.
        ids: the IDs that were placed, by the key of the batch that they still wait in.
    """

    windows: AbstractSet[Window]
    ids: Mapping[str, AbstractSet[str]]


def place(data: Bucket, spec: ModelSpec, ingested: BatchIngested) -> Placed:
    """Add waiting labels to the windows of their predictions.

    A batch of labels looks for its own rows' predictions within the label horizon, newest window first; a batch of
    predictions lets every waiting label look at the windows it brought. Placing a label twice changes nothing. The
    labels stay where they wait until `remove_placed`, so that a function that dies before it has written the outcomes
    finds them again.
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
    ids: dict[str, set[str]] = {}
    for key in waiting:
        found = _place_batch(data, spec, key, windows, known)
        touched |= found.keys()
        if found:
            ids[key] = set().union(*found.values())
    return Placed(touched, ids)


def remove_placed(data: Bucket, spec: ModelSpec, placed: Placed) -> None:
    """Let labels wait no longer, once the outcomes of their windows are written and published."""
    for key, ids in placed.ids.items():
        _remove(data, spec, key, ids)


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
) -> dict[Window, set[str]]:
    """Add what can be placed of one batch, its IDs by window; `known` keeps the prediction IDs of windows."""
    content = data.find(key)
    if content is None:
        return {}
    batch = key.rsplit("/", 1)[-1].removesuffix(".parquet")
    waiting = _waiting(content, spec)
    placed: dict[Window, set[str]] = {}
    for window in windows:
        if waiting.empty:
            break
        if window not in known:
            known[window] = _prediction_ids(data, spec, window)
        here = waiting[spec.columns.id].isin(known[window])
        if here.any():
            _add(data, spec, window, batch, waiting[here])
            placed[window] = set(waiting[spec.columns.id][here])
            waiting = waiting[~here]
    return placed


def _remove(data: Bucket, spec: ModelSpec, key: str, ids: AbstractSet[str]) -> None:
    """Take some labels out of a batch, of which another function may have taken others meanwhile."""
    while content := data.find(key):
        waiting = _waiting(content, spec)
        left = waiting[~waiting[spec.columns.id].isin(ids)]
        if left.empty:
            data.delete(key)
            return
        if len(left) == len(waiting):
            return
        with suppress(Conflict):
            data.replace(key, write_records(_records(left, spec), spec), content, _PARQUET)
            return


def _waiting(content: Content, spec: ModelSpec) -> pd.DataFrame:
    return read_records(content.body, spec, [spec.columns.id, spec.columns.label])


def _prediction_ids(data: Bucket, spec: ModelSpec, window: Window) -> set[str]:
    records = WindowRecords(data)
    files = records.of_window("predictions", spec.model, window)
    return {identity for _, content in records.contents(files) for identity in read_ids(content.body, spec)}


def _add(data: Bucket, spec: ModelSpec, window: Window, batch: str, labels: pd.DataFrame) -> None:
    """Add labels to those of their batch that were placed in this window before, also where they were merged since."""
    data.mark(keys.labelled_window(spec.model, window.id))
    records = WindowRecords(data)
    key = keys.records("labels", spec.model, window, f"{batch}-placed")
    alone = False
    merged: RecordsFile | None = None

    def union(present: bytes | None) -> bytes:
        nonlocal alone, merged
        known = [present] if present is not None else []
        if alone := alone or present is None:
            merged = records.merged(key)
            known += [content.body for _, content in records.contents([merged] if merged else [])]
        frames = [read_records(body, spec, list(labels.columns)) for body in known]
        rows = pd.concat([*frames, labels], ignore_index=True).drop_duplicates(spec.columns.id)
        return write_records(_records(rows.sort_values(spec.columns.id), spec), spec)

    data.rewrite(key, union, _PARQUET)
    while alone and _stored(records.merged(key)) != _stored(merged):  # another wrote, and was merged, in between
        data.rewrite(key, union, _PARQUET)


def _stored(file: RecordsFile | None) -> StoredObject | None:
    return file.stored if file else None


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
