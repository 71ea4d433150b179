"""Comparing two tables, with or without a declaration."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.drift import Family, Watched, judge_drift
from steward.errors import BatchInvalid
from steward.profiles.baseline import Baseline
from steward.profiles.portion import Portion
from steward.profiles.profile import Gathering
from steward.profiles.scope import Scope
from steward.records.columns import Chunk
from steward.results import MetricResult
from steward.spec.document import read_spec
from steward.spec.features import CategoricalFeature, DatetimeFeature, Feature, NumericFeature
from steward.spec.model import ModelSpec
from steward.spec.monitors import Monitors
from steward.spec.windows import ORIGIN, Window
from steward.standalone.conversion import Converter
from steward.standalone.inference import infer
from steward.standalone.report import ComparisonReport, Drift, Rows
from steward.standalone.tables import Batch, table_of

_INFERRED_BATCHES = 16
_WINDOWS = 20
_FEWEST_WINDOWS = 3
_WHOLE = Window(ORIGIN, timedelta(days=1))
_UNWATCHED = frozenset({"id", "time", "version"})
_TIME = DatetimeFeature(type="datetime")


def compare(reference: object, current: object, *, spec: ModelSpec | str | Path | None = None) -> ComparisonReport:
    """Whether `current` has drifted from `reference`.

    The reference is held in memory; the current table is read chunk by chunk.

    Args:
        reference: a path, a pandas DataFrame, or anything with the Arrow C stream or dataframe protocol.
        current: the same.
        spec: a declaration, or the path of one; without it types are inferred from the reference.

    Raises:
        BatchInvalid: one of the two cannot be read, or they have nothing to compare.
        SpecInvalid: the declaration is wrong.
    """
    declaration = read_spec(Path(spec).read_bytes()) if isinstance(spec, str | Path) else spec
    before, after = table_of(reference, "reference"), table_of(current, "current table")
    batches = list(before.batches())
    if not any(batch.rows for batch in batches):
        raise BatchInvalid("no_rows", f"{before.name} has no rows; give a reference with rows to compare with")
    features, outputs, time = _watched_columns(declaration, batches)
    wanted = features | outputs | ({time: _TIME} if time else {})
    portions, mistyped = _portions(batches, wanted, time)
    batches.clear()
    held = {name for portion in portions for name in portion.chunk.columns} - mistyped.keys()
    features = {name: feature for name, feature in features.items() if name in held}
    outputs = {name: feature for name, feature in outputs.items() if name in held}
    if not features and not outputs:
        raise BatchInvalid("no_columns", f"{before.name} has no column to compare")
    scope = Scope(features, outputs)
    placed = _placed(portions, declaration.window.length if declaration else None)
    baseline = Baseline.of(placed, scope, holdout=None)
    gathering, converter, rows = Gathering(baseline.bins), Converter(wanted), 0
    seen: set[str] = set()
    for batch in after.batches():
        columns = converter.read(batch.columns)
        gathering.add(Portion(Chunk(batch.rows, columns), times=_times(columns, time), first=rows))
        seen |= batch.columns.keys()
        rows += batch.rows
    watched = Watched(
        declaration.monitors if declaration else Monitors(),
        features | outputs,
        {name: feature.importance for name, feature in features.items() if feature.importance is not None},
    )
    problems = {
        name: f"`{name}` is missing in the current table" for name in held & wanted.keys() if rows and name not in seen
    }
    problems |= {name: f"`{name}` has changed its type: {why}" for name, why in converter.mistyped().items()}
    problems |= {name: f"`{name}` in the reference is not of its type: {why}" for name, why in mistyped.items()}
    problems |= {name: f"`{name}` is missing in the reference" for name in wanted.keys() - held - mistyped.keys()}
    problems.pop(time or "", None)
    judged = _without(judge_drift(baseline, gathering.profile(), watched), problems)
    undecided = [
        MetricResult(monitor="schema_consistency", column=name, statistic="type", rows=rows, status="unknown",
                     message=f"{why}; it was not compared")
        for name, why in sorted(problems.items())
    ]  # fmt: skip
    results = judged + undecided
    drifted = sorted({result.column or result.statistic for result in results if result.status == "drift"})
    independent = not any(effect.known for effect in baseline.design_effects.values())
    notes = ["rows count as independent: the reference has no time column with three windows or more"]
    return ComparisonReport(
        rows=Rows(reference=baseline.reference.rows, current=rows),
        drift=Drift(
            detected=bool(drifted),
            family_wise_rate=Family.of(baseline, watched).share_rate,
            columns=drifted,
            independent_rows=independent,
        ),
        results=results,
        notes=notes if independent else [],
    )


def _watched_columns(
    spec: ModelSpec | None, batches: list[Batch]
) -> tuple[dict[str, Feature], dict[str, Feature], str | None]:
    """Features, outputs and the column of event times."""
    if spec:
        names = spec.columns
        roles: dict[str, Feature] = {column: NumericFeature(type="numeric") for column in names.outputs.values()}
        if names.prediction:
            regression = spec.task == "regression"
            roles[names.prediction] = (
                NumericFeature(type="numeric") if regression else CategoricalFeature(type="categorical")
            )
        there = {name for batch in batches for name in batch.columns}
        roles = {name: feature for name, feature in roles.items() if name in there}
        return dict(spec.features), roles | spec.outputs, names.time if names.time in there else None
    sample = batches[:: max(1, len(batches) // _INFERRED_BATCHES)]
    found = infer({name: [batch.columns[name] for batch in sample if name in batch.columns]
                   for name in dict.fromkeys(chain.from_iterable(batch.columns for batch in batches))})  # fmt: skip
    features = {name: column.feature for name, column in found.items() if column.role not in _UNWATCHED}
    return features, {}, next((name for name, column in found.items() if column.role == "time"), None)


def _portions(
    batches: list[Batch], wanted: Mapping[str, Feature], time: str | None
) -> tuple[list[Portion], dict[str, str]]:
    converter = Converter(wanted)
    read = [(batch.rows, converter.read(batch.columns)) for batch in batches if batch.rows]
    mistyped = converter.mistyped()
    return [
        Portion(
            Chunk(rows, {name: column for name, column in columns.items() if name not in mistyped}),
            times=_times(columns, time),
        )
        for rows, columns in read
    ], mistyped


def _times(columns: Mapping[str, object], time: str | None) -> NDArray[np.datetime64] | None:
    values = getattr(columns.get(time), "values", None) if time else None
    return values if isinstance(values, np.ndarray) and values.dtype.kind == "M" else None


def _placed(portions: list[Portion], length: timedelta | None) -> list[tuple[Window, Portion]]:
    """Each portion's rows by window; all in one where there are no times."""
    moments = [portion.times for portion in portions if portion.times is not None]
    known = np.concatenate([found[~np.isnat(found)] for found in moments]) if moments else np.empty(0, "M8[us]")
    if len(moments) < len(portions) or not len(known):
        return [(_WHOLE, portion) for portion in portions]
    span = timedelta(microseconds=int((known.max() - known.min()).astype(np.int64)))
    if length is None or span / length < _FEWEST_WINDOWS:
        length = max(timedelta(minutes=1), span // _WINDOWS)
        length = timedelta(seconds=int(length.total_seconds()))
    step, origin = np.timedelta64(int(length.total_seconds() * 1e6), "us"), np.datetime64(ORIGIN.replace(tzinfo=None))
    placed: list[tuple[Window, Portion]] = []
    for portion in portions:
        times = portion.times
        if times is None:
            continue
        windows = np.where(np.isnat(times), 0, (times - origin) // step).astype(np.int64)
        for window in np.unique(windows):
            rows = np.flatnonzero(windows == window)
            chunk = Chunk(len(rows), {name: column.take(rows) for name, column in portion.chunk.columns.items()})
            start = datetime.fromtimestamp(0, UTC) + (ORIGIN - datetime.fromtimestamp(0, UTC)) + int(window) * length
            placed.append((Window(start, length), Portion(chunk, times=times[rows])))
    return placed


def _without(results: list[MetricResult], problems: Mapping[str, str]) -> list[MetricResult]:
    """Results of columns that could be compared; ages need event times, and are left out without them."""
    return [
        result
        for result in results
        if result.column is None
        or (
            result.column not in problems
            and result.column.rpartition(".")[0] not in problems
            and not (result.column.endswith(".age") and result.status == "unknown" and not result.baseline_rows)
        )
    ]
