"""Labels that meet nothing are reported at once, and those that are merely early, or of others, are not."""

from collections.abc import Callable

import pandas as pd
import pytest

from steward.events import AlertRaised, AlertResolved, CheckCompleted
from steward.monitoring.check import Check
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment

PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"


def upload(steward: Deployment, key: str, rows: pd.DataFrame) -> None:
    steward.upload(key, lemons.csv(rows))
    steward.settle()
    assert not steward.failures
    assert not steward.errors, steward.errors


def told(steward: Deployment) -> list[tuple[str, str]]:
    """How the alert moved, and in which window."""
    return [
        (type(event).__name__, event.window[:8])
        for event in steward.published
        if isinstance(event, AlertRaised | AlertResolved) and event.monitor == "unmatched_labels"
    ]


def day_of(day: int, rows: int = 30) -> pd.DataFrame:
    return lemons.sales(1, first_day=day, rows_a_day=rows)


def renamed(labels: pd.DataFrame, name: Callable[[str], str]) -> pd.DataFrame:
    return labels.assign(sale=[name(identity) for identity in labels["sale"]])


SPELLINGS: dict[str, tuple[Callable[[str], str], str]] = {
    "with a prefix": (lambda identity: f"ord-{identity}", "'ord-s14-0-0'"),
    "cut short": (lambda identity: f"4-{identity.rpartition('-')[2]}", "'4-0'"),
    "of another system": (lambda identity: f"{hash_of(identity):012d}", "'000000000000'"),
}


def hash_of(identity: str) -> int:
    return 7919 * int(identity.rpartition("-")[2])


@pytest.mark.parametrize(
    ("spelling", "timed", "later"),
    [("with a prefix", True, 0), ("cut short", False, 0), ("of another system", True, 3)],
)
def test_a_file_of_labels_that_meets_nothing_is_reported_at_once_with_the_ids_of_both_sides(
    trained: Deployment, *, spelling: str, timed: bool, later: int
) -> None:
    rename, example = SPELLINGS[spelling]
    sold = day_of(14)
    upload(trained, PREDICTIONS + "14.csv", lemons.predictions(sold))
    assert told(trained) == []
    labels = lemons.labels(sold, timed=timed)
    if later:
        labels = labels.assign(sold_at=[str(pd.Timestamp(at) + pd.Timedelta(days=later)) for at in sold["sold_at"]])
    upload(trained, LABELS + "14.csv", renamed(labels, rename))
    assert told(trained) == [("AlertRaised", "20240115")]
    (message,) = trained.notifications
    assert "none of the 30 labels of inbox/lemons/labels/14.csv has a prediction" in message["Message"]
    assert example in message["Message"]
    assert "predictions of IDs such as 's14-0-0'" in message["Message"]
    check = newest_check(trained)
    assert check.statuses["unmatched_labels"] == "breach"
    assert recompute(Bucket(trained.data), check) == check.results
    assert any("unmatched_labels breach" in entry.summary for entry in trained.entries("lemons"))
    upload(trained, LABELS + "14-again.csv", labels)
    assert told(trained)[1:] == [("AlertResolved", "20240115")]
    assert newest_check(trained).labelled_rows == 30


def newest_check(steward: Deployment) -> Check:
    return Check.model_validate_json(Bucket(steward.data).get_verified(steward.told(CheckCompleted)[-1].stored))


def test_labels_of_all_customers_of_whom_a_tenth_is_scored_are_no_news_until_none_of_them_meets(
    trained: Deployment,
) -> None:
    for day in (14, 15):
        everyone = day_of(day, rows=200)
        upload(trained, f"{PREDICTIONS}{day}.csv", lemons.predictions(everyone.iloc[::10]))
        upload(trained, f"{LABELS}{day}.csv", lemons.labels(everyone))
    assert told(trained) == []
    assert newest_check(trained).statuses["unmatched_labels"] == "ok"
    everyone = day_of(16, rows=200)
    upload(trained, PREDICTIONS + "16.csv", lemons.predictions(everyone.iloc[::10]))
    upload(trained, LABELS + "16.csv", renamed(lemons.labels(everyone), lambda identity: f"x{identity}"))
    assert told(trained) == [("AlertRaised", "20240117")]


def test_labels_that_come_before_their_predictions_are_no_news(trained: Deployment) -> None:
    for day in (14, 15, 16):
        sold = day_of(day)
        upload(trained, f"{LABELS}{day}.csv", lemons.labels(sold, timed=day == 15))
        upload(trained, f"{PREDICTIONS}{day}.csv", lemons.predictions(sold))
    assert told(trained) == []
    assert newest_check(trained).labelled_rows == 30
    assert trained.keys("records/waiting/") == []


def test_early_labels_whose_predictions_never_came_are_reported_once_the_horizon_has_passed(
    trained: Deployment,
) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "label_horizon: 2d\n")
    sold = day_of(14)
    upload(trained, PREDICTIONS + "14.csv", lemons.predictions(sold))
    upload(trained, LABELS + "14.csv", lemons.labels(sold))
    upload(trained, LABELS + "lost.csv", renamed(lemons.labels(sold, timed=False), lambda identity: f"x{identity}"))
    assert told(trained) == []
    upload(trained, PREDICTIONS + "15.csv", lemons.predictions(day_of(15)))
    assert told(trained) == []
    upload(trained, PREDICTIONS + "16.csv", lemons.predictions(day_of(16)))
    assert told(trained) == [("AlertRaised", "20240117")]
    assert "30 of 60 labels have no prediction" in trained.notifications[-1]["Message"]


def test_labels_of_predictions_from_before_the_horizon_are_no_news(trained: Deployment) -> None:
    upload(trained, PREDICTIONS + "14.csv", lemons.predictions(day_of(14)))
    old = day_of(20).assign(sold_at="2023-11-05T12:00:00Z")
    upload(trained, LABELS + "old.csv", lemons.labels(old))
    upload(trained, LABELS + "all.csv", lemons.labels(pd.concat([old, day_of(14)])))
    assert told(trained) == []
    assert newest_check(trained).labelled_rows == 30


def test_nobody_is_told_where_the_monitor_is_switched_off(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "monitors: {unmatched_labels: null}\n")
    sold = day_of(14)
    upload(trained, PREDICTIONS + "14.csv", lemons.predictions(sold))
    upload(trained, LABELS + "14.csv", renamed(lemons.labels(sold), lambda identity: f"x{identity}"))
    assert told(trained) == []
    assert "unmatched_labels" not in newest_check(trained).statuses


def half_foreign(sold: pd.DataFrame) -> pd.DataFrame:
    labels = lemons.labels(sold, timed=False)
    return pd.concat([labels[::2], renamed(labels[1::2], lambda identity: f"x{identity}")])


def test_a_file_half_of_which_is_of_another_system_is_reported_at_once_or_when_newer_predictions_have_come(
    trained: Deployment,
) -> None:
    for day in range(14, 19):
        upload(trained, f"{PREDICTIONS}{day}.csv", lemons.predictions(day_of(day)))
    for day in (14, 15, 16):
        upload(trained, f"{LABELS}{day}.csv", lemons.labels(day_of(day)))
    assert told(trained) == []
    ready, now = trained.snapshot(), trained.clock.now
    upload(trained, LABELS + "half.csv", half_foreign(day_of(15)))  # the newest predictions are three days newer
    assert told(trained) == [("AlertRaised", "20240119")]
    assert "15 of 30 labels have no prediction" in trained.notifications[-1]["Message"]
    assert "such as 'xs15-0-1'" in trained.notifications[-1]["Message"]

    trained.restore(ready, now)
    trained.published.clear()
    upload(trained, LABELS + "half.csv", half_foreign(day_of(17)))  # the others may be of the day after
    for day in (19, 20):
        assert told(trained) == []
        upload(trained, f"{PREDICTIONS}{day}.csv", lemons.predictions(day_of(day)))
    upload(trained, f"{PREDICTIONS}21.csv", lemons.predictions(day_of(21)))
    assert [kind for kind, _ in told(trained)] == ["AlertRaised"]
