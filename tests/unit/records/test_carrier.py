"""Files laid into one are what they were, and one file to whoever reads Parquet."""

import io
from typing import Any

import numpy as np
import pytest
from arro3.core import Array, DataType, Field, RecordBatch, Schema, Table
from arro3.io import read_parquet, write_parquet
from hypothesis import given
from hypothesis import strategies as st

from steward.records.carrier import laid, layout_of, rows_of
from steward.records.compact_protocol import CompactReader, Items, Struct, written

SCHEMA = Schema(
    [
        Field("id", DataType.string(), nullable=True),
        Field("age", DataType.float64(), nullable=True),
        Field("make", DataType.dictionary(DataType.int32(), DataType.string()), nullable=True),
    ]
)


def parquet(rows: int, seed: int = 0, *, group: int = 1_000) -> bytes:
    random = np.random.default_rng(seed)
    makes = Array([f"make {number}" for number in random.integers(0, 5, rows)], type=DataType.string())
    columns = [
        Array([f"{seed}-{row}" for row in range(rows)], type=DataType.string()),
        Array.from_numpy(random.normal(size=rows)),
        makes.cast(SCHEMA.field(2).type),
    ]
    output = io.BytesIO()
    batch = RecordBatch.from_arrays(columns, schema=SCHEMA)
    write_parquet(Table.from_batches([batch]), output, compression="zstd(3)", max_row_group_size=group)
    return output.getvalue()


def rows(file: bytes) -> list[dict[str, Any]]:
    table = read_parquet(io.BytesIO(file)).read_all()
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def footer(file: bytes) -> bytes:
    return file[-8 - int.from_bytes(file[-8:-4], "little") : -8]


files = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9), st.integers(7, 40)), min_size=1, max_size=5).map(
    lambda parts: [parquet(rows, seed, group=group) for rows, seed, group in parts]
)


@given(files, files)
def test_each_file_lies_in_the_carrier_and_its_rows_are_those_that_are_shown(
    shown: list[bytes], hidden: list[bytes]
) -> None:
    carrier = laid(shown, hidden)
    assert carrier.startswith(b"".join([*shown, *hidden]))
    assert rows(carrier) == [row for file in shown for row in rows(file)]
    assert rows_of(carrier) == sum(len(rows(file)) for file in shown)
    assert layout_of(carrier) == layout_of(shown[0])


@given(files)
def test_a_footer_is_written_as_it_was_read(parts: list[bytes]) -> None:
    for file in [*parts, laid(parts)]:
        assert written(CompactReader(footer(file)).struct()) == footer(file)


leaves = st.one_of(
    st.tuples(st.just(1), st.booleans()),
    st.tuples(st.just(3), st.integers(0, 255)),
    st.tuples(st.sampled_from([4, 5, 6]), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(7), st.floats(allow_nan=False)),
    st.tuples(st.just(8), st.binary(max_size=200)),
)


def struct_of(fields: dict[int, tuple[int, Any]]) -> Struct:
    found = Struct()
    for number in sorted(fields):
        found.put(number, *fields[number])
    return found


def items_of(values: list[tuple[int, Any]]) -> tuple[int, Any]:
    kind = values[0][0] if values else 8
    return 9, Items(kind, [value for other, value in values if other == kind])


values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20).map(items_of),
        st.dictionaries(st.integers(1, 400), inner, max_size=4).map(lambda fields: (12, struct_of(fields))),
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.integers(1, 32_000), values, max_size=6).map(struct_of))
def test_any_struct_is_read_as_it_was_written(found: Struct) -> None:
    content = written(found)
    again = CompactReader(content).struct()
    assert again == found
    assert written(again) == content


def test_page_indexes_are_left_out_since_they_name_places_themselves() -> None:
    one = parquet(50)
    before, after = (CompactReader(footer(file)).struct()[4][0][1][0] for file in (one, laid([one, one])))
    assert {4, 5, 6, 7} <= before.keys()
    assert not {4, 5, 6, 7} & after.keys()


def test_a_carrier_may_show_nothing() -> None:
    assert rows(laid([], [parquet(5)])) == []


def test_files_of_other_columns_have_another_layout() -> None:
    output = io.BytesIO()
    write_parquet(Table.from_pydict({"id": Array(["a"], type=DataType.string())}), output)
    assert layout_of(output.getvalue()) not in {None, layout_of(parquet(1))}
    assert layout_of(parquet(1)) == layout_of(parquet(0)) == layout_of(parquet(40, 7, group=3))


@pytest.mark.parametrize(
    "file", [b"", b"PAR1", b"x" * 100, parquet(3)[:-1], b"PAR1" + b"\xff" * 20 + b"\x14\0\0\0PAR1"]
)
def test_what_is_no_parquet_file_has_neither_layout_nor_rows(file: bytes) -> None:
    assert layout_of(file) is None
    assert rows_of(file) is None
