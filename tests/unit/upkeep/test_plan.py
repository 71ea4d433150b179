"""The plan of a request for maintenance: every window is in one part, and the parts end."""

from hypothesis import given
from hypothesis import strategies as st

from steward.upkeep.plan import MaintenancePlan, UncompactedWindow


@given(profiles=st.integers(0, 60), size=st.integers(1, 9))
def test_each_window_is_in_one_part(profiles: int, size: int) -> None:
    windows = tuple(UncompactedWindow(version="v", window=str(number), profiles=2) for number in range(profiles))
    plan = MaintenancePlan(profiles=windows)
    found: tuple[UncompactedWindow, ...] = ()
    number = 0
    while True:
        number += 1
        part = plan.part(number, size)
        assert len(part) <= size
        found += part
        if plan.is_last(number, size):
            break
    assert found == plan.profiles


def test_a_part_that_ends_after_the_last_one_does_not_bring_the_plan_back() -> None:
    assert MaintenancePlan().finished(1).is_empty
