"""Joins labels with their predictions window by window and rewrites each window's outcomes."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from steward.corrections import moved_labels
from steward.events import BatchIngested, DataCorrected, OutcomesUpdated, PredictionsSuperseded
from steward.evidence.window_outcomes import WindowOutcomes
from steward.ingestion import pending_labels
from steward.ingestion.unmatched_labels_report import NOTHING_UNMATCHED, UnmatchedReport, report_unmatched
from steward.performance.policy_metric import labels_by_class, realised_loss
from steward.repositories import models
from steward.repositories.labelled_window import LabelledWindow, list_files
from steward.repositories.release_sums import concerns_window, update_sums
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

if TYPE_CHECKING:
    import pandas as pd

type JoinCause = BatchIngested | DataCorrected | PredictionsSuperseded


def join_labels(runtime: Runtime, ingested: JoinCause) -> Iterator[OutcomesUpdated]:
    """Write the outcomes of every window that labels, predictions whose labels came first, or corrections touch.

    Labels that waited are taken out of the waiting ones last, after the events of their windows were published: a
    redelivery after a death at any point before finds them there, and does all of it again.
    """
    spec, _ = models.current_spec(runtime.data, ingested.model)
    if spec.task == "text_generation":
        return
    if isinstance(ingested, DataCorrected):
        yield from _update(runtime, spec, ingested, {Window.parse(window) for window in ingested.windows})
    elif isinstance(ingested, PredictionsSuperseded):
        yield from _join_given_up(runtime, spec, ingested)
    elif ingested.kind == "shadows":
        yield from _update(runtime, spec, ingested, {Window.parse(window) for window in ingested.windows})
    elif ingested.kind == "labels":
        yield from _join_labels(runtime, spec, ingested)
    else:
        yield from _join_predictions(runtime, spec, ingested)


def _join_labels(runtime: Runtime, spec: ModelSpec, ingested: BatchIngested) -> Iterator[OutcomesUpdated]:
    """Labels are looked for in the window of their time first; those without a prediction there, in all others."""
    held: dict[Window, list[OutcomesUpdated]] = {}
    strays: list[pd.DataFrame] = []
    for window in sorted(Window.parse(window) for window in ingested.windows):
        updated, records = _join_window(runtime, spec, ingested, window)
        mine = records.without_prediction(ingested.batch)
        if len(mine):
            strays.append(pending_labels.with_window_times(mine, spec, window))
            held[window] = updated
        else:
            yield from updated
    if strays:
        pending_labels.add(runtime.data, spec, ingested.batch, strays)
    having = pending_labels.prediction_windows(runtime.data, spec)
    placed = pending_labels.match_pending(runtime.data, spec, ingested, having)
    report = report_unmatched(runtime, spec, ingested, placed, having)
    again = placed.windows | report.windows
    for window in sorted(again | held.keys()):
        if window in again:
            yield from _update(runtime, spec, ingested, {window}, report)
        else:
            yield from held[window]
    pending_labels.remove_matched(runtime.data, spec, placed)


def _join_predictions(runtime: Runtime, spec: ModelSpec, ingested: BatchIngested) -> Iterator[OutcomesUpdated]:
    """Predictions meet the labels that were stored in their windows before, and those that wait."""
    placed = pending_labels.match_pending(runtime.data, spec, ingested, ())
    report = NOTHING_UNMATCHED
    if placed.left:
        having = pending_labels.prediction_windows(runtime.data, spec)
        report = report_unmatched(runtime, spec, ingested, placed, having)
    windows = {Window.parse(window) for window in ingested.windows} | placed.windows | report.windows
    yield from _update(runtime, spec, ingested, windows, report)
    pending_labels.remove_matched(runtime.data, spec, placed)


def _join_given_up(runtime: Runtime, spec: ModelSpec, given_up: PredictionsSuperseded) -> Iterator[OutcomesUpdated]:
    """Labels that met predictions which do not count move to those that do; where they met, outcomes do without both.

    Labels are taken away last, after the events of the windows that they moved to, as in `join_labels`.
    """
    windows = {Window.parse(window) for window in given_up.windows}
    moved = moved_labels.copy_labels(runtime.data, spec, given_up)
    yield from _update(runtime, spec, given_up, moved.windows - windows)
    moved_labels.remove_originals(runtime.data, spec, moved)
    for window in sorted(windows):
        known = {
            version
            for version in given_up.versions
            if runtime.data.exists(keys.outcomes(spec.model, version, window.id))
        }
        if known or _has_labels(runtime.data, spec, window):
            yield from _join_window(runtime, spec, given_up, window, also=known)[0]


def _update(
    runtime: Runtime,
    spec: ModelSpec,
    cause: JoinCause,
    windows: AbstractSet[Window],
    report: UnmatchedReport = NOTHING_UNMATCHED,
) -> Iterator[OutcomesUpdated]:
    """Join the predictions of some windows with their labels.

    Args:
        runtime: the function's.
        spec: the declaration.
        cause: the event.
        windows: which; those without labels are passed over, but for those of the report.
        report: the label files to report.
    """
    for window in sorted(windows):
        if window in report.windows or _has_labels(runtime.data, spec, window):
            yield from _join_window(runtime, spec, cause, window, report)[0]
        else:
            _sum_arms(runtime, spec, window)


def _has_labels(data: Bucket, spec: ModelSpec, window: Window) -> bool:
    """Whether there are labels of a window; most predictions come before any, so the cheap question comes first."""
    came = data.exists(keys.labelled_window(spec.model, window.id))
    return came and next(data.list(keys.window_records("labels", spec.model, window)), None) is not None


def _join_window(  # noqa: PLR0917 - the event, its window, and what is known beside the records
    runtime: Runtime,
    spec: ModelSpec,
    cause: JoinCause,
    window: Window,
    report: UnmatchedReport = NOTHING_UNMATCHED,
    also: AbstractSet[str] = frozenset(),
) -> tuple[list[OutcomesUpdated], "LabelledWindow"]:
    """Write what became of each version's predictions in a window; each file of records is read once.

    The files are listed again once the outcomes are written. If they have changed since they were read, all is done
    again: of two functions that write at once, the last to look has seen all records.

    Args:
        runtime: the function's.
        spec: the declaration.
        cause: the event.
        window: which.
        report: the label files to report.
        also: versions whose outcomes are written even if none of the window's predictions is theirs.
    """
    listing = list_files(runtime.data, spec, window)
    while True:
        records = LabelledWindow.of(runtime.data, spec, window, listing, also)
        updated = [_update_outcomes(runtime, cause, records, version, report) for version in records.bins]
        before, listing = listing, list_files(runtime.data, spec, window)
        if listing == before:
            _sum_arms(runtime, spec, window)
            return updated, records


def _sum_arms(runtime: Runtime, spec: ModelSpec, window: Window) -> None:
    """While a gradual release runs, sum up what its arms did in a window: before anybody hears of its outcomes."""
    if spec.release.mode == "direct":
        return
    release = models.routing(runtime.data, spec.model).release
    if release and concerns_window(release, window):
        update_sums(runtime.data, spec, release, window)


def _update_outcomes(
    runtime: Runtime, cause: JoinCause, records: LabelledWindow, version: str, report: UnmatchedReport
) -> OutcomesUpdated:
    """Write the outcomes of one version in a window."""
    spec, window = records.spec, records.window

    def joined(present: WindowOutcomes | None) -> WindowOutcomes:
        found = records.join(version, report.of(window, present.unmatched if present else ()))
        given_up = set(present.given_up if present else ())
        if isinstance(cause, PredictionsSuperseded) and window.id in cause.windows:
            given_up.add(cause.batch)
        return found.model_copy(update={"given_up": tuple(sorted(given_up))})

    outcomes, stored = runtime.data.update_with_ref(
        keys.outcomes(spec.model, version, window.id), WindowOutcomes, joined
    )
    return OutcomesUpdated(
        **runtime.caused_by(cause, as_of=window.end),
        version=version,
        window=window.id,
        labelled_rows=outcomes.outcomes.labelled,
        outcomes=stored,
        labels_by_class=labels_by_class(outcomes.outcomes),
        realised=realised_loss(outcomes.outcomes, spec),
    )
