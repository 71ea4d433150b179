"""Thrift's compact protocol: what was written is read again, and a real footer is written as it was read."""

import io
from typing import Any

from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st

from steward.records.compact_protocol import CompactReader, Items, Struct, encode_struct

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
    content = encode_struct(found)
    again = CompactReader(content).struct()
    assert again == found
    assert encode_struct(again) == content


def test_a_footer_is_written_as_it_was_read() -> None:
    output = io.BytesIO()
    columns = {
        "id": Array(["a", "b", None], type=DataType.string()),
        "age": Array([1.0, 2.0, None], DataType.float64()),
    }
    write_parquet(Table.from_pydict(columns), output, compression="zstd(3)", max_row_group_size=2)
    file = output.getvalue()
    footer = file[-8 - int.from_bytes(file[-8:-4], "little") : -8]
    assert encode_struct(CompactReader(footer).struct()) == footer
