"""Reads versions with all that documents are made of, and where each part is."""

from dataclasses import dataclass

from steward.errors import ObjectMissing
from steward.events import ObjectRef
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version that was judged.

    Attributes:
        spec: the declaration that it was trained under.
        sources: manifest, evaluation, declaration and dataset, the exact objects.
    """

    spec: ModelSpec
    manifest: VersionManifest
    evaluation: Evaluation
    dataset: DatasetManifest
    sources: tuple[ObjectRef, ...]


def read_version(data: Bucket, model: str, version: str) -> StoredVersion | None:
    """A version with its parts; None where one of them is not there, as before it is judged."""
    described = data.find(keys.version(model, version, "manifest.json"))
    judged = data.find(keys.version(model, version, "evaluation.json"))
    if described is None or judged is None:
        return None
    manifest = VersionManifest.model_validate_json(described.body)
    try:
        spec = data.load(manifest.spec, models.SpecRevision).spec
        dataset = data.load(manifest.dataset, DatasetManifest)
    except ObjectMissing:
        return None
    sources = (described.stored, judged.stored, manifest.spec, manifest.dataset)
    return StoredVersion(spec, manifest, Evaluation.model_validate_json(judged.body), dataset, sources)
