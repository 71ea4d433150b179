"""`erase_subject`: whatever holds rows of a subject is found and cleared, wherever the process dies."""

from datetime import datetime

import pytest

from steward import aws
from steward.erasure.erasure import Erasure
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

from .dealers import OTHER, SPEC, SUBJECT, erase, request, sold, traces, with_key
from .deployment import Deployment, Objects, deployed
from .dying import WRITES, Died, dying


def test_nothing_of_a_subject_is_left_in_any_version_of_any_object(dealers: Deployment) -> None:
    before = traces(dealers, SUBJECT, "Zq7x")
    assert {one.split("/")[1] for one in before} >= {"inbox", "records", "quarantine"}
    statement = erase(dealers, request(dealers))
    assert traces(dealers, SUBJECT, "Zq7x") == []
    assert statement.places.keys() >= {
        "inbox", "quarantine", "labels", "predictions", "reference", "hashes of ids",
    }  # fmt: skip
    assert statement.places["reference"].rows == 14 * 8
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
    assert traces(dealers, SUBJECT, "Zq7x") == []
    assert dealers.deliveries["erase_subject", request(dealers).event_id] > len(dealers.keys("records/"))
    assert dealers.told(SubjectErased) == []  # who read the rows before may still write


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


@pytest.mark.parametrize("writes", [2, 55])
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
    print(f"killed behind each of {writes - 1} writes: every erasure complete")


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


def test_audits_and_trainings_take_an_erasure_for_what_it_is(dealers: Deployment) -> None:
    statement = erase(dealers, request(dealers))
    now = dealers.clock.now
    dealers.publish(AuditRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="audit"))
    dealers.settle()
    assert "dataset_intact" not in dealers.told(AuditCompleted)[-1].failed
    assert dealers.told(TrainingRequested)
    manifests = [dealers.object(key) for key in dealers.keys("models/lemons/datasets/") if "manifest" in key]
    assert sorted(one["erasures"] for one in manifests) == [[], [statement.erasure]]
