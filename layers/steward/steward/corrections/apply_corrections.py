"""Applies an upload of corrections: new versions of rows beside the old ones, and rebuilt profiles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from steward.corrections.corrected_windows import record_corrected_windows
from steward.corrections.rebuild_profiles import StoredLayer, rebuild_profiles
from steward.corrections.window_lookup import WindowLookup
from steward.defects.correction import CorrectedWindow, Correction, correction_batch
from steward.defects.defect import Defect
from steward.defects.impact import AffectedObject
from steward.errors import BatchInvalid, ObjectMissing
from steward.events import CorrectedKind, DataCorrected, Event
from steward.ingestion.batch_writer import PARQUET
from steward.ingestion.erased_subjects import ErasedSubjects
from steward.ingestion.fetch import fetch_file
from steward.ingestion.personal_data import inspector_of, note_scan, read_news, report_found
from steward.ingestion.upload_events import report_erased
from steward.ingestion.version_assignment import AssignedRows, assign_versions, describe_rows
from steward.outbox import OutboxEntry, announce
from steward.privacy.inspection import PersonalDataInspector
from steward.records.columns import CategoricalColumn
from steward.records.quarantine import Quarantine
from steward.records.raw import ReadLimits, Reason
from steward.records.record_file_reader import RecordFileReader
from steward.records.rules import locate_problem
from steward.records.stored import write_records
from steward.records.valid_records import Records, concatenate
from steward.repositories import models
from steward.repositories.sagemaker_files import event_opener
from steward.repositories.uploads import Upload
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAXIMUM_ROWS = 1_000_000
"""Rows of one upload of corrections: they are held in memory, with what they correct."""

_LIMITS = ReadLimits(maximum_expanded_bytes=4 * 1024**3)
_WINDOWS_AN_EVENT = 200


def correct_records(runtime: Runtime, spec: ModelSpec, upload: Upload, folder: Path) -> Iterator[Event]:
    """Apply one upload of corrections; a redelivered one finds its effects and reports them again.

    Raises:
        BatchInvalid: nothing of it can be used; the rows, if any could be read, are in quarantine.
    """
    asked = _correction_key(upload)
    batch = correction_batch(upload.batch, withdrawn=asked.withdraws)
    key = keys.correction(spec.model, batch)
    found = runtime.data.find(key)
    if found is None:
        defect = _defect(runtime.data, spec, asked)
        erased, inspector = ErasedSubjects.of(runtime, spec), inspector_of(runtime, spec)
        correction = _Correcting(runtime, spec, upload, asked, defect, folder, erased, inspector).take_in(batch)
        if erased.rows:
            yield report_erased(runtime, upload, erased.rows)
        runtime.data.create_if_absent(key, correction.model_dump_json(indent=1).encode())
        found = runtime.data.get(key)
    correction = Correction.model_validate_json(found.body)
    for part in batched(correction.windows, _WINDOWS_AN_EVENT, strict=False):
        event = DataCorrected(
            **runtime.header(spec.model, upload.uploaded, upload.created.correlation_id),
            defect=correction.defect,
            kind=correction.kind,
            batch=batch,
            source=correction.source,
            rows=correction.rows,
            withdrawn=correction.withdrawn,
            rejected_rows=correction.rejected,
            windows=[window.window for window in part],
            versions=sorted({version for window in part for version in window.versions}),
            correction=found.stored,
        )
        entry = OutboxEntry(event, "data_corrected", upload.created.key, _summary(correction), (found.stored,))
        yield from announce(runtime, entry)
    yield from report_found(runtime, upload, read_news(runtime, spec, upload))


def _correction_key(upload: Upload) -> keys.CorrectionKey:
    asked = keys.CorrectionKey.parse(upload.inbox_key)
    if asked is None or asked.kind not in get_args(CorrectedKind):
        raise BatchInvalid(
            "unknown_correction",
            f"{upload.created.key} is no place for corrections; upload rows that replace others to "
            "inbox/<model>/corrections/<defect>/<kind>/<file>, and ids of rows to withdraw to "
            "inbox/<model>/corrections/<defect>/withdrawn-<kind>/<file>, with a kind of "
            f"{', '.join(get_args(CorrectedKind))}",
        )
    return asked


def _defect(data: Bucket, spec: ModelSpec, asked: keys.CorrectionKey) -> Defect:
    try:
        content = data.get(keys.defect(spec.model, asked.defect))
    except ObjectMissing as error:
        raise BatchInvalid(
            "unknown_defect",
            f"{spec.model} has no defect {asked.defect!r}; `steward defects {spec.model}` lists those that it has",
        ) from error
    defect = Defect.model_validate_json(content.body)
    if defect.finished:
        raise BatchInvalid(
            "finished_defect", f"defect {asked.defect} of {spec.model} is {defect.state}; open another for these rows"
        )
    return defect


@dataclass(frozen=True, slots=True)
class _Correcting:
    """The taking in of one upload of corrections: all of it is judged before any of it is stored."""

    runtime: Runtime
    spec: ModelSpec
    upload: Upload
    asked: keys.CorrectionKey
    defect: Defect
    folder: Path
    erased: ErasedSubjects
    inspector: PersonalDataInspector

    def take_in(self, batch: str) -> Correction:
        """Store the valid rows window by window, and make the profiles of these windows again."""
        quarantine = Quarantine(self._create_file("quarantine"))
        rows = self._validate(quarantine)
        places = WindowLookup(self.runtime.data, self.spec, self.asked.kind, self._create_file("layers"))
        homes = places.of(rows.records, [Window.parse(window) for window in self.defect.windows])
        lost = rows.without(np.array([home is None for home in homes], np.bool_), self._unknown(rows.records))
        quarantine.add(lost.rejected)
        stored = []
        for window in sorted({home for home in homes if home}):
            where = np.array([home == window for home in homes], np.bool_)
            mine = replace(rows, records=rows.records.take(where), places=rows.places[where])
            part = self._assign_versions(mine, places.versions(window))
            quarantine.add(part.rejected)
            if part.records.rows:
                stored.append(self._store(window, part.records, places.layers(window), batch))
        self._set_aside(quarantine)
        if not stored:
            raise BatchInvalid("no_valid_rows", _nothing_valid(quarantine))
        if self.asked.kind == "predictions":
            record_corrected_windows(self.runtime.data, self.spec, [corrected.window for corrected in stored])
            for corrected in stored:
                rebuild_profiles(self.runtime.data, self.spec, Window.parse(corrected.window))
        return Correction(
            model=self.spec.model,
            defect=self.defect.defect,
            kind=self.asked.kind,  # type: ignore[arg-type]
            batch=batch,
            source=self.upload.created.key,
            as_of=self.upload.uploaded,
            rejected=quarantine.rows,
            windows=tuple(stored),
        )

    def _validate(self, quarantine: Quarantine) -> AssignedRows:
        """The rows of the file that could be stored; the others go to quarantine."""
        path, created = fetch_file(self.runtime.data, self.upload, self.folder), self.upload.created
        kind = "withdrawals" if self.asked.withdraws else self.asked.kind
        parts: list[tuple[Records, NDArray[np.int64]]] = []
        opener = event_opener(self.spec)
        file = RecordFileReader(
            path,
            self.upload.file_name,
            self.spec,
            kind,  # type: ignore[arg-type]
            self.upload.completed,
            _LIMITS,
            opener=opener,
            inspector=self.inspector,
        )
        for judged in map(self.erased.leave_out, file):
            quarantine.add(judged.rejected)
            parts.append((judged.records, judged.places))
            if sum(records.rows for records, _ in parts) > MAXIMUM_ROWS:
                raise BatchInvalid(
                    "too_many_rows", f"{created.key} corrects more than {MAXIMUM_ROWS:,} rows; split it into files"
                )
        note_scan(self.runtime, self.spec, self.upload, self.inspector.scan())
        if not any(records.rows for records, _ in parts):
            self._set_aside(quarantine)
            raise BatchInvalid("no_valid_rows", _nothing_valid(quarantine))
        records = concatenate([records for records, _ in parts])
        places = np.concatenate([places for _, places in parts])
        return AssignedRows(records, places, describe_rows(records, places, self.spec))

    def _unknown(self, records: Records) -> Callable[[int], Reason]:
        name, model = self.spec.columns.id, self.spec.model
        anywhere = records.times is None or self.asked.kind == "labels"
        where = "that has been stored" if anywhere else "in the window of the time that it is given"
        return lambda at: Reason(
            "unknown_id",
            name,
            f"{records.ids[at]!r} is the {name} of no row of {model}'s {self.asked.kind} {where}. Rows that never came "
            "are uploaded as new ones; a row whose time was wrong is withdrawn, and uploaded under another id",
        )

    def _assign_versions(self, rows: AssignedRows, known: Mapping[str, str | None]) -> AssignedRows:
        """Predictions without a version are of that which the rows had that they replace."""
        if self.asked.kind != "predictions":
            return rows
        records = rows.records
        names = [None] * records.rows if records.versions is None else _version_names(records.versions)
        kept = [
            known.get(identity) if name is None else name for identity, name in zip(records.ids, names, strict=True)
        ]
        categories = sorted({name for name in kept if name is not None})
        codes = np.array([-1 if name is None else categories.index(name) for name in kept], np.int32)
        records = replace(records, versions=CategoricalColumn(codes, tuple(categories)))
        data, model = self.runtime.data, self.spec.model
        return assign_versions(
            replace(rows, records=records), self.spec, None, lambda name: models.version_exists(data, model, name)
        )

    def _store(self, window: Window, records: Records, layers: Sequence[StoredLayer], batch: str) -> CorrectedWindow:
        """Store the rows of one window, beside those that they supersede, which are named."""
        kind, created = keys.corrections_of(self.asked.kind), self.upload.created
        stored = self.runtime.data.put(
            keys.records(kind, self.spec.model, window, batch),
            write_records(records, self.spec),
            PARQUET,
            source=(created.key, created.version_id),
        )
        superseded, left = [], set(records.ids.tolist())
        for layer in sorted(layers, key=lambda one: (one.correction, one.batch), reverse=True):
            if layer.correction and layer.batch >= batch:
                continue
            mine = layer.ids[layer.among(left)].tolist()
            if mine:
                superseded.append(AffectedObject(window=window.id, rows=len(mine), stored=layer.stored))
                left -= set(mine)
        before = {version for layer in layers for version in layer.versions[layer.among(set(records.ids))] if version}
        after = set(records.versions.categories) if records.versions and self.asked.kind == "predictions" else set()
        return CorrectedWindow(
            window=window.id,
            rows=records.rows,
            versions=tuple(sorted(before | after)),
            superseded=tuple(superseded),
            stored=stored,
        )

    def _set_aside(self, quarantine: Quarantine) -> None:
        rejected = quarantine.close()
        if rejected:
            key = keys.quarantine(self.spec.model, f"{self.upload.uploaded:%Y-%m-%d}", self.upload.batch)
            self.runtime.data.put_file(key, rejected, PARQUET, source=self.upload.source)

    def _create_file(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir()
        return path


def _version_names(versions: CategoricalColumn) -> list[str | None]:
    names = [*versions.categories, None]
    return [names[code] for code in versions.codes.tolist()]


def _nothing_valid(quarantine: Quarantine) -> str:
    message = f"none of the {quarantine.rows:,} rows can be used; they are in quarantine with their reasons."
    if quarantine.first:
        message += f" The first, {locate_problem(quarantine.first)}"
    return message


def _summary(correction: Correction) -> str:
    done = "withdrawn" if correction.withdrawn else "replaced"
    summary = (
        f"{correction.rows:,} rows of {correction.kind} {done} in {len(correction.windows)} windows, for defect "
        f"{correction.defect}"
    )
    return f"{summary}; {correction.rejected:,} more are in quarantine" if correction.rejected else summary
