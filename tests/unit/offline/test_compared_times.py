"""Times that cannot be true, or are written in their own way, are told and make no drift."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steward import compare
from steward.offline.suggestion import suggest

ROWS = 300


def days(first: int, count: int, seed: int) -> pd.DataFrame:
    """A column whose days differ by nature."""
    random = np.random.default_rng(seed)
    each = ROWS // 10
    day = np.repeat(np.arange(first, first + count), each)
    seconds = day * 86_400 + random.integers(0, 86_400, len(day))
    level = np.repeat(random.normal(0, 0.5, count), each)
    return pd.DataFrame({"event_time": pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, unit="s"),
                         "x": random.normal(level, 1)})  # fmt: skip


REFERENCE, CURRENT = days(0, 30, 0), days(30, 3, 1)


def with_time(moment: str | None) -> pd.DataFrame:
    times = REFERENCE["event_time"].astype("datetime64[us]")
    return REFERENCE.assign(event_time=times.where(REFERENCE.index != 7, np.datetime64(moment or "NaT", "us")))


@pytest.mark.parametrize(
    ("moment", "note"),
    [
        ("0001-01-01", "placeholders in event_time count as missing: 0001-01-01 (1)"),
        ("9999-12-31", "placeholders in event_time count as missing: 9999-12-31 (1)"),
        ("1970-01-01", "placeholders in event_time count as missing: 1970-01-01 (1)"),
        ("1900-01-01", "placeholders in event_time count as missing: 1900-01-01 (1)"),
        ("0001-06-01", "cells of event_time before 1990 or after 2100 count as missing: 1"),
        ("1600-01-01", "cells of event_time before 1990 or after 2100 count as missing: 1"),
        (None, None),
    ],
)
@pytest.mark.filterwarnings("error")
def test_one_impossible_time_changes_no_decision_and_is_told(moment, note, tmp_path: Path):
    frame = with_time(moment)
    found = compare(frame, CURRENT)
    assert (found.drift.verdict, found.drift.columns, found.drift.independent_rows) == ("unknown", [], False)
    assert [line for line in found.notes if line.startswith("in reference, ")] == (
        [f"in reference, {note}"] if note else []
    )
    if moment == "0001-01-01":
        frame.to_csv(tmp_path / "reference.csv", index=False)
        assert compare(tmp_path / "reference.csv", CURRENT).drift == found.drift


def test_a_suggestion_says_which_placeholders_it_saw(tmp_path: Path):
    text = suggest(with_time("9999-12-31").assign(signup=["2020-02-03", "1899-12-30"] * (ROWS * 3 // 2)))
    assert "# Placeholders in event_time count as missing: 9999-12-31 (1)." in text
    assert "# Placeholders in signup count as missing: 1899-12-30 (450)." in text
    assert "to 9999" not in text


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_event_times_may_be_numbers_where_the_name_says_that_they_are_times(unit):
    def numbered(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(event_time=frame["event_time"].astype(f"datetime64[{unit}]").astype("int64"))

    found = compare(numbered(REFERENCE), numbered(CURRENT))
    assert (found.drift.verdict, found.drift.independent_rows) == ("unknown", False)
    name = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[unit]
    assert f"in reference, event_time is in epoch {name}" in found.notes


def test_event_times_in_two_spellings_are_said_to_be_unreadable():
    times = REFERENCE["event_time"].dt.strftime("%Y-%m-%dT%H:%M:%S").where(REFERENCE.index % 2 == 0, "1704067200000")
    found = compare(REFERENCE.assign(event_time=times), CURRENT)
    (result,) = [one for one in found.results if one.column == "event_time"]
    assert result.status == "unknown"
    assert result.message.startswith("`event_time` looks like times that cannot be read: column event_time mixes epoch")
    assert not any("event_time" in note for note in found.notes), "said once"
