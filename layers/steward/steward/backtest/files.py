"""Reads the records of a replay from files: reference, predictions and labels as they are uploaded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from steward.backtest.records import ReplayImpossible, ReplayRecords
from steward.errors import BatchInvalid
from steward.offline.conversion import Converter
from steward.offline.tables import ProgressCallback, no_progress, table_of
from steward.records.ids import identifiers
from steward.records.stored import as_pandas
from steward.spec.features import CategoricalFeature, DatetimeFeature, Feature, NumericFeature
from steward.spec.model import ModelSpec


def read_records_of_files(
    spec: ModelSpec,
    paths: Sequence[Path],
    *,
    label_delay: timedelta,
    reference_until: datetime | None = None,
    progress: ProgressCallback = no_progress,
) -> ReplayRecords:
    """Labelled rows from a reference, predictions and labels.

    Args:
        spec: the declaration, which names and types the columns.
        paths: the reference, predictions and labels: each a file, or a folder of files; or one table of labelled rows.
        label_delay: how long after the end of a window its labels are known.
        reference_until: where the reference of a single table ends; the end of the reference's rows where None.
        progress: told what is read, and how many rows of it so far.

    Raises:
        BatchInvalid: a file cannot be read, or lacks a column.
        ReplayImpossible: there is no labelled row, or it is not clear where the reference ends.
    """
    if len(paths) not in {1, 3}:
        raise ReplayImpossible(
            "name three files or folders (reference, predictions, labels), or one table of labelled rows with "
            "--reference-until"
        )
    if len(paths) == 1 and reference_until is None:
        raise ReplayImpossible("one table needs --reference-until: its rows before that date make the first version")
    roles = spec.columns
    reference = _read(spec, paths[0], _reference_columns(spec), progress).drop_duplicates(roles.id, keep="first")
    parts = [reference[reference[roles.label].notna()]]
    if len(paths) > 1:
        columns = _reference_columns(spec)
        label = {roles.label: columns.pop(roles.label)}
        predictions = _read(spec, paths[1], columns, progress).drop_duplicates(roles.id, keep="first")
        labels = _read(spec, paths[2], label, progress).drop_duplicates(roles.id, keep="last")
        parts.append(predictions.merge(labels[[roles.id, roles.label]], on=roles.id, how="inner"))
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(roles.id, keep="first")
    rows = rows[rows[roles.time].notna() & rows[roles.label].notna()]
    if rows.empty or parts[0].empty:
        raise ReplayImpossible(
            f"{paths[0]} has no row with an ID, a time and a label; see `columns` in the declaration"
        )
    until = reference_until or parts[0][roles.time].max().to_pydatetime() + timedelta(microseconds=1)
    return ReplayRecords(rows.sort_values([roles.time, roles.id], kind="stable", ignore_index=True), until, label_delay)


def _reference_columns(spec: ModelSpec) -> dict[str, Feature]:
    """The declared type of each column that training and monitors look at, but for the ID."""
    roles = spec.columns
    label: Feature = (
        NumericFeature(type="numeric") if spec.task == "regression" else CategoricalFeature(type="categorical")
    )
    entity: dict[str, Feature] = {roles.entity: CategoricalFeature(type="categorical")} if roles.entity else {}
    time = DatetimeFeature(type="datetime", format=roles.time_format)
    return {**entity, **spec.attributes, **spec.features, roles.time: time, roles.label: label}


def _read(spec: ModelSpec, path: Path, columns: Mapping[str, Feature], progress: ProgressCallback) -> pd.DataFrame:
    """The rows of a file, or of all files in a folder."""
    files = sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))\
        if path.is_dir() else [path]  # fmt: skip
    if not files:
        raise ReplayImpossible(f"{path} has no files; name a folder of Parquet, CSV or JSON Lines files")
    return pd.concat([_read_file(spec, file, columns, progress) for file in files], ignore_index=True)


def _read_file(spec: ModelSpec, path: Path, columns: Mapping[str, Feature], progress: ProgressCallback) -> pd.DataFrame:
    identity, time = spec.columns.id, spec.columns.time
    converter = Converter(columns, time=time if time in columns else None)
    needed = {identity, *(name for name in (time, spec.columns.label) if name in columns)}
    parts, read = [], 0
    for batch in table_of(path, str(path)).batches():
        _refuse_missing(path, needed, batch.columns)
        found = {name: as_pandas(column) for name, column in converter.read(batch.columns).items()}
        ids = identifiers(batch.columns[identity], identity).values  # noqa: PD011 - ours, not pandas'
        frame = pd.DataFrame({identity: pd.Series(ids, dtype=object), **found})
        parts.append(frame.reindex(columns=[identity, *columns]))
        read += batch.rows
        progress(str(path), read)
    if wrong := {name: why for name, why in converter.mistyped().items() if name in needed}:
        raise BatchInvalid("wrong_type", f"{path}: " + "; ".join(f"{name}: {why}" for name, why in wrong.items()))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[identity, *columns])


def _refuse_missing(path: Path, needed: Iterable[str], there: Mapping[str, object]) -> None:
    missing = sorted(set(needed) - there.keys())
    if missing:
        raise BatchInvalid(
            "missing_columns", f"{path} has no column {', '.join(missing)}; `columns` in the declaration names them"
        )
