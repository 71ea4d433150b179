"""A model that falls silent is noticed, in the time of its data."""

from datetime import timedelta

from steward.events import AlertRaised, AlertResolved, CheckCompleted, CheckRequested
from steward.monitoring.check import Check
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment
from .terminal import reached, run

DAY = timedelta(days=1)


def upload_day(steward: Deployment, day: int) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=day))
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(sold))
    steward.settle()


def sweep(steward: Deployment, day: int) -> None:
    """The check's schedule falls due some minutes after a day began."""
    due, now = lemons.START + day * DAY + timedelta(minutes=5), steward.clock.now
    steward.publish(CheckRequested(occurred_at=now, as_of=due, model="lemons", correlation_id=f"schedule-{day}"))
    steward.settle()


def told(steward: Deployment) -> list[tuple[str, str]]:
    return [
        (type(event).__name__, event.window[:8])
        for event in steward.published
        if isinstance(event, AlertRaised | AlertResolved) and event.monitor == "no_data"
    ]


def test_a_day_without_predictions_is_noticed_once_what_is_usual_is_known(trained: Deployment) -> None:
    for day in range(14, 22):
        upload_day(trained, day)
        sweep(trained, day + 1)
    assert told(trained) == []
    for day in (23, 24):
        sweep(trained, day)
        sweep(trained, day)
    assert told(trained) == [("AlertRaised", "20240123")]
    (message,) = [sent for sent in trained.notifications if "no_data" in sent["Subject"]]
    assert "no prediction came in 1 window in a row; 400 are usual" in message["Message"]
    checks = [event for event in trained.told(CheckCompleted) if not event.rows]
    assert [event.window[:8] for event in checks] == ["20240123", "20240124"]
    stored = Check.model_validate_json(Bucket(trained.data).get_verified(checks[-1].stored))
    assert recompute(Bucket(trained.data), stored) == stored.results
    upload_day(trained, 24)
    assert told(trained)[1:] == [("AlertResolved", "20240125")]


def test_records_that_come_late_take_the_place_of_the_silence(trained: Deployment) -> None:
    for day in range(14, 22):
        upload_day(trained, day)
    sweep(trained, 23)
    assert told(trained) == [("AlertRaised", "20240123")]
    upload_day(trained, 22)
    assert told(trained)[1:] == [("AlertResolved", "20240123")]


def test_a_model_that_was_silent_for_weeks_is_checked_no_more(trained: Deployment) -> None:
    upload_day(trained, 14)
    before = len(trained.told(CheckCompleted))
    sweep(trained, 60)
    assert trained.told(CheckCompleted)[before:] == []


def test_nobody_asks_where_the_monitor_is_switched_off(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "monitors: {no_data: null}\n")
    trained.settle()
    for day in range(14, 22):
        upload_day(trained, day)
    before = len(trained.told(CheckCompleted))
    sweep(trained, 23)
    assert [event for event in trained.told(CheckCompleted)[before:] if not event.rows] == []


def test_labels_that_stop_are_missed_and_those_that_may_still_come_are_not(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "monitors: {no_data: {labels_within: 2d}}\n")
    trained.settle()
    for day in range(14, 18):
        upload_day(trained, day)
        sweep(trained, day + 1)
    assert told(trained) == []
    first = lemons.labels(lemons.sales(1, first_day=14))
    trained.upload("inbox/lemons/labels/14.csv", lemons.csv(first))
    trained.settle()
    upload_day(trained, 18)
    assert [kind for kind, _ in told(trained)] == ["AlertRaised"]
    (message,) = [sent for sent in trained.notifications if "no_data" in sent["Subject"]]
    assert "no label has come within 2d of the newest predictions that are as old" in message["Message"]


def test_labels_that_never_came_are_missed_once(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "monitors: {no_data: {labels_within: 2d}}\n")
    trained.settle()
    for day in range(14, 21):
        upload_day(trained, day)
        sweep(trained, day + 1)
    assert told(trained) == [("AlertRaised", "20240119")]
    (message,) = [sent for sent in trained.notifications if "no_data" in sent["Subject"]]
    assert "no label of a prediction has ever come" in message["Message"]
    assert "upload labels to inbox/lemons/labels/" in message["Message"]
    assert "`steward defects lemons` lists label files that were rejected" in " ".join(message["Message"].split())
    for day in range(14, 21):
        sold = lemons.labels(lemons.sales(1, first_day=day))
        trained.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(sold))
    trained.settle()
    assert told(trained)[1:] == [("AlertResolved", "20240121")]


def test_status_names_label_files_that_were_rejected(trained: Deployment) -> None:
    trained.upload("inbox/lemons/labels/14.csv", "id,label\ns1,1\n")
    trained.settle()
    with reached(trained):
        text = run("status", "lemons").text
    assert "Defects that are left (`steward defects lemons`):" in text
    assert "inbox/lemons/labels/14.csv cannot be used: the file lacks columns sale, lemon" in text
