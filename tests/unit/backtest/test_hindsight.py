"""The best schedule in hindsight is the best of all schedules."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steward.backtest.candidates import candidate_places
from steward.backtest.hindsight import best_schedules

tables = st.integers(2, 6).flatmap(
    lambda windows: st.lists(
        st.lists(st.integers(0, 20).map(float), min_size=windows, max_size=windows), min_size=windows, max_size=windows
    ).map(np.array)
)


def loss_of(losses: np.ndarray, after: tuple[int, ...]) -> float:
    serving, total = 0, 0.0
    for window in range(losses.shape[1]):
        if window - 1 in after:
            serving = window  # the candidate that is trained after window - 1 is the row of that number
        total += losses[serving, window]
    return float(total)


@given(tables)
def test_no_schedule_of_as_many_runs_loses_less(losses: np.ndarray) -> None:
    windows = losses.shape[1]
    found = best_schedules(losses, [-1, *range(windows - 1)], windows)
    assert [schedule.runs for schedule in found] == list(range(len(found)))
    for schedule in found:
        choices = combinations(range(windows - 1), schedule.runs)
        assert schedule.loss == min(loss_of(losses, after) for after in choices)
        assert schedule.loss == loss_of(losses, schedule.after)


def test_candidates_are_at_most_sixty_and_leave_out_the_last_window() -> None:
    for windows in (1, 2, 59, 61, 1000):
        places = candidate_places(windows)
        assert len(places) <= 61
        assert places[0] == -1
        assert max(places) < windows - 1 or places == [-1]
