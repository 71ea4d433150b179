"""Erasures of a model: what was removed, what explains a reference to it, and which subjects are not taken in again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from steward.erasure.erasure import Erasure, TrainedDataset, TrainedVersion, erased_objects, held_by
from steward.erasure.erasure_work import ErasedVersion, ErasureWork, Suppression
from steward.errors import ObjectMissing
from steward.events import ObjectRef
from steward.governance.erasure_evidence import ErasureEvidence, ErasureFact
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent

_IN_WORK = timedelta(days=1)


def suppression(data: Bucket, model: str) -> Suppression:
    """The subjects of a model that were erased."""
    return data.load_if_present(keys.suppression(model), Suppression) or Suppression()


def erased_versions(data: Bucket, model: str) -> dict[tuple[str, str], tuple[str, ErasedVersion]]:
    """Every object version that erasures of a model removed, by key and version id, with the erasure's id.

    Also of those that are in work: what they name may be gone.
    """
    works = (data.load(listed.key, ErasureWork) for listed in data.list(keys.erasures_in_work(model)))
    return {(one.key, one.version_id): (work.erasure, one) for work in works for one in work.erased}


@dataclass
class RemainingObjects:
    """Objects that references name or, where erasures removed them, what is there without the rows.

    Attributes:
        data: where.
        model: whose.
    """

    data: Bucket
    model: str

    @cached_property
    def erased(self) -> dict[tuple[str, str], tuple[str, ErasedVersion]]:
        """What erasures removed; looked up once something is missing."""
        return erased_versions(self.data, self.model)

    def get(self, reference: ObjectRef) -> ObjectContent:
        """The object, its bytes verified.

        Raises:
            ObjectMissing, ObjectChanged: it is gone or changed, and no erasure explains it; or nothing is left of it.
        """
        try:
            return self.data.get_exact(reference)
        except ObjectMissing:
            found = self.erased.get((reference.key, reference.version_id))
            if found is None or found[1].sha256 != reference.sha256:
                raise
            left = found[1].replaced_by
            while left and (further := self.erased.get((left.key, left.version_id))):
                left = further[1].replaced_by
            if left is None:
                raise ObjectMissing(
                    f"s3://{self.data.name}/{reference.key} was removed by erasure {found[0]}: nothing is left of it"
                ) from None
            return self.data.get_exact(left)


def recorded_erasures(runtime: Runtime[Any], model: str, at: datetime) -> RemainingObjects:
    """The same for an audit, which believes an erasure that the ledger names, by its hash, or that is in work.

    What an erasure in work removed is believed for a day from its beginning, and no longer: by then it is recorded.
    """
    explained: dict[str, dict[tuple[str, str], ErasedVersion]] = {}
    for listed in runtime.data.list(keys.erasures_in_work(model)):
        work = runtime.data.load(listed.key, ErasureWork)
        if at - work.begun_at < _IN_WORK:
            explained[work.erasure] = {(one.key, one.version_id): one for one in work.erased}
    for entry in runtime.ledger.of_action(model, "subject_erased"):
        for reference in entry.evidence:
            erasure = runtime.data.load(reference, Erasure)
            explained[erasure.erasure] = {(one.key, one.version_id): one for one in erasure.erased}
    return _Recorded(runtime.data, model, explained)


@dataclass
class _Recorded(RemainingObjects):
    """Objects whose removal was recorded."""

    explained: Mapping[str, Mapping[tuple[str, str], ErasedVersion]] = field(default_factory=dict)

    @cached_property
    def erased(self) -> dict[tuple[str, str], tuple[str, ErasedVersion]]:
        """What recorded erasures removed."""
        return {place: (name, one) for name, every in self.explained.items() for place, one in every.items()}


def read_erasures(data: Bucket, spec: ModelSpec, dataset: DatasetManifest | None, as_of: datetime) -> ErasureEvidence:
    """What an audit looks at of a model's erasures."""
    named = {(one.stored.key, one.stored.version_id) for one in dataset.objects} if dataset else set()
    facts = []
    for listed in data.list(keys.erasures_in_work(spec.model)):
        work = data.load(listed.key, ErasureWork)
        found = data.find(keys.erasure(spec.model, work.erasure))
        erasure = Erasure.model_validate_json(found.body) if found else None
        facts.append(
            ErasureFact(
                erasure=work.erasure,
                begun_at=work.begun_at,
                completed_at=erasure.completed_at if erasure else None,
                stored=found.stored if found else None,
                held=work.held,
                trained=frozenset(one.version for one in erasure.versions) if erasure else frozenset(),
                retrain_by=erasure.retrain_by if erasure else None,
                in_dataset=sum((one.key, one.version_id) in named for one in work.erased),
            )
        )
    held_since = None
    if held_by(spec.retention, as_of):
        held_since = max((listed.modified for listed in data.list(keys.spec_revisions(spec.model))), default=None)
    return ErasureEvidence(tuple(facts), frozenset(dataset.erasures) if dataset else frozenset(), held_since)


def erased_rows(data: Bucket, manifest: DatasetManifest) -> dict[str, int]:
    """How many rows of a dataset each erasure has removed."""
    every = erased_versions(data, manifest.model)
    objects = [(one.kind, one.stored.key, one.stored.version_id) for one in manifest.objects]
    counts = {
        name: erased_objects(objects, {place: one for place, (erasure, one) in every.items() if erasure == name})
        for name in sorted({erasure for erasure, _ in every.values()})
    }
    return {name: count for name, count in counts.items() if count}


def trained_on(
    data: Bucket, model: str, erased: Mapping[tuple[str, str], ErasedVersion]
) -> tuple[list[TrainedDataset], list[TrainedVersion]]:
    """The datasets of a model that had erased rows, and the versions that were trained on them."""
    rows: dict[str, int] = {}
    for dataset in data.list_prefixes(keys.datasets(model)):
        manifest = data.load_if_present(keys.dataset(model, dataset), DatasetManifest)
        objects = ((one.kind, one.stored.key, one.stored.version_id) for one in manifest.objects) if manifest else ()
        rows[dataset] = erased_objects(objects, erased)
    champion = models.routing(data, model).champion
    versions = [
        TrainedVersion(version=name, dataset=dataset, rows=rows[dataset], champion=name == champion)
        for name, dataset in _datasets_of_versions(data, model)
        if rows.get(dataset)
    ]
    return [TrainedDataset(dataset=name, rows=count) for name, count in rows.items() if count], versions


def trained_on_objects(data: Bucket, model: str, rows: Mapping[tuple[str, str], int]) -> list[str]:
    """The versions whose datasets have some objects, by key and version id."""
    datasets = {
        dataset
        for dataset in data.list_prefixes(keys.datasets(model))
        if (manifest := data.load_if_present(keys.dataset(model, dataset), DatasetManifest))
        and any((one.stored.key, one.stored.version_id) in rows for one in manifest.objects)
    }
    return [name for name, dataset in _datasets_of_versions(data, model) if dataset in datasets]


def _datasets_of_versions(data: Bucket, model: str) -> Iterator[tuple[str, str]]:
    for name in sorted(models.version_names(data, model)):
        manifest = data.load_if_present(keys.version(model, name, "manifest.json"), VersionManifest)
        if manifest:
            yield name, keys.dataset_of(manifest.dataset.key)
