"""`check_window`: windows are checked once they have closed, as often as asked, always with the same result."""

from datetime import timedelta
from unittest.mock import patch

import pytest

from steward.events import BatchIngested, CheckCompleted, CheckRequested
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from tests.integration import lemons

from .deployment import Deployment

DAY = timedelta(days=1)


def upload_day(steward: Deployment, day: int, rows: int = 100) -> None:
    sold = lemons.sales(1, first_day=day, rows_a_day=100)[:rows]
    steward.upload(
        f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold, steward.champion("lemons")))
    )
    steward.settle()


def requested(steward: Deployment, window: str | None = None) -> CheckRequested:
    now = steward.clock.now
    return CheckRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="test", window=window)


def checked(steward: Deployment) -> list[str]:
    return [event.window for event in steward.told(CheckCompleted)]


def test_a_redelivered_batch_gets_the_same_check(trained: Deployment) -> None:
    upload_day(trained, 14)
    (key,) = trained.keys("checks/")
    body = trained.contents("checks/")[key]
    (ingested,) = [event for event in trained.told(BatchIngested) if event.kind == "predictions"]
    for _ in range(2):
        assert trained.deliver("check_window", ingested)
    trained.settle()
    assert trained.contents("checks/") == {key: body}
    assert len({event.event_id for event in trained.told(CheckCompleted)}) == 1
    assert [entry.action for entry in trained.entries("lemons")].count("check_completed") == 1


def test_a_window_that_has_not_closed_is_left_to_the_schedule(trained: Deployment) -> None:
    trained.clock.now = lemons.START + 14.5 * DAY
    day = lemons.sales(1, first_day=14, rows_a_day=100)
    trained.upload(
        "inbox/lemons/predictions/14.csv",
        lemons.csv(lemons.predictions(day).assign(version=trained.champion("lemons"))),
    )
    trained.settle()
    assert checked(trained) == []
    trained.deliver("check_window", requested(trained))
    trained.settle()
    assert checked(trained) == []
    trained.clock.now = lemons.START + 15 * DAY
    trained.deliver("check_window", requested(trained))
    trained.settle()
    assert checked(trained) == ["20240115T000000Z_1d"]


def test_lateness_is_waited_for(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("{length: 1d}", "{length: 1d, allowed_lateness: 6h}"))
    trained.settle()
    trained.clock.now = lemons.START + 15 * DAY + timedelta(hours=5)
    day = lemons.sales(1, first_day=14, rows_a_day=100)
    version = trained.champion("lemons")
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(lemons.predictions(day, version)))
    trained.settle()
    assert checked(trained) == []
    trained.clock.pass_by(timedelta(hours=1))
    trained.deliver("check_window", requested(trained))
    trained.settle()
    assert checked(trained) == ["20240115T000000Z_1d"]


def test_a_schedule_checks_what_closed_lately_and_no_more(trained: Deployment) -> None:
    for day in (14, 15):
        upload_day(trained, day)
    trained.clock.now = lemons.START + 20 * DAY + timedelta(hours=23)
    upload_day(trained, 20)
    before = len(trained.told(CheckCompleted))
    trained.clock.now = lemons.START + 21 * DAY + timedelta(minutes=5)
    trained.deliver("check_window", requested(trained))
    trained.settle()
    trained.deliver("check_window", requested(trained))
    trained.settle()
    silent = ["20240119T000000Z_1d", "20240120T000000Z_1d"]  # the three newest, of which two have no record
    assert sorted(checked(trained)[before:]) == [*silent, "20240121T000000Z_1d"]


def test_one_window_is_checked_on_demand(trained: Deployment) -> None:
    for day in (14, 15):
        upload_day(trained, day)
    before = len(trained.told(CheckCompleted))
    trained.deliver("check_window", requested(trained, "20240115T000000Z_1d"))
    trained.settle()
    assert checked(trained)[before:] == ["20240115T000000Z_1d"]
    assert len(trained.keys("checks/")) == 2


@pytest.mark.parametrize("window", ["20240301T000000Z_1d", None])
def test_a_window_without_records_gets_no_check(trained: Deployment, window: str | None) -> None:
    assert trained.deliver("check_window", requested(trained, window))
    trained.settle()
    assert checked(trained) == []


def test_a_check_says_what_it_rests_on(trained: Deployment) -> None:
    upload_day(trained, 14)
    (event,) = trained.told(CheckCompleted)
    check = trained.object(event.stored.key)
    manifest = trained.object(f"models/lemons/versions/{event.version}/manifest.json")
    assert check["baseline"] == manifest["baseline"]
    assert check["spec"]["key"] == "models/lemons/specs/000001.json"
    assert check["batches"] == [trained.told(BatchIngested)[-1].batch]
    assert all(result["message"] for result in check["results"])
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "check_completed"]
    assert entry.evidence == (event.stored,)


def reads_of_the_schedule(steward: Deployment) -> list[str]:
    """The profiles that the schedule's next check reads."""
    steward.clock.pass_by(timedelta(hours=1))
    with lemons.keys_read() as found:
        assert steward.deliver("check_window", requested(steward))
    return [key for key in found if key.startswith("profiles/")]


def test_a_schedule_reads_no_profile_of_a_window_that_nothing_happened_to(trained: Deployment) -> None:
    trained.clock.now = lemons.START + 14.5 * DAY
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}threshold: 0.4\n")
    trained.settle()
    upload_day(trained, 14)
    trained.clock.now = lemons.START + 15 * DAY
    assert trained.deliver("check_window", requested(trained))
    trained.settle()
    assert checked(trained) == ["20240115T000000Z_1d"]
    assert not reads_of_the_schedule(trained)
    upload_day(trained, 14, rows=90)  # most rows once more: a batch that is new, and gives up all of its ids
    assert reads_of_the_schedule(trained)


@pytest.mark.parametrize("dies", [(Ledger, "append"), (Bucket, "update")])
def test_a_check_whose_function_died_is_recorded_by_the_next_schedule_and_then_stands(
    trained: Deployment, dies: tuple[type, str]
) -> None:
    trained.clock.now = lemons.START + 14.5 * DAY
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}threshold: 0.4\n")
    trained.settle()
    upload_day(trained, 14)
    trained.clock.now = lemons.START + 15 * DAY
    with patch.object(*dies, side_effect=TimeoutError("the function ran out of time")):
        assert not trained.deliver("check_window", requested(trained))
    trained.errors.clear()
    assert len(trained.keys("checks/lemons/")) == 1
    assert reads_of_the_schedule(trained)
    assert [entry.action for entry in trained.entries("lemons")].count("check_completed") == 1
    assert not reads_of_the_schedule(trained)
