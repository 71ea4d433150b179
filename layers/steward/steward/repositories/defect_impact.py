"""What a defect may be in, and what the bad rows went into: uploads, training sets, versions."""

from steward.defects.correction import Correction, impact_with_corrections
from steward.defects.defect import Defect, Source
from steward.defects.impact import AffectedObject
from steward.errors import ObjectMissing
from steward.events import (
    BatchIngested,
    BatchRejected,
    CorrectedKind,
    DefectProposed,
    Event,
)
from steward.repositories import models
from steward.repositories.records import list_window
from steward.repositories.uploads import is_batch_of, uploaded_at
from steward.retraining.manifest import DatasetManifest
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_SUSPECTED: dict[Source, tuple[CorrectedKind, ...]] = {
    "person": ("predictions", "labels", "reference"),
    "monitor": ("predictions",),
    "quarantine": (),
}
"""Where bad rows may be, by who found them."""


def suspected_objects(data: Bucket, spec: ModelSpec, proposed: DefectProposed) -> list[AffectedObject]:
    """What was uploaded of the windows that are reported; rows that were set aside are in none of it."""
    return [
        AffectedObject(window=window, rows=None, stored=data.reference(file.key))
        for window in sorted(set(proposed.windows))
        for kind in _SUSPECTED[proposed.source]
        for file in list_window(data, kind, spec.model, Window.parse(window))
    ]


def quarantined_objects(data: Bucket, cause: Event) -> list[AffectedObject]:
    """The upload whose rows were set aside, and the quarantine that they are in."""
    if not isinstance(cause, BatchIngested | BatchRejected):
        return []
    found = []
    for key in (cause.source, keys.quarantine(cause.model, f"{uploaded_at(cause.batch):%Y-%m-%d}", cause.batch)):
        try:
            stored = data.reference(key)
        except ObjectMissing:
            continue
        if key != cause.source or is_batch_of(cause.batch, key, stored.version_id):
            found.append(AffectedObject(window=None, rows=None, stored=stored))
    return found


def trace_impact(data: Bucket, defect: Defect) -> Defect:
    """The defect once it is known what the bad rows are in; it is read anew, and so is the same in any order."""
    model = defect.model
    datasets = {name: data.get(keys.dataset(model, name)) for name in data.list_prefixes(keys.datasets(model))}
    made = sorted(name for name in models.version_names(data, model) if models.version_exists(data, model, name))
    versions = [models.manifest(data, model, name) for name in made]
    corrections = [data.load(applied.stored, Correction) for applied in defect.corrections]
    touched = impact_with_corrections(
        defect.suspects,
        corrections,
        {
            name: (content.stored, DatasetManifest.model_validate_json(content.body))
            for name, content in datasets.items()
        },
        versions,
    )
    return defect.model_copy(update={"impact": touched})
