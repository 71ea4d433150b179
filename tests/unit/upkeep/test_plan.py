"""The plan of a request for maintenance: every window is in one part, and the parts end."""

from hypothesis import given
from hypothesis import strategies as st

from steward.upkeep.plan import MaintenancePlan, UncompactedWindow, UnmergedWindow


@given(profiles=st.integers(0, 30), records=st.integers(0, 30), size=st.integers(1, 9))
def test_each_window_is_in_one_part(profiles: int, records: int, size: int) -> None:
    plan = MaintenancePlan(
        profiles=tuple(UncompactedWindow(version="v", window=str(number), profiles=2) for number in range(profiles)),
        records=tuple(UnmergedWindow(prefix=str(number), files=2) for number in range(records)),
    )
    found: list[UncompactedWindow | UnmergedWindow] = []
    number = 0
    while True:
        number += 1
        compact, merge = plan.part(number, size)
        assert len(compact) + len(merge) <= size
        found += [*compact, *merge]
        if plan.is_last(number, size):
            break
    assert found == [*plan.profiles, *plan.records]


def test_a_part_that_ends_after_the_last_one_does_not_bring_the_plan_back() -> None:
    assert MaintenancePlan().finished(1).is_empty
