"""What a declaration says of its data is kept in its dataset, and contradictions are refused."""

from datetime import UTC, datetime

import pytest

from steward.errors import SpecInvalid
from steward.retraining.manifest import DatasetManifest
from steward.spec.model import ModelSpec
from tests.unit.examples import SPEC, spec


def declared(data: str) -> ModelSpec:
    return spec(f"{SPEC}data: {data}\n")


def dataset(data: str | None) -> DatasetManifest:
    of = spec() if data is None else declared(data)
    return DatasetManifest.of(of, [], datetime(2024, 1, 9, tzinfo=UTC), "production")


@pytest.mark.parametrize(
    "data",
    [
        "{licence: CC-BY-4.0}",
        "{origin: 'https://example.com', published: 2024-05-01}",
        "{contains_personal_data: true, personal_data: [Age, Gender], legal_basis: contract}",
    ],
)
def test_a_dataset_carries_the_description(data: str) -> None:
    found = dataset(data)
    assert found.data == declared(data).data is not None
    assert DatasetManifest.model_validate_json(found.model_dump_json()) == found
    assert found.dataset != dataset(None).dataset


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("{contains_personal_data: false, personal_data: [Age]}", "write contains_personal_data: true, or remove them"),
        ("{license: MIT}", "licence"),
        ("{published: someday}", "published"),
        ("{keywords: ['']}", "keywords"),
    ],
)
def test_a_description_that_cannot_be_is_refused(data: str, problem: str) -> None:
    with pytest.raises(SpecInvalid, match=problem):
        declared(data)
