"""Divides the labelled rows of a run into what is fitted on, what calibrates and what judges."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.errors import TrainingImpossible
from steward.performance.entity_figures import entities_of
from steward.records.conditions import evaluate
from steward.records.frame_rows import chunk_of
from steward.records.hashing import text_hashes
from steward.retraining.dataset import MINIMUM_ROWS_A_CLASS, class_counts
from steward.retraining.manifest import DatasetManifest
from steward.spec.model import ModelSpec

_WHOLE = float(2**64)
"""Hashes of entities are below it."""


@dataclass(frozen=True, slots=True)
class DatasetParts:
    """The labelled rows of a run, divided: no row is in two parts.

    Attributes:
        training: those that the recipe may be fitted on; its span chooses among them.
        calibration: those kept out of the fit to calibrate with; none unless the split has a share for them.
        holdout: those that versions are judged by.
    """

    training: pd.DataFrame
    calibration: pd.DataFrame
    holdout: pd.DataFrame

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """The parts that the split has, by name, in order of their time."""
        yield "training", self.training
        if len(self.calibration):
            yield "calibration", self.calibration
        yield "holdout", self.holdout


def split(rows: pd.DataFrame, manifest: DatasetManifest, spec: ModelSpec) -> DatasetParts:
    """Divide rows as the manifest says.

    By time, calibration rows are the newest of those before the holdout, and rows of one moment stay together. By
    entity, the hash of an entity says which part it belongs to, in every run alike, so that a version's holdout has
    no entity that a version before it was fitted on; rows of another part's time are left out. A row without an entity
    is one of its own.

    Raises:
        TrainingImpossible: a part has too few rows of a class to learn, calibrate or judge from.
    """
    time = rows[spec.columns.time]
    start = pd.Timestamp(manifest.start) if manifest.start else time.min()
    before = (time >= start) & (time < pd.Timestamp(manifest.holdout_start)) & _meets(rows, manifest, spec)
    known, share = rows[before], manifest.split.calibration_share or 0.0
    if manifest.split.by == "entity":
        places, held_out_share = _places(known, spec), manifest.split.held_out_entities
        known, places = known[places >= held_out_share], places[places >= held_out_share]
        calibrates = places < held_out_share + (1 - held_out_share) * share
    else:
        calibrates = are_newest(known[spec.columns.time], share)
    parts = DatasetParts(known[~calibrates], known[calibrates], held_out(rows, manifest, spec))
    _refuse_small(parts, spec, calibrated=share > 0)
    return parts


def held_out(rows: pd.DataFrame, manifest: DatasetManifest, spec: ModelSpec) -> pd.DataFrame:
    """The rows that no version of this dataset was fitted on."""
    time = rows[spec.columns.time]
    newest = rows[(time >= pd.Timestamp(manifest.holdout_start)) & (time < pd.Timestamp(manifest.end))]
    if manifest.split.by == "entity":
        return newest[_places(newest, spec) < manifest.split.held_out_entities]
    return newest


def _meets(rows: pd.DataFrame, manifest: DatasetManifest, spec: ModelSpec) -> NDArray[np.bool_]:
    """Which rows meet all filters, shape (rows,); one where a filter cannot be told does not."""
    met = np.ones(len(rows), np.bool_)
    if manifest.filters:
        chunk = chunk_of(rows, spec)
        for condition in manifest.filters:
            met &= evaluate(condition, chunk).true
    return met


def _places(rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.float64]:
    """Where the entity of each row is among all entities, in [0, 1), shape (rows,)."""
    entities = entities_of(rows, spec)
    if entities is None:  # nobody is named: each row is alone
        entities = text_hashes(rows[spec.columns.id].astype(str).to_numpy(dtype=object))
    return entities.astype(np.float64) / _WHOLE


def are_newest(times: pd.Series, share: float) -> NDArray[np.bool_]:
    """Which rows are the newest share, shape (rows,): those of the first of these moments are all among them."""
    if not share or times.empty:
        return np.zeros(len(times), np.bool_)
    first = np.sort(times.to_numpy())[int(len(times) * (1 - share))]
    return np.asarray(times.to_numpy() >= first)


def _refuse_small(parts: DatasetParts, spec: ModelSpec, *, calibrated: bool) -> None:
    settings = ["holdout_span", "training_span"]
    settings += ["filters"] if spec.retraining.filters else []
    settings += ["split"] if calibrated or spec.retraining.split.by == "entity" else []
    for name, part in (("training", parts.training), ("calibration", parts.calibration), ("holdout", parts.holdout)):
        if name == "calibration" and not calibrated:
            continue
        for label, count in class_counts(part, spec).items():
            if count < MINIMUM_ROWS_A_CLASS:
                raise TrainingImpossible(
                    f"the {name} rows hold {count} {label} labels and need {MINIMUM_ROWS_A_CLASS}; wait for more "
                    f"labels, or change retraining.{', '.join(settings[:-1])} or {settings[-1]}"
                )
