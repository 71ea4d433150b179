"""Moves labels of superseded predictions to the current prediction in another window."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pandas as pd

from steward.defects.correction import is_correction
from steward.errors import ObjectMissing
from steward.events import PredictionsSuperseded
from steward.ingestion import pending_labels
from steward.records.hashing import text_hashes
from steward.records.id_hashes import IdHashes, NoIdHashes, is_in
from steward.repositories.prediction_ids import PredictionIds
from steward.repositories.records import list_window, read_files
from steward.scratch import scratch_folder
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_KINDS = ("labels", keys.corrections_of("labels"))


@dataclass(frozen=True, slots=True)
class MovedLabels:
    """Labels that were found beside another prediction of their ID.

    Attributes:
        windows: of these predictions; the labels are stored there, too, by now.
        left: the IDs whose labels are to be taken out of each window, by kind and batch.
    """

    windows: AbstractSet[Window]
    left: Mapping[tuple[Window, str, str], AbstractSet[str]]


@dataclass(frozen=True, slots=True)
class _StrandedLabels:
    """Labels of one window, by batch, whose prediction was given up; corrections of them likewise."""

    labels: dict[str, pd.DataFrame] = field(default_factory=dict)
    corrections: dict[str, pd.DataFrame] = field(default_factory=dict)


def copy_labels(data: Bucket, spec: ModelSpec, given_up: PredictionsSuperseded) -> MovedLabels:
    """Copy the labels of IDs that a batch gave up, and their corrections, to the windows where the IDs stand.

    They are looked for as labels of their time are that have no prediction there: newest window first, within the label
    horizon. Labels that are found nowhere wait. The originals stay until `remove_originals`, so that a function that
    dies in between finds them again.
    """
    touched: set[Window] = set()
    left: dict[tuple[Window, str, str], AbstractSet[str]] = {}
    predicted = PredictionIds(data, spec)
    having: list[Window] | None = None
    for window in map(Window.parse, given_up.windows):
        stranded = _find_stranded(data, spec, window, given_up.batch)
        for batch, labels in stranded.labels.items():
            if having is None:
                data.touch(keys.untimed_labels(spec.model))
                having = pending_labels.prediction_windows(data, spec)
            searched = pending_labels.within_horizon(having, spec, {*pending_labels.hints_of(labels, spec), window})
            original = keys.original_batch(batch)
            found, rest = pending_labels.match_pending_batch(data, spec, original, labels, searched, predicted)
            if len(rest):
                pending_labels.add(data, spec, original, [rest])
            if keys.is_relocated(batch):
                left[window, "labels", batch] = set(labels[spec.columns.id])
            touched |= found.keys()
            for target, ids in found.items():
                for correction, rows in stranded.corrections.items():
                    mine = rows[rows[spec.columns.id].isin(ids)]
                    if len(mine):
                        pending_labels.add_records(data, spec, _KINDS[1], target, correction, mine)
                        place = (window, _KINDS[1], correction)
                        left[place] = left.get(place, frozenset()) | set(mine[spec.columns.id])
    return MovedLabels(touched, left)


def remove_originals(data: Bucket, spec: ModelSpec, moved: MovedLabels) -> None:
    """Take labels out of the windows that they were moved from; a file without rows stays, and says that they came."""
    for (window, kind, batch), ids in moved.left.items():
        pending_labels.remove_records(data, spec, kind, window, batch, ids)


def _find_stranded(data: Bucket, spec: ModelSpec, window: Window, batch: str) -> _StrandedLabels:
    """The labels of a window that only predictions of a batch had the IDs of, which it gave up."""
    found = _StrandedLabels()
    files = [list_window(data, kind, spec.model, window) for kind in _KINDS]
    if not files[0]:
        return found
    predicted = PredictionIds(data, spec).of(window)
    with scratch_folder() as folder:
        hashes = id_hashes_of(data, spec, batch, folder)
        for file, content in read_files(data, chain.from_iterable(files)):
            owner = keys.batch_of(file.key)
            rows = pending_labels.labels_of(content.body, spec)
            names = rows[spec.columns.id]
            mine = ~names.isin(predicted).to_numpy()
            if hashes:
                mine &= is_in(text_hashes(names.tolist()), hashes.of_window(window.start))
            if not mine.any():
                continue
            if is_correction(owner):
                found.corrections[owner] = rows[mine]
            elif keys.is_relocated(owner):
                found.labels[owner] = rows[mine]
            else:
                found.labels[owner] = pending_labels.with_window_times(rows[mine], spec, window)
    return found


def id_hashes_of(data: Bucket, spec: ModelSpec, batch: str, folder: Path) -> IdHashes | None:
    """The hashes of the IDs of a batch of predictions; None where they are not known, and every ID may be one."""
    path = folder / "batch.ids"
    try:
        data.reference(keys.id_hashes("predictions", spec.model, batch), path)
        return IdHashes.read(path)
    except (ObjectMissing, NoIdHashes):
        return None
