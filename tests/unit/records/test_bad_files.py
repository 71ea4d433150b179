"""A file that cannot be read as records is refused whole, with a code and a message that says how to mend it."""

import gzip
import io
import json
import tracemalloc
import zlib

import numpy as np
import pytest
import zstandard
from arro3.core import Array, DataType, RecordBatch, Table, list_array
from arro3.io import write_parquet

from steward.errors import BatchInvalid
from steward.records.formats import open_rows
from steward.records.raw import ReadLimits
from tests.nightly import nightly

pytestmark = pytest.mark.usefixtures("measured_decoder")

HEADER = b"flight,at,p,decided,distance,wind,carrier,origin\n"
LINE = b"UA1,2013-03-04T12:30:00Z,0.25,0,1400,10.5,UA,EWR\n"
CSV = HEADER + LINE


def parquet(rows: int = 3, **changes: Array) -> bytes:
    columns = {
        "flight": Array([f"UA{at}" for at in range(rows)], DataType.utf8()),
        "at": Array(["2013-03-04T12:30:00Z"] * rows, DataType.utf8()),
        "p": Array([0.25] * rows, DataType.float64()),
        "decided": Array([0] * rows, DataType.int64()),
        "distance": Array([1400.0] * rows, DataType.float64()),
        "wind": Array([10.5] * rows, DataType.float64()),
        "carrier": Array(["UA"] * rows, DataType.utf8()),
        "origin": Array(["EWR"] * rows, DataType.utf8()),
        **changes,
    }
    output = io.BytesIO()
    batch = RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    write_parquet(Table.from_batches([batch]), output)
    return output.getvalue()


def refused(judge, content: bytes, name: str, limits: ReadLimits | None = None) -> BatchInvalid:
    with pytest.raises(BatchInvalid) as caught:
        judge(content, name, limits=limits)
    return caught.value


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.csv.gz", "a.jsonl.zst"])
def test_an_empty_file(judge, name):
    assert refused(judge, b"", name).code == "empty_file"


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv.gz", gzip.compress(b"", mtime=0)), ("a.csv.zst", zstandard.compress(b""))]
)
def test_a_file_that_decompresses_to_nothing(judge, name, content):
    assert refused(judge, content, name).code == "empty_file"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", HEADER), ("a.parquet", parquet(0)), ("a.jsonl", b"\n\n"), ("a.csv.gz", gzip.compress(HEADER, mtime=0))],
)
def test_a_file_without_rows(judge, name, content):
    assert refused(judge, content, name).code == "no_rows"


@pytest.mark.parametrize("name", ["a.xlsx", "a.dat", "a.csv.bz2"])
def test_a_name_that_tells_no_format(judge, name):
    error = refused(judge, CSV, name)
    assert error.code == "unknown_format"
    assert ".parquet" in str(error)


def test_parquet_inside_gzip(judge):
    assert refused(judge, gzip.compress(parquet(), mtime=0), "a.parquet.gz").code == "compressed_parquet"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", parquet(), "Parquet"),
        ("a.jsonl", gzip.compress(CSV, mtime=0), "gzip"),
        ("a.csv", zstandard.compress(CSV), "zstd"),
        ("a.parquet", CSV, "Parquet"),
        ("a.csv.gz", CSV, "gzip"),
        ("a.csv.zst", gzip.compress(CSV, mtime=0), "gzip"),
        ("a.csv", b"PK\x03\x04" + bytes(100), "Excel"),
        ("a.csv.gz", gzip.compress(parquet(), mtime=0), "Parquet"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(judge, name, content, what):
    error = refused(judge, content, name)
    assert error.code == "not_what_its_name_says"
    assert what in str(error)
    assert name in str(error)


@pytest.mark.parametrize(
    "content", [CSV.decode().encode("utf-16"), b"\x00\x01\x02" * 50, HEADER.replace(b"at", b"a\0t") + LINE]
)
def test_binary_or_utf_16_under_a_text_name(judge, content):
    assert refused(judge, content, "a.csv").code == "not_text"


def test_a_header_that_is_not_utf_8(judge):
    assert refused(judge, "flight,zeit_größe\n".encode("latin-1") + LINE, "a.csv").code == "not_utf8"


@pytest.mark.parametrize("kept", [4, 20, 0.5, 0.9, -1])
def test_truncated_parquet(judge, kept):
    whole = parquet()
    cut = whole[: int(kept * len(whole))] if isinstance(kept, float) else whole[:kept]
    error = refused(judge, cut, "a.parquet")
    assert error.code == "truncated"
    assert "upload the whole file again" in str(error)


def test_parquet_with_damaged_pages(judge):
    whole = bytearray(parquet(2000))
    whole[40:400] = b"\xff" * 360
    assert refused(judge, bytes(whole), "a.parquet").code in {"corrupt", "wrong_type"}


def test_parquet_with_a_damaged_footer(judge):
    whole = bytearray(parquet())
    length = int.from_bytes(whole[-8:-4], "little")
    whole[-8 - length : -8] = b"\xff" * length
    assert refused(judge, bytes(whole), "a.parquet").code == "corrupt"


@pytest.mark.parametrize("cut", [1, 8, 30])
@pytest.mark.parametrize(("name", "compress"), [("a.csv.gz", gzip.compress), ("a.csv.zst", zstandard.compress)])
def test_truncated_gzip_and_zstd(judge, name, compress, cut):
    rows = b"".join(b"%d" % at + LINE for at in range(5000))
    error = refused(judge, compress(HEADER + rows)[:-cut], name)
    assert error.code == "truncated"


@pytest.mark.parametrize(
    ("name", "compress"),
    [("a.csv.gz", gzip.compress), ("a.csv.zst", zstandard.ZstdCompressor(write_checksum=True).compress)],
)
def test_corrupt_gzip_and_zstd(judge, name, compress):
    content = bytearray(compress(HEADER + b"".join(b"%d" % (at * at) + LINE for at in range(5000))))
    middle = len(content) // 2
    content[middle : middle + 50] = b"\xaa" * 50
    assert refused(judge, bytes(content), name).code in {"corrupt", "truncated"}


OBJECT = json.dumps(dict.fromkeys(HEADER.decode().strip().split(","), 1)).encode() + b"\n"
JUNK = b"x" * 1023 + b"\n"


def gzip_bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(CSV), *(packer.compress(JUNK * 2**10) for _ in range(100)), packer.flush()])


def zstd_bomb() -> bytes:
    return zstandard.compress(CSV + OBJECT + JUNK * (100 * 2**10))


@pytest.mark.parametrize(
    ("name", "bomb"), [("a.csv.gz", gzip_bomb), ("a.jsonl.zst", zstd_bomb), *nightly(("a.csv.zst", zstd_bomb))]
)
def test_a_decompression_bomb_is_stopped_early_without_memory(judge, name, bomb):
    content = bomb()
    assert len(content) < 2**20
    limits = ReadLimits(maximum_expanded_bytes=8 * 2**20)
    tracemalloc.start()
    try:
        error = refused(judge, content, name, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == "expands_too_far"
    assert peak < 64 * 2**20


def test_a_bomb_that_is_one_enormous_line_is_one_rejected_row(judge):
    content = gzip.compress(CSV + b"x" * (50 * 2**20) + b"\n" + LINE.replace(b"UA1", b"UA2"))
    tracemalloc.start()
    try:
        verdict = judge(content, "a.csv.gz")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert verdict.codes == {2: ["row_too_long"]}
    assert verdict.records.ids.tolist() == ["UA1", "UA2"]
    assert peak < 64 * 2**20


def test_parquet_that_says_it_expands_too_far(judge):
    assert refused(judge, parquet(1000), "a.parquet", ReadLimits(maximum_expanded_bytes=1000)).code == "expands_too_far"


def test_parquet_that_expands_too_far_unannounced(judge):
    many = 50_000
    constant = {name: Array.from_numpy(np.full(many, 0.25)) for name in ("p", "distance", "wind")}
    one_id = Array(["UA1"], DataType.utf8()).take(Array.from_numpy(np.zeros(many, np.int64)))
    content = parquet(many, flight=one_id, **constant)
    assert len(content) < 2**20
    assert refused(judge, content, "a.parquet", ReadLimits(maximum_expanded_bytes=2**21)).code == "expands_too_far"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_duplicate_column_names(judge, name):
    if name == "a.csv":
        content = HEADER.replace(b"origin", b"wind") + LINE
    else:
        columns = [Array(["x"], DataType.utf8())] * 2
        output = io.BytesIO()
        write_parquet(Table.from_batches([RecordBatch.from_arrays(columns, names=["wind", "wind"])]), output)
        content = output.getvalue()
    error = refused(judge, content, name)
    assert error.code == "duplicate_columns"
    assert "wind" in str(error)


def test_a_missing_header(judge):
    error = refused(judge, LINE + LINE, "a.csv")
    assert error.code == "missing_header"
    assert "flight, at, p" in str(error)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_missing_columns_are_named_with_what_was_found_and_the_nearest(judge, write, row, name):
    if name == "a.parquet":
        columns = {("corrier" if key == "carrier" else key): Array(["1"], DataType.utf8()) for key in row()}
        content = write["parquet"](columns)
    else:
        changed = {("corrier" if key == "carrier" else key): value for key, value in row().items()}
        content = write[name.removeprefix("a.")]([changed])
    error = refused(judge, content, name)
    assert error.code == "missing_columns"
    assert "lacks column carrier (is it c" in str(error)
    assert "it has flight, at, p" in str(error)


@pytest.mark.parametrize(("sign", "name"), [(b":", "colons"), (b"^", "carets"), (b"\x01", "0x01")])
def test_a_separator_that_is_not_read_is_named(judge, sign, name):
    error = refused(judge, HEADER.replace(b",", sign) + LINE.replace(b",", sign), "a.csv")
    assert error.code == "missing_columns"
    assert name in str(error)


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ("wind", Array([1, 2, 3], DataType.int32()).cast(DataType.date32())),
        ("wind", list_array(Array.from_numpy(np.array([0, 1, 2, 3], np.int32)), Array.from_numpy(np.arange(3)))),
        ("origin", list_array(Array.from_numpy(np.array([0, 1, 2, 3], np.int32)), Array.from_numpy(np.arange(3)))),
        ("at", Array([True, False, True], DataType.bool())),
    ],
)
def test_a_column_of_a_wholly_wrong_parquet_type(judge, column, array):
    error = refused(judge, parquet(**{column: array}), "a.parquet")
    assert error.code == "wrong_type"
    assert f"column {column}" in str(error)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_column_in_which_nothing_can_be_read(judge, write, row, name):
    rows = [row(flight=f"UA{at}", wind="strong") for at in range(20)]
    error = refused(judge, write[name.removeprefix("a.")](rows), name)
    assert error.code == "wrong_type"
    assert "nothing in column wind is a number; write digits" in str(error)
    assert "the first is row 1" in str(error)
    assert "strong" not in str(error)


@pytest.mark.parametrize("content", [b"[\n1\n]\n", b"flight,at\n1,2\n", b'{\n"flight":\n1\n}\n'])
def test_json_lines_without_one_object_a_line(judge, content):
    error = refused(judge, content, "a.jsonl")
    assert error.code == "not_json_lines"
    assert "line 1" in str(error)


def test_csv_malformed_all_over_is_rejected_line_by_line(judge):
    verdict = judge(HEADER + b'"a"b,1\n' * 2000 + LINE, "a.csv")
    assert verdict.records.ids.tolist() == ["UA1"]
    assert verdict.invalid == {"malformed": 2000}


def test_a_bomb_of_valid_rows_is_refused_before_its_rows_are_taken_apart(tmp_path):
    """Opening it refuses it: no row has been asked for."""
    path = tmp_path / "a.csv.zst"
    path.write_bytes(zstandard.compress(HEADER + LINE * (40 * 2**20 // len(LINE))))
    with pytest.raises(BatchInvalid) as caught:
        open_rows(path, path.name, ReadLimits(maximum_expanded_bytes=32 * 2**20))
    assert caught.value.code == "expands_too_far"


def test_a_flood_of_blank_lines(judge):
    error = refused(judge, HEADER + LINE + b"\n" * 1_000_000, "a.csv")
    assert error.code == "malformed"
    assert "blank lines" in str(error)
