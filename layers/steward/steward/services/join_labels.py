"""Joins labels with their predictions window by window and rewrites each window's outcomes."""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pandas as pd

from steward.corrections import moved_labels
from steward.defects.correction import is_correction, withdraws
from steward.events import BatchIngested, DataCorrected, OutcomesUpdated, PredictionsSuperseded
from steward.evidence.label_matches import EXAMPLES, UnmatchedLabels
from steward.evidence.window_outcomes import WindowOutcomes
from steward.ingestion import pending_labels
from steward.ingestion.unmatched_labels_report import NOTHING_UNMATCHED, UnmatchedReport, report_unmatched
from steward.performance.grouping import columns_looked_at
from steward.performance.label_join import join
from steward.profiles.model_bins import Bins
from steward.records.row_versions import RecordLayer, current_labels, current_predictions
from steward.records.stored import read_records
from steward.repositories import models
from steward.repositories.baselines import bins_of
from steward.repositories.records import list_window, read_files
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket, ObjectSummary

type JoinCause = BatchIngested | DataCorrected | PredictionsSuperseded
type _Listing = dict[str, list[ObjectSummary]]


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
) -> tuple[list[OutcomesUpdated], "_Records"]:
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
    listing = _list_files(runtime.data, spec, window)
    while True:
        records = _Records.of(runtime.data, spec, window, listing, also)
        updated = [_update_outcomes(runtime, cause, records, version, report) for version in records.bins]
        before, listing = listing, _list_files(runtime.data, spec, window)
        if listing == before:
            return updated, records


def _update_outcomes(
    runtime: Runtime, cause: JoinCause, records: "_Records", version: str, report: UnmatchedReport
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
    )


@dataclass(frozen=True, slots=True)
class _Records:
    """The predictions and the labels of one window.

    Files of labels without rows are among the batches: checks that knew labels which moved away are out of date.

    Attributes:
        spec: the declaration.
        window: which.
        predictions, labels: the rows that count, one an ID.
        prediction_layers, label_layers: what each file holds, but for those without rows.
        label_batches: the batches of labels, with and without rows.
        bins: the groups that each version's baseline has fixed, by version, None where it has none; of all versions
            that made predictions, also those that were withdrawn since, and of those that were asked for.
    """

    spec: ModelSpec
    window: Window
    predictions: pd.DataFrame
    labels: pd.DataFrame
    prediction_layers: list[RecordLayer]
    label_layers: list[RecordLayer]
    label_batches: list[str]
    bins: dict[str, Bins | None]

    @classmethod
    def of(cls, data: Bucket, spec: ModelSpec, window: Window, listing: _Listing, also: AbstractSet[str]) -> "_Records":
        """Read the files of a listing."""
        columns = spec.columns
        files = {
            kind: [(keys.batch_of(file.key), content.body) for file, content in read_files(data, listed)]
            for kind, listed in listing.items()
        }
        named = [read_records(body, spec, [columns.version]) for _, body in files["predictions"]]
        versions = {*also, *(name for rows in named for name in rows[columns.version].dropna().astype(str).unique())}
        bins = {version: _bins(data, spec, version) for version in sorted(versions)}
        optional = [name for name in (columns.prediction, columns.entity) if name is not None]
        looked_at = {name for of_version in bins.values() if of_version for name in columns_looked_at(of_version)}
        wanted = [columns.id, columns.version, *columns.outputs.values(), *optional]
        wanted += sorted(looked_at.difference(wanted))
        predictions = _layers(files["predictions"], spec, wanted)
        labels = _layers(files["labels"], spec, _label_columns(spec))
        return cls(
            spec,
            window,
            current_predictions(predictions, columns.id) if predictions else pd.DataFrame(columns=wanted),
            current_labels(labels, columns.id) if labels else pd.DataFrame(columns=_label_columns(spec)),
            predictions,
            labels,
            [batch for batch, _ in files["labels"]],
            bins,
        )

    def without_prediction(self, batch: str) -> pd.DataFrame:
        """The labels of a batch that no prediction of the window has the IDs of."""
        name = self.spec.columns.id
        rows = next((layer.rows for layer in self.label_layers if layer.batch == batch), self.labels.iloc[:0])
        predicted = {identity for layer in self.prediction_layers for identity in layer.rows[name]}
        return rows[~rows[name].isin(predicted)]

    def join(self, version: str, unmatched: tuple[UnmatchedLabels, ...]) -> WindowOutcomes:
        """What became of one version's predictions."""
        outcomes, groups = join(self.predictions, self.labels, self.spec, version, self.bins.get(version))
        ids = self.predictions[self.spec.columns.id]
        without = ids[~ids.isin(self.labels[self.spec.columns.id])]
        shown = sorted(without if len(without) else ids)[:EXAMPLES] if unmatched else ()
        batches = [layer.batch for layer in self.prediction_layers]
        return WindowOutcomes(
            version=version,
            window=self.window.id,
            prediction_batches=batches,
            label_batches=self.label_batches,
            corrections=[batch for batch in (*batches, *self.label_batches) if is_correction(batch)],
            outcomes=outcomes,
            groups=groups,
            unmatched=unmatched,
            prediction_ids=tuple(shown),
        )


def _label_columns(spec: ModelSpec) -> list[str]:
    return [spec.columns.id, spec.columns.label]


def _bins(data: Bucket, spec: ModelSpec, version: str) -> Bins | None:
    """The groups that the version's baseline has fixed; None where the declaration asks for none."""
    if not spec.segments and not spec.fairness:
        return None
    bins = bins_of(data, spec.model, version)
    return bins if bins.segments or bins.protected else None


def _list_files(data: Bucket, spec: ModelSpec, window: Window) -> _Listing:
    """The files of a window by kind: what was uploaded, then what corrects it, each in order of upload."""
    return {
        kind: [
            listed
            for partition in (kind, keys.corrections_of(kind))
            for listed in list_window(data, partition, spec.model, window)
        ]
        for kind in ("predictions", "labels")
    }


def _layers(files: Sequence[tuple[str, bytes]], spec: ModelSpec, wanted: Collection[str]) -> list[RecordLayer]:
    """What files hold, but for those without rows."""
    return [
        RecordLayer(batch, rows, correction=is_correction(batch), withdrawal=withdraws(batch))
        for batch, body in files
        if len(rows := read_records(body, spec, wanted))
    ]
