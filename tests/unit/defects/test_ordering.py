"""What is due first comes first; the burn-down counts what is left at the end of each day."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from steward.defects.defect import Defect
from steward.defects.ordering import burn_down, by_deadline
from steward.spec.defects import DefectPolicy
from tests.unit.defects.samples import proposed
from tests.unit.examples import START

DAYS = 20


def defect(found: int, closed: int | None, severity: str) -> Defect:
    finding = proposed(found * 24, source="person", severity=severity, title=f"{found} {closed}")
    one = Defect.open(finding, DefectPolicy(), owner="owner@example.com")
    return one if closed is None else one.with_change("e", "wont_fix", START + timedelta(days=closed), "user/ada")


lives = st.tuples(
    st.integers(0, DAYS), st.none() | st.integers(0, DAYS), st.sampled_from(["info", "warning", "critical"])
)
defects = st.lists(
    lives.map(lambda life: defect(life[0], None if life[1] is None else max(life[0], life[1]), life[2])), max_size=8
)


@given(defects)
def test_what_is_left_grows_by_what_is_opened_and_shrinks_by_what_is_finished(known: list[Defect]) -> None:
    days = burn_down(known, START + timedelta(days=DAYS, hours=12), DAYS + 1)
    left = 0
    for day in days:
        left += day.opened - day.finished
        assert day.left == left
        assert 0 <= day.overdue <= day.left
    assert left == sum(not one.finished for one in known)


@given(defects)
def test_the_list_begins_with_what_is_due_first(known: list[Defect]) -> None:
    listed = by_deadline(known)
    assert sorted(one.defect for one in listed) == sorted(one.defect for one in known)
    waiting = [one.deadline for one in listed if not one.finished]
    assert waiting == sorted(waiting)
    assert [one.finished for one in listed] == sorted(one.finished for one in listed)
