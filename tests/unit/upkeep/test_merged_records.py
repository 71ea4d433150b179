"""The files of a window in a carrier: each can be cut out, the rows that stand are shown, and order does not matter."""

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.events import StoredObject
from steward.store.bucket import sha256
from steward.upkeep import merged_records
from steward.upkeep.merged_records import Merging, RecordVersion, merge_records
from tests.unit.records.test_carrier import parquet, rows

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CARRIER = StoredObject(key="carrier", version_id="1", sha256="a" * 64)


def version(key: str, body: bytes, number: int = 0, *, newest: bool = True) -> RecordVersion:
    stored = StoredObject(key=key, version_id=f"{number}", sha256=sha256(body))
    return RecordVersion(stored, body, NOON, {"source-key": f"inbox/{key}", "source-version": "7"}, newest)


def window(parts: list[list[tuple[int, int]]], prefix: str = "k") -> list[RecordVersion]:
    """Files of some versions each, the last the newest: rows and seed of each."""
    return [
        version(f"{prefix}{key}", parquet(*content), number, newest=number == len(versions) - 1)
        for key, versions in enumerate(parts)
        for number, content in enumerate(versions)
    ]


def carried(merging: Merging) -> list[RecordVersion]:
    shown = {id(file) for file in merging.files}
    return [
        RecordVersion(
            file.stored,
            merging.carrier[file.offset : file.offset + file.size],
            file.written,
            file.noted,
            id(file) in shown,
        )
        for file in (*merging.files, *merging.superseded)
    ]


windows = st.lists(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=1, max_size=3), min_size=2, max_size=5
).map(window)


@given(windows, st.randoms(use_true_random=False))
def test_every_version_can_be_cut_out_and_those_that_stand_are_shown(
    loose: list[RecordVersion], order: random.Random
) -> None:
    merging = merge_records(loose)
    standing = [item for item in loose if item.newest and rows(item.body)]
    if merging is None:
        assert not standing
        return
    assert rows(merging.carrier) == [row for item in standing for row in rows(item.body)]
    assert [file.stored for file in merging.files] == [item.stored for item in standing]
    cut = {(item.stored.key, item.stored.version_id): item.body for item in carried(merging)}
    assert cut == {(item.stored.key, item.stored.version_id): item.body for item in loose}
    index = merging.index(CARRIER)
    for item in loose:
        found = index.find(item.stored)
        assert found
        assert found.source == (f"inbox/{item.stored.key}", "7")
    shuffled = list(loose)
    order.shuffle(shuffled)
    assert merge_records(shuffled) == merging


@given(windows, windows)
def test_merging_in_two_steps_shows_what_one_step_does(first: list[RecordVersion], then: list[RecordVersion]) -> None:
    before = merge_records(first)
    if before is None:
        return
    late = [version(item.stored.key, item.body, int(item.stored.version_id) + 10, newest=item.newest) for item in then]
    both = merge_records(late, carried(before))
    assert both
    keys = {item.stored.key for item in late}
    stand = {
        item.stored.key: item
        for item in [*first, *late]
        if item.newest and (item in late or item.stored.key not in keys)
    }
    assert rows(both.carrier) == [row for key in sorted(stand) for row in rows(stand[key].body)]
    assert {file.stored.version_id for file in (*both.files, *both.superseded)} >= {
        item.stored.version_id for item in late
    }
    again = merge_records(late, carried(both))
    assert again
    assert again.index(CARRIER) == both.index(CARRIER)
    assert again.carrier == both.carrier


def test_a_file_without_rows_hides_the_carried_one_and_what_it_was_is_kept() -> None:
    before = merge_records(window([[(5, 1)], [(6, 2)]]))
    assert before
    after = merge_records([version("k0", parquet(0), 9)], carried(before))
    assert after
    assert rows(after.carrier) == rows(parquet(6, 2))
    assert after.index(CARRIER).standing("k0") is None
    assert after.index(CARRIER).find(before.files[0].stored)


def test_equal_bytes_lie_there_once() -> None:
    merging = merge_records(window([[(5, 1), (5, 1), (5, 1)], [(6, 2)]]))
    assert merging
    assert len({file.offset for file in (*merging.files, *merging.superseded)}) == 2
    assert len(merging.carrier) < len(parquet(5, 1)) + len(parquet(6, 2)) + 2_000


def test_what_cannot_be_read_stays_loose() -> None:
    merging = merge_records([*window([[(5, 1)], [(6, 2)]]), version("k9", b"no Parquet")])
    assert merging
    assert merging.taken == {"k0", "k1"}


@pytest.mark.parametrize("parts", [[], [[(5, 1)]], [[(5, 1), (4, 1)]], [[(0, 1)], [(0, 2)]]])
def test_one_file_alone_and_files_without_rows_stay_where_they_are(parts: list[list[tuple[int, int]]]) -> None:
    assert merge_records(window(parts)) is None


def test_a_window_that_is_too_large_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    loose = window([[(5, 1)], [(6, 2)]])
    size = sum(len(item.body) for item in loose)
    monkeypatch.setattr(merged_records, "MOST_BYTES", size)
    assert merge_records(loose)
    monkeypatch.setattr(merged_records, "MOST_BYTES", size - 1)
    assert merge_records(loose) is None
