"""A key that is overwritten within a second: what S3 calls the newest version comes last, however messages arrive."""

import json
from collections.abc import Sequence

import pytest

from steward import aws
from steward.events import BatchIngested, BatchRejected, ModelRegistered, ObjectCreated
from steward.repositories.models import newest_revision
from steward.repositories.uploads import Upload, is_batch_of
from steward.services import register_model
from steward.store.bucket import Bucket
from steward.store.keys import InboxKey
from tests.integration import lemons

from .deployment import Deployment

KEY = "inbox/lemons/labels/today.csv"
PLACE = InboxKey.parse(KEY)


def batches(steward: Deployment, versions: Sequence[str], sequencers: Sequence[str]) -> list[str]:
    bucket = Bucket(steward.data)
    found = []
    for version, sequencer in zip(versions, sequencers, strict=True):
        created = ObjectCreated(bucket=steward.data, key=KEY, version_id=version, sequencer=sequencer)
        uploaded = aws.s3().head_object(Bucket=steward.data, Key=KEY, VersionId=version)["LastModified"]
        found.append(Upload.of(PLACE, created, uploaded, bucket).batch)
    return found


def overwrite(steward: Deployment, *bodies: bytes, key: str = KEY) -> list[str]:
    """Write the versions of a key at one moment; their ids."""
    put = aws.s3().put_object
    versions = [put(Bucket=steward.data, Key=key, Body=body)["VersionId"] for body in bodies]
    aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])
    return versions


@pytest.mark.parametrize("sample", ["", "617f08299329d189", "0055AED6DCD90281E5", "000", "not hexadecimal"])
def test_versions_without_a_sequencer_sort_as_the_listing_has_them(steward: Deployment, sample: str) -> None:
    versions = overwrite(steward, *(b"%d" % turn for turn in range(6)))
    aws.s3().put_object(Bucket=steward.data, Key=f"{KEY}.gz", Body=b"another key, listed with the same prefix")
    ascending = batches(steward, versions, [sample] * 6)
    assert ascending == sorted(set(ascending))
    assert batches(steward, versions[::-1], [sample] * 6) == ascending[::-1]
    assert all(is_batch_of(batch, KEY, version) for batch, version in zip(ascending, versions, strict=True))


def test_versions_with_sequencers_sort_by_them_whatever_their_length_and_case(steward: Deployment) -> None:
    versions = overwrite(steward, *(b"%d" % turn for turn in range(5)))
    sequencers = ["9", "00A0", "a1", "0062E99A88DC407460", "62e99a88dc407461"]
    ascending = batches(steward, versions, sequencers)
    assert ascending == sorted(set(ascending))
    assert batches(steward, versions, [each.zfill(18).upper() for each in sequencers]) == ascending


def test_the_second_counts_before_the_sequencer(steward: Deployment) -> None:
    first = steward.upload(KEY, b"1")
    second = steward.upload(KEY, b"2")
    assert batches(steward, [first], ["ff"]) < batches(steward, [second], ["1"])


@pytest.mark.parametrize(("order", "listed"), [((2, 0, 1), True), ((1, 2, 0, 1), False)])
def test_the_labels_of_the_newest_version_stand(trained: Deployment, order: tuple[int, ...], *, listed: bool) -> None:
    sold = lemons.sales(1, first_day=14, rows_a_day=40)
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(lemons.predictions(sold)))
    trained.settle()
    bodies = [lemons.csv(lemons.labels(sold).assign(lemon=said)) for said in (0, 1)]
    versions = overwrite(trained, bodies[0], bodies[1], lemons.csv(lemons.labels(sold)))
    for turn in order:
        message = json.loads(trained.message_of(KEY, versions[turn]))
        message["detail"]["object"] |= {} if listed else {"sequencer": f"00{0x62E99A88DC40746F + turn:X}"}
        assert not trained.invoke("ingest_records", json.dumps(message))["batchItemFailures"]
        trained.settle()
    (key,) = trained.keys("outcomes/")
    joined = trained.object(key)["outcomes"]
    assert joined["labelled"] == 40
    assert joined["true_positives"] + joined["false_negatives"] == sold["lemon"].sum()


@pytest.mark.parametrize(("kind", "order"), [("predictions", (1, 0, 1)), ("reference", (1, 0))])
def test_rows_of_the_overwritten_version_stand(trained: Deployment, kind: str, order: tuple[int, ...]) -> None:
    key = f"inbox/lemons/{kind}/today.csv"
    sold = lemons.sales(1, first_day=14, rows_a_day=40)
    rows = sold if kind == "reference" else lemons.predictions(sold)
    versions = overwrite(trained, lemons.csv(rows), lemons.csv(rows.iloc[20:].assign(mileage=1.0)), key=key)
    for turn in order:
        assert not trained.invoke("ingest_records", trained.message_of(key, versions[turn]))["batchItemFailures"]
        trained.settle()
    told = {
        event.correlation_id: event for event in trained.published if isinstance(event, BatchIngested | BatchRejected)
    }
    first, second = (told[ObjectCreated.correlate(key, version)] for version in versions)
    assert (type(first), first.rows) == (BatchIngested, 40)
    assert (type(second), second.code) == (BatchRejected, "no_valid_rows")


def test_the_declaration_uploaded_last_is_in_force_though_an_earlier_one_is_stored_after_it(
    steward: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = lemons.SPEC.replace("cool_down: 3d", "cool_down: 1d"), lemons.SPEC
    store = register_model._store
    overtaken = []

    def store_after_another(*arguments: object) -> object:
        if not overtaken:
            overtaken.append(True)
            version = aws.s3().put_object(Bucket=steward.data, Key="specs/lemons.yaml", Body=newer.encode())
            message = steward.message_of("specs/lemons.yaml", version["VersionId"])
            assert not steward.invoke("register_model", message)["batchItemFailures"]
        return store(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(register_model, "_store", store_after_another)
    steward.upload("specs/lemons.yaml", older)
    steward.settle()
    assert not steward.errors
    in_force, _ = newest_revision(Bucket(steward.data), "lemons")
    assert in_force.spec.retraining.cool_down.days == 3
    assert {event.revision for event in steward.told(ModelRegistered)} >= {in_force.revision}
