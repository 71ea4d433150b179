"""Which ids came before is told exactly, however their hashes fall and however much of them has left memory."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records import id_index
from steward.records.hashing import text_hashes
from steward.records.id_index import IdIndex
from tests.unit.properties import some_examples

SOME = some_examples(150, suppress_health_check=list(HealthCheck))
TEXT = st.text("abé\0\n\U0001f600", max_size=4) | st.integers(0, 30).map(str)


def colliding(kinds: int):
    """Hashes of which there are so few that most ids share theirs with others."""
    return lambda texts: (text_hashes(texts) % np.uint64(kinds)) << np.uint64(40)


@SOME
@given(
    chunks=st.lists(st.lists(TEXT, max_size=12), max_size=12),
    kinds=st.sampled_from([1, 3, 2**20]),
    block=st.sampled_from([1, 5, 65_536]),
    longest=st.sampled_from([1, 8, 2**24]),
)
def test_an_id_is_admitted_once(chunks, kinds, block, longest) -> None:
    row, expected, found = 0, [], []
    first: dict[str, int] = {}
    with (
        patch.object(id_index, "text_hashes", colliding(kinds)),
        patch.object(id_index, "_BLOCK", block),
        patch.object(id_index, "_LONGEST_RUN", longest),
    ):
        seen = IdIndex()
        for ids in chunks:
            rows = np.arange(row + 1, row + len(ids) + 1)
            row += len(ids)
            for name, at in zip(ids, rows.tolist(), strict=True):
                expected.append(0 if first.setdefault(name, at) == at else first[name])
            found += seen.add(np.array(ids, object), rows).tolist()
    assert found == expected


def test_memory_holds_eight_bytes_an_id_and_one_block() -> None:
    seen, count = IdIndex(), 300_000
    for begin in range(0, count, 10_000):
        ids = np.array([f"prediction-{at:012d}" for at in range(begin, begin + 10_000)], object)
        assert not seen.add(ids, np.arange(begin + 1, begin + 10_001)).any()
    assert sum(run.nbytes for run in seen._runs) == 8 * count
    assert seen._blocks._open_rows <= 65_536
    again = seen.add(np.array(["prediction-000000000007", "new"], object), np.array([count + 1, count + 2]))
    assert again.tolist() == [8, 0]


def test_more_ids_than_can_be_told_apart_are_refused() -> None:
    seen = IdIndex()
    with patch.object(id_index, "_BLOCK", 1):
        for at in range(4096):
            seen.add(np.array([str(at)], object), np.array([at + 1]))
        with pytest.raises(BatchInvalid, match="split it"):
            seen.add(np.array(["one more"], object), np.array([4097]))
