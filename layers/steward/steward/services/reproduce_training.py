"""Trains a version again where it was trained, registers nothing, and says whether it is identical."""

from collections.abc import Iterator

from steward.errors import ObjectMissing, StewardError
from steward.events import Event, ObjectRef, ReproductionFailed, ReproductionRequested, TrainingReproduced
from steward.lineage.repeated_training import refuse_foreign, train_again
from steward.lineage.reproduction_result import Reproduction, ReproductionResult
from steward.outbox import OutboxEntry, announce
from steward.repositories import models, training_data
from steward.results import count_of
from steward.retraining import artifact
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.runtime import Runtime
from steward.store import keys


def reproduce_training(runtime: Runtime, request: ReproductionRequested) -> Iterator[Event]:
    """Train a version again and announce the result; a redelivered request finds it and announces it again."""
    place = keys.reproduction(request.model, request.version, request.event_id)
    if found := runtime.data.find(place):
        result, stored = ReproductionResult.model_validate_json(found.body), found.stored
    else:
        result = _attempt(runtime, request)
        stored = runtime.data.create_if_absent(place, result.model_dump_json().encode())
    yield from announce(runtime, _entry(runtime, request, result, stored))


def _attempt(runtime: Runtime, request: ReproductionRequested) -> ReproductionResult:
    try:
        return ReproductionResult(reproduction=_reproduce(runtime, request))
    except StewardError as error:
        return ReproductionResult(refused=str(error))


def _reproduce(runtime: Runtime, request: ReproductionRequested) -> Reproduction:
    """The comparison.

    Raises:
        StewardError: the version, or a part of it, is gone, changed, foreign or refused by the libraries.
    """
    data = runtime.data
    named = models.manifest(data, request.model, request.version)
    run = data.load(keys.run(request.model, named.run), Run)
    if run.manifest is None:
        raise ObjectMissing(f"run {run.run} names no version, so nothing vouches for {request.version}")
    made = data.load(run.manifest, VersionManifest)
    refuse_foreign(made, data.environment)
    if made.artifact is None:
        raise ObjectMissing(f"version {made.version} has no artifact to compare with")
    known = artifact.load(data.get_verified(made.artifact))  # before anything is trained
    spec = data.load(made.spec, models.SpecRevision).spec
    dataset = data.load(made.dataset, DatasetManifest)
    rows = training_data.load(data, spec, dataset)
    named_dataset = keys.dataset_of(made.dataset.key)
    found = train_again(made, spec, known, dataset, rows, dataset_id=named_dataset, since=run.since)
    return found.model_copy(update={"corrected_since": list(training_data.corrected_since(data, dataset))})


def _entry(
    runtime: Runtime, request: ReproductionRequested, result: ReproductionResult, stored: ObjectRef
) -> OutboxEntry:
    header, found, version = runtime.caused_by(request), result.reproduction, request.version
    if found and found.identical:
        event: Event = TrainingReproduced(**header, version=version, sha256=found.sha256[1], result=stored)
        summary = f"trained again on {found.training_rows:,} rows: identical (SHA-256 {found.sha256[1]})"
        return OutboxEntry(event, "training_reproduced", version, summary, (stored,))
    message = _difference(found) if found else result.refused
    failed = ReproductionFailed(**header, version=version, message=message, result=stored)
    return OutboxEntry(failed, "reproduction_failed", version, message, (stored,))


def _difference(found: Reproduction) -> str:
    named = {"libraries": found.libraries, "recipe": found.recipe, "dataset": found.dataset, "platform": found.platform}
    differ = [name for name, changes in named.items() if changes]
    why = f"{', '.join(differ)} differ" if differ else "another release of Steward trained it, or code differs"
    of_model = count_of(len(found.artifact), "field")
    return (
        f"trained again on {found.training_rows:,} rows: the artifact differs in {of_model} ({why}); "
        f"`steward reproduce {found.model} {found.version}` lists what"
    )
