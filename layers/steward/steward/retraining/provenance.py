"""Checks the provenance of objects that a run reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steward.errors import DataRefused
from steward.retraining.manifest import DatasetManifest, DatasetObject

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an object's key, and what its writer noted beside it, say of where it came from.

    Attributes:
        kind: of records that its key holds; None where it is no key of records.
        model: whose records they are, by the key.
        uploaded_for: the model whose inbox the upload was in that they were made from.
        environment: of the deployment that wrote the object; None where none of Steward's functions did.
    """

    kind: str | None
    model: str | None
    uploaded_for: str | None
    environment: str | None


def refuse_dataset(manifest: DatasetManifest, asked: Iterable[DatasetObject], model: str, environment: str) -> None:
    """Let a run read its own dataset, and no object that the dataset does not name.

    Raises:
        DataRefused: it is another model's or environment's, or does not name an object.
    """
    if (manifest.model, manifest.environment) != (model, environment):
        raise DataRefused(
            f"dataset {manifest.dataset} is of {manifest.model} in {manifest.environment}, "
            f"and {model} is trained in {environment}: a run reads its own records only"
        )
    named = set(manifest.objects)
    refuse([f"{item.stored.key} is not in its dataset" for item in asked if item not in named])


def objection(item: DatasetObject, provenance: Provenance, model: str, environment: str) -> str | None:
    """Why an object must not be trained on; None where it may be. Its hash is verified as it is read."""
    problem = _withheld(provenance) or _foreign(item, provenance, model, environment)
    return f"{item.stored.key} {problem}" if problem else None


def refuse(objections: Sequence[str]) -> None:
    """Read nothing where there is any objection.

    Raises:
        DataRefused: there is; the message has the first few.
    """
    if objections:
        more = f", and {len(objections) - _SHOWN} more" if len(objections) > _SHOWN else ""
        raise DataRefused(
            f"the run would read what it must not: {'; '.join(objections[:_SHOWN])}{more}. "
            "Remove what was put among the records by hand, and upload rows through the inbox"
        )


def _withheld(provenance: Provenance) -> str | None:
    """Why an object is set aside from training; what withdraws or erases objects has its say here."""
    return "is in quarantine or elsewhere, not among the records" if provenance.kind is None else None


def _foreign(item: DatasetObject, provenance: Provenance, model: str, environment: str) -> str | None:
    if provenance.kind != item.kind:
        return f"holds {provenance.kind}, not {item.kind}"
    for owner in (provenance.model, provenance.uploaded_for):
        if owner != model:
            return f"belongs to model {owner}"
    if provenance.environment is None:
        return "was not written by Steward, so nothing says which environment it belongs to"
    if provenance.environment != environment:
        return f"belongs to environment {provenance.environment}"
    return None
