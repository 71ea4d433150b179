"""Downloads a version's artifact, dataset and baseline, verifying every hash."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from steward.concurrency import prefetch_map
from steward.errors import NotReleased, ObjectChanged, ObjectMissing, StewardError
from steward.governance.card import ModelCard
from steward.governance.card_sections import card_markdown
from steward.governance.croissant import croissant
from steward.releasing.serving import refuse_unreleased
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


def checkout(data: Bucket, model: str, version: str, folder: Path, *, unreleased: bool = False) -> list[str]:
    """Bring a version to a folder that is not there yet; the files in it, relative to it.

    Args:
        data: where the version is.
        model: whose.
        version: which.
        folder: made by this; it appears whole or not at all.
        unreleased: bring also what is not released in this environment.

    Raises:
        StewardError: the folder is there already.
        NotReleased: the version is not released in this environment.
        ObjectMissing, ObjectChanged: a part of it is not what its manifest says.
    """
    if folder.exists():
        raise StewardError(f"{folder} is there already, and nothing is overwritten; say --to another folder")
    manifest, evaluation, run = _read_version(data, model, version)
    if not unreleased:
        if evaluation is None:
            raise NotReleased(f"version {version} was never judged; bring it all the same with --unreleased")
        refuse_unreleased(models.routing(data, model), manifest, evaluation, data.environment)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, body in _parts(data, manifest, evaluation, run):
            target = staging / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        written = sorted(str(path.relative_to(staging)) for path in staging.rglob("*") if path.is_file())
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return written


def _read_version(data: Bucket, model: str, version: str) -> tuple[VersionManifest, Evaluation | None, Run]:
    """A version, verified by the hashes that its run noted."""
    named = models.manifest(data, model, version)
    run = data.load(keys.run(model, named.run), Run)
    if run.manifest is None:
        raise ObjectMissing(f"run {run.run} of {model} names no version, so nothing vouches for {version}")
    manifest = data.load(run.manifest, VersionManifest)
    if manifest != named:
        raise ObjectChanged(f"the manifest of version {version} is not the one that run {run.run} made")
    evaluation = data.load(run.evaluation, Evaluation) if run.evaluation else None
    return manifest, evaluation, run


def _parts(
    data: Bucket, manifest: VersionManifest, evaluation: Evaluation | None, run: Run
) -> Iterator[tuple[str, bytes]]:
    """Every file of the checkout, verified; the card is made again. Rows of another environment stay there."""
    made = {
        "manifest.json": run.manifest,
        "model.skops": manifest.artifact,
        "judged.skops": manifest.judged,
        "baseline.json": manifest.baseline,
        "background.json": manifest.background,
        "evaluation.json": run.evaluation,
    }
    for name, stored in made.items():
        if stored:
            yield name, data.get_verified(stored)
    spec = data.get_verified(manifest.spec)
    yield "spec.json", spec
    if evaluation:
        card = ModelCard.of(models.SpecRevision.model_validate_json(spec).spec, manifest, evaluation)
        yield "card.md", card_markdown(card).encode()
    body = data.get_verified(manifest.dataset)
    yield "dataset/manifest.json", body
    if manifest.environment == data.environment:
        dataset = DatasetManifest.model_validate_json(body)
        yield "dataset/croissant.json", croissant(dataset, manifest.dataset)
        named = [item.stored for item in dataset.objects]
        for content in prefetch_map(data.get_exact, named):
            yield f"dataset/{_within(content.stored.key)}", content.body


def _within(key: str) -> PurePosixPath:
    """A key as a path below a folder.

    Raises:
        StewardError: it would lead out of it.
    """
    path = PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts:
        raise StewardError(f"the dataset names {key}, which no folder can hold")
    return path
