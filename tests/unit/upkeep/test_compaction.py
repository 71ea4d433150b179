"""A window's profile has the same bytes however, and however often, its batches' profiles were merged before."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.defects.correction import amended, correction_batch
from steward.errors import IncomparableProfiles
from steward.events import StoredObject
from steward.profiles.merging import merge
from steward.upkeep.compaction import (
    CompactedParts,
    CompactedWindow,
    Gathered,
    archived,
    compactable,
    compacted,
    continued,
    gathered,
    parts_of,
    restored_parts,
    wanted,
)
from tests.unit.profiles.everything import BINS, POOL_ROWS, profile
from tests.unit.properties import some_examples

ARCHIVE = StoredObject(key="parts/m/v/w.json.gz", version_id="1", sha256="a" * 64)
BATCHES = [f"2024010{day}T000000Z-{day:012d}" for day in range(1, 7)]
CORRECTIONS = [correction_batch(f"2024020{day}T000000Z-{day:012d}", withdrawn=False) for day in (1, 2)]
BODIES = {
    name: profile(list(range(at, POOL_ROWS, 5))).of_batch(name).to_json()
    for at, name in enumerate([*BATCHES, *CORRECTIONS])
}
BODIES |= {
    left: profile(list(range(at, POOL_ROWS, 7))).of_batch(left).to_json()
    for at, left in enumerate(
        amended(batch, CORRECTIONS[:many]) for batch in (BATCHES[0], BATCHES[3], CORRECTIONS[0]) for many in (1, 2)
    )
}
AGAIN = {BATCHES[2]: profile([1, 2, 3]).of_batch(BATCHES[2]).to_json()}
"""A batch that gave up rows to one that was uploaded before it, and was taken in later."""


class Store:
    """A window's store as `maintain_store` and `check_window` use it."""

    def __init__(self) -> None:
        self.loose: dict[str, bytes] = {}
        self.merged: bytes | None = None
        self.parts: dict[str, bytes] = {}
        self.truth: dict[str, bytes] = {}

    def put(self, name: str, body: bytes) -> None:
        self.loose[name] = self.truth[name] = body

    def compact(self) -> None:
        readable = compactable(self.loose, BINS)
        if not readable:
            return
        self.parts = restored_parts(archived(self.parts | readable))
        self.merged = compacted(self.parts, BINS, ARCHIVE)
        self.loose = {name: body for name, body in self.loose.items() if name not in readable}

    def checked(self) -> tuple[Gathered, bool]:
        """What a check finds, and whether it had to read the archive."""
        found = CompactedWindow.read(self.merged) if self.merged else None
        loose = {name: self.loose[name] for name in wanted(found.parts if found else (), self.loose)}
        gone_on = continued(found, loose, BINS) if found else None
        return gone_on or gathered(self.parts | loose, BINS), gone_on is None


steps = st.lists(st.one_of(st.just("compact"), st.sampled_from(sorted(BODIES)), st.just("again")), max_size=24)


@given(steps)
@some_examples(15)
def test_compaction_in_any_order_with_late_batches_and_corrections_changes_no_byte(taken: list[str]) -> None:
    store = Store()
    for step in taken:
        if step == "compact":
            store.compact()
        elif step == "again":
            store.put(*next(iter(AGAIN.items())))
        else:
            store.put(step, BODIES[step])
        expected = gathered(store.truth, BINS).profile
        assert store.checked()[0].profile.to_json() == expected.to_json()
    store.compact()
    found, from_archive = store.checked()
    assert found.profile.to_json() == gathered(store.truth, BINS).profile.to_json()
    assert not from_archive or not store.truth
    assert restored_parts(archived(store.parts)) == store.truth


def test_the_same_profiles_give_the_same_document_in_whatever_order_they_were_merged() -> None:
    names = sorted(BODIES)
    at_once, one_by_one = Store(), Store()
    for name in names:
        at_once.put(name, BODIES[name])
    for name in reversed(names):
        one_by_one.put(name, BODIES[name])
        one_by_one.compact()
    at_once.compact()
    assert at_once.merged == one_by_one.merged
    assert archived(at_once.parts) == archived(one_by_one.parts)


def test_later_batches_and_redeliveries_need_no_archive() -> None:
    store = Store()
    for name in BATCHES[:4]:
        store.put(name, BODIES[name])
    store.compact()
    store.put(BATCHES[1], BODIES[BATCHES[1]])
    store.put(BATCHES[5], BODIES[BATCHES[5]])
    found, from_archive = store.checked()
    assert not from_archive
    assert found.profile.batches == (*BATCHES[:4], BATCHES[5])


def test_an_earlier_batch_and_a_correction_need_the_archive() -> None:
    for name in (BATCHES[0], amended(BATCHES[3], CORRECTIONS[:1])):
        store = Store()
        for known in BATCHES[1:5]:
            store.put(known, BODIES[known])
        store.compact()
        store.put(name, BODIES[name])
        assert store.checked()[1]


def test_an_unreadable_profile_is_not_merged_and_told_of_as_before() -> None:
    store = Store()
    for name in BATCHES[:3]:
        store.put(name, BODIES[name])
    store.put(BATCHES[1], b"\xff\xfe")
    store.compact()
    assert set(store.loose) == {BATCHES[1]}
    found, from_archive = store.checked()
    assert not from_archive
    assert found.unreadable.keys() == {BATCHES[1]}
    assert found.profile.batches == (BATCHES[0], BATCHES[2])


def test_a_profile_of_another_format_leaves_the_parts_to_be_read_one_by_one() -> None:
    store = Store()
    for name in BATCHES[:2]:
        store.put(name, BODIES[name])
    store.compact()
    assert store.merged
    document = json.loads(store.merged)
    document["profile"]["schema_version"] = 1
    found = CompactedWindow.read(json.dumps(document).encode())
    assert type(found) is CompactedParts
    assert continued(found, {}, BINS) is None
    assert parts_of(archived(store.parts), ARCHIVE) == found


def test_a_document_that_is_none_is_refused() -> None:
    with pytest.raises(IncomparableProfiles, match="not a compacted window"):
        CompactedWindow.read(b"\xff")


def test_the_merged_profile_is_what_merging_gives() -> None:
    store = Store()
    for name in BATCHES:
        store.put(name, BODIES[name])
    store.compact()
    assert store.merged
    found = CompactedWindow.read(store.merged)
    assert isinstance(found, CompactedWindow)
    whole = merge([profile(list(range(at, POOL_ROWS, 5))).of_batch(name) for at, name in enumerate(BATCHES)], BINS)
    assert found.profile.to_json() == whole.to_json()
