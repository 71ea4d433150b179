"""Versions that score in this environment: verified by their manifests, and loaded by the list of trusted types."""

import time

from steward.errors import NotReleased
from steward.releasing.routing import Routing
from steward.releasing.serving import refuse_foreign, refuse_unreleased
from steward.repositories import models
from steward.retraining import artifact
from steward.retraining.versions import VersionManifest
from steward.runtime import logger
from steward.serving.answers import ServedVersion
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


def load_champion(data: Bucket, routing: Routing) -> ServedVersion | None:
    """The version in charge; None where it was trained elsewhere, so that there is no artifact.

    Raises:
        NotReleased: it may not be served here.
        ObjectMissing, ObjectChanged, UntrustedArtifact: a part is not what its manifest says.
        pydantic.ValidationError: a part is no document of its kind.
    """
    manifest, evaluation = _read(data, routing.model, routing.champion or "")
    refuse_unreleased(routing, manifest, evaluation, data.environment)
    return _load(data, manifest)


def load_challenger(data: Bucket, routing: Routing, version: str) -> ServedVersion | None:
    """A version that a release gives traffic, or has shadow; None where it was trained elsewhere.

    Raises:
        NotReleased: it is another environment's, or was rolled back.
        ObjectMissing, ObjectChanged, UntrustedArtifact: a part is not what its manifest says.
        pydantic.ValidationError: a part is no document of its kind.
    """
    manifest, evaluation = _read(data, routing.model, version)
    refuse_foreign(manifest, evaluation, data.environment)
    if version in routing.rolled_back and version != routing.champion:
        raise NotReleased(f"version {version} was rolled back in {data.environment}")
    return _load(data, manifest)


def _read(data: Bucket, model: str, version: str) -> tuple[VersionManifest, Evaluation]:
    manifest = models.manifest(data, model, version)
    return manifest, data.load(keys.version(model, version, "evaluation.json"), Evaluation)


def _load(data: Bucket, manifest: VersionManifest) -> ServedVersion | None:
    if manifest.artifact is None:
        return None
    began = time.perf_counter()
    spec = data.load(manifest.spec, models.SpecRevision).spec
    body = data.get_verified(manifest.artifact)
    fetched = time.perf_counter()
    model = artifact.load(body)
    logger.info(
        "version loaded",
        model=manifest.model,
        version=manifest.version,
        bytes=len(body),
        fetch_milliseconds=round(1000 * (fetched - began), 1),
        load_milliseconds=round(1000 * (time.perf_counter() - fetched), 1),
    )
    return ServedVersion(manifest.version, spec, model)
