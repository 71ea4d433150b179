"""Predictions that come before the first version wait for it: nothing is lost, refused or told, in any order."""

from datetime import timedelta
from itertools import permutations
from unittest.mock import patch

import pytest

from steward.events import (
    BatchDeferred,
    BatchIngested,
    BatchRejected,
    DefectChanged,
    MaintenanceRequested,
    ReleaseChanged,
)
from steward.releasing.routing import Routing
from steward.store.bucket import Bucket
from steward.store.queue import Queue
from tests.integration import lemons
from tests.nightly import nightly

from .deployment import Deployment

ADOPTED = lemons.SPEC[: lemons.SPEC.index("retraining:")]
SOLD = lemons.sales(2, first_day=14, rows_a_day=100)
REFERENCE = lemons.sales(14)


def files(*, adopted: bool) -> dict[str, bytes]:
    """What a new user uploads, by key."""
    reference = lemons.predictions(REFERENCE).assign(lemon=REFERENCE["lemon"]) if adopted else REFERENCE
    return {
        "inbox/lemons/reference/reference.csv": lemons.csv(reference),
        "inbox/lemons/predictions/predictions.csv": lemons.csv(lemons.predictions(SOLD)),
        "inbox/lemons/labels/labels.csv": lemons.csv(lemons.labels(SOLD)),
    }


def declare(steward: Deployment, *, adopted: bool = False) -> None:
    steward.upload("specs/lemons.yaml", ADOPTED if adopted else lemons.SPEC)
    steward.settle()


def labelled(steward: Deployment) -> int:
    return sum(steward.object(key)["outcomes"]["labelled"] for key in steward.keys("outcomes/lemons/"))


def assert_nothing_is_lost(steward: Deployment) -> None:
    assert not steward.errors, steward.errors
    assert not steward.failures
    assert not steward.told(BatchRejected)
    assert not steward.told(DefectChanged)
    assert [one["Subject"] for one in steward.notifications if "champion is now" not in one["Subject"]] == []
    taken = {event.source: event for event in steward.told(BatchIngested)}
    assert {key: event.rows for key, event in taken.items()} == {
        "inbox/lemons/reference/reference.csv": 5600,
        "inbox/lemons/predictions/predictions.csv": 200,
        "inbox/lemons/labels/labels.csv": 200,
    }
    assert {event.rejected_rows for event in taken.values()} == {0}
    first = steward.object("models/lemons/routing.json")["promotions"][0]["version"]
    assert taken["inbox/lemons/predictions/predictions.csv"].versions == [first]
    assert labelled(steward) == 200


@pytest.mark.parametrize(
    ("order", "adopted"),
    [
        ((2, 1, 0), True),
        ((1, 2, 0), False),
        *nightly(((0, 1, 2), True), ((1, 2, 0), True), ((0, 1, 2), False), ((2, 1, 0), False)),
    ],
)
def test_the_files_of_a_new_model_may_come_in_any_order(
    steward: Deployment, order: tuple[int, ...], *, adopted: bool
) -> None:
    declare(steward, adopted=adopted)
    uploads = list(files(adopted=adopted).items())
    for turn in order:
        steward.upload(*uploads[turn])
        steward.settle()
    assert_nothing_is_lost(steward)
    assert len(steward.told(BatchDeferred)) == (order[0] != 0)


@pytest.mark.parametrize("seed", [2, *nightly(1, 3)])
def test_files_that_are_all_uploaded_at_once_lose_nothing(steward: Deployment, seed: int) -> None:
    declare(steward, adopted=True)
    order = list(permutations(files(adopted=True).items()))[seed]
    for key, body in order:
        steward.upload(key, body)
    steward.settle(shuffle=seed, redeliver=2)
    assert_nothing_is_lost(steward)
    deferred = [entry for entry in steward.entries("lemons") if entry.action == "batch_deferred"]
    assert len(deferred) <= 1
    assert all("steward push FILE --model lemons --kind reference" in entry.summary for entry in deferred)


def test_telemetry_waits_too(steward: Deployment) -> None:
    declare(steward, adopted=True)
    steward.upload("inbox/lemons/telemetry/day.csv", "sold_at,latency\n2024-01-15T00:00:00Z,12\n")
    steward.settle()
    assert [event.kind for event in steward.told(BatchDeferred)] == ["telemetry"]
    steward.upload("inbox/lemons/reference/r.csv", files(adopted=True)["inbox/lemons/reference/reference.csv"])
    steward.settle()
    assert [event.rows for event in steward.told(BatchIngested) if event.kind == "telemetry"] == [1]


def test_a_version_that_takes_over_while_the_file_is_read_is_seen(trained: Deployment) -> None:
    """It took over after the routing was read, and before it was stored that the file waits."""
    champion = trained.champion("lemons")
    stale = iter([Routing(model="lemons")])
    read = "steward.services.ingest_records.models.routing"
    from steward.repositories import models  # noqa: PLC0415

    known = models.routing
    trained.upload("inbox/lemons/predictions/predictions.csv", lemons.csv(lemons.predictions(SOLD)))
    with patch(read, lambda data, model: next(stale, None) or known(data, model)):
        trained.settle()
    assert not trained.told(BatchDeferred)
    (taken,) = [event for event in trained.told(BatchIngested) if event.kind == "predictions"]
    assert (taken.rows, taken.versions) == (200, [champion])


def test_a_later_promotion_sends_nothing_round_again(steward: Deployment) -> None:
    declare(steward, adopted=True)
    for key, body in reversed(files(adopted=True).items()):
        steward.upload(key, body)
        steward.settle()
    before = len(steward.told(BatchIngested))
    again = lemons.sales(2, first_day=20)
    steward.upload("inbox/lemons/reference/2.csv", lemons.csv(lemons.predictions(again).assign(lemon=again["lemon"])))
    steward.settle()
    assert [event.kind for event in steward.told(BatchIngested)[before:]] == ["reference"]
    assert [event.previous is None for event in steward.told(ReleaseChanged)] == [True, False]


def test_rows_that_are_wrong_besides_are_quarantined_once_the_file_is_taken_in(steward: Deployment) -> None:
    declare(steward, adopted=True)
    scored = lemons.predictions(SOLD)
    scored.loc[:2, "age"] = 99.0
    steward.upload("inbox/lemons/predictions/predictions.csv", lemons.csv(scored))
    steward.settle()
    assert not steward.keys("quarantine/")
    steward.upload("inbox/lemons/reference/r.csv", files(adopted=True)["inbox/lemons/reference/reference.csv"])
    steward.settle()
    (taken,) = [event for event in steward.told(BatchIngested) if event.kind == "predictions"]
    assert (taken.rows, taken.rejected_rows) == (197, 3)


def test_a_file_without_a_usable_row_is_refused_at_once(steward: Deployment) -> None:
    declare(steward, adopted=True)
    steward.upload("inbox/lemons/predictions/p.csv", lemons.csv(lemons.predictions(SOLD).assign(age=99.0)))
    steward.settle()
    assert [event.code for event in steward.told(BatchRejected)] == ["no_valid_rows"]


def maintain(steward: Deployment) -> None:
    now = steward.clock.now
    steward.publish(MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id=f"care-{now}"))
    steward.settle(redeliver=2)
    assert not steward.errors, steward.errors


def release(steward: Deployment, key: str, request: str) -> None:
    version = Bucket(steward.data).newest_version(key)
    Queue(steward.queues["ingest_records"]).send_upload(steward.data, key, version, request=request)
    steward.settle(redeliver=2)


def said(steward: Deployment, key: str) -> list[str]:
    """What the ledger says of an upload, the oldest first."""
    return [entry.action for entry in steward.entries("lemons") if entry.subject == key]


def test_the_wait_ends_after_two_weeks_with_a_refusal_that_says_why(steward: Deployment) -> None:
    declare(steward, adopted=True)
    steward.upload("inbox/lemons/predictions/predictions.csv", lemons.csv(lemons.predictions(SOLD)))
    steward.settle()
    steward.clock.pass_by(timedelta(days=13))
    maintain(steward)
    assert not steward.told(BatchRejected)
    steward.clock.pass_by(timedelta(days=2))
    maintain(steward)
    maintain(steward)
    refused = {event.event_id: event for event in steward.told(BatchRejected)}
    (event,) = refused.values()
    assert (event.code, event.source) == ("no_champion", "inbox/lemons/predictions/predictions.csv")
    assert "steward quarantine release lemons inbox/lemons/predictions/predictions.csv" in event.message
    assert not steward.keys("arrivals/lemons/deferred/")

    for times in (2, 3):  # released while there is still no version, it waits as long again
        release(steward, event.source, request=f"release-{times}")
        assert said(steward, event.source)[-1] == "batch_deferred"
        steward.clock.pass_by(timedelta(days=13))
        maintain(steward)
        assert said(steward, event.source)[-1] == "batch_deferred"
        steward.clock.pass_by(timedelta(days=2))
        maintain(steward)
        assert said(steward, event.source) == ["batch_deferred", "batch_rejected"] * times
        assert not steward.keys("arrivals/lemons/deferred/")

    steward.upload("inbox/lemons/reference/r.csv", files(adopted=True)["inbox/lemons/reference/reference.csv"])
    steward.settle()
    assert [event.kind for event in steward.told(BatchIngested)] == ["reference"]
