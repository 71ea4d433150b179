"""Every type that the usual writers of Parquet know is read, or refused by column and type.

The files and the script that wrote them are in tests/data/parquet; what is expected was written by hand from the
script.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch
from arro3.io import write_parquet

from steward.errors import BatchInvalid
from steward.records import arrays, flags
from steward.records.cells import plain_cell
from steward.records.decoding.plain_types import TYPES, description
from steward.records.embedding_cells import embeddings
from steward.records.formats import open_rows
from steward.records.ids import identifiers
from steward.records.raw import ReadLimits
from steward.records.time_reader import read_times

pytestmark = pytest.mark.usefixtures("measured_decoder")

DATA = Path(__file__).parents[2] / "data" / "parquet"

ONE, HALF = [1, None, 2], [1.5, None, 2.5]
TEXT = ["a", None, "b"]
FLAGS = [True, None, False]
CENTS = [Decimal("1.50"), None, Decimal("-2.25")]
SECONDS = [90.0, None, 86_400.0]
DATES = [dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 678901)  # noqa: DTZ001 - as written
FIRST, SECOND = "00112233-4455-4677-8899-aabbccddeeff", "ffeeddcc-bbaa-4988-b766-554433221100"
LATE = str(UUID(bytes=b"order-0000000007"))


def twice(value: object) -> list[object]:
    return [value, None, value]


def utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC)


ARROW: dict[str, Any] = {
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"), ONE),
    **dict.fromkeys(("float16", "float32", "float64", "dotted.name", "with space"), ONE),
    **{f"{name}_coded": ONE for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
    **{f"{name}_coded": ONE for name in ("float32", "float64")},
    **dict.fromkeys(("text", "text_coded", "large_text", "text_view", "binary"), TEXT),
    **dict.fromkeys(("bool", "bool_coded"), FLAGS),
    **{name: ["abcd", None, "ef"] for name in ("fixed", "fixed_coded")},
    **{name: [FIRST, None, SECOND] for name in ("uuid", "uuid_bytes", "uuid_binary")},
    **dict.fromkeys(("date", "date_coded", "date64"), DATES),
    **{f"duration_{unit}": SECONDS for unit in ("s", "ms", "us", "ns")},
    **{f"decimal_{digits}": CENTS for digits in ("9", "18", "38", "76", "coded")},
    "json": ['{"a":1}', None, "2"],
    "null": [None, None, None],
    "time_ms": ["01:02:03.004", None, "23:59:59"],
    "time_us": ["01:02:03.000004", None, "23:59:59"],
    "time_ns": ["01:02:03.000004", None, "23:59:59"],
    "timestamp_s": twice(MOMENT.replace(microsecond=0)),
    "timestamp_ms": twice(MOMENT.replace(microsecond=678000)),
    "timestamp_us": twice(MOMENT),
    "timestamp_ns": twice(MOMENT),
    "zoned": twice(utc(MOMENT)),
    "list": [[1.5, 2.5], None, [3.5]],
    "list_half": [[1.5], None, [2.5]],
    "fixed_list": [[1, 2], None, [3, 4]],
    "binary_unreadable": "BYTE_ARRAY",
    "fixed_unreadable": "FIXED_LEN_BYTE_ARRAY(2)",
    "list_of_text": "LIST of STRING (BYTE_ARRAY)",
    "list_of_lists": "LIST",
    "struct": "struct",
    "map": "MAP",
}
POLARS = {
    "int8": ONE, "uint64": ONE, "float32": HALF, "float64": HALF, "bool": FLAGS, "text": TEXT, "category": TEXT,
    "enum": TEXT, "binary": TEXT, "date": DATES, "time": ["01:02:03.000004", None, "23:59:59"],
    "moment": twice(MOMENT), "zoned": twice(utc(MOMENT.replace(microsecond=678000))), "duration": SECONDS,
    "decimal": CENTS, "list": [[1.5, 2.5], None, [3.5]], "array": [[1.5, 2.5], None, [3.5, 4.5]], "struct": "struct",
    "null": [None, None, None],
}  # fmt: skip
PANDAS = {
    "int": [1, 3, 2], "nullable": ONE, "float": HALF, "bool": [True, False, False], "text": TEXT, "category": TEXT,
    "moment": twice(MOMENT), "zoned": twice(utc(MOMENT)), "duration": SECONDS,
}  # fmt: skip
DUCKDB = {
    **{name: twice(1) for name in ("tinyint", "uinteger", "hugeint")},
    **{name: twice(1.5) for name in ("float", "double")},
    **{name: twice("a") for name in ("varchar", "blob", "enum")},
    **{f"decimal_{digits}": twice(Decimal("1.50")) for digits in (4, 9, 18, 38)},
    **{name: twice(MOMENT) for name in ("timestamp", "timestamp_ns")},
    "boolean": [True, None, True], "uuid": twice(FIRST), "date": twice(dt.date(2024, 1, 2)),
    "before_christ": twice("-043-03-15"), "forever": twice("5881580-07-11"), "time": twice("01:02:03.000004"),
    "timetz": twice("01:02:03"), "timestamptz": twice(utc(MOMENT)), "timestamp_s": twice(MOMENT.replace(microsecond=0)),
    "interval": twice(90.0), "days": twice(172_800.0), "months": twice("5 months 0 days 0 seconds"),
    "bit": twice("0101"), "json": twice('{"a":1}'), "list": twice([1.5]),
    "list_of_text": "LIST of STRING (BYTE_ARRAY)", "struct": "struct", "map": "MAP", "nothing": [None, None, None],
}  # fmt: skip
READ: dict[str, dict[str, Any]] = {
    "pyarrow": ARROW,
    "pyarrow-v2": {name: cells for name, cells in ARROW.items() if name != "bool_coded"},
    "polars": POLARS,
    "pandas": PANDAS | {"flags": FLAGS, "codes": ONE, "days": [dt.datetime(2024, 1, 2), None, dt.datetime(2024, 1, 3)]},  # noqa: DTZ001
    "fastparquet": PANDAS,
    "duckdb": DUCKDB,
    "duckdb-v2": DUCKDB,
    "spark": {
        "timestamp": [dt.datetime(1, 1, 1), None, dt.datetime(9999, 12, 31)],  # noqa: DTZ001
        "number": HALF,
        "wait": [90.0, None, 1.5],
    },
    **{
        f"codec-{codec}": {"number": HALF, "text": TEXT}
        for codec in ("snappy", "gzip", "brotli", "lz4", "zstd", "none")
    },
    "empty-groups": {"number": HALF},
    "run-lengths": {"bool": FLAGS},
    "encodings": {"number": ONE, "text": ["ab", None, "ac"], "float": HALF},
}


def columns(name: str) -> dict[str, list[Array]]:
    path = DATA / f"{name}.parquet"
    rows = open_rows(path, path.name)
    found: dict[str, list[Array]] = {column: [] for column in rows.names}
    for chunk in rows.chunks(rows.names):
        for column, array in chunk.columns.items():
            found[column].append(array)
    return found


def cells(parts: list[Array]) -> object:
    kind: Any = parts[0].type
    if TYPES.is_struct(kind):
        return description(kind)
    return [plain_cell(part, at) for part in parts for at in range(len(part))]


@pytest.mark.parametrize("name", READ)
def test_each_column_is_read_or_named_with_its_type(name):
    found = columns(name)
    assert {column: cells(parts) for column, parts in found.items()} == READ[name]
    for column, parts in found.items():
        for read in (arrays.numbers, read_times, arrays.categories, arrays.texts, truths, vectors):
            assert refusal(read, parts[0], column) in {"", "wrong_type"}


def refusal(read: Callable[[Array, str], object], array: Array, column: str) -> str:
    """The code of the error with which a column is refused; empty where it is read."""
    try:
        read(array, column)
    except BatchInvalid as refused:
        return refused.code if str(refused).startswith(f"column {column} has ") else str(refused)
    return ""


def truths(array: Array, column: str) -> object:
    return flags.flags(array, column, flags.truth)


def vectors(array: Array, column: str) -> object:
    return embeddings(array, column, 2)


def test_every_file_is_looked_at():
    writers = ("pandas", "pyarrow", "polars", "fastparquet")
    others = {"category-of-booleans", "encrypted", "encrypted-column", "no-rows", "same-name"}
    others |= {f"predictions-{writer}" for writer in writers}
    assert {path.stem for path in DATA.glob("*.parquet")} == READ.keys() | others


@pytest.mark.parametrize(("name", "told"), [("encrypted", "encrypted.parquet"), ("encrypted-column", "column secret")])
def test_an_encrypted_file_is_refused(name, told):
    with pytest.raises(BatchInvalid, match=told) as refused:
        columns(name)
    assert refused.value.code == "encrypted"


def test_an_encrypted_column_that_is_not_wanted_does_no_harm():
    path = DATA / "encrypted-column.parquet"
    assert [chunk.columns["open"].to_pylist() for chunk in open_rows(path, path.name).chunks(["open"])] == [[1, 2]]


def test_a_file_without_rows_is_refused():
    with pytest.raises(BatchInvalid, match="has columns and no rows"):
        columns("no-rows")


@pytest.mark.parametrize(
    ("array", "read"),
    [
        (Array([-(2**63), 2**63 - 1, 0], DataType.int64()).cast(DataType.timestamp("us", tz="UTC")), 3),
        (Array([-(2**63), 2**63 - 1, 0], DataType.int64()).cast(DataType.timestamp("s")), 3),
        (Array([-(2**63), 2**63 - 1, 0], DataType.int64()).cast(DataType.timestamp("ns")), 3),
        (Array([-(2**31), 2**31 - 1, 0], DataType.int32()).cast(DataType.date32()), 3),
        (Array([-(2**63), 2**63 - 1, 0], DataType.int64()), 3),
        (Array([2**64 - 1, 0], DataType.uint64()), 2),
        (Array([float("nan"), float("inf"), -1e308], DataType.float64()), 3),
    ],
)
def test_extreme_values_are_read_without_a_panic(array, read):
    assert len([plain_cell(array, at) for at in range(len(array))]) == read
    for reader in (arrays.numbers, read_times, arrays.categories, arrays.texts, truths):
        assert refusal(reader, array, "x") in {"", "wrong_type"}


BYTES = {
    "UUIDs, of which some are text by chance": (
        [UUID(FIRST).bytes, UUID(SECOND).bytes, b"order-0000000007", b"order-0000000008", UUID(FIRST).bytes],
        [FIRST, SECOND, LATE, str(UUID(bytes=b"order-0000000008")), FIRST],
    ),
    "text of the length of UUIDs, of which some is damaged": (
        [b"order-0000000007", b"order-0000000008", b"caf\xe9", b"order-0000000009"],
        ["order-0000000007", "order-0000000008", None, "order-0000000009"],
    ),
    "nothing first": (
        [None, None, UUID(FIRST).bytes, UUID(SECOND).bytes, b"order-0000000007"],
        [None, None, FIRST, SECOND, LATE],
    ),
}


@pytest.mark.parametrize("kind", BYTES)
@pytest.mark.parametrize("rows", [2, 5])
def test_bytes_are_read_alike_throughout_a_file(tmp_path, kind, rows):
    written, expected = BYTES[kind]
    path = tmp_path / "a.parquet"
    write_parquet(RecordBatch.from_arrays([Array(written, DataType.binary())], names=["x"]), path)
    chunks = open_rows(path, path.name, ReadLimits(chunk_rows=rows)).chunks(["x"])
    assert [cell for chunk in chunks for cell in identifiers(chunk.columns["x"], "x").values] == expected


def test_damaged_text_is_no_missing_text_and_no_missing_number():
    damaged = Array([b"caf\xe9", None, b"7"], DataType.binary())
    assert arrays.texts(damaged, "x")[0].tolist() == ["caf\ufffd", None, "7"]
    read, unread = arrays.numbers(damaged, "x")
    assert unread is not None
    assert (read.absent.tolist(), unread.tolist()) == ([False, True, False], [True, False, False])


def test_half_floats_from_2048_on_identify_nothing(tmp_path):
    path = tmp_path / "a.parquet"
    halves = Array.from_numpy(np.array([7, 2047, 2048, 4000], np.float16))
    write_parquet(RecordBatch.from_arrays([halves], names=["x"]), path)
    (chunk,) = open_rows(path, path.name).chunks(["x"])
    read = identifiers(chunk.columns["x"], "x")
    assert read.values[:2].tolist() == ["7", "2047"]
    assert read.inexact is not None
    assert read.inexact.tolist() == [False, False, True, True]
