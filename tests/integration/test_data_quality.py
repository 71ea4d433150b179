"""What is wrong with the data, and nothing else, is told: each fault raises its own monitor, a clean day none."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from steward.events import AlertRaised, CheckCompleted, ReleaseChanged
from tests.integration import lemons

from .deployment import Deployment, Objects, deployed

QUALITY = {
    "validity", "schema_consistency", "scale_consistency", "uniqueness", "freshness", "volume", "constant_columns",
    "label_leakage",
}  # fmt: skip
SPEC = lemons.SPEC.replace(
    "schedules:", "rules: [{name: young_is_near, check: mileage < 20000 * age + 20000}]\nmonitors:\n"
    "  freshness: {maximum_lag: 2d}\n  volume: {false_alarm_rate: 0.001}\nschedules:"
)  # fmt: skip
FIRST, DAYS = 14, 8
"""Clean days come first, so that it is known what is usual."""


def day(steward: Deployment, at: int, frame: pd.DataFrame, *, late: timedelta = timedelta(hours=2)) -> CheckCompleted:
    """Upload a day's predictions in two files, some time after the day; the check of it."""
    steward.clock.now = lemons.START + timedelta(days=at + 1) + late
    half = len(frame) // 2
    for part, rows in enumerate((frame[:half], frame[half:])):
        steward.upload(f"inbox/lemons/predictions/{at}-{part}.csv", lemons.csv(rows))
    steward.settle()
    assert not steward.errors
    return steward.told(CheckCompleted)[-1]


def scored(at: int, rows: int = 400) -> pd.DataFrame:
    return lemons.predictions(lemons.sales(1, first_day=at, rows_a_day=rows))


@pytest.fixture(scope="session")
def clean_days() -> tuple[Objects, Deployment]:
    """What is stored after the clean days, and the deployment that they passed in."""
    with deployed() as steward:
        steward.clock.now = lemons.START + timedelta(days=FIRST)
        lemons.begin(steward, SPEC)
        for at in range(FIRST, FIRST + DAYS):
            day(steward, at, scored(at))
        return steward.snapshot(), steward


@pytest.fixture
def watched(clean_days: tuple[Objects, Deployment]) -> Iterator[Deployment]:
    objects, before = clean_days
    with deployed() as steward:
        steward.restore(objects, before.clock.now)
        steward.published.extend(before.published)
        steward.notifications.extend(before.notifications)
        yield steward


def intakes(steward: Deployment, at: int) -> list[dict[str, Any]]:
    """What became of the rows of a day, batch by batch."""
    window = f"/202401{at + 1:02d}T000000Z_1d/"
    return [steward.object(key)["intake"] for key in steward.keys("profiles/lemons/") if window in key]


def found(check: CheckCompleted) -> set[str]:
    return {monitor for monitor, status in check.statuses.items() if status == "breach" and monitor in QUALITY}


def miles(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(mileage=frame["mileage"] / 1000)


def some_in_metres(frame: pd.DataFrame) -> pd.DataFrame:
    first = np.arange(len(frame)) < len(frame) // 2
    return frame.assign(mileage=np.where(first, frame["mileage"] * 1000, frame["mileage"]))


def sent_twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame[:60]])


def coloured(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(colour="red")


def of_negative_age(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(age=np.where(np.arange(len(frame)) % 5 == 0, -1.0, frame["age"]))


def all_fords(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(make="Ford")


LAST = FIRST + DAYS


def test_clean_days_raise_nothing(watched: Deployment) -> None:
    for check in watched.told(CheckCompleted):
        assert found(check) == set()
        read = watched.object(check.stored.key)
        assert {result["status"] for result in read["results"] if result["monitor"] in QUALITY} <= {"ok", "unknown"}
    newest = watched.told(CheckCompleted)[-1]
    assert {newest.statuses[name] for name in QUALITY} == {"ok"}
    assert not [event for event in watched.told(AlertRaised) if event.monitor in QUALITY]


@pytest.mark.parametrize(
    ("spoil", "monitors", "words"),
    [
        (miles, {"scale_consistency"}, "`mileage` is 1,000 times as small as in the baseline"),
        (
            some_in_metres,
            {"scale_consistency", "validity"},
            "1,000 times as large as in the baseline",
        ),
        (sent_twice, {"uniqueness"}, "have a `sale` that came before"),
        (coloured, {"schema_consistency"}, "`colour`, which is not declared, is there in 2 of 2 files"),
        (of_negative_age, {"validity"}, "20.00% have `age` out of its range"),
        (all_fords, {"constant_columns"}, "`make` is 'Ford' in all 400 rows"),
        (lambda frame: frame[:120], {"volume"}, "120 rows, 70% fewer than the 400 usual"),
    ],
    ids=["unit", "unit of some", "duplicates", "extra column", "range", "constant", "volume"],
)
def test_each_fault_raises_its_own_monitor(
    watched: Deployment, spoil: Callable[[pd.DataFrame], pd.DataFrame], monitors: set[str], words: str
) -> None:
    spec = SPEC.replace("check: mileage", "check: mileage / 10000") if spoil is some_in_metres else SPEC
    if spoil is some_in_metres:
        watched.upload("specs/lemons.yaml", spec)
        watched.settle()
        monitors = monitors - {"validity"}
    check = day(watched, LAST, spoil(scored(LAST)))
    assert found(check) == monitors
    raised = {event.monitor: event for event in watched.told(AlertRaised) if event.monitor in QUALITY}
    assert raised.keys() == monitors
    assert any(words in event.summary for event in raised.values()), [event.summary for event in raised.values()]
    notified = " ".join(sent["Message"] for sent in watched.notifications)
    assert words in notified


def test_a_version_with_a_feature_that_gives_the_label_away_is_refused_and_its_card_says_why(
    steward: Deployment,
) -> None:
    steward.upload("specs/lemons.yaml", SPEC)
    steward.settle()
    rows = lemons.sales(14)
    rows["mileage"] = rows["lemon"] * 1000.0 + rows["age"]
    steward.upload("inbox/lemons/reference/first.csv", lemons.csv(rows))
    steward.settle()
    (released,) = steward.told(ReleaseChanged)
    assert released.stage == "refused"
    assert "the label can be told by one feature alone: `mileage`" in released.summary
    (card,) = [key for key in steward.keys("models/lemons/versions/") if key.endswith("card.md")]
    assert "| no_leakage | refused | the label can be told" in steward.contents(card)[card].decode()


def test_late_data_are_told_of(watched: Deployment) -> None:
    check = day(watched, LAST, scored(LAST), late=timedelta(days=4))
    assert found(check) == {"freshness"}


def test_rows_that_are_only_counted_as_invalid_are_told_of(watched: Deployment) -> None:
    watched.upload("specs/lemons.yaml", f"{SPEC}on_invalid: count\n")
    watched.settle()
    frame = scored(LAST)
    broken = frame.assign(mileage=np.where(np.arange(len(frame)) % 4 == 0, 900_000.0, frame["mileage"]))
    check = day(watched, LAST, broken)
    assert "validity" in found(check)
    assert check.rows == 400
    (summary,) = [event.summary for event in watched.told(AlertRaised) if event.monitor == "validity"]
    assert "25.00% break rule `young_is_near`" in summary


def test_rows_in_quarantine_count_in_the_window_and_version_that_they_belong_to(watched: Deployment) -> None:
    """One file over three days: the bad rows of the first, some that say no time, and one of a fourth day."""
    days = [scored(at, 100) for at in range(LAST, LAST + 3)]
    days[0].loc[days[0].index[:10], "age"] = 99.0
    astray = days[1].iloc[:6].assign(sale=[f"x{at}" for at in range(6)], sold_at="")
    elsewhere = scored(LAST + 9, 1).assign(age=-5.0)
    watched.clock.now = lemons.START + timedelta(days=LAST + 10)
    watched.upload("inbox/lemons/predictions/all.csv", lemons.csv(pd.concat([*days, astray, elsewhere])))
    watched.settle()
    profiles = [intake for at in range(LAST, LAST + 3) for intake in intakes(watched, at)]
    assert [part["accepted"] for part in profiles] == [90, 100, 100]
    assert [part["rejected"].get("out_of_range age", 0) for part in profiles] == [10, 1, 0]
    assert [part["rejected"].get("missing_time sold_at", 0) for part in profiles] == [2, 2, 2]
    assert [part["rejected_rows"] for part in profiles] == [12, 3, 2]
    assert all(part["files"] == 1 for part in profiles)


def test_rows_sent_again_count_as_duplicates_and_their_share_of_bad_rows_stays(watched: Deployment) -> None:
    frame = of_negative_age(scored(LAST))
    first = day(watched, LAST, frame)
    watched.upload(f"inbox/lemons/predictions/{LAST}-again.csv", lemons.csv(frame[:200][::-1]))  # not the same bytes
    watched.settle(redeliver=2)
    parts = intakes(watched, LAST)
    assert [(part["accepted"], part["duplicates"], part["rejected_rows"]) for part in parts] == [
        (160, 0, 40), (160, 0, 40), (0, 160, 40),
    ]  # fmt: skip
    assert first.rows == 320
