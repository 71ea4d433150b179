"""An uploaded file becomes records and profiles; what cannot be used is quarantined with reasons, or refused whole."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import get_args

import numpy as np

from steward.errors import BatchInvalid, UnknownModel
from steward.events import BatchIngested, BatchRejected, CheckRequested, Event, Kind, ObjectCreated
from steward.profiles import Baseline, Bins, Profile
from steward.records.judge import Batch
from steward.records.quarantine import write_rejected
from steward.records.raw import Limits, RejectedRow
from steward.records.records import Records, concatenate
from steward.records.stored import write_records
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry
from steward.stations.admission import Neighbours, Rows, assign_versions, drop_taken, windows_of
from steward.store import keys
from steward.store.keys import InboxKey
from steward.store.queue import Queue

LIMITS = Limits(maximum_expanded_bytes=384 * 1024**2)
"""What fits into the function's memory as records; larger files are uploaded in parts."""

_NO_MODEL = "unknown"
"""Under this name the ledger keeps what became of files whose key names no model."""

_WINDOWS_AN_EVENT = 200
_PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Upload:
    """One object version in the inbox, and the batch that it is.

    Attributes:
        batch: begins with the upload time, so that batches sort by it; the rest follows from bucket, key and version.
    """

    place: InboxKey
    created: ObjectCreated
    uploaded: datetime
    batch: str

    @classmethod
    def of(cls, place: InboxKey, created: ObjectCreated, uploaded: datetime) -> "Upload":
        """The batch of an upload."""
        identity = f"{created.bucket}/{created.key}@{created.version_id}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
        return cls(place, created, uploaded, f"{uploaded:%Y%m%dT%H%M%SZ}-{digest}")


def ingest_records(runtime: Runtime, created: ObjectCreated) -> Iterator[Event]:
    """Take in one upload. Taking it in again writes the same bytes and tells of the same events."""
    place = InboxKey.parse(created.key)
    if place is None:
        place = InboxKey(model=_NO_MODEL, kind="unknown", name=created.key)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        upload = Upload.of(place, created, runtime.data.download(created.key, created.version_id, path))
        if created.key.endswith("/") and not path.stat().st_size:
            return  # a folder, as the S3 console makes it
        try:
            kind = _kind(place, created)
            spec, _ = registry.current_spec(runtime.data, place.model)
            rows = _judged(path, upload, spec, kind)
        except (BatchInvalid, UnknownModel) as error:
            code = error.code if isinstance(error, BatchInvalid) else "unknown_model"
            yield _rejected(runtime, upload, code, str(error))
            return
    yield from _Intake(runtime, spec, kind, upload).take_in(rows)


def _kind(place: InboxKey, created: ObjectCreated) -> Kind:
    for kind in get_args(Kind):
        if place.kind == kind:
            return kind  # type: ignore[no-any-return]
    raise BatchInvalid(
        "unknown_kind",
        f"{created.key} is in no inbox; upload to inbox/<model>/<kind>/<file> with a kind of "
        f"{', '.join(get_args(Kind))}, and a model's name of lower-case letters, digits and hyphens",
    )


def _judged(path: Path, upload: Upload, spec: ModelSpec, kind: Kind) -> Rows:
    records: list[Records] = []
    places: list[np.ndarray] = []
    rejected: list[RejectedRow] = []
    for judged in Batch(path, upload.created.key, spec, kind, upload.uploaded, LIMITS):
        records.append(judged.records)
        places.append(judged.places)
        rejected.extend(judged.rejected)
    return Rows(concatenate(records), np.concatenate(places), tuple(rejected))


def _rejected(runtime: Runtime, upload: Upload, code: str, message: str) -> BatchRejected:
    event = BatchRejected(
        occurred_at=runtime.now(),
        model=upload.place.model,
        as_of=upload.uploaded,
        correlation_id=upload.created.correlation_id,
        kind=upload.place.kind,
        batch=upload.batch,
        source=upload.created.key,
        code=code,
        message=message,
    )
    runtime.record(event, "batch_rejected", upload.created.key, message)
    return event


@dataclass(frozen=True, slots=True)
class _Intake:
    """The taking in of one batch whose file could be read.

    Attributes:
        bins: of the baselines read so far, by version.
    """

    runtime: Runtime
    spec: ModelSpec
    kind: Kind
    upload: Upload
    bins: dict[str, Bins] = field(default_factory=dict)

    def take_in(self, rows: Rows) -> Iterator[Event]:
        if self.kind == "predictions":
            routing = registry.routing(self.runtime.data, self.spec.model)
            begun = registry.version_names(self.runtime.data, self.spec.model)
            champion = routing.champion_at(self.upload.uploaded)
            rows = assign_versions(rows, self.spec, champion, lambda name: name in begun and self._is_version(name))
        claims = self._claims(rows.records)
        windows = list(claims)
        admitted = self._store_unique(rows, claims) if self.kind != "labels" else self._store(rows, claims)
        self._quarantine(admitted.rejected)
        if admitted.records.rows:
            yield from self._ingested(
                admitted, windows, sorted({version for found in claims.values() for version in found})
            )
            return
        yield self._nothing_valid(admitted)
        if self.upload.created.again:
            yield from self._checks_again(windows)

    def _claims(self, records: Records) -> dict[Window, list[str]]:
        """The windows of a file, and the versions that it has predictions of in each, before ids are compared."""
        codes, windows = windows_of(records, self.spec)
        versions = records.versions
        if self.kind != "predictions" or versions is None:
            return {window: [] for window in windows}
        return {
            window: [versions.categories[code] for code in np.unique(versions.codes[codes == at]) if code >= 0]
            for at, window in enumerate(windows)
        }

    def _store_unique(self, rows: Rows, claims: dict[Window, list[str]]) -> Rows:
        """Store the rows whose ids no earlier upload has, and look again after writing: others may come meanwhile."""
        windows = list(claims)
        neighbours = Neighbours(self.runtime.data, self.spec, self.kind, self.upload.batch)
        seen = neighbours.look(windows)
        while True:
            admitted = drop_taken(rows, self.spec, neighbours.earlier())
            self._store(admitted, claims)
            now_seen = neighbours.look(windows)
            if now_seen <= seen:
                break
            seen = now_seen
        for key in neighbours.later_with(admitted.records.ids):
            source = self.runtime.data.source_of(key)
            if source:
                Queue(str(self.runtime.settings.ingest_queue_url)).send_upload(self.upload.created.bucket, *source)
        return admitted

    def _store(self, rows: Rows, claims: dict[Window, list[str]]) -> Rows:
        """Write each window's records, and the profile of each version in it.

        Where earlier uploads have all the ids, the records are removed, and an empty profile says that the batch was
        seen: a check that knows of it stands over one that does not.
        """
        codes, present = windows_of(rows.records, self.spec)
        for window, versions in claims.items():
            at = present.index(window) if window in present else None
            part = rows.records.take(codes == at) if at is not None else rows.records.take(np.zeros(0, np.int64))
            self._put_records(keys.records(self.kind, self.spec.model, window, self.upload.batch), part)
            for version in versions:
                self._put_profile(window, version, part)
        if self.kind == "labels":
            untimed = rows.records.take(codes < 0)
            if untimed.rows:
                self._put_records(keys.waiting_labels(self.spec.model, self.upload.batch), untimed)
        return rows

    def _put_records(self, key: str, records: Records) -> None:
        if records.rows:
            source = (self.upload.created.key, self.upload.created.version_id)
            self.runtime.data.put(key, write_records(records, self.spec), _PARQUET, source=source)
        else:
            self.runtime.data.delete(key)

    def _put_profile(self, window: Window, version: str, records: Records) -> None:
        key = keys.profile(self.spec.model, version, window.id, self.upload.batch)
        mine, bins = records.of_version(version), self._bins(version)
        profile = Profile.of(mine.chunk, bins, score=self.spec.columns.score) if mine.rows else Profile.empty(bins)
        self.runtime.data.put(key, profile.of_batch(self.upload.batch).to_json())

    def _bins(self, version: str) -> Bins:
        if version not in self.bins:
            manifest = registry.manifest(self.runtime.data, self.spec.model, version)
            self.bins[version] = Baseline.from_json(self.runtime.data.verified(manifest.baseline)).bins
        return self.bins[version]

    def _is_version(self, version: str) -> bool:
        return registry.version_exists(self.runtime.data, self.spec.model, version)

    def _quarantine(self, rejected: Sequence[RejectedRow]) -> None:
        if rejected:
            key = keys.quarantine(self.spec.model, f"{self.upload.uploaded:%Y-%m-%d}", self.upload.batch)
            self.runtime.data.put(key, write_rejected(rejected), _PARQUET)

    def _nothing_valid(self, rows: Rows) -> BatchRejected:
        first = rows.rejected[0]
        message = (
            f"none of the {len(rows.rejected):,} rows can be used; they are in quarantine with their reasons. "
            f"The first, row {first.row}: {first.reasons[0].message}"
        )
        return _rejected(self.runtime, self.upload, "no_valid_rows", message)

    def _checks_again(self, windows: Sequence[Window]) -> Iterator[Event]:
        """Windows whose checks may have counted rows that an earlier upload has; open ones wait for the schedule."""
        for window in windows:
            if window.end + self.spec.window.allowed_lateness <= self.runtime.now():
                yield CheckRequested(
                    occurred_at=self.runtime.now(),
                    model=self.spec.model,
                    as_of=window.end,
                    correlation_id=self.upload.created.correlation_id,
                    window=window.id,
                )

    def _ingested(self, rows: Rows, windows: Sequence[Window], versions: Sequence[str]) -> Iterator[Event]:
        """One event for every 200 windows, since events are small; labels without a time are told of with none."""
        for part in batched(windows, _WINDOWS_AN_EVENT, strict=False) if windows else [()]:
            event = BatchIngested(
                occurred_at=self.runtime.now(),
                model=self.spec.model,
                as_of=max((window.end for window in part), default=self.upload.uploaded),
                correlation_id=self.upload.created.correlation_id,
                kind=self.kind,
                batch=self.upload.batch,
                source=self.upload.created.key,
                rows=rows.records.rows,
                rejected_rows=len(rows.rejected),
                windows=[window.id for window in part],
                versions=list(versions),
            )
            self.runtime.record(event, "batch_ingested", self.upload.created.key, _summary(rows))
            yield event


def _summary(rows: Rows) -> str:
    if not rows.rejected:
        return f"{rows.records.rows:,} rows"
    reasons = sorted({reason.code for row in rows.rejected for reason in row.reasons})
    return f"{rows.records.rows:,} rows; {len(rows.rejected):,} more are in quarantine: {', '.join(reasons)}"
