"""What the fast reader of CSV is given, the careful one reads alike; a file reads the same with both or one."""

import csv
import io
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records import delimited
from steward.records.fast_csv import split_fast_rows
from steward.records.formats import open_rows
from steward.records.raw import ReadLimits
from tests.unit.properties import some_examples

SOME = some_examples(120, suppress_health_check=list(HealthCheck))
SIGNS = st.sampled_from([b"a", b"1", b" ", b",", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'""', b'"x"', b"\xc3\xa9"])
RARE = st.sampled_from([b"\0", b"\xe9", b"\xef\xbb\xbf", "\u2028".encode(), b"\x0b", b"\xc3"])
PIECES = st.lists(st.one_of(SIGNS, SIGNS, SIGNS, SIGNS, RARE), max_size=60).map(b"".join)
CELLS = st.sampled_from(["", "a", "0.5", 'say "so"', "one, two", "two\nlines", "two\r\nlines", "é", " "])
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)


def written(rows, end: str = "\n") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=end).writerows(rows)
    return stream.getvalue().encode()


def read(path: Path, content: bytes, limits: ReadLimits) -> object:
    """All that a reader tells of a file; empty cells are missing ones, however they are given."""
    path.write_bytes(content)
    found: list[object] = []
    try:
        rows = open_rows(path, "a.csv", limits)
        for chunk in rows.chunks(rows.names[1:]):
            columns = [[cell or None for cell in column.to_pylist()] for column in chunk.columns.values()]
            for at, row in enumerate(chunk.rows.tolist()):
                line = int(chunk.lines[at])
                found.append((row, line, [column[at] for column in columns], chunk.content(at)))
            found.extend((row.row, row.line, row.reasons, row.content) for row in chunk.rejected)
    except BatchInvalid as error:
        return error.code, str(error)
    return sorted(found, key=lambda row: row[0])


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("csv") / "file"


@SOME
@given(content=PIECES, chunk_rows=st.sampled_from([1, 2, 7, 4096]), looked_at=st.sampled_from([1, 9, 2**22]))
def test_any_bytes_read_the_same_with_the_fast_reader_and_without(path, content, chunk_rows, looked_at) -> None:
    limits = ReadLimits(chunk_rows=chunk_rows, maximum_line_bytes=40)
    content = b"a,b,c\n" + content
    with patch.object(delimited, "split_fast_rows", lambda *_, **__: None):
        careful = read(path, content, limits)
    with patch.object(delimited, "_LOOKED_AT", looked_at):
        assert read(path, content, limits) == careful


@SOME
@given(before=ROWS, between=PIECES, after=ROWS, end=st.sampled_from(["\n", "\r\n"]))
def test_a_spoilt_place_costs_the_rows_around_it_nothing(path, before, between, after, end) -> None:
    content = b"a,b,c\n" + written(before, end) + between + b"\n" + written(after, end)
    with patch.object(delimited, "split_fast_rows", lambda *_, **__: None):
        careful = read(path, content, ReadLimits())
    assert read(path, content, ReadLimits()) == careful


@SOME
@given(rows=ROWS.filter(len), end=st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_well_is_clean(rows, end) -> None:
    content = written(rows, end)
    clean = split_fast_rows(content, 3, ",", longest=2**20, most=2**20)
    assert clean
    assert clean.content == content
    assert [next(csv.reader([clean.row(at)], strict=True)) for at in range(len(clean.ends))] == [*map(list, rows)]
    assert clean.line_ends == content.count(b"\n")


@pytest.mark.parametrize(
    "unclean",
    [b"a,b\n", b"a,b,c,d\n", b"\n", b"\r\n", b'a,b"x,c\n', b'"a"x,b,c\n', b'"a,b,c\n', b"a,\0,c\n", b"a,b\r,c\n",
     b"a,\xe9,c\n", b"a,b," + b"c" * 200 + b"\n", b"a,b,c"],
)  # fmt: skip
def test_a_row_that_is_not_clean_ends_the_clean_rows(unclean) -> None:
    good = b'a,"b\n",c\n'
    clean = split_fast_rows(good + unclean + good, 3, ",", longest=100, most=99)
    assert clean
    assert clean.content == good
    assert split_fast_rows(unclean + good, 3, ",", longest=100, most=99) is None


def test_a_row_longer_than_the_limit_is_left_to_the_careful_reader() -> None:
    content = b'a,b,"' + b"c\n" * 100_000 + b'"\n'
    assert split_fast_rows(content, 3, ",", longest=len(content) - 1, most=9) is None
    assert split_fast_rows(content, 3, ",", longest=len(content), most=9)


def test_no_more_rows_than_wanted() -> None:
    clean = split_fast_rows(b"a,b,c\n" * 5, 3, ",", longest=100, most=2)
    assert clean
    assert (clean.content, clean.line_ends) == (b"a,b,c\n" * 2, 2)
