"""A past that is replayed: no window is called short before it has ended, and no deadline has passed at its birth."""

from datetime import timedelta

import pytest

from steward.events import AlertRaised, CheckCompleted, DefectChanged, DefectOverdue, DefectReviewRequested
from steward.monitoring.check import Check
from steward.results import MetricResult
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute
from tests.nightly import nightly

from .deployment import Deployment

FIRST = 14
DAY = timedelta(days=1)


def window(day: int) -> str:
    return f"{lemons.START + day * DAY:%Y%m%d}T000000Z_1d"


def upload(steward: Deployment, first: int, days: int, *, cut: int | None = None, name: str = "past") -> None:
    """Predictions of some days, of the last of which only the first `cut` rows came."""
    rows = lemons.predictions(lemons.sales(days, first_day=first))
    steward.upload(f"inbox/lemons/predictions/{name}.csv", lemons.csv(rows[: (days - 1) * 400 + cut] if cut else rows))
    steward.settle()
    assert not steward.errors, steward.errors


def newest_check(steward: Deployment, day: int) -> Check:
    told = [event for event in steward.told(CheckCompleted) if event.window == window(day)]
    return Check.model_validate_json(Bucket(steward.data).get_verified(told[-1].stored))


def of(check: Check, monitor: str) -> list[MetricResult]:
    return [result for result in check.results if result.monitor == monitor]


def test_a_half_filled_last_window_is_judged_once_a_later_record_comes(trained: Deployment) -> None:
    last = FIRST + 19
    upload(trained, FIRST, 20, cut=120)
    (rows,) = of(newest_check(trained, last), "volume")
    assert rows.status == "unknown"
    assert "cannot be judged until a record of a later window comes" in rows.message
    assert "volume" not in {event.monitor for event in trained.told(AlertRaised)}

    upload(trained, last + 1, 1, name="next")
    check = newest_check(trained, last)
    (rows,) = of(check, "volume")
    assert rows.status == "breach"
    assert rows.message.startswith("133 rows, 67% fewer than the 398 usual")
    assert "volume" in {event.monitor for event in trained.told(AlertRaised)}
    assert recompute(Bucket(trained.data), check) == check.results
    checks = [event for event in trained.told(CheckCompleted) if event.window == window(last - 1)]
    assert len(checks) == 1  # what could be judged is not judged again


@pytest.mark.parametrize("seed", [0, *nightly(1, 2)])
def test_labels_that_meet_all_predictions_are_not_missed(steward: Deployment, seed: int) -> None:
    lemons.begin(steward, lemons.SPEC + "label_horizon: 3d\n")
    sold = lemons.sales(12, first_day=FIRST)
    steward.upload("inbox/lemons/predictions/past.csv", lemons.csv(lemons.predictions(sold)))
    steward.settle()
    steward.upload("inbox/lemons/labels/past.csv", lemons.csv(lemons.labels(sold, timed=False)))
    steward.settle(shuffle=seed)
    assert not steward.errors, steward.errors
    checks = [newest_check(steward, FIRST + day) for day in range(12)]
    assert [check.labelled_rows for check in checks] == [check.rows for check in checks]
    check = checks[-1]
    assert [result.message for result in of(check, "no_data") if result.status == "breach"] == []
    assert recompute(Bucket(steward.data), check) == check.results


def test_a_defect_of_a_replayed_past_is_due_by_the_time_of_the_data(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC + "defects: {opened_by: [missing_values], deadlines: {warning: 1w}}\n")
    rows = lemons.predictions(lemons.sales(20, first_day=FIRST))
    rows.loc[rows.index < 400, "make"] = None
    spec = lemons.SPEC.replace("make: categorical", "make: {type: categorical, nullable: true}")
    steward.upload("specs/lemons.yaml", spec + "defects: {opened_by: [missing_values], deadlines: {warning: 1w}}\n")
    steward.settle()
    steward.upload("inbox/lemons/predictions/past.csv", lemons.csv(rows))
    steward.settle()
    assert not steward.errors, steward.errors
    opened = steward.told(DefectChanged)
    assert opened
    assert {event.deadline for event in opened} == {lemons.START + (FIRST + 20 + 7) * DAY}
    review(steward)
    assert not steward.told(DefectOverdue)

    upload(steward, FIRST + 20, 8, name="next")
    review(steward)
    assert {event.defect for event in steward.told(DefectOverdue)} == {event.defect for event in opened}


def review(steward: Deployment) -> None:
    at = steward.clock.now
    steward.publish(DefectReviewRequested(occurred_at=at, model="lemons", as_of=at, correlation_id=f"schedule-{at}"))
    steward.settle()
