"""Personal data at the door: found, told once, and stored as the declaration says."""

import io
import json
from collections.abc import Callable, Iterator

import pandas as pd
import pytest
from arro3.io import read_parquet as read

from steward import aws
from steward.events import (
    BatchIngested,
    BatchRejected,
    DataCorrected,
    ModelRejected,
    OutcomesUpdated,
    PersonalDataFound,
)
from steward.privacy.pseudonym import is_pseudonym, pseudonym
from steward.privacy.scan_state import PersonalDataState
from steward.records.quarantine import read_rejected
from steward.store.pseudonym_key import PseudonymKey

from . import lemons
from .deployment import Deployment
from .test_corrections import correct, open_defect
from .test_pseudonym_key import hmac_key

PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"
EMAIL = "ada.marked@example.org"
NAME = "c-{}-marked"
"""The spelling of a customer's id."""


def declared(policies: str = "{}", more: str = "") -> str:
    return f"""{lemons.SPEC.replace("label: lemon}", "label: lemon, entity: customer}")}
attributes: {{remark: {{type: text}}}}
personal_data: {policies}
{more}"""


def sold(*, day: int = 14, rows: int = 40) -> pd.DataFrame:
    cars = lemons.sales(1, first_day=day, rows_a_day=rows)
    return cars.assign(customer=[NAME.format(row % 10) for row in range(rows)], remark="as seen")


@pytest.fixture
def begin(trained: Deployment) -> Iterator[Callable[..., Deployment]]:
    def declare(policies: str = "{}", *, key: bool = False, more: str = "") -> Deployment:
        use_key(trained, hmac_key() if key else "")
        trained.upload("specs/lemons.yaml", declared(policies, more))
        trained.settle()
        assert not trained.told(ModelRejected)
        return trained

    yield declare
    use_key(trained, "")


def use_key(steward: Deployment, arn: str) -> None:
    for name in ("ingest_records", "register_model"):
        function = steward.handlers[name].handler
        settings = function.runtime.settings.model_copy(update={"pseudonym_key_arn": arn})
        object.__setattr__(function.runtime, "settings", settings)


def upload(steward: Deployment, name: str, rows: pd.DataFrame) -> str:
    version = steward.upload(PREDICTIONS + name, lemons.csv(lemons.predictions(rows)))
    steward.settle()
    assert not steward.errors
    return version


def places_of(steward: Deployment, value: str) -> set[str]:
    """The folders of the data bucket in which a value is stored, in Parquet too."""
    found = set()
    for key, body in steward.contents("").items():
        text = body.decode(errors="replace")
        if key.endswith(".parquet"):
            text += read_parquet(body)
        if value in text:
            found.add(key.split("/")[0])
    return found


def ids(steward: Deployment, kind: str) -> set[str]:
    stored = steward.contents(f"records/{kind}/").values()
    return {one for body in stored for one in read(io.BytesIO(body)).read_all().column("sale").to_pylist()}


def read_parquet(body: bytes) -> str:
    return "\n".join(str(column.to_pylist()) for batch in read(io.BytesIO(body)) for column in batch.columns)


def tags(steward: Deployment, key: str, version: str) -> dict[str, str]:
    found = aws.s3().get_object_tagging(Bucket=steward.data, Key=key, VersionId=version)["TagSet"]
    return {one["Key"]: one["Value"] for one in found}


def test_what_is_found_is_told_once_and_never_a_value_with_it(begin: Callable[..., Deployment]) -> None:
    steward = begin()
    rows = sold()
    rows["email"] = EMAIL
    rows.loc[3, "remark"] = f"write to {EMAIL}"
    upload(steward, "a.csv", rows)
    found = steward.told(PersonalDataFound)
    assert len(found) == 1
    assert {(one.column, one.kind) for one in found[0].findings} == {
        ("email", "email"), ("remark", "email"),
    }  # fmt: skip
    assert found[0].looked_at == found[0].rows == 40
    assert steward.told(BatchIngested)[-1].rows == 40
    assert sum(entry.action == "personal_data_found" for entry in steward.entries("lemons")) == 1
    assert "personal data found" in json.dumps(steward.notifications)
    upload(steward, "b.csv", sold(day=15).assign(email=EMAIL, remark=f"{EMAIL} again"))
    assert len(steward.told(PersonalDataFound)) == 1
    state = PersonalDataState.model_validate_json(steward.contents("privacy/")["privacy/lemons/scans.json"])
    assert {(one.files, one.finding.column) for one in state.known} == {
        ("predictions", "email"), ("predictions", "remark"),
    }  # fmt: skip
    assert places_of(steward, EMAIL) == {"inbox", "records"}
    everything = [event.model_dump_json() for event in steward.published]
    everything += [body.decode() for body in steward.contents("", steward.ledger).values()]
    assert EMAIL not in json.dumps([*everything, steward.notifications])


def test_pseudonyms_join_labels_and_nothing_else_is_stored(begin: Callable[..., Deployment]) -> None:
    policies = (
        "{columns: {sale: {policy: pseudonymize}, customer: {policy: pseudonymize}, remark: {policy: pseudonymize}}}"
    )
    steward = begin(policies, key=True)
    rows = sold().assign(sale=[f"{1400000 + row}" for row in range(40)])
    rows.loc[5, "age"] = 70
    version = upload(steward, "a.csv", rows)
    labels = lemons.labels(rows).assign(sale=[f"{1400000 + row}.0" for row in range(40)])
    steward.upload(f"{LABELS}a.csv", lemons.csv(labels))
    steward.settle()
    assert not steward.errors
    assert steward.told(OutcomesUpdated)
    assert places_of(steward, NAME.format(3)) == {"inbox"}
    assert places_of(steward, "1400003") == {"inbox"}
    key = PseudonymKey(steward.handlers["ingest_records"].handler.runtime.settings.pseudonym_key_arn).of_model("lemons")
    assert "records" in places_of(steward, pseudonym(key, "1400003"))
    rejected = [row for body in steward.contents("quarantine/").values() for row in read_rejected(body)]
    content = json.loads(rejected[0].content)
    assert is_pseudonym(content["sale"])
    assert is_pseudonym(content["customer"])
    assert content["age"] == "70.0"
    assert tags(steward, f"{PREDICTIONS}a.csv", version) == {"steward-original": "personal-data"}


def test_rows_out_of_quarantine_meet_their_labels(begin: Callable[..., Deployment]) -> None:
    steward = begin("{columns: {sale: {policy: pseudonymize}}}", key=True)
    rows = sold(rows=20)
    rows.loc[5, "age"] = 70
    upload(steward, "a.csv", rows)
    rejected = [row for body in steward.contents("quarantine/").values() for row in read_rejected(body)]
    mended = json.loads(rejected[0].content) | {"age": "7"}
    steward.upload(f"{PREDICTIONS}mended.jsonl", json.dumps(mended))
    steward.upload(f"{LABELS}a.csv", lemons.csv(lemons.labels(rows)))
    steward.settle()
    predicted, labelled = ids(steward, "predictions"), ids(steward, "labels")
    assert len(predicted) == 20
    assert predicted == labelled
    assert all(map(is_pseudonym, predicted))
    assert places_of(steward, rows.sale[5]) == {"inbox"}


def test_a_dropped_column_is_not_in_quarantine(begin: Callable[..., Deployment]) -> None:
    steward = begin("{columns: {email: {policy: drop}}}")
    rows = sold().assign(email=EMAIL)
    rows.loc[5, "age"] = 70
    upload(steward, "a.csv", rows)
    torn = lemons.csv(lemons.predictions(sold(day=15).assign(email=EMAIL))) + f"1,2,{EMAIL}\n".encode()
    steward.upload(f"{PREDICTIONS}torn.csv", torn)
    steward.settle()
    assert places_of(steward, EMAIL) == {"inbox"}
    assert steward.told(PersonalDataFound) == []


def test_rows_with_personal_data_are_set_aside(begin: Callable[..., Deployment]) -> None:
    steward = begin("{columns: {remark: {policy: quarantine}}}")
    rows = sold()
    rows.loc[[3, 8], "remark"] = f"write to {EMAIL}"
    upload(steward, "a.csv", rows)
    ingested = steward.told(BatchIngested)[-1]
    assert (ingested.rows, ingested.rejected_rows) == (38, 2)
    assert places_of(steward, EMAIL) == {"inbox", "quarantine"}
    rejected = [row for body in steward.contents("quarantine/").values() for row in read_rejected(body)]
    assert [(row.row, row.reasons[0].code, row.reasons[0].column) for row in rejected] == [
        (4, "personal_data", "remark"), (9, "personal_data", "remark"),
    ]  # fmt: skip
    assert EMAIL not in json.dumps([reason.message for row in rejected for reason in row.reasons])


def test_a_file_can_be_refused_for_it(begin: Callable[..., Deployment]) -> None:
    steward = begin("{on_found: refuse}")
    upload(steward, "a.csv", sold().assign(email=EMAIL))
    refused = steward.told(BatchRejected)[-1]
    assert refused.code == "personal_data"
    assert "email: email in 100 % of 40 values" in refused.message
    assert EMAIL not in refused.message
    assert places_of(steward, EMAIL) == {"inbox"}


def test_it_can_be_recorded_alone(begin: Callable[..., Deployment]) -> None:
    steward = begin("{on_found: record}")
    upload(steward, "a.csv", sold().assign(email=EMAIL))
    assert steward.told(PersonalDataFound) == []
    assert steward.contents("privacy/")


def test_without_a_key_nothing_is_stored_and_the_remedy_is_said(begin: Callable[..., Deployment]) -> None:
    steward = begin("{columns: {customer: {policy: pseudonymize}}}", key=True)
    use_key(steward, "")  # as after a deployment without the parameter
    upload(steward, "a.csv", sold(day=15))
    refused = steward.told(BatchRejected)[-1]
    assert refused.code == "no_pseudonym_key"
    assert "PseudonymKeyArn" in refused.message


@pytest.mark.parametrize(("more", "expected"), [("", True), ("retention: {hold: true}", False)])
def test_originals_go_unless_everything_is_on_hold(
    begin: Callable[..., Deployment], more: str, *, expected: bool
) -> None:
    steward = begin("{columns: {email: {policy: drop}}}", more=more)
    version = upload(steward, "a.csv", sold().assign(email=EMAIL))
    assert bool(tags(steward, f"{PREDICTIONS}a.csv", version)) is expected


def test_originals_of_allowed_columns_stay(begin: Callable[..., Deployment]) -> None:
    steward = begin('{columns: {email: {policy: allow, reason: "contract"}}}')
    version = upload(steward, "a.csv", sold().assign(email=EMAIL))
    assert tags(steward, f"{PREDICTIONS}a.csv", version) == {}
    assert steward.told(PersonalDataFound) == []


def test_a_waiting_file_keeps_its_original(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", declared("{columns: {email: {policy: drop}}}"))
    steward.settle()
    version = upload(steward, "early.csv", sold(day=0).assign(email=EMAIL))
    assert tags(steward, f"{PREDICTIONS}early.csv", version) == {}


def test_corrections_meet_what_they_correct(begin: Callable[..., Deployment]) -> None:
    steward = begin("{columns: {sale: {policy: pseudonymize}}}", key=True)
    rows = sold()
    upload(steward, "a.csv", rows)
    right = lemons.predictions(rows.iloc[:5].assign(mileage=1000.0)).assign(version=steward.champion("lemons"))
    correct(steward, open_defect(steward, 14), right)
    assert not steward.errors
    corrected = steward.told(DataCorrected)[-1]
    assert (corrected.rows, corrected.rejected_rows) == (5, 0)
    assert places_of(steward, rows.sale[3]) == {"inbox"}
