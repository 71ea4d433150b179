"""Exports a version: verifies every part and uploads it with the manifest last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from steward.errors import NotReleased, ObjectMissing
from steward.events import ObjectCreated
from steward.promotion.transfer import Part, Transfer, extract, parts_of
from steward.releasing.serving import refuse_unreleased
from steward.repositories import models
from steward.repositories.artifacts import ArtifactCatalogue
from steward.retraining.runs import Run
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class ExportedVersion:
    """A version as it leaves.

    Attributes:
        origin: the environment that it leaves.
        bodies: every part, verified.
    """

    model: str
    version: str
    origin: str
    bodies: Mapping[Part, bytes]


def collect(data: Bucket, ledger: Ledger, model: str, version: str, displaced: str | None) -> ExportedVersion:
    """A version with everything that vouches for it.

    Args:
        data: where the version is.
        ledger: of the same deployment.
        model: whose version it is.
        version: its id, how that begins, or `champion`.
        displaced: the version in charge where it goes to.

    Raises:
        UnknownId: there is no such version.
        NotReleased: it is not released where it is, so it is not sent on.
        ObjectMissing, ObjectChanged: a part of it is not what its run says.
    """
    catalogue = ArtifactCatalogue(data, model)
    manifest = catalogue.manifest_of(catalogue.find(version))
    if manifest.environment != data.environment:
        raise NotReleased(
            f"version {manifest.version} was trained in {manifest.environment}; send it on from there, where its "
            "ledger is"
        )
    evaluation = catalogue.evaluation(manifest.version)
    if evaluation is None:
        raise NotReleased(f"version {manifest.version} was never judged")
    refuse_unreleased(models.routing(data, model), manifest, evaluation, data.environment)
    run = data.load(keys.run(model, manifest.run), Run)
    bodies = {part: data.get_verified(stored) for part, stored in parts_of(manifest, run).items()}
    if not {"manifest.json", "evaluation.json"} <= bodies.keys():
        raise ObjectMissing(f"run {run.run} of {model} does not name what it made, so nothing vouches for {version}")
    entries_of_version = extract(list(ledger.entries(model)), run, manifest.version, displaced)
    bodies |= {"run.json": run.model_dump_json().encode(), "ledger.json": entries_of_version.model_dump_json().encode()}
    return ExportedVersion(model=model, version=manifest.version, origin=data.environment, bodies=bodies)


def upload(data: Bucket, sent: ExportedVersion, *, author: str, sent_at: datetime, over: str | None) -> str:
    """Put a version where another environment accepts or refuses it; the correlation id of all that this leads to.

    Args:
        data: of the other environment.
        sent: the version.
        author: who sends it.
        sent_at: when, by the wall clock.
        over: the champion there that it may take over from although it was not judged against it.
    """
    parts = {
        part: data.put(keys.transferred(sent.model, sent.version, part), body) for part, body in sent.bodies.items()
    }
    transfer = Transfer(
        model=sent.model,
        version=sent.version,
        origin=sent.origin,
        destination=data.environment,
        author=author,
        sent_at=sent_at,
        over=over,
        parts=parts,
    )
    key = keys.promotion(sent.model, sent.version)
    stored = data.put(key, transfer.model_dump_json().encode())
    return ObjectCreated.correlate(key, stored.version_id)
