r"""Files whose writer escapes quotes by backslashes (`\"`): no text inside quotes becomes a row."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from tests.unit.properties import some_examples

from .test_csv_safety import HEADER, read

SOME = some_examples(150, suppress_health_check=list(HealthCheck))
CLOSED = '",\nX1,free,0.9\nX2,free,"'
TEXT = st.one_of(
    st.sampled_from(["", "a", '"', ",", "\n", 'say "so"', '",', ',"', '"\n', '\n"', '"\nX,Y,Z\n"', "\nX,Y,", CLOSED]),
    st.text(st.sampled_from('",\nab'), max_size=8),
)
TABLES = st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=6)


def spark(rows) -> bytes:
    """As Spark, Hive and MySQL write: every quote inside quotes has a backslash before it."""
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\").writerows([HEADER, *rows])
    return stream.getvalue().encode()


def excel(rows, quoting: int) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting).writerows([HEADER, *rows])
    return stream.getvalue().encode()


@SOME
@given(rows=TABLES)
@example(rows=[("1", CLOSED, "0.5")])
@example(rows=[("1", "a", '"\n'), ("2", "b", "\nX1,free,0.9"), ("3", "c", "\n")])
@example(rows=[("1", "a", 'x"'), ("2", "b", "\nX1,free,"), ("3", "c", "\n")])
def test_text_in_a_cell_with_escaped_quotes_makes_no_row(tmp_path, rows) -> None:
    try:
        taken, _ = read(tmp_path, spark(rows))
    except BatchInvalid as error:
        assert error.code in {"backslash_quotes", "unbalanced_quotes", "malformed"}  # noqa: PT017 - the rest is read
        return
    assert [row for row in taken if row not in rows] == []


@pytest.mark.parametrize("long", [0, 2_000_000])
def test_the_refusal_names_the_dialect_and_the_line(tmp_path, long: int) -> None:
    rows = [("0", "plain", "0.5"), ("1", "x" * long + CLOSED, "0.5"), ("2", "plain", "0.5")]
    with pytest.raises(BatchInvalid, match=r"with a backslash .*first in line 3\), as Spark"):
        read(tmp_path, spark(rows))


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize(
    "text",
    ["C:\\temp\\", "a, C:\\temp\\", json.dumps({"said": 'x "y", z'}), 'he wrote \\"', 'a\\"\nX,Y,Z\n"b', "\\", '\\"\\'],
)
def test_backslashes_in_a_file_that_doubles_its_quotes_are_text(tmp_path, text: str, quoting: int) -> None:
    rows = [("1", text, "0.5"), ("2", "plain", "0.25"), ("3", text, text)]
    assert read(tmp_path, excel(rows, quoting)) == (rows, [])
    assert read(tmp_path, excel(rows[-1:], quoting)) == (rows[-1:], [])


def test_one_bad_row_costs_no_file_of_doubled_quotes(tmp_path) -> None:
    rows = [(str(at), json.dumps({"said": 'x "y"'}), "0.5") for at in range(3)]
    taken, codes = read(tmp_path, excel(rows, csv.QUOTE_MINIMAL) + b"4,too,many,cells\n")
    assert (taken, codes) == (rows, ["wrong_field_count"])
