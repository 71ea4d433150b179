"""Whatever a customer wrote into a cell, and whatever became of one byte of the file: no row is invented."""

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records.formats import open_rows
from steward.records.raw import ReadLimits
from tests.unit.properties import some_examples

SOME = some_examples(400, suppress_health_check=list(HealthCheck))
HEADER = ["id", "note", "score"]
INJECTED = 'hi\nX1,free,0.9\nX2,"said, so",0.8\nbye'
TEXT = st.one_of(
    st.sampled_from(["", "a", '"', '""', ",", "\n", "\r\n", "\r", 'say "so"', ',"', '",', '"\n', '\n"', INJECTED]),
    st.text(st.sampled_from('",\n\rab;0'), max_size=12),
)
TABLES = st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=8)
BYTES = st.sampled_from([b'"', b",", b"\n", b"\r", b"x", b";", b" ", b"\0", b"\xe9"])


def written(rows, quoting: int) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting).writerows([HEADER, *rows])
    return stream.getvalue().encode()


def read(tmp_path, content: bytes, limits: ReadLimits | None = None) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows that are taken in, and the codes of those that are rejected."""
    path = tmp_path / "file"
    path.write_bytes(content)
    rows = open_rows(path, "a.csv", limits)
    taken: list[tuple[str, ...]] = []
    codes: list[str] = []
    for chunk in rows.chunks(HEADER):
        columns = [[cell or "" for cell in chunk.columns[name].to_pylist()] for name in HEADER]
        taken.extend(zip(*columns, strict=True))
        codes.extend(row.reasons[0].code for row in chunk.rejected)
    return taken, codes


@SOME
@given(rows=TABLES, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@example(rows=[("1", "x" * 200_000, "0.5"), ("2", "line\n" * 60_000, "0.5")], quoting=csv.QUOTE_MINIMAL)
def test_every_table_that_a_csv_writer_writes_is_read_as_it_was(tmp_path, rows, quoting) -> None:
    assert read(tmp_path, written(rows, quoting)) == (rows, [])


@SOME
@given(
    rows=TABLES,
    at=st.integers(0, 10_000),
    byte=BYTES,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example(rows=[("5", "a", ""), ("6", "\nX,Y,Z\nbye", "c")], at=2, byte=b'"', quoting=csv.QUOTE_MINIMAL)
def test_a_changed_byte_makes_no_row_that_was_not_there(tmp_path, rows, at, byte, quoting) -> None:
    content = written(rows, quoting)
    begins = [len(written(rows[:count], quoting)) for count in range(len(rows) + 1)]
    at = begins[0] + at % (len(content) - begins[0])
    spoilt = content[:at] + byte + content[at + 1 :]
    touched = next(row for row, end in enumerate(begins[1:]) if at < end)
    whole = [row for place, row in enumerate(rows) if place != touched]
    try:
        taken, codes = read(tmp_path, spoilt)
    except BatchInvalid as error:
        assert error.code in {"unbalanced_quotes", "no_rows"}  # noqa: PT017 - most are read
        return
    strange = [row for row in taken if row not in whole]
    assert len(strange) <= 1, strange  # the row that the byte was in
    assert taken == [row for row in taken if row in whole or row in strange]
    assert len(taken) + len(codes) <= len(rows) + 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_quote_that_is_never_closed_gives_no_text_back_as_rows(tmp_path, *, closed: bool) -> None:
    end = b'\n3,b"\n' if closed else b"\n"
    content = b'id,note,score\n1,a,0.5\n2,5" pipe,0.5\nX1,free,0.9' + end
    with pytest.raises(BatchInvalid) as caught:
        read(tmp_path, content)
    assert caught.value.code == "unbalanced_quotes"
    assert "in line 3" in str(caught.value)


@pytest.mark.parametrize("text", [b"x" * 5000, b"x\n" * 2500, b'""\n' * 1700])
def test_a_row_over_the_limit_is_one_rejected_row_and_reading_goes_on_after_its_end(tmp_path, text) -> None:
    content = b'id,note,score\n1,a,0.5\n2,"' + text + b'X1,free,0.9\n",0.5\n3,b,0.5\n'
    limits = ReadLimits(maximum_line_bytes=4096)
    assert read(tmp_path, content, limits) == ([("1", "a", "0.5"), ("3", "b", "0.5")], ["row_too_long"])


def test_a_long_row_whose_quotes_are_misplaced_condemns_the_file(tmp_path) -> None:
    content = b'id,note,score\n1,5" pipe,0.5\n' + b"2,free,0.5\n" * 500 + b'3,3" pipe,0.5\n'
    with pytest.raises(BatchInvalid) as caught:
        read(tmp_path, content, ReadLimits(maximum_line_bytes=1024))
    assert caught.value.code == "unbalanced_quotes"
