"""Rows against the usual: for the hour of the week, beyond how windows differ."""

from datetime import timedelta

import numpy as np
import pytest

from steward.monitoring.window_figures import window_figures
from steward.quality.volume import expected_rows
from tests.unit.quality.contexts import BASELINE, DAY, NUMBER, SPEC, declared, judged, profile

HOUR = timedelta(hours=1)
WEEK = 7 * 24


def weeks(number: int, seed: int = 0, spread: float = 0.1) -> dict[int, int]:
    """Hourly rows with a rhythm of hours and weekends, up to hour 0."""
    random = np.random.default_rng(seed)
    hours = np.arange(-number * WEEK, 0)
    usual = 1000 * (1 + 0.8 * np.sin(hours * 2 * np.pi / 24)) * np.where(hours % WEEK >= 120, 0.2, 1)
    return dict(
        zip(hours.tolist(), random.poisson(usual * random.lognormal(0, spread, len(hours))).tolist(), strict=True)
    )


def days(number: int, seed: int = 0) -> dict[int, int]:
    random = np.random.default_rng(seed)
    return {NUMBER - at: int(random.normal(1000, 50)) for at in range(1, number + 1)}


def test_the_hour_of_the_week_is_compared() -> None:
    rows = weeks(4)
    busy, calm = expected_rows(rows, 6, HOUR), expected_rows(rows, 5 * 24 + 6, HOUR)
    assert busy.place == calm.place == "this hour of the week"
    assert busy.rows == pytest.approx(1800, rel=0.2)
    assert calm.rows == pytest.approx(360, rel=0.2)
    assert busy.degrees > 400


def test_with_two_weeks_the_hour_of_the_day_and_with_less_nothing() -> None:
    assert expected_rows(weeks(2), 6, HOUR).place == "this hour of the day"
    assert expected_rows(weeks(1), -1, HOUR) is None
    assert expected_rows({}, 6, HOUR) is None


@pytest.mark.parametrize(
    ("known", "length", "place"),
    [
        (days(30), timedelta(days=1), "this day of the week"),
        (days(10), timedelta(days=1), "the windows before"),
        (days(10), timedelta(weeks=1), "the windows before"),
        (days(80), timedelta(hours=5), "the windows before"),
    ],
)
def test_every_length_of_window_has_its_rhythm(known, length, place) -> None:
    assert expected_rows(known, NUMBER, length).place == place


def test_later_windows_and_the_window_itself_are_left_out() -> None:
    known = days(30)
    assert expected_rows(known | {NUMBER: 10**6, NUMBER + 7: 10**6}, NUMBER, DAY.length) == expected_rows(
        known, NUMBER, DAY.length
    )


def test_a_day_with_half_the_rows_is_told() -> None:
    (found,) = judged(volumes={at: 2 * rows for at, rows in days(30).items()})["volume"]
    assert found.status == "breach"
    assert found.message.startswith("1,000 rows, 5")
    assert "fewer than the 1,9" in found.message
    assert "usual for this day of the week; chance alone does this" in found.message
    (more,) = judged(volumes={at: rows // 4 for at, rows in days(30).items()})["volume"]
    assert (more.status, more.effect > 2) == ("breach", True)


def test_a_usual_day_is_usual_and_a_change_that_does_not_matter_is_none() -> None:
    assert judged(volumes=days(30))["volume"][0].status == "ok"
    steady = dict.fromkeys(days(60), 1250)
    assert judged(volumes=steady)["volume"][0].status == "ok"
    spec = declared(f"{SPEC}  volume: {{minimum_change: 0.1}}\n")
    assert judged(volumes=steady, spec=spec)["volume"][0].status == "breach"
    strict = declared(f"{SPEC}  volume: {{minimum_change: 0.1, false_alarm_rate: 1.0e-12}}\n")
    assert judged(volumes=steady, spec=strict)["volume"][0].status == "ok"


def test_windows_that_differ_wildly_make_no_alarm() -> None:
    random = np.random.default_rng(0)
    wild = {NUMBER - at: int(rows) for at, rows in enumerate(random.lognormal(7, 1, 60), start=1)}
    (found,) = judged(volumes=wild | {NUMBER - 7 * at: 400 for at in range(1, 9)})["volume"]
    assert (found.status, found.message.endswith("no more than windows differ")) == ("ok", True)


def test_counts_of_a_few_rows_are_judged_by_poissons_tail() -> None:
    assert expected_rows(dict.fromkeys(days(60), 4), NUMBER, DAY.length).chance(1) > 0.1


def test_a_window_that_may_not_have_ended_has_too_few_rows_only_so_far() -> None:
    twice = {at: 2 * rows for at, rows in days(30).items()}
    (found,) = judged(volumes=twice, ended=False)["volume"]
    assert (found.status, found.undecided) == ("unknown", False)
    assert "it cannot be judged until a record of a later window comes" in found.message
    assert window_figures(DAY.id, 1000, 0, [found]).filling
    (many,) = judged(volumes={at: rows // 4 for at, rows in days(30).items()}, ended=False)["volume"]
    assert many.status == "breach"  # more of them will not make it fewer
    (usual,) = judged(volumes=days(30), ended=False)["volume"]
    assert usual.status == "ok"
    assert not window_figures(DAY.id, 1000, 0, [usual]).filling


def test_too_little_is_known_at_first() -> None:
    (found,) = judged(volumes=days(6))["volume"]
    assert found.status == "unknown"
    assert found.message == (
        "1,000 rows; what is usual is not known yet: 6 earlier windows are known, and a week of them, at least 7, is "
        "needed"
    )


def test_null_switches_it_off() -> None:
    assert "volume" not in judged(spec=declared(f"{SPEC}  volume: null\n"))
    assert BASELINE.reference.rows == 6000
    assert profile().rows == 1000
