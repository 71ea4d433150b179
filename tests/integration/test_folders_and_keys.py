"""What engines leave in a folder, keys of any script and length, and objects that are gone before they are read."""

import json
from datetime import timedelta

import pytest

from steward import aws
from steward.events import BatchIngested, BatchRejected
from steward.records.quarantine import read_rejected
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment

INBOX = "inbox/lemons/predictions/"


def scored(day: int, seed: int = 1, rows: int = 20) -> bytes:
    return lemons.csv(lemons.predictions(lemons.sales(1, first_day=day, rows_a_day=rows, seed=seed)))


def test_what_an_engine_leaves_in_a_folder_is_passed_over_without_a_message(trained: Deployment) -> None:
    body = scored(14)
    header = body.split(b"\n", 1)[0] + b"\n"
    for name, content in (
        ("_temporary/0/attempt_1/part-00000.csv", body), ("part-00000.csv", body), ("part-00001.csv", b""),
        ("part-00002.csv", header), ("_SUCCESS", b""), (".part-00000.csv.crc", b"crc\0"), ("_committed_1", b"{}"),
    ):  # fmt: skip
        trained.upload(f"{INBOX}run=1/{name}", content)
    trained.upload("inbox/lemons/predictions_$folder$", b"")
    events = trained.settle()
    assert [(event.source.rsplit("/", 1)[1], event.rows) for event in events if isinstance(event, BatchIngested)] == [
        ("part-00000.csv", 20)
    ]
    assert not trained.told(BatchRejected)
    assert not trained.notifications
    assert not trained.failures


@pytest.mark.parametrize(("content", "code"), [(b"", "empty_file"), (scored(14).split(b"\n", 1)[0], "no_rows")])
def test_an_empty_file_of_a_person_is_refused(trained: Deployment, content: bytes, code: str) -> None:
    trained.upload(INBOX + "predictions.csv", content)
    assert [event.code for event in trained.settle() if isinstance(event, BatchRejected)] == [code]


KEYS = [
    "März 2024 + 50 % (Rest) & 'mehr'.csv", "販売/🍋.csv", "a%20b%2Fc.csv", '../<b onload="x">.csv',
    "[/red]\\n\t.csv", "é" * 497 + ".csv",
]  # fmt: skip


def test_keys_of_any_script_and_length_are_taken_in_and_found_again(trained: Deployment) -> None:
    data = Bucket(trained.data)
    for seed, name in enumerate(KEYS, start=1):
        assert len(f"{INBOX}{name}".encode()) <= 1024
        body = scored(14, seed, rows=2).replace(b"s14-", b"%d-" % seed) + b"s,2024-01-20T00:00:00Z,1.0\n"
        trained.upload(INBOX + name, body)
    events = [event for event in trained.settle() if isinstance(event, BatchIngested)]
    assert [(event.source, event.rows, event.rejected_rows) for event in events] == [
        (INBOX + name, 2, 1) for name in KEYS
    ]
    assert not trained.failures
    for event in events:
        (quarantined,) = [key for key in trained.keys("quarantine/") if event.batch in key]
        assert read_rejected(trained.contents(quarantined)[quarantined])
        source = data.source_of(quarantined)
        assert source
        assert source[0] == event.source
        noted = aws.s3().head_object(Bucket=trained.data, Key=quarantined)["Metadata"]
        assert sum(len(name) + len(text) for name, text in noted.items()) <= 2048
        assert all(text.isascii() and text.isprintable() for text in noted.values())


def test_an_object_that_was_erased_before_it_was_read_is_refused(trained: Deployment) -> None:
    key = INBOX + "gone.csv"
    version_id = trained.upload(key, scored(14))
    aws.s3().delete_object(Bucket=trained.data, Key=key, VersionId=version_id)
    (event,) = [event for event in trained.settle() if isinstance(event, BatchRejected)]
    assert (event.code, event.source, event.model) == ("object_missing", key, "lemons")
    assert "upload it again" in event.message
    assert not trained.failures


def test_an_erased_object_is_the_same_batch_however_late_it_is_delivered_again(trained: Deployment) -> None:
    key = INBOX + "gone.csv"
    version_id = trained.upload(key, scored(14))
    aws.s3().delete_object(Bucket=trained.data, Key=key, VersionId=version_id)
    aws.sqs().purge_queue(QueueUrl=trained.queues["ingest_records"])
    for _ in range(3):  # sent by hand, without a time
        assert not trained.invoke("ingest_records", trained.message_of(key, version_id))["batchItemFailures"]
        trained.clock.pass_by(timedelta(days=1))
    trained.settle()
    assert len({(event.batch, event.event_id) for event in trained.told(BatchRejected)}) == 1
    assert len([entry for entry in trained.entries("lemons") if entry.action == "batch_rejected"]) == 1


def test_a_large_object_that_was_erased_while_it_waited_is_refused(trained: Deployment) -> None:
    key = INBOX + "large.csv"
    trained.upload(key, scored(14))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("steward.store.reading.PART", 1)  # so that it is large
        bring = Bucket.fetch

        def brought_and_erased(self: Bucket, key: str, version_id: str, target: object) -> object:
            listed = bring(self, key, version_id, target)  # type: ignore[arg-type]
            aws.s3().delete_object(Bucket=self.name, Key=key, VersionId=version_id)
            return listed

        patch.setattr(Bucket, "fetch", brought_and_erased)
        events = trained.settle()
    assert [event.code for event in events if isinstance(event, BatchRejected)] == ["object_missing"]
    assert not trained.failures


def test_an_object_behind_a_delete_marker_is_taken_in(trained: Deployment) -> None:
    key = INBOX + "hidden.csv"
    trained.upload(key, scored(14))
    aws.s3().delete_object(Bucket=trained.data, Key=key)
    assert [event.rows for event in trained.settle() if isinstance(event, BatchIngested)] == [20]


@pytest.mark.parametrize(("ahead", "rows"), [(23, 20), (25, 19)])
def test_times_are_judged_against_the_end_of_the_upload(trained: Deployment, ahead: int, rows: int) -> None:
    """S3 dates an upload in parts by its beginning; its event comes when it is complete, and may wait for hours."""
    began = trained.clock.now + timedelta(minutes=1)
    completed = began + timedelta(days=2)
    frame = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=20))
    frame.loc[7, "sold_at"] = (completed + timedelta(hours=ahead)).isoformat()
    version_id = trained.upload(INBOX + "long.csv", lemons.csv(frame))
    event = json.loads(trained.message_of(INBOX + "long.csv", version_id)) | {"time": completed.isoformat()}
    trained.clock.pass_by(timedelta(days=4))
    trained.invoke("ingest_records", json.dumps(event))
    trained._observe()
    assert [event.rows for event in trained.told(BatchIngested)][-1] == rows
