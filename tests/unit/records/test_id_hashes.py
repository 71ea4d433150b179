"""What other batches compare their ids with comes back as it went, window by window."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.records.id_hashes import IdHashes, NoIdHashes, common, is_in, overlap, write_id_hashes
from tests.unit.properties import some_examples

SOME = some_examples(60, suppress_health_check=list(HealthCheck))
HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=20).map(lambda found: np.array(found, np.uint64))
START = datetime(2024, 1, 1, tzinfo=UTC)


@SOME
@given(windows=st.dictionaries(st.integers(-(10**6), 10**6), HASHES, max_size=6))
def test_hashes_come_back_ascending_in_their_windows(tmp_path_factory, windows) -> None:
    path = tmp_path_factory.mktemp("ids") / "a.ids"
    given_windows = {START + timedelta(seconds=at): hashes for at, hashes in windows.items()}
    write_id_hashes(path, given_windows.items())
    read = IdHashes.read(path)
    for start, hashes in given_windows.items():
        assert read.of_window(start).tolist() == sorted(hashes.tolist())
    assert read.of_window(START - timedelta(days=9999)).tolist() == []
    assert len(read) == sum(map(len, windows.values()))
    first = path.read_bytes()
    write_id_hashes(path, ((start, hashes[::-1]) for start, hashes in given_windows.items()))
    assert path.read_bytes() == first


@pytest.mark.parametrize("damage", [lambda body: body[:-8], lambda body: body[8:], lambda body: b"", lambda body: b"x"])
def test_a_file_that_was_cut_off_is_none(tmp_path, damage) -> None:
    path = tmp_path / "a.ids"
    write_id_hashes(path, [(START, np.arange(5, dtype=np.uint64))])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(NoIdHashes):
        IdHashes.read(path)


@SOME
@given(one=HASHES, other=HASHES)
def test_what_two_have_in_common(one, other) -> None:
    ascending = np.sort(other)
    expected = [value in set(other.tolist()) for value in one.tolist()]
    assert is_in(one, ascending).tolist() == expected
    assert overlap(np.sort(one), ascending) == any(expected)
    assert common(one, ascending).tolist() == one[np.array(expected, bool)].tolist()
