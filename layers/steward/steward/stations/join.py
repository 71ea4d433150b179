"""Labels meet their predictions, window by window; each window's outcomes are written whole."""

from collections.abc import Collection, Iterator

import pandas as pd

from steward.defects.correction import is_correction, withdraws
from steward.events import BatchIngested, DataCorrected, OutcomesUpdated
from steward.monitoring.realised import WindowOutcomes
from steward.performance.grouping import columns_looked_at
from steward.performance.joined import join
from steward.profiles import Baseline, Bins
from steward.records.stored import read_records
from steward.records.superseded import Layer, standing_labels, standing_rows
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry, waiting
from steward.stations.window_records import WindowRecords
from steward.store import keys
from steward.store.bucket import Bucket


def join_labels(runtime: Runtime, ingested: BatchIngested | DataCorrected) -> Iterator[OutcomesUpdated]:
    """Write the outcomes of every window that labels, predictions whose labels came first, or corrections touch.

    Labels that waited are taken out of the waiting ones last, after the events of their windows were published: a
    redelivery after a death at any point before finds them there, and does all of it again.
    """
    spec, _ = registry.current_spec(runtime.data, ingested.model)
    if spec.task == "text_generation":
        return
    windows = {Window.parse(window) for window in ingested.windows}
    placed = waiting.place(runtime.data, spec, ingested) if isinstance(ingested, BatchIngested) else None
    if placed:
        windows |= placed.windows
    for window in sorted(windows):
        if not _labelled(runtime.data, spec, window):
            continue
        for version in _versions(runtime.data, spec, window):
            yield _updated(runtime, spec, ingested, window, version)
    if placed:
        waiting.remove_placed(runtime.data, spec, placed)


def _labelled(data: Bucket, spec: ModelSpec, window: Window) -> bool:
    """Whether there are labels of a window; most predictions come before any, so the cheap question comes first."""
    came = data.marked(keys.labelled_window(spec.model, window.id))
    return came and next(data.list(keys.window_records("labels", spec.model, window)), None) is not None


def _updated(
    runtime: Runtime, spec: ModelSpec, ingested: BatchIngested | DataCorrected, window: Window, version: str
) -> OutcomesUpdated:
    """Join once more under compare-and-swap, so that of two writers the one that read later stands."""
    bins = _bins(runtime.data, spec, version)
    outcomes, stored = runtime.data.exchange(
        keys.outcomes(spec.model, version, window.id),
        WindowOutcomes,
        lambda _: _joined(runtime.data, spec, window, version, bins),
    )
    return OutcomesUpdated(
        occurred_at=runtime.now(),
        model=spec.model,
        as_of=window.end,
        correlation_id=ingested.correlation_id,
        version=version,
        window=window.id,
        labelled_rows=outcomes.outcomes.labelled,
        outcomes=stored,
    )


def _joined(data: Bucket, spec: ModelSpec, window: Window, version: str, bins: Bins | None) -> WindowOutcomes:
    looked_at = columns_looked_at(bins) if bins else ()
    predictions, prediction_batches = _read(data, spec, "predictions", window, looked_at)
    labels, label_batches = _read(data, spec, "labels", window)
    outcomes, groups = join(predictions, labels, spec, version, bins)
    return WindowOutcomes(
        version=version,
        window=window.id,
        prediction_batches=prediction_batches,
        label_batches=label_batches,
        corrections=[batch for batch in (*prediction_batches, *label_batches) if is_correction(batch)],
        outcomes=outcomes,
        groups=groups,
    )


def _bins(data: Bucket, spec: ModelSpec, version: str) -> Bins | None:
    """The groups that the version's baseline has fixed; None where the declaration asks for none."""
    if not spec.segments and not spec.fairness:
        return None
    bins = Baseline.bins_of(data.verified(registry.manifest(data, spec.model, version).baseline))
    return bins if bins.segments or bins.protected else None


def _read(
    data: Bucket, spec: ModelSpec, kind: str, window: Window, looked_at: Collection[str] = ()
) -> tuple[pd.DataFrame, list[str]]:
    """The records of one kind in one window, in order of upload; batch ids sort by it."""
    columns = spec.columns
    if kind == "labels":
        wanted = [columns.id, columns.label]
    else:
        prediction = [columns.prediction] if columns.prediction else []
        wanted = [columns.id, columns.version, *columns.outputs.values(), *prediction]
        wanted += sorted(set(looked_at).difference(wanted))
    layers = _layers(data, spec, kind, window, wanted)
    batches = [layer.batch for layer in layers]
    if not layers:
        return pd.DataFrame(columns=wanted), batches
    standing = standing_labels if kind == "labels" else standing_rows
    return standing(layers, columns.id), batches


def _versions(data: Bucket, spec: ModelSpec, window: Window) -> list[str]:
    """The versions that made predictions in a window, also those that were withdrawn since."""
    name = spec.columns.version
    layers = _layers(data, spec, "predictions", window, [name])
    return sorted({version for layer in layers for version in layer.rows[name].dropna().astype(str).unique()})


def _layers(data: Bucket, spec: ModelSpec, kind: str, window: Window, wanted: Collection[str]) -> list[Layer]:
    """What was uploaded of a window, then what corrects it, each in order of upload."""
    records = WindowRecords(data)
    layers = []
    for partition in (kind, keys.corrections_of(kind)):
        for file, content in records.contents(records.of_window(partition, spec.model, window)):
            rows = read_records(content.body, spec, wanted)
            layers.append(
                Layer(file.batch, rows, correction=is_correction(file.batch), withdrawal=withdraws(file.batch))
            )
    return layers
