"""`erase_subject`: whatever holds rows of a subject is found and cleared, wherever the process dies."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from arro3.io import read_parquet

from steward import aws
from steward.erasure.erasure import Erasure
from steward.erasure.erasure_work import SETTLING
from steward.erasure.subject_forms import subject_pseudonyms
from steward.events import (
    AuditCompleted,
    AuditRequested,
    BatchIngested,
    BatchRejected,
    ErasedRowsUploaded,
    ErasureRequested,
    RetrainingProposed,
    SubjectErased,
    TrainingRequested,
)
from steward.ledger.envelope import SignedEnvelope
from steward.store.pseudonym_key import PseudonymKey
from tests.integration import lemons

from .deployment import Deployment, Objects, deployed
from .dying import WRITES, Died, dying

SUBJECT = "dealer-Zq7x"
OTHER = "dealer-Yw3k"
SPEC = lemons.SPEC.replace("score: risk, label: lemon}", "score: risk, label: lemon, entity: dealer}")


def with_dealers(frame: pd.DataFrame, every: int = 10) -> pd.DataFrame:
    """Rows of dealers; one of ten is the subject's, and its ids say so."""
    mine = [row % every == 0 for row in range(len(frame))]
    names = [SUBJECT if one else f"{OTHER}{row % 7}" for row, one in enumerate(mine)]
    sales = [f"{sale}-Zq7x" if one else sale for sale, one in zip(frame["sale"], mine, strict=True)]
    return frame.assign(dealer=names, sale=sales)


def sold(day: int, rows: int = 40) -> pd.DataFrame:
    return with_dealers(lemons.sales(1, first_day=day, rows_a_day=rows))


def with_key(steward: Deployment) -> Deployment:
    """Give the functions that are there already a key of pseudonyms."""
    arn = aws.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    steward.arns["pseudonym_key"] = arn
    for name in ("erase_subject", "ingest_records"):
        function = steward.handlers[name].handler
        settings = function.runtime.settings.model_copy(update={"pseudonym_key_arn": arn})
        function.runtime = replace(function.runtime, settings=settings)
    return steward


@pytest.fixture(scope="session")
def dealers_stored() -> tuple[Objects, datetime]:
    """What is stored of a model whose rows are of dealers, with every kind of file."""
    with deployed() as steward:
        with_key(steward)
        lemons.begin_with(steward, SPEC, with_dealers(lemons.sales(14, rows_a_day=80)))
        day = sold(14)
        steward.upload("inbox/lemons/predictions/15.csv", lemons.csv(lemons.predictions(day)))
        steward.settle()
        steward.upload("inbox/lemons/labels/15.csv", lemons.csv(lemons.labels(day)))
        bad = lemons.predictions(sold(15, 20))
        bad["sold_at"] = [None if row < 5 else time for row, time in enumerate(bad["sold_at"])]
        steward.upload("inbox/lemons/predictions/bad.csv", lemons.csv(bad))
        steward.upload("inbox/lemons/predictions/bad.csv", lemons.csv(bad.assign(make="Ford")))
        early = lemons.labels(day, timed=False).assign(lemon=0)
        steward.upload("inbox/lemons/labels/early.csv", lemons.csv(early))
        steward.upload("inbox/lemons/predictions/unreadable.csv", f'sale,dealer\n"s9,{SUBJECT}\n')
        steward.settle()
        assert not steward.errors, steward.errors
        return steward.snapshot(), steward.clock.now


@pytest.fixture
def dealers(dealers_stored: tuple[Objects, datetime]) -> Iterator[Deployment]:
    with deployed() as steward:
        steward.restore(*dealers_stored)
        yield with_key(steward)


def request(steward: Deployment, value: str = SUBJECT, **said: Any) -> ErasureRequested:
    key = PseudonymKey(steward.arns["pseudonym_key"]).of_model("lemons")
    now, (subject, *stored_as) = steward.clock.now, subject_pseudonyms(key, value)
    return ErasureRequested(
        occurred_at=now, model="lemons", as_of=now, correlation_id="erase", subject=subject, stored_as=stored_as,
        reason="asked by letter", author="arn:aws:iam::123456789012:user/ann", **said,
    )  # fmt: skip


def erase(steward: Deployment, asked: ErasureRequested) -> Erasure:
    """Deliver it, and again once what was read before must be written."""
    assert steward.deliver("erase_subject", asked), steward.errors
    steward.clock.pass_by(SETTLING)
    assert steward.deliver("erase_subject", asked, copy="later"), steward.errors
    steward._observe()
    return Erasure.model_validate(steward.object(steward.told(SubjectErased)[-1].stored.key))


def traces(steward: Deployment, *words: str) -> list[str]:
    """Every version of every object of both buckets that has one of some words, however it is packed."""
    found = []
    for bucket in (steward.data, steward.ledger):
        for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in page.get("Versions", []):
                got = aws.s3().get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
                text = "\n".join([unpacked(got["Body"].read()), str(got["Metadata"])])
                found += [f"{bucket}/{item['Key']} {word}" for word in words if word in text]
    return found


def unpacked(body: bytes) -> str:
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if body[:4] == b"PAR1":
        batches = read_parquet(io.BytesIO(body))
        return str([[batch.column(name).to_pylist() for name in batch.schema.names] for batch in batches])
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())
    return body.decode(errors="replace")


def test_nothing_of_a_subject_is_left_in_any_version_of_any_object(dealers: Deployment) -> None:
    before = traces(dealers, SUBJECT, "Zq7x")
    assert {one.split("/")[1] for one in before} >= {"inbox", "records", "quarantine"}
    statement = erase(dealers, request(dealers))
    assert traces(dealers, SUBJECT, "Zq7x") == []
    assert statement.places.keys() >= {
        "inbox", "quarantine", "records/labels", "records/predictions", "records/reference", "hashes of ids",
    }  # fmt: skip
    assert statement.places["records/reference"].rows == 14 * 8
    assert any("unreadable.csv" in note for note in statement.notes)
    assert [(one.champion, one.rows) for one in statement.versions] == [(True, 14 * 8)]
    assert dealers.told(RetrainingProposed)[-1].reason.startswith("the champion was trained on rows")
    assert len(traces(dealers, OTHER)) >= 1  # the others' rows stay
    dealers.settle()
    sealed = dealers.object(f"reports/lemons/erasures/{statement.erasure}.json")
    assert Erasure.model_validate_json(SignedEnvelope.model_validate(sealed).content) == statement
    ledger = [entry.action for entry in dealers.entries("lemons")]
    assert ledger.count("subject_erased") == ledger.count("erasure_attested") == 1


def test_an_erasure_goes_on_where_the_step_before_it_ended(
    dealers: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steward.services.erase_subject.SECONDS_A_STEP", 0.0)
    dealers.publish(request(dealers))
    dealers.settle()
    dealers.clock.pass_by(SETTLING)
    assert traces(dealers, SUBJECT, "Zq7x") == []
    assert dealers.told(SubjectErased) == []


def die_after(steward: Deployment, writes: int, asked: ErasureRequested) -> tuple[bool, int]:
    """Whether the process died behind so many writes, and how many there were."""
    done: list[str] = []
    try:
        with dying(writes, WRITES) as done:
            erase(steward, asked)
    except Died:
        return True, writes
    return False, len(done)


def complete_after(stored: tuple[Objects, datetime], writes: int) -> bool:
    """Let the process die behind so many writes, and run it again; whether it died."""
    with deployed() as steward:
        steward.restore(*stored)
        with_key(steward)
        asked = request(steward)
        died, _ = die_after(steward, writes, asked)
        if died:
            steward.clock.now = stored[1]
            statement = erase(steward, asked)
            assert traces(steward, SUBJECT, "Zq7x") == [], writes
            assert statement.versions[0].rows == 14 * 8, writes
            assert [entry.action for entry in steward.entries("lemons")].count("subject_erased") == 1
        return died


@pytest.mark.parametrize("writes", [3, 40, 90])
def test_killed_behind_a_write_and_run_again_an_erasure_ends_complete(
    dealers_stored: tuple[Objects, datetime], writes: int
) -> None:
    assert complete_after(dealers_stored, writes)


@pytest.mark.nightly
@pytest.mark.timeout(0)
def test_killed_behind_any_write_and_run_again_an_erasure_ends_complete(
    dealers_stored: tuple[Objects, datetime],
) -> None:
    writes = 1
    while complete_after(dealers_stored, writes):
        writes += 1
    print(f"killed behind each of {writes - 1} writes: every erasure complete")  # noqa: T201 - the figure


def test_rows_that_are_uploaded_again_do_not_come_back(dealers: Deployment) -> None:
    erase(dealers, request(dealers))
    dealers.settle()
    day = sold(14)
    dealers.upload("inbox/lemons/predictions/again.csv", lemons.csv(lemons.predictions(day)))
    dealers.upload("inbox/lemons/labels/again.csv", lemons.csv(lemons.labels(day)))
    dealers.settle()
    assert not dealers.errors
    assert [event.rows for event in dealers.told(ErasedRowsUploaded)] == [4, 4]
    assert traces(dealers, SUBJECT, "Zq7x") == []


def test_an_upload_that_was_not_read_yet_is_read_without_the_rows(dealers: Deployment) -> None:
    day = sold(16)
    key = "inbox/lemons/predictions/16.csv"
    version = dealers.upload(key, lemons.csv(lemons.predictions(day)))
    aws.sqs().purge_queue(QueueUrl=dealers.queues["ingest_records"])
    erase(dealers, request(dealers))
    dealers.invoke("ingest_records", dealers.message_of(key, version))
    dealers._observe()
    assert [event.rows for event in dealers.told(BatchIngested)] == [36]
    assert dealers.told(BatchRejected) == []


def test_a_hold_keeps_everything_and_the_statement_says_so(dealers: Deployment) -> None:
    dealers.upload("specs/lemons.yaml", f"{SPEC}retention: {{hold: true}}\n")
    dealers.settle()
    before = traces(dealers, SUBJECT)
    assert dealers.deliver("erase_subject", request(dealers))
    dealers._observe()
    event = dealers.told(SubjectErased)[-1]
    assert "legal hold" in event.held
    assert traces(dealers, SUBJECT) == before


def test_one_record_is_erased_by_its_id(dealers: Deployment) -> None:
    name = sold(14)["sale"][1]
    before = traces(dealers, f"{name}'", f"{name},")
    assert before
    key = PseudonymKey(dealers.arns["pseudonym_key"]).of_model("lemons")
    asked = request(dealers).model_copy(
        update={"subject": subject_pseudonyms(key, name)[0], "stored_as": [], "record": True, "event_id": "f00d" * 8}
    )
    erase(dealers, asked)
    assert traces(dealers, f"{name}'", f"{name},") == []


def test_audits_and_trainings_take_an_erasure_for_what_it_is(dealers: Deployment, tmp_path: Path) -> None:
    statement = erase(dealers, request(dealers))
    now = dealers.clock.now
    dealers.publish(AuditRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="audit"))
    dealers.settle()
    assert "dataset_intact" not in dealers.told(AuditCompleted)[-1].failed
    assert dealers.told(TrainingRequested)
    champion = dealers.champion("lemons")
    dataset = dealers.object(f"models/lemons/versions/{champion}/manifest.json")["dataset"]["key"]
    assert dealers.object(dataset)["erasures"] == [statement.erasure]
