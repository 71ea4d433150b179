"""Nothing is removed that is young, held, or needed; what is removed goes with all its versions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.maintenance.retention import RemovalCandidate, RetentionRoots, removal
from steward.spec.document import read_spec
from steward.spec.retention import Retention
from steward.spec.windows import Window
from tests.unit.examples import SPEC

NOW = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SPAN = 60 * DAY
POLICY = Retention(records=SPAN)


def kept(key: int, version: int, age: int, window_age: int | None) -> RemovalCandidate:
    window = None if window_age is None else Window.containing(NOW - window_age * DAY, timedelta(hours=1))
    return RemovalCandidate(f"records/{key}", str(version), 10, NOW - age * DAY, window)


items = st.lists(
    st.builds(kept, st.integers(0, 5), st.integers(0, 99), st.integers(0, 120), st.none() | st.integers(0, 120)),
    max_size=20,
)
keys = st.frozensets(st.integers(0, 5).map(lambda at: f"records/{at}"))


@given(items, keys, st.frozensets(st.integers(0, 120)))
def test_what_goes_is_old_whole_and_needed_by_nothing(
    stored: list[RemovalCandidate], named: frozenset[str], days: frozenset[int]
):
    windows = frozenset(Window.containing(NOW - day * DAY, timedelta(hours=1)).id for day in days)
    found = removal(stored, "records", POLICY, RetentionRoots(keys=named, windows=windows), NOW)
    gone = {item.key for item in found.gone}
    assert len(gone) == found.keys
    assert not gone & named
    for key in {item.key for item in stored}:
        versions = [item for item in stored if item.key == key]
        old = all(
            max(item.written, item.window.end if item.window else item.written) + SPAN <= NOW for item in versions
        )
        free = key not in named and not any(item.window and item.window.id in windows for item in versions)
        assert (key in gone) == (old and free)
        assert [item for item in found.gone if item.key == key] == (versions if key in gone else [])


@given(items, st.sampled_from([Retention(), Retention(records=SPAN, hold=True), Retention(checks=SPAN)]))
def test_nothing_goes_that_nobody_lets_go(stored: list[RemovalCandidate], policy: Retention) -> None:
    assert not removal(stored, "records", policy, RetentionRoots(), NOW).gone


def test_a_hold_ends_at_its_moment() -> None:
    policy = Retention(records=SPAN, hold=NOW)
    old = [kept(1, 1, 100, None)]
    assert not removal(old, "records", policy, RetentionRoots(), NOW - timedelta(seconds=1)).gone
    assert removal(old, "records", policy, RetentionRoots(), NOW).gone


def test_the_uploads_of_an_open_defect_stay() -> None:
    needed = RetentionRoots(prefixes=("records/1",))
    found = removal([kept(1, 1, 100, None), kept(2, 1, 100, None)], "records", POLICY, needed, NOW)
    assert [item.key for item in found.gone] == ["records/2"]
    assert found.kept == 1
    assert found.size == 10


@pytest.mark.parametrize("wrong", ["records: 34d", "inbox: 0s", "hold: maybe", "models: 90d"])
def test_a_retention_that_makes_no_sense_is_refused(wrong: str) -> None:
    with pytest.raises(SpecInvalid, match="retention"):
        read_spec(f"{SPEC}retention: {{{wrong}}}\n")
