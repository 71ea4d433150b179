"""A reference is cut into windows as long as the table that is compared with it, where time allows."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

import steward
from steward.offline.windowing import TimeSpan, split_by_window
from steward.profiles.profile_input import ProfileInput
from steward.records.columns import Chunk
from tests.nightly import nightly

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows_over(span: timedelta, rows: int) -> list[ProfileInput]:
    seconds = np.linspace(0, span.total_seconds(), rows) * 1e6
    times = np.datetime64("2024-01-01", "us") + seconds.astype("m8[us]")
    return [ProfileInput(Chunk(rows, {}), times=times)]


@pytest.mark.parametrize(
    ("declared", "compared", "length"),
    [
        (None, None, 3 * DAY),
        (None, 23 * HOUR, DAY),
        (None, timedelta(hours=23, minutes=59), DAY),
        (None, 50 * HOUR, 3 * DAY),
        (None, 6 * HOUR, 6 * HOUR),
        (None, timedelta(minutes=50), HOUR),
        (None, 20 * DAY, 3 * DAY),
        (7 * DAY, DAY, DAY),
        (7 * DAY, 30 * DAY, 7 * DAY),
        (40 * DAY, 30 * DAY, 3 * DAY),
    ],
)
def test_windows_are_no_longer_than_what_is_compared(declared, compared, length) -> None:
    windows = {window for window, _ in split_by_window(rows_over(60 * DAY, 60_000), declared, compared)}
    assert {window.length for window in windows} == {length}
    assert (
        sum(portion.chunk.rows for _, portion in split_by_window(rows_over(60 * DAY, 60_000), declared, compared))
        == 60_000
    )


def test_windows_have_twenty_rows_on_average() -> None:
    windows = {window for window, _ in split_by_window(rows_over(60 * DAY, 600), None, HOUR)}
    assert {window.length for window in windows} == {2 * DAY}


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_span_is_the_same_however_rows_are_parted(chunks) -> None:
    times = np.array(["2024-01-03", "NaT", "2024-01-01", "2024-01-02", "NaT", "2024-01-09"], "M8[us]")
    span = TimeSpan()
    span.add(None)
    for part in np.array_split(times, chunks):
        span.add(part)
    assert span.length == 8 * DAY
    assert TimeSpan().length is None


def days(random: np.random.Generator, first: int, count: int, shift: float = 1.0) -> pd.DataFrame:
    """Days of 100 rows, each of which has a common shift of so many standard deviations."""
    starts = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.repeat(np.arange(first, first + count), 100), unit="D")
    values = random.normal(0, 1, (100 * count, 24)) + np.repeat(random.normal(0, shift, (count, 24)), 100, axis=0)
    times = starts + pd.to_timedelta(random.uniform(0, 86_400, 100 * count), unit="s")
    return pd.DataFrame({f"c{at}": column for at, column in enumerate(values.T)}).assign(event_time=times)


@pytest.mark.parametrize(("comparisons", "most"), [(4, 0), *nightly((12, 1))])
def test_a_day_is_compared_with_days(comparisons: int, most: int) -> None:
    """With windows of three days, whose means vary less than those of days, 3 of these 12 drift."""
    random = np.random.default_rng(5)
    drifted = [steward.compare(days(random, 0, 60), days(random, 60, 1)).drift.detected for _ in range(comparisons)]
    assert sum(drifted) <= most


@pytest.mark.parametrize("comparisons", [2, *nightly(6)])
def test_many_days_are_compared_as_what_they_average(comparisons: int) -> None:
    """Sixty days with shifts of their own say more than one day as large; taken for one, 0.9 sd is hardly found."""
    random = np.random.default_rng(3)
    found = 0
    for _ in range(comparisons):
        reference, current = days(random, 0, 60, shift=0.5), days(random, 60, 60, shift=0.5)
        assert not steward.compare(reference, current).drift.detected
        found += "c0" in steward.compare(reference, current.assign(c0=current["c0"] + 0.9)).drift.columns
    assert found >= comparisons - 1
