"""Labels meet their predictions, window by window; each window's outcomes are written whole."""

from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pandas as pd

from steward.baselines.baseline import Baseline
from steward.defects.correction import is_correction, withdraws
from steward.events import BatchIngested, DataCorrected, IdsGivenUp, OutcomesUpdated
from steward.monitoring.realised import WindowOutcomes
from steward.performance.grouping import columns_looked_at
from steward.performance.joined import join
from steward.profiles.model_bins import Bins
from steward.quality.label_matches import EXAMPLES, UnmatchedLabels
from steward.records.stored import read_records
from steward.records.superseded import Layer, standing_labels, standing_rows
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import moved_labels, registry, waiting
from steward.stations.unmatched import NOTHING_UNMATCHED, Report, report_unmatched
from steward.stations.window_records import RecordsFile, WindowRecords
from steward.store import keys
from steward.store.bucket import Bucket

type Cause = BatchIngested | DataCorrected | IdsGivenUp


def join_labels(runtime: Runtime, ingested: Cause) -> Iterator[OutcomesUpdated]:
    """Write the outcomes of every window that labels, predictions whose labels came first, or corrections touch.

    Labels that waited are taken out of the waiting ones last, after the events of their windows were published: a
    redelivery after a death at any point before finds them there, and does all of it again.
    """
    spec, _ = registry.current_spec(runtime.data, ingested.model)
    if spec.task == "text_generation":
        return
    if isinstance(ingested, DataCorrected):
        yield from _update(runtime, spec, ingested, {Window.parse(window) for window in ingested.windows})
    elif isinstance(ingested, IdsGivenUp):
        yield from _join_given_up(runtime, spec, ingested)
    elif ingested.kind == "labels":
        yield from _join_labels(runtime, spec, ingested)
    else:
        yield from _join_predictions(runtime, spec, ingested)


def _join_labels(runtime: Runtime, spec: ModelSpec, ingested: BatchIngested) -> Iterator[OutcomesUpdated]:
    """Labels are looked for in the window of their time first; those without a prediction there, in all others."""
    held: dict[Window, list[OutcomesUpdated]] = {}
    strays: dict[Window, pd.DataFrame] = {}
    for window in sorted(Window.parse(window) for window in ingested.windows):
        updated = list(_update(runtime, spec, ingested, {window}, strays=strays))
        if not updated and window not in strays:
            strays[window] = _labels_of(runtime.data, spec, window, ingested.batch)
        if window in strays:
            held[window] = updated
        else:
            yield from updated
    if strays:
        waiting.add(runtime.data, spec, ingested.batch, list(strays.values()))
    having = waiting.prediction_windows(runtime.data, spec)
    placed = waiting.place(runtime.data, spec, ingested, having)
    report = report_unmatched(runtime, spec, ingested, placed, having)
    again = placed.windows | report.windows
    for window in sorted(again | held.keys()):
        if window in again:
            yield from _update(runtime, spec, ingested, {window}, report)
        else:
            yield from held[window]
    waiting.remove_placed(runtime.data, spec, placed)


def _join_predictions(runtime: Runtime, spec: ModelSpec, ingested: BatchIngested) -> Iterator[OutcomesUpdated]:
    """Predictions meet the labels that were stored in their windows before, and those that wait."""
    placed = waiting.place(runtime.data, spec, ingested, ())
    report = NOTHING_UNMATCHED
    if placed.left:
        having = waiting.prediction_windows(runtime.data, spec)
        report = report_unmatched(runtime, spec, ingested, placed, having)
    windows = {Window.parse(window) for window in ingested.windows} | placed.windows | report.windows
    yield from _update(runtime, spec, ingested, windows, report)
    waiting.remove_placed(runtime.data, spec, placed)


def _join_given_up(runtime: Runtime, spec: ModelSpec, given_up: IdsGivenUp) -> Iterator[OutcomesUpdated]:
    """Labels that met predictions which do not count move to those that do; where they met, outcomes do without both.

    Labels are taken away last, after the events of the windows that they moved to, as in `join_labels`.
    """
    windows = {Window.parse(window) for window in given_up.windows}
    moved = moved_labels.copy_labels(runtime.data, spec, given_up)
    yield from _update(runtime, spec, given_up, moved.windows - windows)
    moved_labels.remove_originals(runtime.data, spec, moved)
    for window in sorted(windows):
        versions = set(_versions(runtime.data, spec, window)) if _labelled(runtime.data, spec, window) else set()
        for version in sorted(versions | set(given_up.versions)):
            if version in versions or runtime.data.marked(keys.outcomes(spec.model, version, window.id)):
                yield _updated(runtime, spec, given_up, window, version, NOTHING_UNMATCHED, None)


def _update(  # noqa: PLR0917 - the event, what it touches, and what is known beside the records
    runtime: Runtime,
    spec: ModelSpec,
    cause: Cause,
    windows: AbstractSet[Window],
    report: Report = NOTHING_UNMATCHED,
    strays: dict[Window, pd.DataFrame] | None = None,
) -> Iterator[OutcomesUpdated]:
    """Join each version's predictions of some windows with their labels.

    Args:
        runtime: the function's.
        spec: the declaration.
        cause: the event.
        windows: which; those without labels are passed over, but for those of the report.
        report: the label files to report.
        strays: gets the labels of the event's batch that their window has no prediction for.
    """
    for window in sorted(windows):
        if window in report.windows or _labelled(runtime.data, spec, window):
            for version in _versions(runtime.data, spec, window):
                yield _updated(runtime, spec, cause, window, version, report, strays)


def _labelled(data: Bucket, spec: ModelSpec, window: Window) -> bool:
    """Whether there are labels of a window; most predictions come before any, so the cheap question comes first."""
    came = data.marked(keys.labelled_window(spec.model, window.id))
    return came and next(data.list(keys.window_records("labels", spec.model, window)), None) is not None


def _updated(  # noqa: PLR0917 - as above
    runtime: Runtime,
    spec: ModelSpec,
    cause: Cause,
    window: Window,
    version: str,
    report: Report,
    strays: dict[Window, pd.DataFrame] | None,
) -> OutcomesUpdated:
    """Join once more under compare-and-swap, so that of two writers the one that read later stands."""
    bins = _bins(runtime.data, spec, version)

    def joined(present: WindowOutcomes | None) -> WindowOutcomes:
        records = _Records.of(runtime.data, spec, window, bins)
        found = records.joined(version, bins, report.of(window, present.unmatched if present else ()))
        if strays is not None and found.outcomes.orphans:
            mine = records.strays(cause.batch)
            if len(mine):
                strays[window] = waiting.hinted(mine, spec, window)
        given_up = set(present.given_up if present else ())
        if isinstance(cause, IdsGivenUp) and window.id in cause.windows:
            given_up.add(cause.batch)
        return found.model_copy(update={"given_up": tuple(sorted(given_up))})

    outcomes, stored = runtime.data.exchange(keys.outcomes(spec.model, version, window.id), WindowOutcomes, joined)
    return OutcomesUpdated(
        occurred_at=runtime.now(),
        model=spec.model,
        as_of=window.end,
        correlation_id=cause.correlation_id,
        version=version,
        window=window.id,
        labelled_rows=outcomes.outcomes.labelled,
        outcomes=stored,
    )


@dataclass(frozen=True, slots=True)
class _Records:
    """The predictions and the labels of one window, each in order of upload; batch IDs sort by it.

    Files of labels without rows are among the batches: checks that knew labels which moved away stand no longer.
    """

    spec: ModelSpec
    window: Window
    predictions: list[Layer]
    labels: list[Layer]
    label_batches: list[str]
    wanted: list[str]

    @classmethod
    def of(cls, data: Bucket, spec: ModelSpec, window: Window, bins: Bins | None) -> "_Records":
        """Read them."""
        columns = spec.columns
        prediction = [columns.prediction] if columns.prediction else []
        entity = [columns.entity] if columns.entity is not None else []
        wanted = [columns.id, columns.version, *columns.outputs.values(), *prediction, *entity]
        wanted += sorted(set(columns_looked_at(bins) if bins else ()).difference(wanted))
        predictions = _layers(data, spec, _files(data, spec, "predictions", window), wanted)
        files = _files(data, spec, "labels", window)
        labels = _layers(data, spec, files, _label_columns(spec))
        return cls(spec, window, predictions, labels, [file.batch for file in files], wanted)

    def strays(self, batch: str) -> pd.DataFrame:
        """The labels of a batch that no prediction of the window has the IDs of."""
        name = self.spec.columns.id
        predicted = pd.concat([layer.rows[name] for layer in self.predictions]) if self.predictions else ()
        mine = [layer.rows for layer in self.labels if layer.batch == batch]
        rows = mine[0] if mine else pd.DataFrame(columns=_label_columns(self.spec))
        return rows[~rows[name].isin(predicted)]

    def joined(self, version: str, bins: Bins | None, unmatched: tuple[UnmatchedLabels, ...]) -> WindowOutcomes:
        """What became of one version's predictions."""
        name = self.spec.columns.id
        predictions = standing_rows(self.predictions, name) if self.predictions else pd.DataFrame(columns=self.wanted)
        labels = standing_labels(self.labels, name) if self.labels else pd.DataFrame(columns=_label_columns(self.spec))
        outcomes, groups = join(predictions, labels, self.spec, version, bins)
        prediction_batches = [layer.batch for layer in self.predictions]
        without = predictions[name][~predictions[name].isin(labels[name])]
        shown = sorted(without if len(without) else predictions[name])[:EXAMPLES] if unmatched else ()
        return WindowOutcomes(
            version=version,
            window=self.window.id,
            prediction_batches=prediction_batches,
            label_batches=self.label_batches,
            corrections=[batch for batch in (*prediction_batches, *self.label_batches) if is_correction(batch)],
            outcomes=outcomes,
            groups=groups,
            unmatched=unmatched,
            prediction_ids=tuple(shown),
        )


def _label_columns(spec: ModelSpec) -> list[str]:
    return [spec.columns.id, spec.columns.label]


def _labels_of(data: Bucket, spec: ModelSpec, window: Window, batch: str) -> pd.DataFrame:
    """The labels of one batch in a window without predictions, as those that wait are kept."""
    layers = _layers(data, spec, _files(data, spec, "labels", window), _label_columns(spec))
    mine = next((layer.rows for layer in layers if layer.batch == batch), pd.DataFrame(columns=_label_columns(spec)))
    return waiting.hinted(mine, spec, window)


def _bins(data: Bucket, spec: ModelSpec, version: str) -> Bins | None:
    """The groups that the version's baseline has fixed; None where the declaration asks for none."""
    if not spec.segments and not spec.fairness:
        return None
    bins = Baseline.bins_of(data.verified(registry.manifest(data, spec.model, version).baseline))
    return bins if bins.segments or bins.protected else None


def _versions(data: Bucket, spec: ModelSpec, window: Window) -> list[str]:
    """The versions that made predictions in a window, also those that were withdrawn since."""
    name = spec.columns.version
    layers = _layers(data, spec, _files(data, spec, "predictions", window), [name])
    return sorted({version for layer in layers for version in layer.rows[name].dropna().astype(str).unique()})


def _files(data: Bucket, spec: ModelSpec, kind: str, window: Window) -> list[RecordsFile]:
    """What was uploaded of a window, then what corrects it, each in order of upload."""
    records = WindowRecords(data)
    return [
        file
        for partition in (kind, keys.corrections_of(kind))
        for file in records.of_window(partition, spec.model, window)
    ]


def _layers(data: Bucket, spec: ModelSpec, files: Iterable[RecordsFile], wanted: Collection[str]) -> list[Layer]:
    """What files hold, but for those without rows."""
    return [
        Layer(
            file.batch,
            read_records(content.body, spec, wanted),
            correction=is_correction(file.batch),
            withdrawal=withdraws(file.batch),
        )
        for file, content in WindowRecords(data).contents(files)
    ]
