"""Reports labels without a prediction, in the check of one window."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.documents import VersionedModel
from steward.events import BatchIngested
from steward.evidence.label_matches import EXAMPLES, UnmatchedLabels
from steward.ingestion import pending_labels
from steward.ingestion.pending_labels import MatchedLabels
from steward.ingestion.spool import UNTIMED
from steward.quality.unmatched_labels import patience
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_RECENT_WINDOWS = 50
"""Alerts remember 60 windows: what is found in an older one would be reported to nobody."""


class LabelFile(VersionedModel):
    """A file some of whose labels had no prediction when it came.

    Attributes:
        source: the key of the upload.
        labels: how many it has.
        home: the window that reports labels that no window of their own can: those without a time, or with one of a
            window without predictions. The newest one that had predictions and was closed; None where none had any.
        at_home: whether it reports all of them, since their own windows are too old for alerts.
        matched: the newest window that labels without a time met predictions in so far, whether these came before the
            labels or after them; None where none did.
    """

    schema_version: Literal[1] = 1
    source: str
    labels: int
    home: str | None
    at_home: bool
    matched: str | None = None


@dataclass(frozen=True, slots=True)
class UnmatchedReport:
    """The label files that are reported in other windows, or with other figures, than before.

    Attributes:
        files: by batch, the window that reports a file, and what; None where nothing is left to report.
        windows: whose outcomes must be written anew.
    """

    files: Mapping[str, tuple[Window, UnmatchedLabels] | None] = field(default_factory=dict)
    windows: AbstractSet[Window] = frozenset()

    def of(self, window: Window, present: Sequence[UnmatchedLabels]) -> tuple[UnmatchedLabels, ...]:
        """The files that a window reports, in order of upload."""
        others = [file for file in present if file.batch not in self.files]
        mine = [found[1] for found in self.files.values() if found and found[0] == window]
        return tuple(sorted([*others, *mine], key=lambda file: file.batch))


NOTHING_UNMATCHED = UnmatchedReport()


def report_unmatched(
    runtime: Runtime, spec: ModelSpec, ingested: BatchIngested, placed: MatchedLabels, having: Sequence[Window]
) -> UnmatchedReport:
    """Which label files are to be reported after an event, and where.

    A file is reported in the newest window that its unmatched labels gave the time of and that has predictions: where
    that is follows from what is stored, and not from the order in which it came.

    Args:
        runtime: the function's.
        spec: the declaration.
        ingested: the labels, or the predictions that may be of labels that waited.
        placed: what became of the labels that waited.
        having: the windows that have predictions, newest first.
    """
    files: dict[str, tuple[Window, UnmatchedLabels] | None] = {}
    windows: set[Window] = set()
    arrived = {Window.parse(window) for window in ingested.windows} if ingested.kind == "predictions" else set()
    for batch, left in placed.left.items():
        files[batch] = None
        if ingested.kind == "labels":
            file = _note(runtime, spec, ingested, left, having) if len(left) else None
        else:
            file = _read_note(runtime.data, spec, batch)
        if file is None:
            continue
        met = {placed.newest.get(batch), _newest_met(runtime.data, spec, batch) if ingested.kind == "labels" else None}
        file = _note_match(runtime.data, spec, batch, file, max(filter(None, met), default=None))
        home = Window.parse(file.home) if file.home else next(reversed(having), None)
        before = [] if file.at_home else [window for window in having if window in placed.hints[batch]]
        windows |= {*before[:1], *[window for window in before if window not in arrived][:1], *([home] if home else [])}
        expected = left[~_expired_mask(left, spec, having)]
        hints = frozenset() if file.at_home else pending_labels.hints_of(expected, spec)
        reporting = next((window for window in having if window in hints), home)
        if reporting and len(expected):
            windows.add(reporting)
            unmatched = UnmatchedLabels(
                batch=batch,
                source=file.source,
                labels=file.labels - (len(left) - len(expected)),
                unmatched=len(expected),
                waiting=_early(expected, spec, reporting, having, file),
                ids=tuple(sorted(expected[spec.columns.id])[:EXAMPLES]),
            )
            files[batch] = reporting, unmatched
    return UnmatchedReport(files, windows)


def _expired_mask(left: pd.DataFrame, spec: ModelSpec, having: Sequence[Window]) -> NDArray[np.bool_]:
    """Which labels gave a time from before the label horizon, of which there are no predictions any more."""
    numbers = pending_labels.window_numbers(left, spec)
    known = [window.number for window in having]
    oldest = Window.containing(having[0].end - spec.label_horizon, spec.window.length).number if having else UNTIMED
    expired: NDArray[np.bool_] = (numbers != UNTIMED) & (numbers < oldest) & ~np.isin(numbers, known)
    return expired


def _early(left: pd.DataFrame, spec: ModelSpec, reporting: Window, having: Sequence[Window], file: LabelFile) -> int:
    """How many labels may have come before their prediction.

    Those with a time that is yet to come, and those without one: but not if predictions were taken in of well after
    that time, or of well after the newest that other labels of the file have met.
    """
    numbers = pending_labels.window_numbers(left, spec)
    known = [window.number for window in having]
    passed = having[0].number - round(patience(spec) / spec.window.length)
    untimed = numbers == UNTIMED
    if file.matched and Window.parse(file.matched).number <= passed:
        untimed = np.zeros(len(numbers), np.bool_)
    yet_to_come = (numbers > reporting.number) & (numbers > passed) & ~np.isin(numbers, known)
    return int((untimed | yet_to_come).sum())


def _note(
    runtime: Runtime, spec: ModelSpec, ingested: BatchIngested, left: pd.DataFrame, having: Sequence[Window]
) -> LabelFile:
    """Write down a file with labels that have no prediction, or find what was written down of it before."""
    known = _read_note(runtime.data, spec, ingested.batch)
    if known:
        return known
    closed = (window for window in having if window.end + spec.window.allowed_lateness <= runtime.now())
    home = next(closed, having[0] if having else None)
    hints = pending_labels.hints_of(left, spec)
    own = [at for at, window in enumerate(having) if window in hints]
    file = LabelFile(
        source=ingested.source,
        labels=ingested.rows,
        home=home.id if home else None,
        at_home=bool(own) and own[0] >= _RECENT_WINDOWS,
    )
    key = keys.unmatched_labels(spec.model, ingested.batch)
    runtime.data.create_if_absent(key, file.model_dump_json().encode())
    return _read_note(runtime.data, spec, ingested.batch) or file


def _newest_met(data: Bucket, spec: ModelSpec, batch: str) -> Window | None:
    """The newest window in which labels of a file were stored beside their predictions.

    Predictions that were handled before these labels may have met some, and found no note to write that in. So it is
    looked up once the note is there: from then on they find it.
    """
    relocated = keys.relocated_batch(batch)
    stored = data.list(keys.partitions("labels", spec.model))
    starts = [keys.window_start(listed.key) for listed in stored if keys.batch_of(listed.key) == relocated]
    return Window.containing(max(starts), spec.window.length) if starts else None


def _note_match(data: Bucket, spec: ModelSpec, batch: str, file: LabelFile, met: Window | None) -> LabelFile:
    """Write down the newest window that labels of a file have met predictions in, unless a newer one is known."""

    def raised(present: LabelFile | None) -> LabelFile:
        known = present or file
        newest = max(filter(None, (known.matched, met.id if met else None)), key=Window.parse, default=None)
        return known.model_copy(update={"matched": newest})

    if raised(file) == file:
        return file
    return data.update(keys.unmatched_labels(spec.model, batch), LabelFile, raised)


def _read_note(data: Bucket, spec: ModelSpec, batch: str) -> LabelFile | None:
    return data.load_if_present(keys.unmatched_labels(spec.model, batch), LabelFile)
