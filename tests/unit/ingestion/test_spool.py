"""Rows wait on the disk by window: none is lost, none changes place, however much of them fits into memory."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.ingestion import spool as spooling
from steward.ingestion.spool import Spool, concatenate_chunks
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.records.hashing import text_hashes
from steward.records.stored import read_records, write_records
from steward.records.valid_records import Records
from steward.spec.windows import Window
from tests.unit.examples import START, spec
from tests.unit.properties import some_examples

SOME = some_examples(25, suppress_health_check=list(HealthCheck))
ORIGIN = np.datetime64(START.replace(tzinfo=None), "us")
LENGTH = np.timedelta64(round(spec().window.length.total_seconds() * 1e6), "us")


def records(windows: list[int | None], first: int = 0) -> Records:
    """A row in the middle of each of these windows (None: without a time), the ids counting from `first`."""
    times = [np.datetime64("NaT", "us") if at is None else ORIGIN + at * LENGTH + LENGTH // 2 for at in windows]
    numbers = np.arange(first, first + len(windows))
    return Records(
        ids=np.array([f"s{number}" for number in numbers], object),
        times=np.array(times, "datetime64[us]"),
        versions=CategoricalColumn((numbers % 2).astype(np.int32), ("v1", "v2")),
        chunk=Chunk(
            len(windows),
            {
                "age": NumericColumn(numbers.astype(float)),
                "make": CategoricalColumn((numbers % 3 - 1).astype(np.int32), ("Ford", "Opel", "Fiat")),
            },
        ),
    )


def spooled(folder: Path, chunks: list[list[int | None]], waiting_bytes: int) -> Spool:
    spool, first = Spool(folder, spec()), 0
    with patch.object(spooling, "_BUFFERED_BYTES", waiting_bytes):
        for windows in chunks:
            spool.add(records(windows, first), np.arange(first + 1, first + len(windows) + 1))
            first += len(windows)
        spool.close()
    return spool


def stored(spool: Spool, window: Window | None, target: Path) -> bytes:
    assert concatenate_chunks([(fragment, None) for fragment in spool.fragments(window)], target)
    return target.read_bytes()


@SOME
@given(
    chunks=st.lists(st.lists(st.integers(-3, 3) | st.none(), max_size=9), max_size=9),
    waiting_bytes=st.sampled_from([1, 500, 2000, 10**9]),
)
def test_each_row_comes_back_in_its_window_in_the_files_order(tmp_path_factory, chunks, waiting_bytes) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = spooled(folder, chunks, waiting_bytes)
    all_windows = [window for chunk in chunks for window in chunk]
    expected = {window: [at for at, found in enumerate(all_windows) if found == window] for window in set(all_windows)}
    assert spool.rows == len(all_windows)
    assert len(spool.windows) == len(expected.keys() - {None})
    assert spool.windows == sorted(spool.windows)
    for at, rows in expected.items():
        moment = None if at is None else (START + at * spec().window.length)
        window = None if moment is None else Window.containing(moment + spec().window.length / 2, spec().window.length)
        frame = read_records(stored(spool, window, folder / "whole"), spec())
        assert frame["sale"].tolist() == [f"s{row}" for row in rows]
        assert frame["age"].tolist() == rows
        places = np.concatenate([fragment.places for fragment in spool.fragments(window)])
        assert places.tolist() == [row + 1 for row in rows]
        hashes = np.concatenate([fragment.hashes for fragment in spool.fragments(window)])
        assert hashes.tolist() == text_hashes([f"s{row}" for row in rows]).tolist()
        if window:
            assert spool.versions(window) == sorted({f"v{row % 2 + 1}" for row in rows})


def test_a_file_in_order_of_time_makes_one_fragment_a_window_and_its_bytes_are_those_of_the_records(tmp_path) -> None:
    windows = [at for at in range(20) for _ in range(10)]
    chunks = [windows[at : at + 7] for at in range(0, len(windows), 7)]
    spool = spooled(tmp_path, chunks, 40 * 120)
    for at, window in enumerate(spool.windows):
        (fragment,) = spool.fragments(window)
        assert fragment.path.read_bytes() == write_records(records([at] * 10, 10 * at), spec())


def test_rows_that_are_not_kept_are_left_out(tmp_path) -> None:
    spool = spooled(tmp_path, [[0, 0, 0], [0, 0]], 1)
    (window,) = spool.windows
    first, second = spool.fragments(window)
    masks = [np.array([True, False, True]), np.array([False, False])]
    assert concatenate_chunks([(first, masks[0]), (second, masks[1])], tmp_path / "kept") == 2
    assert read_records(tmp_path / "kept", spec())["sale"].tolist() == ["s0", "s2"]
    assert concatenate_chunks([(first, np.zeros(3, bool)), (second, masks[1])], tmp_path / "nothing") == 0
    assert not (tmp_path / "nothing").exists()


def test_joining_again_writes_the_same_bytes(tmp_path) -> None:
    spool = spooled(tmp_path, [[0] * 50, [0] * 50], 1)
    (window,) = spool.windows
    assert stored(spool, window, tmp_path / "one") == stored(spool, window, tmp_path / "two")


@pytest.mark.parametrize("rows", [1, 1000])
def test_categories_of_other_windows_are_not_carried_along(tmp_path, rows) -> None:
    many = tuple(f"make {at}" for at in range(5000))
    chunk = Chunk(rows, {"make": CategoricalColumn(np.arange(rows, dtype=np.int32) * 3, many)})
    ids = np.array([f"s{at}" for at in range(rows)], object)
    times = np.full(rows, ORIGIN)
    spool = Spool(tmp_path, spec())
    spool.add(Records(ids, times, None, chunk), np.arange(1, rows + 1))
    spool.close()
    (window,) = spool.windows
    (fragment,) = spool.fragments(window)
    assert read_records(fragment.path, spec())["make"].tolist() == [many[3 * at] for at in range(rows)]
