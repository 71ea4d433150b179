"""Text that a Parquet file keeps as a dictionary comes as one, and says the same."""

from pathlib import Path

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch, Table, list_array
from arro3.io import read_parquet, write_parquet
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records import arrays
from steward.records.formats import open_rows
from steward.records.raw import RawChunk, ReadLimits
from tests.unit.properties import some_examples

ROWS = 1000
TEXT = {"utf8": DataType.utf8(), "large_utf8": DataType.large_utf8(), "string_view": DataType.string_view()}


def write(path: Path, columns: dict[str, Array], **settings) -> Path:
    table = Table.from_batches([RecordBatch.from_arrays(list(columns.values()), names=list(columns))])
    write_parquet(table, path, **settings)
    return path


def read(path: Path, rows_at_a_time: int = 65_536, **limits) -> list[RawChunk]:
    rows = open_rows(path, path.name, ReadLimits(chunk_rows=rows_at_a_time, **limits))
    return list(rows.chunks(rows.names))


def cells(chunks: list[RawChunk], column: str) -> list:
    return [cell for chunk in chunks for cell in chunk.columns[column].to_pylist()]


def is_coded(chunk: RawChunk, column: str) -> bool:
    return bool(arrays.TYPES.is_dictionary(chunk.columns[column].type))


def text(values, kind=TEXT["utf8"]) -> Array:
    return Array(values, DataType.utf8()).cast(kind)


@pytest.mark.parametrize("kind", TEXT.values(), ids=list(TEXT))
def test_categories_come_as_the_dictionary_of_the_file(tmp_path, kind):
    values = [None if at % 11 == 0 else f"carrier {at % 7}" for at in range(ROWS)]
    (chunk,) = read(write(tmp_path / "a.parquet", {"carrier": text(values, kind)}, compression="snappy"))
    assert is_coded(chunk, "carrier")
    column, unread = arrays.categories(chunk.columns["carrier"], "carrier")
    assert [None if code < 0 else column.categories[code] for code in column.codes] == values
    assert unread is None
    assert arrays.texts(chunk.columns["carrier"], "carrier")[0].tolist() == values
    assert [chunk.content(at) for at in (0, 1)] == ['{"carrier":null}', '{"carrier":"carrier 1"}']


@some_examples(25)
@given(
    values=st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=60),
    group=st.integers(1, 60),
    at_a_time=st.integers(1, 60),
    options=st.sampled_from([{}, {"dictionary_enabled": False}, {"dictionary_page_size_limit": 8}]),
)
def test_groups_batches_and_pages_make_no_difference(tmp_path_factory, values, group, at_a_time, options):
    path = tmp_path_factory.mktemp("files") / "a.parquet"
    write(path, {"a": text(values), "b": text(values[::-1])}, max_row_group_size=group, write_batch_size=1, **options)
    chunks = read(path, at_a_time)
    assert (cells(chunks, "a"), cells(chunks, "b")) == (values, values[::-1])


def test_text_without_a_small_dictionary_comes_as_it_is(tmp_path):
    ids = [f"{at:032x}" for at in np.random.default_rng(0).integers(0, 2**62, 20_000).tolist()]
    (chunk,) = read(write(tmp_path / "a.parquet", {"id": text(ids), "few": text(["x"] * 20_000)}))
    assert not is_coded(chunk, "id")
    assert is_coded(chunk, "few")
    assert cells([chunk], "id") == ids


def test_all_other_types_that_are_read_are_read_as_they_are(tmp_path):
    whole = Array([1, None, 3], DataType.int64())
    columns = {
        "text": text(["a", "b", None]),
        "number": Array([1.5, None, float("nan")], DataType.float64()),
        "whole": whole.cast(DataType.int16()),
        "flag": Array([True, None, False], DataType.bool()),
        "bytes": Array([b"x", None, b"\xff"], DataType.binary()),
        "moment": whole.cast(DataType.timestamp("us", tz="UTC")),
        "local": whole.cast(DataType.timestamp("us")),
        "day": whole.cast(DataType.int32()).cast(DataType.date32()),
        "price": whole.cast(DataType.decimal128(9, 2)),
        "list": list_array(Array.from_numpy(np.array([0, 2, 2, 3], np.int32)), whole),
        "coded": text(["a", "b", "a"], DataType.dictionary(DataType.int8(), DataType.utf8())),
    }
    path = write(tmp_path / "a.parquet", columns)
    (plain,) = read_parquet(path)
    (chunk,) = read(path)
    for name in columns:
        assert repr(chunk.columns[name].to_pylist()) == repr(plain.column(name).to_pylist())
        assert is_coded(chunk, name) == (name in {"text", "coded"})
        if not is_coded(chunk, name) and name != "list":
            assert chunk.columns[name].type == plain.column(name).type


def test_the_file_stays_as_it_is(tmp_path):
    path = write(tmp_path / "a.parquet", {"a": text(["x", "y"])})
    before = path.read_bytes()
    path.chmod(0o400)
    assert cells(read(path), "a") == ["x", "y"]
    assert path.read_bytes() == before


def test_a_long_text_repeated_by_reference_counts_as_often_as_it_stands_there(tmp_path):
    long, many = "x" * 20_000, 10_000
    repeated = text([long]).take(Array.from_numpy(np.zeros(many, np.int64)))
    path = write(tmp_path / "a.parquet", {"a": repeated, "b": Array.from_numpy(np.ones(many))}, compression="snappy")
    assert path.stat().st_size < 2**16
    with pytest.raises(BatchInvalid, match="expands to more than"):
        read(path, maximum_expanded_bytes=2**26)


@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_doubles_are_taken_without_copying_and_outlive_their_batch(tmp_path, rows):
    values = np.random.default_rng(1).normal(size=rows)
    path = write(tmp_path / "a.parquet", {"x": Array.from_numpy(values)})
    parts = [arrays.numbers(chunk.columns["x"], "x")[0].values for chunk in read(path, 300)]
    assert np.array_equal(np.concatenate(parts), values)
    assert not parts[0].flags.owndata
    shared = arrays.numbers(Array.from_numpy(values).slice(rows // 2), "x")[0].values
    assert np.array_equal(shared, values[rows // 2 :])
