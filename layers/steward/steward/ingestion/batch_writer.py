"""Writes a validated batch: records and profiles of each window, and the hashes of its ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.events import Kind
from steward.ingestion.ingestion_counter import IngestionCounter
from steward.ingestion.profiling import profiles_of, telemetry_profiles
from steward.ingestion.spool import SpilledChunk, Spool, concatenate_chunks, write_without_rows
from steward.profiles.model_bins import Bins
from steward.records.id_hashes import IdHashes, write_id_hashes
from steward.repositories.baselines import bins_of
from steward.repositories.uploads import Upload
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

PARQUET = "application/vnd.apache.parquet"

KeptRows = Callable[[SpilledChunk], NDArray[np.bool_] | None]
"""Which rows of a fragment are stored, shape (rows,); None for all."""


@dataclass(frozen=True, slots=True)
class BatchWriter:
    """Stores one batch. Storing it again writes the same bytes.

    Attributes:
        data: where.
        spec: the declaration.
        kind: what the batch holds.
        upload: the batch.
        spool: its rows.
        folder: a place for files that are about to be sent.
        arrivals: what became of all rows of the file.
    """

    data: Bucket
    spec: ModelSpec
    kind: Kind
    upload: Upload
    spool: Spool
    folder: Path
    arrivals: IngestionCounter

    def id_hashes(self) -> IdHashes:
        """Store the hashes of the ids of all valid rows, whether or not an earlier upload has them.

        They follow from the file alone, and are there before any record is: whoever finds a record finds them.
        """
        path = self.folder / f"{self.upload.batch}.ids"
        found = hash_ids(self.spool, path)
        key = keys.id_hashes(self.kind, self.spec.model, self.upload.batch)
        self.data.put_file(key, path, "application/octet-stream")
        return found

    def window(self, window: Window, kept: KeptRows, *, counted: bool = True) -> int:
        """Store a window's records, and the profile of each version in it; how many rows are kept.

        Where earlier uploads have all the ids, a file without rows takes the place of the records, which may lie in a
        carrier by now, and an empty profile says that the batch was seen: a check that knows of it stands over one that
        does not.

        Args:
            window: which.
            kept: as above.
            counted: whether profiles count the rows that are not kept.
        """
        if self.kind == "labels":
            self.data.touch(keys.labelled_window(self.spec.model, window.id))
        fragments = self.spool.fragments(window)
        path, rows = self._assemble(fragments, kept)
        key = keys.records(self.kind, self.spec.model, window, self.upload.batch)
        self._put(key, path or self._without_rows(fragments[0]))
        if self.kind in {"predictions", "telemetry"}:
            self._put_profiles(window, path, self.spool.versions(window), counted=counted)
        return rows

    def untimed_labels(self) -> int:
        """Store the labels that gave no time, to wait for their predictions; how many there are."""
        path, rows = self._assemble(self.spool.fragments(None), lambda _: None)
        if path:
            self.data.touch(keys.untimed_labels(self.spec.model))
            self._put(keys.waiting_labels(self.spec.model, self.upload.batch), path)
        return rows

    def _assemble(self, fragments: Sequence[SpilledChunk], kept: KeptRows) -> tuple[Path | None, int]:
        """One file of the rows that are kept, None where none is; and how many they are."""
        chosen = [(fragment, kept(fragment)) for fragment in fragments]
        match chosen:
            case [(fragment, None)]:
                return fragment.path, fragment.rows
            case _:
                whole = self.folder / "window.parquet"
                rows = concatenate_chunks(chosen, whole)
                return whole if rows else None, rows

    def _without_rows(self, fragment: SpilledChunk) -> Path:
        path = self.folder / "nothing.parquet"
        write_without_rows(fragment, path)
        return path

    def _put(self, key: str, path: Path) -> None:
        self.data.put_file(key, path, PARQUET, source=self.upload.source)

    def _put_profiles(self, window: Window, path: Path | None, versions: Sequence[str], *, counted: bool) -> None:
        if self.kind == "telemetry":
            profiles = telemetry_profiles(path, self.spec, versions, self._bins)
        else:
            profiles = profiles_of(path, self.spec, versions, self._bins, arrival=self.upload.uploaded)
        for version, profile in profiles.items():
            key = keys.profile(self.spec.model, version, window.id, self.upload.batch)
            whole = profile.with_intake(self.arrivals.of(window, version, profile.rows)) if counted else profile
            self.data.put(key, whole.of_batch(self.upload.batch).to_json())

    def _bins(self, version: str) -> Bins:
        return bins_of(self.data, self.spec.model, version)


def hash_ids(spool: Spool, path: Path) -> IdHashes:
    """Write the hashes of the ids of all rows of a batch to a file, and open it."""
    write_id_hashes(
        path,
        (
            (window.start, np.concatenate([fragment.hashes for fragment in spool.fragments(window)]))
            for window in spool.windows
        ),
    )
    return IdHashes.read(path)
