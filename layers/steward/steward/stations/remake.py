"""The profiles of a window whose records were corrected are made again, beside those that stood before."""

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.defects.correction import amended, is_correction, withdraws
from steward.events import StoredObject
from steward.profiles import Baseline, Bins, Profile
from steward.profiles.intake import Intake
from steward.profiles.log_histogram import LogHistogram
from steward.records.records import concatenate
from steward.records.stored import read_stored
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry
from steward.stations.profiling import profiles_of
from steward.stations.spool import Fragment, join
from steward.stations.upload import uploaded_at
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
    stored: StoredObject
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
        for listed in data.list(keys.window_records(partition, spec.model, window)):
            path = folder / f"{len(found)}.parquet"
            stored = data.reference(listed.key, path)
            parts = list(read_stored(path, spec, ()))
            rows = concatenate(parts) if parts else None
            ids = rows.ids if rows else np.empty(0, object)
            names = np.array([*(rows.versions.categories if rows and rows.versions else ()), None], object)
            codes = rows.versions.codes if rows and rows.versions else np.full(len(ids), -1)
            found.append(StoredLayer(keys.batch_of(listed.key), stored, path, ids, names[codes]))
    return found


def remake_profiles(data: Bucket, spec: ModelSpec, window: Window) -> None:
    """Write the profiles of a window's corrections, and of what they leave of each batch that they took rows from.

    Nothing is overwritten but by the same bytes: what is left of a batch has a name that follows from the corrections
    that it went through, so that of two functions that do this at once the one that knows of more corrections stands,
    and checks that were made before can be worked out again.
    """

    @cache
    def bins(version: str) -> Bins:
        manifest = registry.manifest(data, spec.model, version)
        return Baseline.from_json(data.verified(manifest.baseline)).bins

    def put(version: str, batch: str, profile: Profile) -> None:
        data.put(keys.profile(spec.model, version, window.id, batch), profile.of_batch(batch).to_json())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layers = stored_layers(data, spec, "predictions", window, folder)
        taken: dict[str, set[str]] = {}
        for at, layer in enumerate(layers):
            over = [later for later in layers[at + 1 :] if later.correction]
            masks = {later.batch: layer.among(set(later.ids.tolist())) for later in over}
            touching = {batch: mask for batch, mask in masks.items() if mask.any()}
            for batch, mask in touching.items():
                taken.setdefault(batch, set()).update(_named(layer.versions[mask]))
            versions = sorted(_named(layer.versions) | taken.get(layer.batch, set()))
            if layer.correction:
                path = None if withdraws(layer.batch) else layer.path
                for version, profile in profiles_of(path, spec, versions, bins, arrival=None).items():
                    put(version, layer.batch, profile)
            if touching:
                kept = ~np.logical_or.reduce(list(touching.values()))
                left = _left(layer, kept, folder)
                arrival = None if layer.correction else uploaded_at(layer.batch)
                remains = profiles_of(left, spec, versions, bins, arrival=arrival)
                for version, profile in remains.items():
                    told = profile.with_intake(_told(data, spec, window, version, layer.batch))
                    put(version, amended(layer.batch, touching), told)


def _named(versions: NDArray[np.object_]) -> set[str]:
    return {name for name in versions.tolist() if name is not None}


def _left(layer: StoredLayer, kept: NDArray[np.bool_], folder: Path) -> Path | None:
    """The rows of a layer that still count; None where none does."""
    if withdraws(layer.batch):
        return None
    target = folder / "left.parquet"
    return target if join([(Fragment(layer.path, len(layer.ids)), kept)], target) else None


def _told(data: Bucket, spec: ModelSpec, window: Window, version: str, batch: str) -> Intake:
    """What is known of a batch's way in beside the rows that became records."""
    found = data.find(keys.profile(spec.model, version, window.id, batch))
    intake = Profile.from_json(found.body).intake if found else Intake()
    return intake.model_copy(update={"accepted": 0, "lag": LogHistogram()})
