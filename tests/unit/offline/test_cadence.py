"""Windows fit a table's rate; none is of a row or two."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.offline.cadence import Cadence
from steward.spec.durations import parse_duration

START = datetime(2024, 1, 1)  # noqa: DTZ001 - numpy's times have no zone either


def cadence(rows: int, days: float) -> Cadence:
    return Cadence(rows, START, START + timedelta(days=days))


@pytest.mark.parametrize(
    ("rows", "days", "window", "said"),
    [
        (1_000_000, 60, "1h", "some 694 rows each"),
        (50_000, 60, "1d", "some 833 rows each"),
        (50_000, 365, "1w", "some 959 rows each"),
        (5_832, 243, "1w", "some 168 rows each"),
        (7_200, 3, "6h", "some 600 rows each"),
        (5_000, 128, "1w", "so few show large changes only"),
        (4_400, 6200, "26w", "so few show large changes only"),
        (600, 1000, "13w", "the longest of which ten fit"),
        (300, 3650, "52w", "too few rows for ten windows that show anything"),
        (40, 1, "1d", "too few rows"),
        (1, 0, "52w", "too few rows"),
    ],
)
def test_windows_are_the_shortest_of_which_ten_fit_with_enough_rows(
    rows: int, days: float, window: str, said: str
) -> None:
    length, why = cadence(rows, days).window()
    assert (length, said in why) == (window, True), why


@given(st.integers(1, 10**7), st.floats(0, 3650))
def test_a_window_holds_more_than_a_row_wherever_the_table_has_them(rows: int, days: float) -> None:
    found = cadence(rows, days)
    length = parse_duration(found.window()[0])
    each = rows * min(1.0, length / found.span) if found.span else rows
    assert each >= min(rows, 30) * 0.999 or length == timedelta(weeks=52)
