"""The scanner on labelled values: made by Faker (`tests/independent/personal_data`), and by hand."""

import json
from pathlib import Path

import pytest

from steward.privacy.examination import examine
from steward.privacy.scan import find_personal_data
from tests.independent.personal_data.accuracy import Accuracy

LABELLED = json.loads((Path(__file__).parent / "labelled_values.json").read_text())
BY_HAND = {
    "email": ["o'brien+news@mail.example.co.uk", "Ada Lovelace <ada@example.org>", "müller@bücher.example"],
    "phone": ["+44 (0)20 7946 0018", "tel: +49-30-901820", "(212) 555-0123", "+33 1 42 68 53 00 ext 12"],
    "national_id": ["SSN 078-05-1120", "RSSMRA85T10A562S", "codice fiscale: RSSMRA85T10A562S", "BSN 111222333",
                    "2 55 08 14 168 025 38"],
    "payment_card": ["4111 1111 1111 1111", "3782 822463 10005", "Visa 4111111111111111, exp. 12/27"],
    "iban": ["DE89 3704 0044 0532 0130 00", "iban:GB82WEST12345698765432", "FR1420041010050500013M02606"],
    "ip_address": ["85.214.132.117", "from 2001:db8:85a3::8a2e:370:7334 at noon", "[85.214.132.117]"],
    "mac_address": ["00:1B:44:11:3A:B7", "eth0 00-1b-44-11-3a-b7 up"],
    "coordinates": ["52°31'12\"N, 13°24'18\"E"],
}  # fmt: skip
NOTHING = [
    "41.9", "2013-01-01T05:00:00Z", "2013-01-01 05:00:00+01:00", "UA1545", "N14228", "1357034400", "1357034400000",
    "b7c9d1b2-4111-4111-8111-111111111111", "0.4111111111111111", "1.2.3.4", "10.0.19041.1", "12:30:45",
    "std::vector", "EWR-IAH", "3.5e-10",
    "+12.50000000", "02:00-03:30", "user@2x.png", "git@host:team/project.git", "v2.10.30.1",
    "::1", "1234567812345670", "12-345-6789",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "2024-01-02/2024-02-03", "500 mg 2x/day", "100.000,50 EUR", "arn:aws:iam::123456789012:role/steward",
]  # fmt: skip


def test_precision_and_recall_of_labelled_values() -> None:
    found = Accuracy.of(LABELLED)
    assert found.values > 4000
    assert len(found.labelled) == 12
    assert found.labelled.total() > 2000
    assert len({column["country"] for column in LABELLED if column["kind"]}) >= 5
    assert found.recall >= 0.99
    assert found.precision >= 0.99
    assert found.lowest[0] >= 0.95


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BY_HAND.items() for value in values])
def test_a_value_among_others(kind: str, value: str) -> None:
    assert set(examine("remark", ["as seen", value, "41.9"]).kinds) == {kind}


@pytest.mark.parametrize("value", NOTHING)
def test_a_value_that_is_nothing_personal(value: str) -> None:
    assert examine("remark", [value, "as seen"]).kinds == {}


def test_a_number_by_its_column_name_and_not_without() -> None:
    assert set(examine("phone", ["0232781286", "3420837783"]).kinds) == {"phone"}
    assert examine("order", ["0232781286", "3420837783"]).kinds == {}
    assert set(examine("bsn", ["111222333"]).kinds) == {"national_id"}
    assert examine("order", ["111222333"]).kinds == {}


@pytest.mark.parametrize("name", ["email_verified", "phone_type", "zip_count", "name", "airport_name", "street_type"])
def test_names_of_columns_about_such_values(name: str) -> None:
    assert examine(name, ["yes", "no"]).kinds == {}


def test_latitudes_and_longitudes_are_places_together() -> None:
    lat, lon = {"40.69258": 1, "52.51634": 2}, {"-74.16866": 1, "13.37766": 2}
    assert {one.column for one in find_personal_data({"lat": lat, "lon": lon})} == {"lat", "lon"}
    assert list(find_personal_data({"lat": lat, "distance": lon})) == []
    assert list(find_personal_data({"lat": {"41.9": 1}, "lon": {"12.5": 1}})) == []
    assert list(find_personal_data({"latitude": {"412.34567": 1}, "longitude": lon})) == []


def test_no_finding_holds_a_value() -> None:
    for column in LABELLED:
        counts = dict.fromkeys(column["values"], 1)
        for finding in find_personal_data({column["column"]: counts}):
            assert not [value for value in counts if len(value) > 4 and value in finding.model_dump_json()]
