"""A gap in the hourly watch is noticed once, by the watch that ends it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.selfcheck.last_watch import GAP, LastWatch

NOW = datetime(2024, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(
    watches=st.lists(st.tuples(st.integers(1, 8), st.sampled_from("ab"), st.integers(1, 3)), min_size=1, max_size=20)
)
def test_each_gap_and_each_adoption_is_told_by_the_watch_that_ends_it_however_often_it_is_tried(
    watches: list[tuple[int, str, int]],
) -> None:
    known, at, before = LastWatch(), NOW, ""
    for hours, stack, tries in watches:
        at += hours * HOUR
        ends = bool(before) and (hours * HOUR > GAP or stack != before)
        for _ in range(tries):
            known = known.with_watch(at, stack)
            found = known.gap(at, 0, 0)
            assert (found is not None) == ends
            assert known.adopted == (stack != before) if ends else True
        before = stack
    assert (known.at, known.stack) == (at, before)
    assert known.with_watch(at - HOUR, "c") == known


def test_the_first_watch_of_a_store_ends_no_gap() -> None:
    assert LastWatch().with_watch(NOW, "a").gap(NOW, 3, 1) is None


@pytest.mark.parametrize(("stack", "adopted"), [("a", False), ("b", True)])
def test_the_sentence_says_from_when_to_when_and_what_was_put_back(stack: str, *, adopted: bool) -> None:
    known = LastWatch().with_watch(NOW, "a").with_watch(NOW + 50 * HOUR, stack)
    found = known.gap(NOW + 50 * HOUR, 9, 2)
    assert found is not None
    assert found.sentence.startswith("This stack has adopted the store of another. ") == adopted
    assert "for 50h, from 2024-06-10T12:00Z to 2024-06-12T14:00Z" in found.sentence.replace("2d2h", "50h")
    assert "9 schedules of 2 models were put back" in found.sentence
    assert "steward resend --since 2024-06-10T12:00Z" in found.remedy
