"""A data card describes the objects and columns of a dataset, and what the declaration says of the data."""

import json
from typing import Any

import pytest

from steward.events import ObjectRef
from steward.governance.croissant import croissant
from steward.retraining.manifest import DatasetManifest, DatasetObject
from tests.unit.examples import DAY, SPEC, START, spec, stored

KINDS = ("reference", "predictions", "labels", "corrections/labels")
DATA = """
data:
  name: used cars
  origin: https://example.com/cars
  licence: CC-BY-4.0
  creator: the auction
  purpose: <b>buying</b>
  collection_types: [Software Collection]
  contains_personal_data: false
"""


def card(text: str = SPEC, **changes: object) -> dict[str, Any]:
    objects = [
        DatasetObject(kind=kind, batch="b", stored=stored(f"records/{kind}/model=lemons/b.parquet"), rows=3)  # type: ignore[arg-type]
        for kind in KINDS
    ]
    objects.append(DatasetObject(kind="corrections/labels", batch="b-withdrawn", stored=stored("records/w[1].parquet")))
    manifest = DatasetManifest.of(spec(text), objects, START + 9 * DAY, "production").model_copy(update=changes)
    return json.loads(croissant(manifest, stored("models/lemons/datasets/x/manifest.json"), [stored("specs/1.json")]))


def test_it_conforms_to_croissant_and_its_vocabulary_for_responsible_ai() -> None:
    made = card()
    assert made["conformsTo"] == ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
    assert made["@type"] == "sc:Dataset"
    assert made["version"].startswith("2024.1.10+")


def test_every_object_is_a_file_with_its_hash_and_belongs_to_one_set() -> None:
    made = card()
    files = {one["@id"]: one for one in made["distribution"] if one["@type"] == "cr:FileObject"}
    sets = {one["@id"]: one["includes"] for one in made["distribution"] if one["@type"] == "cr:FileSet"}
    assert len(files) == 5
    assert {one["sha256"] for one in files.values()} == {"a" * 64}
    assert all(one["contentUrl"] == key for key, one in files.items())
    assert sets["corrections-labels-withdrawn-files"] == ["records/w[[]1].parquet"]
    assert sum(map(len, sets.values())) == len(files)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("reference", ["sale", "sold_at", "lemon", "age", "mileage", "make"]),
        ("predictions", ["sale", "sold_at", "age", "mileage", "make"]),
        ("labels", ["sale", "lemon"]),
        ("corrections-labels", ["sale", "lemon"]),
        ("corrections-labels-withdrawn", ["sale"]),
    ],
)
def test_a_record_set_has_the_columns_of_its_kind(kind: str, columns: list[str]) -> None:
    records = next(one for one in card()["recordSet"] if one["@id"] == kind)
    assert [field["name"] for field in records["field"]] == columns
    assert {field["source"]["fileSet"]["@id"] for field in records["field"]} == {f"{kind}-files"}
    assert records["key"] == [{"@id": f"{kind}/sale"}]


def test_what_the_declaration_says_is_told_and_what_nobody_wrote_is_left_out() -> None:
    made = card(SPEC + DATA)
    assert (made["name"], made["url"], made["license"]) == ("used cars", "https://example.com/cars", "CC-BY-4.0")
    assert made["creator"] == {"@type": "sc:Organization", "name": "the auction"}
    assert made["rai:dataUseCases"] == "<b>buying</b>"
    assert made["rai:personalSensitiveInformation"] == ["None"]
    assert "rai:dataBiases" not in made
    assert not {name for name in card() if name.startswith("rai:")} | {"license", "creator"} & card().keys()


def test_sources_are_named_exactly() -> None:
    assert [(one["name"], one["version"], one["identifier"]) for one in card()["isBasedOn"]] == [
        ("models/lemons/datasets/x/manifest.json", "v1", f"sha256:{'a' * 64}"),
        ("specs/1.json", "v1", f"sha256:{'a' * 64}"),
    ]


def test_types_are_those_of_the_stored_columns() -> None:
    text = SPEC.replace(
        "  make: categorical", "  make: categorical\n  seen: datetime\n  words: {type: embedding, dimensions: 3}"
    )
    fields = {one["name"]: one for one in card(text)["recordSet"][3]["field"]}
    assert [fields[name]["dataType"] for name in ("age", "make", "seen", "words", "sale", "sold_at")] == [
        "sc:Float",
        "sc:Text",
        "sc:DateTime",
        "sc:Float",
        "sc:Text",
        "sc:DateTime",
    ]
    assert fields["words"]["repeated"] is True


def test_a_dataset_of_an_older_release_without_columns_has_no_record_sets() -> None:
    assert card(columns=())["recordSet"] == []


def test_the_same_dataset_gives_the_same_bytes() -> None:
    manifest = DatasetManifest.of(spec(), [], START, "production")
    reference = ObjectRef(key="k", version_id="v", sha256="b" * 64)
    assert croissant(manifest, reference) == croissant(manifest, reference)
