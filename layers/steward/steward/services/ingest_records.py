"""Ingests an uploaded file: records and profiles, quarantine with reasons, or refusal."""

import errno
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from steward.corrections.apply_corrections import correct_records
from steward.corrections.corrected_windows import rebuild_corrected
from steward.errors import BatchInvalid, RemovedModel, UnknownModel
from steward.events import NO_MODEL, REMOVED_MODEL, Event, Kind, ObjectCreated
from steward.ingestion.batch_writer import PARQUET, BatchWriter
from steward.ingestion.cross_batch_duplicates import CrossBatchDuplicates
from steward.ingestion.deferral import NoChampion, defer_upload
from steward.ingestion.earlier_predictions import contains_labels, refuse_earlier_predictions
from steward.ingestion.erased_subjects import ErasedSubjects
from steward.ingestion.fetch import erased_error, fetch_file, fetch_upload, is_empty_part, is_no_file
from steward.ingestion.file_names import refuse_personal_name
from steward.ingestion.ingestion_counter import IngestionCounter
from steward.ingestion.personal_data import expire_original, inspector_of, note_scan
from steward.ingestion.spool import Spool
from steward.ingestion.upload_events import Outcome, refuse_upload
from steward.ingestion.upload_report import report_outcome
from steward.ingestion.version_assignment import AssignedRows, version_assigner
from steward.records.quarantine import Quarantine
from steward.records.raw import ReadLimits
from steward.records.record_file_reader import RecordFileReader
from steward.records.valid_records import Records
from steward.repositories import models
from steward.repositories.sagemaker_files import event_opener
from steward.repositories.uploads import Upload, sequencer_of
from steward.runtime import QueueSettings, Runtime
from steward.scratch import has_whole_disk, scratch_folder
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.keys import InboxKey
from steward.store.queue import Queue

if TYPE_CHECKING:
    from steward.spec.windows import Window

LIMITS = ReadLimits(maximum_expanded_bytes=32 * 1024**3)
"""What the function gets through in its fifteen minutes."""

MAXIMUM_BYTES = 6 * 1024**3
"""An upload of this size leaves room on the function's disk for the records that are made of it."""

MAXIMUM_ROWS = 60_000_000
"""Their ids take 480 MB of memory; the process that decodes Parquet may take 640, the rest of the work 430."""

_UNKNOWN = {UnknownModel: "unknown_model", RemovedModel: REMOVED_MODEL}


def ingest_records(runtime: Runtime[QueueSettings], created: ObjectCreated) -> Iterator[Event]:
    """Take in one upload. Taking it in again writes the same bytes and tells of the same events."""
    if is_no_file(created):
        return
    inbox_key = InboxKey.parse(created.key)
    if inbox_key is None:
        inbox_key = InboxKey(model=NO_MODEL, kind="unknown", name=created.key)
    with scratch_folder() as folder:
        upload, size = fetch_upload(runtime, created, inbox_key, folder)
        if size is None:
            yield from refuse_upload(runtime, upload, "object_missing", str(erased_error(upload)))
        elif size or not created.key.endswith("/"):  # else it is a folder, as the S3 console makes it
            finished = yield from _ingest(runtime, upload, folder, size)
            if finished:
                expire_original(runtime, finished, upload)


def _ingest(
    runtime: Runtime[QueueSettings], upload: Upload, folder: Path, size: int
) -> Generator[Event, None, ModelSpec | None]:
    """Take in an upload of so many bytes, which are in the folder already where they are few.

    Returns:
        The declaration, once nobody needs the file any more; None where it waits, or its model is not known.
    """
    inbox_key, created = upload.inbox_key, upload.created
    spec = None
    try:
        refuse_personal_name(upload)
        kind = _kind(inbox_key, created)
        spec, _ = models.current_spec(runtime.data, inbox_key.model)
        if kind == "corrections":
            yield from correct_records(runtime, spec, upload, folder)
            return spec
        outcome = _Ingestion(runtime, spec, kind, upload, folder).run(size)
    except NoChampion as error:
        yield from defer_upload(runtime, upload, error)
        return None
    except (BatchInvalid, UnknownModel) as error:
        code = error.code if isinstance(error, BatchInvalid) else _UNKNOWN[type(error)]
        if not is_empty_part(created, code):
            yield from refuse_upload(runtime, upload, code, str(error))
        return spec
    yield from report_outcome(runtime, spec, kind, upload, outcome)
    return spec


def _kind(inbox_key: InboxKey, created: ObjectCreated) -> Kind:
    for kind in get_args(Kind):
        if inbox_key.kind == kind:
            return kind  # type: ignore[no-any-return]
    raise BatchInvalid(
        "unknown_kind",
        f"{created.key} is in no inbox; upload to inbox/<model>/<kind>/<file> with a kind of "
        f"{', '.join(get_args(Kind))}, and a model's name of lower-case letters, digits and hyphens",
    )


class _Ingestion:
    """The taking in of one batch: all of it is judged and waits on the disk before any of it is stored."""

    def __init__(
        self, runtime: Runtime[QueueSettings], spec: ModelSpec, kind: Kind, upload: Upload, folder: Path
    ) -> None:
        self._runtime = runtime
        self._spec = spec
        self._kind: Kind = kind
        self._upload = upload
        self._folder = folder
        self._whole_disk = has_whole_disk(folder)
        self._spool = Spool(self._create_file("spool"), spec)
        self._quarantine = Quarantine(self._create_file("quarantine"))
        self._champion = models.routing(runtime.data, spec.model).champion_for(upload.uploaded)
        self._arrivals = IngestionCounter(spec, self._champion)
        self._notes: tuple[str, ...] = ()
        self._inspector = inspector_of(runtime, spec)
        self._given_up: list[Window] = []
        self._repeated = ""
        self._emptied = False
        self._labelled = False
        self._erased = ErasedSubjects.of(runtime, spec)

    def run(self, size: int) -> Outcome:
        """Judge the file of so many bytes, and store what is valid of it.

        Raises:
            BatchInvalid: it cannot be read, or is too large; then nothing of it is kept.
            NoChampion: some rows name no version, and there never was one; nothing of it is kept either.
        """
        if size > MAXIMUM_BYTES:
            raise self._too_large()
        try:
            path = fetch_file(self._runtime.data, self._upload, self._folder)
            self._validate(path)
        except OSError as error:
            if error.errno == errno.ENOSPC and self._whole_disk:  # else it may fit where it is delivered next
                raise self._too_large() from error
            raise
        if "no_version" in self._quarantine.codes:
            raise NoChampion(self._kind, self._spool.rows + self._quarantine.rows)
        news = note_scan(self._runtime, self._spec, self._upload, self._inspector.scan())
        path.unlink()  # room for what is about to be sent
        if self._kind == "reference" and self._champion and not self._labelled:
            folder = self._create_file("predictions")
            refuse_earlier_predictions(self._runtime.data, self._spec, self._upload, self._spool, folder)
        rows = self._store()
        rejected = None if self._repeated else self._quarantine.close()
        if rejected:
            key = keys.quarantine(self._spec.model, f"{self._upload.uploaded:%Y-%m-%d}", self._upload.batch)
            self._runtime.data.put_file(key, rejected, PARQUET, source=self._upload.source)
        windows = self._spool.windows
        versions = {version for window in windows for version in self._spool.versions(window)}
        found = self._quarantine
        return Outcome(
            rows=rows,
            rejected=found.rows,
            codes=found.codes,
            reasons=found.reasons,
            first=found.first,
            windows=windows,
            versions=sorted(versions),
            given_up=self._given_up,
            repeats=self._repeated,
            emptied=self._emptied,
            notes=self._notes,
            erased=self._erased.rows,
            found=news,
        )

    def _validate(self, path: Path) -> None:
        """Read the file once: valid rows go to the spool, the others to the quarantine."""
        shadows = self._kind == "shadows"
        assign = version_assigner(self._runtime.data, self._spec, self._champion, shadows=shadows)
        admitted = assign if self._kind in {"predictions", "telemetry", "shadows"} else None
        key, completed = self._upload.file_name, self._upload.completed
        opener = event_opener(self._spec)
        batch = RecordFileReader(
            path,
            key,
            self._spec,
            self._kind,  # type: ignore[arg-type]
            completed,
            LIMITS,
            opener=opener,
            inspector=self._inspector,
        )
        for judged in map(self._erased.leave_out, batch):
            records = self._assign_ids(judged.records) if self._kind == "telemetry" else judged.records
            rows = AssignedRows(records, judged.places, judged.content, judged.rejected)
            rows = admitted(rows) if admitted else rows
            self._quarantine.add(rows.rejected)
            self._arrivals.add(judged, rows)
            self._labelled = self._labelled or contains_labels(rows.records, self._spec)
            self._spool.add(rows.records, rows.places)
            if self._spool.rows + self._quarantine.rows > MAXIMUM_ROWS:
                raise BatchInvalid("too_many_rows", f"the file has more than {MAXIMUM_ROWS:,} rows; split it")
        self._spool.close()
        self._arrivals.close(batch)
        self._notes = batch.time_notes
        if self._kind == "reference" and batch.times_without_zone:  # said once: the files that follow are written alike
            self._notes += (f"no zone in {', '.join(batch.times_without_zone)}: read as UTC",)

    def _assign_ids(self, readings: Records) -> Records:
        """Readings have no ids: their key and row stand for one, so that a file sent again counts once."""
        names = [f"{self._upload.created.key}#{row}" for row in readings.ids.tolist()]
        return replace(readings, ids=np.array(names, object))

    def _store(self) -> int:
        """Store the rows, and look again after writing whether others came meanwhile; how many are stored."""
        publication = BatchWriter(
            self._runtime.data,
            self._spec,
            self._kind,
            self._upload,
            self._spool,
            self._create_file("published"),
            self._arrivals,
        )
        windows = self._spool.windows
        if self._kind in {"labels", "shadows"}:  # which row of an ID counts is found when they are joined
            return publication.untimed_labels() + sum(publication.window(window, lambda _: None) for window in windows)
        if not windows:
            return 0
        neighbours = CrossBatchDuplicates(
            data=self._runtime.data,
            spec=self._spec,
            kind=self._kind,
            batch=self._upload.batch,
            spool=self._spool,
            hashes=publication.id_hashes(),
            folder=self._create_file("neighbours"),
        )
        seen = neighbours.scan(windows)
        self._repeated = self._find_repeated(neighbours)
        self._emptied = neighbours.stored
        if self._repeated and not self._emptied:
            return 0
        counted = not self._repeated
        stored = {window: publication.window(window, neighbours.new_rows, counted=counted) for window in windows}
        while not (now_seen := neighbours.scan(windows)) <= seen:
            seen = now_seen
            for window in windows:
                if neighbours.count(window) != stored[window]:
                    stored[window] = publication.window(window, neighbours.new_rows, counted=counted)
        if counted and (repeated := self._find_repeated(neighbours)):  # the earlier file came meanwhile
            self._repeated, self._emptied = repeated, True
            stored = {window: publication.window(window, neighbours.new_rows, counted=False) for window in windows}
        for rows, where, reason in () if self._repeated else neighbours.duplicates():
            self._quarantine.add(rows.without(where, reason).rejected)
        if self._kind == "predictions":
            rebuild_corrected(self._runtime.data, self._spec, windows)
        self._given_up = neighbours.windows_given_up(windows)
        self._wake(neighbours)
        return sum(stored.values())

    def _find_repeated(self, neighbours: CrossBatchDuplicates) -> str:
        """The earlier batch that has every valid row, and whose file has the same bytes; empty where there is none."""
        if any(neighbours.count(window) for window in self._spool.windows):
            return ""
        data, mine = self._runtime.data, self._upload.source
        same = (batch for batch, theirs in neighbours.holders() if theirs and data.same_bytes(mine, theirs))
        return next(same, "")

    def _wake(self, neighbours: CrossBatchDuplicates) -> None:
        """Let later uploads that have ids of this one be taken in again, so that they give them up."""
        for batch, source in neighbours.later_batches():
            queue = Queue(self._runtime.settings.ingest_queue_url)
            queue.send_upload(self._upload.created.bucket, *source, sequencer_of(batch))

    def _too_large(self) -> BatchInvalid:
        return BatchInvalid(
            "too_large",
            f"{self._upload.created.key} takes up too much room to be taken in at once; split it into files",
        )

    def _create_file(self, name: str) -> Path:
        path = self._folder / name
        path.mkdir()
        return path
