"""A run reads its own dataset's objects, of its own model and environment, and nothing else."""

from dataclasses import replace

import pytest

from steward.errors import DataRefused
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.provenance import Provenance, objection, refuse, refuse_dataset
from tests.unit.examples import DAY, START, stored

OWN = Provenance(kind="labels", model="lemons", uploaded_for="lemons", environment="production")


def item(batch: str = "b1", sha256: str = "a" * 64) -> DatasetObject:
    return DatasetObject(kind="labels", batch=batch, stored=stored(f"records/{batch}", sha256))


def dataset(*objects: DatasetObject, environment: str = "production") -> DatasetManifest:
    return DatasetManifest(
        model="lemons", environment=environment, start=None, holdout_start=START, end=START + DAY, objects=objects
    )


def test_its_own_objects_are_read() -> None:
    assert objection(item(), OWN, "lemons", "production") is None
    refuse_dataset(dataset(item("b1"), item("b2")), [item("b2")], "lemons", "production")
    refuse([])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": None, "model": None}, "is in quarantine"),
        ({"kind": "predictions"}, "holds predictions, not labels"),
        ({"model": "pears"}, "belongs to model pears"),
        ({"uploaded_for": "pears"}, "belongs to model pears"),
        ({"environment": "staging"}, "belongs to environment staging"),
        ({"environment": None}, "was not written by Steward"),
    ],
)
def test_what_is_not_its_own_is_not(changes: dict[str, str | None], reason: str) -> None:
    found = objection(item(), replace(OWN, **changes), "lemons", "production")
    assert found is not None
    assert found.startswith(f"records/b1 {reason}")


@pytest.mark.parametrize("asked", [item("b3"), item("b1", "b" * 64)])
def test_an_object_that_its_dataset_does_not_name_is_refused(asked: DatasetObject) -> None:
    with pytest.raises(DataRefused, match=f"{asked.stored.key} is not in its dataset"):
        refuse_dataset(dataset(item("b1"), item("b2")), [item("b2"), asked], "lemons", "production")


@pytest.mark.parametrize(("model", "environment"), [("pears", "production"), ("lemons", "staging")])
def test_the_dataset_of_another_model_or_environment_is_refused(model: str, environment: str) -> None:
    with pytest.raises(DataRefused, match="reads its own records only"):
        refuse_dataset(dataset(item()), [item()], model, environment)


def test_a_refusal_names_the_first_few() -> None:
    with pytest.raises(DataRefused, match=r"a; b; c, and 2 more\. Remove"):
        refuse(list("abcde"))
