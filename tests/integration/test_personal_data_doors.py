"""Policies of personal data hold at every door by which rows come in, for stored rows and for rejected ones."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import get_args

import pandas as pd
import pytest

from steward.events import BatchIngested, DataCorrected, ModelRejected
from steward.privacy.pseudonym import pseudonym
from steward.records.schema import RecordKind
from steward.services.ingest_records import Kind
from steward.store.pseudonym_key import PseudonymKey
from tests.integration import customer_churn, lemons

from .dealers import unpacked, with_key
from .deployment import Deployment
from .serving import ROW, serving
from .test_corrections import open_defect

SPEC = (
    lemons.SPEC.replace("label: lemon}", "label: lemon, entity: customer, latency: took}")
    + """
attributes: {remark: {type: text, nullable: true}, shop: {type: categorical, nullable: true}}
capture: {inputs: [age, mileage, make, customer, remark, shop], outputs: [risk]}
personal_data:
  columns:
    sale: {policy: pseudonymize}
    customer: {policy: pseudonymize}
    email: {policy: drop}
    remark: {policy: quarantine}
    shop: {policy: allow, reason: "it names a company"}
"""
)
ADOPTED = SPEC.replace("model: lemons", "model: pears").replace("  recipe: {estimator: LogisticRegression}\n", "")
DEFECT_DAY = 14
SHADOW = "20240101-00000000"
"""Stands for a version that exists."""


def rows(door: str, day: int, count: int = 8) -> pd.DataFrame:
    """Rows whose values name their door; the first one is invalid, the last one's remark holds an address."""
    return lemons.sales(1, first_day=day, rows_a_day=count).assign(
        sale=[f"{door}-sale{row}-marked" for row in range(count)],
        customer=f"{door}-customer-marked",
        email=f"{door}-dropped@marked.example.org",
        remark=["as seen"] * (count - 1) + [f"{door}-remark@marked.example.org"],
        shop=f"{door}-shop",
        age=[70.0, *[7.0] * (count - 1)],
    )


def predictions(door: str, day: int) -> bytes:
    return lemons.csv(lemons.predictions(rows(door, day)))


def labels(door: str, of: str, day: int) -> bytes:
    """Labels of another door's rows; one is no label."""
    labelled = rows(of, day).assign(customer=f"{door}-customer-marked", email=f"{door}-dropped@marked.example.org")
    return lemons.csv(
        labelled[["sale", "sold_at", "lemon", "customer", "email"]].astype(str).replace({"lemon": {"1": "x"}})
    )


def captured(door: str, day: int) -> bytes:
    """One request of SageMaker each."""
    frame = lemons.predictions(rows(door, day))
    columns = ["age", "mileage", "make", "customer", "remark", "shop"]
    asked = []
    for _, row in frame.iterrows():
        at, cells = datetime.fromisoformat(row["sold_at"]), tuple(row[columns])
        asked.append(customer_churn.Request(row["sale"], at, (cells,), (row["risk"],), (0,)))
    return customer_churn.captures(asked, ["csv"])


def telemetry(door: str, day: int) -> bytes:
    frame = rows(door, day)
    return lemons.csv(frame[["sold_at", "customer", "email"]].assign(took=["slow", *range(len(frame) - 1)]))


def shadows(door: str, of: str, day: int) -> bytes:
    frame = lemons.predictions(rows(of, day)).assign(risk=["high", *[0.5] * 7], version=SHADOW)
    frame["email"] = f"{door}-dropped@marked.example.org"
    return lemons.csv(frame[["sale", "sold_at", "risk", "version", "email"]])


UPLOADS: dict[str, Callable[[], bytes]] = {
    "inbox/lemons/predictions/a.csv": lambda: predictions("predictions", DEFECT_DAY),
    "inbox/lemons/labels/a.csv": lambda: labels("labels", "predictions", DEFECT_DAY),
    "inbox/lemons/reference/a.csv": lambda: lemons.csv(rows("reference", 5)),
    "inbox/lemons/predictions/captured.jsonl": lambda: captured("captured", 15),
    "inbox/lemons/telemetry/a.csv": lambda: telemetry("telemetry", 15),
    "inbox/lemons/shadows/a.csv": lambda: shadows("shadows", "predictions", DEFECT_DAY),
    "inbox/pears/reference/a.csv": lambda: lemons.csv(rows("adopted", 5).assign(risk=0.5)),
}
"""What ingestion reads; serving and corrections, which have doors of their own, follow it."""
CORRECTIONS: dict[str, Callable[[], bytes]] = {
    "predictions": lambda: predictions("predictions", DEFECT_DAY),
    "labels": lambda: labels("corrected", "predictions", DEFECT_DAY),
    "withdrawn-predictions": lambda: lemons.csv(rows("predictions", DEFECT_DAY)[["sale", "sold_at", "email"]]),
}


@pytest.fixture
def keyed(trained: Deployment) -> Deployment:
    return with_key(trained)


def test_every_kind_of_file_is_tried() -> None:
    tried = {key.split("/")[2] for key in UPLOADS}
    assert tried == {*get_args(RecordKind)} - {"withdrawals"} == {*get_args(Kind)} - {"corrections"}


def test_policies_hold_at_every_door(keyed: Deployment) -> None:
    steward = keyed
    steward.upload("specs/lemons.yaml", SPEC)
    steward.upload("specs/pears.yaml", ADOPTED)
    steward.settle()
    for key, body in UPLOADS.items():
        steward.upload(key, body().replace(SHADOW.encode(), steward.champion("lemons").encode()))
        steward.settle()
        ingested = steward.told(BatchIngested)[-1]
        assert (ingested.source, ingested.rejected_rows > 0) == (key, True)
    defect = open_defect(steward, DEFECT_DAY)
    for kind, body in CORRECTIONS.items():
        steward.upload(f"inbox/lemons/corrections/{defect}/{kind}/a.csv", body())
        steward.settle()
        assert steward.told(DataCorrected)[-1].rows > 0, kind
    with serving(steward) as served:
        asked = {
            "customer": "served-customer-marked",
            "remark": "served-remark@marked.example.org",
            "shop": "served-shop",
        }
        assert served.ask([ROW | asked | {"sale": f"served-sale{row}-marked"} for row in range(2)]).status == 200
        served.firehose.deliver()
        steward.settle()
    assert not steward.errors
    found = dict(marks(steward))
    assert {place for place, marked in found.items() if "-dropped@" in marked} == {"inbox"}
    assert {place for place, marked in found.items() if "-remark@" in marked} == {"inbox", "quarantine"}
    assert {place: marked for place, marked in found.items() if "-marked" in marked and place != "inbox"} == {}
    key = PseudonymKey(steward.arns["pseudonym_key"]).of_model("lemons")
    for door in ("predictions", "reference", "captured"):
        assert pseudonym(key, f"{door}-sale3-marked") in found["records"], door
        assert f"{door}-shop" in found["records"], door


def marks(steward: Deployment) -> Iterator[tuple[str, str]]:
    """All that is stored in each folder, and all that was told."""
    texts: dict[str, list[str]] = {}
    for key, body in steward.contents("").items():
        texts.setdefault(key.split("/")[0], []).append(unpacked(body))
    told = [event.model_dump_json() for event in steward.published]
    ledger = [body.decode() for body in steward.contents("", steward.ledger).values()]
    texts["told"] = [*told, *ledger, json.dumps(steward.notifications)]
    for place, found in texts.items():
        yield place, "\n".join(found)


def test_a_declaration_is_refused_that_no_file_could_be_ingested_under(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", SPEC)
    trained.settle()
    (refused,) = trained.told(ModelRejected)
    assert "personal_data.columns: customer, sale must be pseudonymized" in refused.problems[0]
    assert "PseudonymKeyArn" in refused.problems[0]
