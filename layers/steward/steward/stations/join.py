"""Labels meet their predictions, window by window; each window's outcomes are written whole."""

from collections.abc import Iterator

import pandas as pd

from steward.events import BatchIngested, OutcomesUpdated
from steward.monitoring.realised import WindowOutcomes
from steward.performance.joined import joined_outcomes
from steward.records.stored import read_records
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry, waiting
from steward.store import keys
from steward.store.bucket import Bucket


def join_labels(runtime: Runtime, ingested: BatchIngested) -> Iterator[OutcomesUpdated]:
    """Write the outcomes of every window that a batch of labels, or of predictions whose labels came first, touches."""
    spec, _ = registry.current_spec(runtime.data, ingested.model)
    if spec.task == "text_generation":
        return
    windows = {Window.parse(window) for window in ingested.windows}
    windows |= waiting.place(runtime.data, spec, ingested)
    for window in sorted(windows):
        if next(runtime.data.list(keys.window_records("labels", spec.model, window)), None) is None:
            continue
        for version in _versions(runtime.data, spec, window):
            yield _updated(runtime, spec, ingested, window, version)


def _updated(
    runtime: Runtime, spec: ModelSpec, ingested: BatchIngested, window: Window, version: str
) -> OutcomesUpdated:
    """Join once more under compare-and-swap, so that of two writers the one that read later stands."""
    outcomes, stored = runtime.data.exchange(
        keys.outcomes(spec.model, version, window.id),
        WindowOutcomes,
        lambda _: _joined(runtime.data, spec, window, version),
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


def _joined(data: Bucket, spec: ModelSpec, window: Window, version: str) -> WindowOutcomes:
    columns = spec.columns
    predictions, prediction_batches = _read(data, spec, "predictions", window)
    labels, label_batches = _read(data, spec, "labels", window)
    predictions = predictions.drop_duplicates(columns.id, keep="first")
    labels = labels.drop_duplicates(columns.id, keep="last")
    orphans = int((~labels[columns.id].isin(predictions[columns.id])).sum())
    mine = predictions[predictions[columns.version].astype(str) == version]
    joined = mine.merge(labels[[columns.id, columns.label]], on=columns.id, how="inner", validate="one_to_one")
    return WindowOutcomes(
        version=version,
        window=window.id,
        prediction_batches=prediction_batches,
        label_batches=label_batches,
        outcomes=joined_outcomes(joined, spec, rows=len(mine), orphans=orphans),
    )


def _read(data: Bucket, spec: ModelSpec, kind: str, window: Window) -> tuple[pd.DataFrame, list[str]]:
    """The records of one kind in one window, in order of upload; batch ids sort by it."""
    columns = spec.columns
    if kind == "labels":
        wanted = [columns.id, columns.label]
    else:
        prediction = [columns.prediction] if columns.prediction else []
        wanted = [columns.id, columns.version, *columns.outputs.values(), *prediction]
    batches, frames = [], []
    for listed in data.list(keys.window_records(kind, spec.model, window)):
        batches.append(keys.batch_of(listed.key))
        frames.append(read_records(data.get(listed.key).body, spec, wanted))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=wanted), batches


def _versions(data: Bucket, spec: ModelSpec, window: Window) -> list[str]:
    """The versions that made predictions in a window."""
    predictions, _ = _read(data, spec, "predictions", window)
    return sorted(predictions[spec.columns.version].astype(str).unique())
