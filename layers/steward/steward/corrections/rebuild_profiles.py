"""Rebuilds the profiles of a window whose records were corrected."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.corrections.moved_labels import id_hashes_of
from steward.corrections.recount_violations import recount_violations
from steward.defects.correction import amended_name, is_correction, withdraws
from steward.events import ObjectRef
from steward.ingestion.profiling import profiles_of
from steward.ingestion.spool import SpilledChunk, concatenate_chunks
from steward.profiles.ingestion_counts import IngestionCounts
from steward.profiles.log_histogram import LogHistogram
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.records.hashing import text_hashes
from steward.records.id_hashes import is_in
from steward.records.stored import read_stored
from steward.records.valid_records import concatenate
from steward.repositories.baselines import bins_of
from steward.repositories.profiles import WindowProfiles
from steward.repositories.records import download_files, list_window
from steward.repositories.uploads import uploaded_at
from steward.scratch import scratch_folder
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """The records of one object of a window, brought to the disk.

    Attributes:
        batch: which.
        stored: the exact object.
        path: its records.
        ids: str objects, shape (rows,).
        versions: the name of the version of each row, None where it has none, shape (rows,).
    """

    batch: str
    stored: ObjectRef
    path: Path
    ids: NDArray[np.object_]
    versions: NDArray[np.object_]

    @property
    def correction(self) -> bool:
        """Whether it corrects others."""
        return is_correction(self.batch)

    def among(self, ids: Collection[str]) -> NDArray[np.bool_]:
        """Which rows have one of these ids, shape (rows,)."""
        return np.fromiter((name in ids for name in self.ids.tolist()), np.bool_, len(self.ids))


def stored_layers(data: Bucket, spec: ModelSpec, kind: str, window: Window, folder: Path) -> list[StoredLayer]:
    """What was uploaded of a window, then what corrects it, each in order of upload."""
    found: list[StoredLayer] = []
    for partition in (kind, keys.corrections_of(kind)):
        place = folder / partition.replace("/", "-")
        place.mkdir()
        for file, stored, path in download_files(data, list_window(data, partition, spec.model, window), place):
            parts = [part for part in read_stored(path, spec, ()) if part.rows]
            if not parts:
                continue
            rows = concatenate(parts)
            names = np.array([*(rows.versions.categories if rows.versions else ()), None], object)
            codes = rows.versions.codes if rows.versions else np.full(rows.rows, -1)
            found.append(StoredLayer(keys.batch_of(file.key), stored, path, rows.ids, names[codes]))
    return found


def rebuild_profiles(data: Bucket, spec: ModelSpec, window: Window) -> None:
    """Rebuild the profiles of a window from its current rows.

    Rows whose originals were given up to an earlier upload do not count any more, as these do not; but for that nothing
    is overwritten but by the same bytes: what is left of a batch has a name that follows from the corrections
    that it went through, so that of two functions that do this at once the one that knows of more corrections stands,
    and checks that were made before can be worked out again.
    """
    with scratch_folder() as folder:
        remaking = _Rebuild(data, spec, window)
        layers = stored_layers(data, spec, "predictions", window, folder)
        uploaded = {name for layer in layers if not layer.correction for name in layer.ids.tolist()}
        taken: dict[str, set[str]] = {}
        for at, layer in enumerate(layers):
            later = [one for one in layers[at + 1 :] if one.correction]
            masks = {one.batch: layer.among(set(one.ids.tolist())) for one in later}
            touching = {batch: mask for batch, mask in masks.items() if mask.any()}
            for batch, mask in touching.items():
                taken.setdefault(batch, set()).update(_distinct_names(layer.versions[mask]))
            versions = _distinct_names(layer.versions) | taken.get(layer.batch, set())
            stands = layer.among(uploaded)
            if layer.correction:
                remaking.correction(layer, sorted(versions), _remaining_rows(layer, stands, folder))
            given_up = [] if layer.correction else remaking.given_up(layer, later, uploaded, folder)
            if touching or given_up:
                kept = stands & ~np.logical_or.reduce([*touching.values(), np.zeros(len(stands), np.bool_)])
                versions |= {version for one in given_up for version in _distinct_names(one.versions)}
                left = amended_name(layer.batch, {*touching, *(one.batch for one in given_up)})
                remaking.remainder(layer, sorted(versions), _remaining_rows(layer, kept, folder), left)


@dataclass(frozen=True, slots=True)
class _Rebuild:
    """Writes the profiles of one window."""

    data: Bucket
    spec: ModelSpec
    window: Window

    def correction(self, layer: StoredLayer, versions: Sequence[str], path: Path | None) -> None:
        """The profiles of rows that count in place of others; empty ones where they were withdrawn or given up."""
        for version, profile in profiles_of(path, self.spec, versions, self._bins, arrival=None).items():
            self._put(
                version, layer.batch, profile.with_intake(self._recount(path, version, layer) or IngestionCounts())
            )

    def given_up(
        self, layer: StoredLayer, corrections: Sequence[StoredLayer], uploaded: Collection[str], folder: Path
    ) -> list[StoredLayer]:
        """The corrections of rows that a batch had, and gave up since: what was left of it has their names, too."""
        lost = {one.batch: one.ids[~one.among(uploaded)].tolist() for one in corrections}
        hashes = id_hashes_of(self.data, self.spec, layer.batch, folder) if any(lost.values()) else None
        if hashes is None:
            return []
        mine = hashes.of_window(self.window.start)
        return [one for one in corrections if is_in(text_hashes(lost[one.batch]), mine).any()]

    def remainder(self, layer: StoredLayer, versions: Sequence[str], left: Path | None, name: str) -> None:
        """The profiles of what is left of a layer, under a name of their own."""
        arrival = None if layer.correction else uploaded_at(layer.batch)
        for version, profile in profiles_of(left, self.spec, versions, self._bins, arrival=arrival).items():
            intake, tolerated = self._ingestion_counts(version, layer.batch), self._recount(left, version, layer)
            if tolerated is not None:
                intake = intake.model_copy(update={"invalid": {}, "invalid_rows": 0}) + tolerated
            self._put(version, name, profile.with_intake(intake))

    def _ingestion_counts(self, version: str, batch: str) -> IngestionCounts:
        """What is known of a batch's way in beside the rows that became records."""
        found = WindowProfiles(self.data, self.spec.model, version).of_batch(self.window, batch)
        intake = found.intake if found else IngestionCounts()
        return intake.model_copy(update={"accepted": 0, "lag": LogHistogram()})

    def _recount(self, path: Path | None, version: str, layer: StoredLayer) -> IngestionCounts | None:
        return recount_violations(path, self.spec, self.window, version, layer.batch)

    def _put(self, version: str, batch: str, profile: Profile) -> None:
        key = keys.profile(self.spec.model, version, self.window.id, batch)
        self.data.put(key, profile.of_batch(batch).to_json())

    def _bins(self, version: str) -> Bins:
        return bins_of(self.data, self.spec.model, version)


def _distinct_names(versions: NDArray[np.object_]) -> set[str]:
    return {name for name in versions.tolist() if name is not None}


def _remaining_rows(layer: StoredLayer, kept: NDArray[np.bool_], folder: Path) -> Path | None:
    """The rows of a layer that still count; None where none does."""
    if withdraws(layer.batch):
        return None
    if kept.all():
        return layer.path
    target = folder / "left.parquet"
    return target if concatenate_chunks([(SpilledChunk(layer.path, len(layer.ids)), kept)], target) else None
