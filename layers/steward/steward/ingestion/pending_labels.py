"""Pending labels: matches labels outside their prediction's window, or keeps them until it arrives.

They gave no time, or that of another window: the time of the outcome, of another clock, of a revision.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.errors import Conflict
from steward.events import BatchIngested
from steward.ingestion.spool import UNTIMED, numbers_at
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.stored import read_records, write_records
from steward.records.valid_records import Records
from steward.repositories.prediction_ids import PredictionIds
from steward.repositories.replay import windows_uploaded_since
from steward.repositories.uploads import batch_prefix, uploaded_at
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window
from steward.store import keys
from steward.store.bucket import Bucket

_PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class MatchedLabels:
    """What became of labels that waited.

    Attributes:
        windows: whose predictions have met some.
        ids: the IDs that were placed, by the key of the batch that they still wait in.
        left: the labels that go on waiting, by batch, of the batches that may tell of it: those that a prediction of
            the event was found for, and those with labels of a window of the event.
        hints: the windows that all labels of these batches gave the time of, by batch.
        newest: the newest window whose predictions have met some of a batch, by batch.
    """

    windows: AbstractSet[Window]
    ids: Mapping[str, AbstractSet[str]]
    left: Mapping[str, pd.DataFrame]
    hints: Mapping[str, AbstractSet[Window]]
    newest: Mapping[str, Window]


def add(data: Bucket, spec: ModelSpec, batch: str, labels: Sequence[pd.DataFrame]) -> None:
    """Let labels of a batch wait: those that their own window has no prediction for.

    Args:
        data: where.
        spec: the declaration.
        batch: theirs.
        labels: some of its labels, as `hinted` gives them; none twice.
    """
    data.touch(keys.untimed_labels(spec.model))

    def union(present: bytes | None) -> bytes:
        known = [labels_of(present, spec)] if present is not None else []
        rows = pd.concat([*known, *labels], ignore_index=True).drop_duplicates(spec.columns.id)
        return write_records(_records(rows.sort_values(spec.columns.id), spec), spec)

    data.update_bytes(keys.waiting_labels(spec.model, batch), union, _PARQUET)


def with_window_times(labels: pd.DataFrame, spec: ModelSpec, window: Window) -> pd.DataFrame:
    """Labels with the time of the window that they are stored in, as those that wait are kept."""
    columns = spec.columns
    return labels[[columns.id, columns.label]].assign(**{columns.time: pd.Timestamp(window.start)})


def hints_of(labels: pd.DataFrame, spec: ModelSpec) -> AbstractSet[Window]:
    """The windows that waiting labels gave the time of."""
    length = spec.window.length
    numbers = np.unique(window_numbers(labels, spec)).tolist()
    return {Window(ORIGIN + number * length, length) for number in numbers if number != UNTIMED}


def window_numbers(labels: pd.DataFrame, spec: ModelSpec) -> NDArray[np.int64]:
    """The window that each label gave the time of, as `numbers_at` counts them, shape (labels,)."""
    return numbers_at(_times(labels, spec), spec)


def match_pending(data: Bucket, spec: ModelSpec, ingested: BatchIngested, having: Sequence[Window]) -> MatchedLabels:
    """Add waiting labels to the windows of their predictions.

    A batch of labels looks for its own rows' predictions within the label horizon, newest window first; those without a
    time then in the windows that were uploaded within it, however old. A batch of predictions lets every label that has
    waited no longer than the label horizon look at the windows it brought.
    Placing a label twice changes nothing. The labels stay where they wait until `remove_placed`, so that a function
    that dies before it has written the outcomes finds them again.

    Args:
        data: where.
        spec: the declaration.
        ingested: the batch.
        having: for labels, the windows that have predictions, newest first.
    """
    prefix, windows = keys.waiting_labels(spec.model), [Window.parse(window) for window in ingested.windows]
    waiting = [keys.waiting_labels(spec.model, ingested.batch)]
    if ingested.kind != "labels":
        oldest = prefix + batch_prefix(ingested.occurred_at - spec.label_horizon)
        some = data.exists(keys.untimed_labels(spec.model))
        waiting = [listed.key for listed in data.list(prefix, start_after=oldest)] if some else []
    predicted = PredictionIds(data, spec)
    touched: set[Window] = set()
    ids: dict[str, set[str]] = {}
    left: dict[str, pd.DataFrame] = {}
    hints: dict[str, AbstractSet[Window]] = {}
    newest: dict[str, Window] = {}
    for key in waiting:
        content = data.find(key)
        if content is None:
            continue
        batch, labels = keys.batch_of(key), labels_of(content.body, spec)
        given = hints_of(labels, spec)
        searched = within_horizon(having, spec, given) if ingested.kind == "labels" else windows
        found, rest = match_pending_batch(data, spec, batch, labels, searched, predicted)
        untimed = window_numbers(rest, spec) == UNTIMED
        if ingested.kind == "labels" and untimed.any():  # a past that is replayed is older than any horizon
            uploaded = windows_uploaded_since(data, spec, uploaded_at(batch) - spec.label_horizon)
            replayed = [window for window in uploaded if window not in searched]
            others, left_over = match_pending_batch(data, spec, batch, rest[untimed], replayed, predicted)
            found, rest = found | others, pd.concat([rest[~untimed], left_over])
        if found:
            touched |= found.keys()
            ids[key] = set().union(*found.values())
        if met := [window for window, some in found.items() if some]:
            newest[batch] = max(met)
        if found or ingested.kind == "labels" or not given.isdisjoint(windows):
            left[batch], hints[batch] = rest, given
    return MatchedLabels(touched, ids, left, hints, newest)


def remove_matched(data: Bucket, spec: ModelSpec, placed: MatchedLabels) -> None:
    """Let labels wait no longer, once the outcomes of their windows are written and published."""
    for key, ids in placed.ids.items():
        _remove(data, spec, key, ids)


def prediction_windows(data: Bucket, spec: ModelSpec) -> list[Window]:
    """The windows that have predictions, newest first."""
    listing = data.list(keys.partitions("predictions", spec.model))
    starts = {keys.window_start(listed.key) for listed in listing}
    return sorted({Window.containing(start, spec.window.length) for start in starts}, reverse=True)


def within_horizon(having: Sequence[Window], spec: ModelSpec, hints: AbstractSet[Window]) -> list[Window]:
    """The windows back to the label horizon before the newest, and those as near to a time that a label gave."""
    if not having:
        return []
    spans = [(having[0].end - spec.label_horizon, having[0].end)]
    if hints:
        spans.append((min(hints).start - spec.label_horizon, max(hints).end + spec.label_horizon))
    return [window for window in having if any(window.end > low and window.start < high for low, high in spans)]


def match_pending_batch(  # noqa: PLR0917 - the labels, and where they are looked for
    data: Bucket,
    spec: ModelSpec,
    batch: str,
    waiting: pd.DataFrame,
    windows: Sequence[Window],
    predicted: PredictionIds,
    *,
    again: bool = False,
) -> tuple[dict[Window, set[str]], pd.DataFrame]:
    """Add labels of one batch to the windows of their predictions.

    A prediction may be given up to an earlier upload while its label is being placed, and the event that would move the
    label be handled before the label is there. So what was placed is looked at once more, and moved if it must.

    Args:
        data: where.
        spec: the declaration.
        batch: theirs.
        waiting: the labels, with the times that they gave.
        windows: where predictions are looked for, in this order.
        predicted: the IDs of the predictions of each window.
        again: whether these may have changed.

    Returns:
        The IDs that were found in each window, none in one that labels were taken out of again, and the labels that
        were found in none.
    """
    placed: dict[Window, set[str]] = {}
    moved = False
    for window in windows:
        if waiting.empty:
            break
        here = waiting[spec.columns.id].isin(predicted.of(window, anew=again))
        strangers = waiting[here & (window_numbers(waiting, spec) != window.number)]
        if len(strangers):  # the others are stored in this window, by the time that they gave
            data.touch(keys.labelled_window(spec.model, window.id))
            add_records(data, spec, "labels", window, keys.relocated_batch(batch), strangers)
            lost = set(strangers[spec.columns.id]) - predicted.of(window, anew=True)
            if lost:
                remove_records(data, spec, "labels", window, keys.relocated_batch(batch), lost)
                here &= ~waiting[spec.columns.id].isin(lost)
                placed[window], moved = set(), True
        if here.any():
            placed[window] = set(waiting[spec.columns.id][here])
            waiting = waiting[~here]
    if moved:
        others, waiting = match_pending_batch(data, spec, batch, waiting, windows, predicted, again=True)
        placed |= {window: placed.get(window, set()) | ids for window, ids in others.items()}
    return placed, waiting


def _remove(data: Bucket, spec: ModelSpec, key: str, ids: AbstractSet[str]) -> None:
    """Take some labels out of a batch, of which another function may have taken others meanwhile."""
    while content := data.find(key):
        waiting = labels_of(content.body, spec)
        left = waiting[~waiting[spec.columns.id].isin(ids)]
        if left.empty:
            data.delete(key)
            return
        if len(left) == len(waiting):
            return
        with suppress(Conflict):
            data.replace(key, write_records(_records(left, spec), spec), content, _PARQUET)
            return


def labels_of(body: bytes, spec: ModelSpec) -> pd.DataFrame:
    """Stored labels: ID, the label where there is one, and the time that each gave, if it did."""
    columns = spec.columns
    rows = read_records(body, spec, [columns.id, columns.label, columns.time])
    if columns.time not in rows:
        rows = rows.assign(**{columns.time: pd.Series(pd.NaT, rows.index, "datetime64[us, UTC]")})
    return rows[[name for name in (columns.id, columns.label, columns.time) if name in rows]]


def _times(labels: pd.DataFrame, spec: ModelSpec) -> NDArray[np.datetime64]:
    moments = pd.DatetimeIndex(labels[spec.columns.time])
    return moments.tz_localize(None).to_numpy(dtype="datetime64[us]")


def add_records(  # noqa: PLR0917 - where, and what
    data: Bucket, spec: ModelSpec, kind: str, window: Window, batch: str, labels: pd.DataFrame
) -> None:
    """Add labels, or corrections of some, to those of their batch in a window."""

    def union(known: list[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat([*known, labels], ignore_index=True)

    _rewrite(data, spec, kind, window, batch, union)


def remove_records(  # noqa: PLR0917 - as above
    data: Bucket, spec: ModelSpec, kind: str, window: Window, batch: str, ids: AbstractSet[str]
) -> None:
    """Take labels, or corrections of some, out of those of their batch in a window; a file without rows may be left."""

    def difference(known: list[pd.DataFrame]) -> pd.DataFrame:
        rows = pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=[spec.columns.id])
        return rows[~rows[spec.columns.id].isin(ids)]

    _rewrite(data, spec, kind, window, batch, difference)


def _rewrite(  # noqa: PLR0917 - as above
    data: Bucket,
    spec: ModelSpec,
    kind: str,
    window: Window,
    batch: str,
    change: Callable[[list[pd.DataFrame]], pd.DataFrame],
) -> None:
    """Change what is stored of a batch of labels in a window."""

    def apply_change(present: bytes | None) -> bytes:
        known = labels_of(present, spec) if present is not None else None
        rows = change([known] if known is not None and len(known) else [])
        rows = rows.drop_duplicates(spec.columns.id).sort_values(spec.columns.id)
        return write_records(_records(rows, spec), spec)

    data.update_bytes(keys.records(kind, spec.model, window, batch), apply_change, _PARQUET)


def _records(labels: pd.DataFrame, spec: ModelSpec) -> Records:
    columns: dict[str, Column] = {}
    if spec.columns.label in labels:
        values = labels[spec.columns.label]
        if spec.task == "regression":
            columns[spec.columns.label] = NumericColumn(values.to_numpy(dtype=np.float64))
        else:
            codes, categories = pd.factorize(values.astype(str), sort=True)
            columns[spec.columns.label] = CategoricalColumn(codes.astype(np.int32), tuple(categories))
    ids = labels[spec.columns.id].to_numpy(dtype=object)
    times = _times(labels, spec) if spec.columns.time in labels else None
    return Records(ids=ids, times=times, versions=None, chunk=Chunk(len(labels), columns))
