"""Erasures of a model: what was removed, what explains a reference to it, and which subjects are not taken in again."""

from collections.abc import Iterator, Mapping

from steward.erasure.erasure import TrainedDataset, TrainedVersion, erased_objects
from steward.erasure.erasure_work import ErasedVersion, ErasureWork, Suppression
from steward.errors import ObjectMissing
from steward.events import ObjectRef
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent


def suppression(data: Bucket, model: str) -> Suppression:
    """The subjects of a model that were erased."""
    return data.load_if_present(keys.suppression(model), Suppression) or Suppression()


def erased_versions(data: Bucket, model: str) -> dict[tuple[str, str], tuple[str, ErasedVersion]]:
    """Every object version that erasures of a model removed, by key and version id, with the erasure's id.

    Also of those that are in work: what they name may be gone.
    """
    works = (data.load(listed.key, ErasureWork) for listed in data.list(keys.erasures_in_work(model)))
    return {(one.key, one.version_id): (work.erasure, one) for work in works for one in work.erased}


def get_remaining(data: Bucket, model: str, reference: ObjectRef) -> tuple[ObjectContent, str | None]:
    """The object that a reference names or, where erasures removed it, what is there without the rows.

    Returns:
        What is there, and the erasure that removed what was meant; None where it is what was meant.

    Raises:
        ObjectMissing, ObjectChanged: it is gone or changed, and no erasure explains it; or nothing is left of it.
    """
    try:
        return data.get_exact(reference), None
    except ObjectMissing:
        erased = erased_versions(data, model)
        found = erased.get((reference.key, reference.version_id))
        if found is None:
            raise
        first = found[0]
        left = found[1].replaced_by
        while left and (further := erased.get((left.key, left.version_id))):
            left = further[1].replaced_by
        if left is None:
            raise ObjectMissing(
                f"s3://{data.name}/{reference.key} was removed by erasure {first}, and nothing is left of it"
            ) from None
        return data.get_exact(left), first


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


def _datasets_of_versions(data: Bucket, model: str) -> Iterator[tuple[str, str]]:
    for name in sorted(models.version_names(data, model)):
        manifest = data.load_if_present(keys.version(model, name, "manifest.json"), VersionManifest)
        if manifest:
            yield name, keys.dataset_of(manifest.dataset.key)
