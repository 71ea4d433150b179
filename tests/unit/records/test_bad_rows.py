"""A bad row is rejected alone, with its place, its reasons and its content; the rest of the file goes on."""

import json

import pytest

BAD = [
    ({"flight": ""}, "missing_id", "flight"),
    ({"flight": None}, "missing_id", "flight"),
    ({"at": ""}, "missing_time", "at"),
    ({"at": "tomorrow"}, "wrong_type", "at"),
    ({"at": "2013-02-30T00:00:00Z"}, "wrong_type", "at"),
    ({"at": "1970-01-01T00:00:00Z"}, "missing_time", "at"),
    ({"at": "1971-01-01T00:00:00Z"}, "impossible_time", "at"),
    ({"at": "2013-06-02T00:00:01Z"}, "impossible_time", "at"),
    ({"p": None}, "missing_value", "p"),
    ({"p": "high"}, "wrong_type", "p"),
    ({"p": 1.01}, "out_of_range", "p"),
    ({"p": -0.01}, "out_of_range", "p"),
    ({"p": "NaN"}, "missing_value", "p"),
    ({"decided": None}, "missing_label", "decided"),
    ({"decided": "maybe"}, "unknown_label", "decided"),
    ({"distance": "far"}, "wrong_type", "distance"),
    ({"distance": "1_000"}, "wrong_type", "distance"),
    ({"distance": -1}, "out_of_range", "distance"),
    ({"distance": 10_001}, "out_of_range", "distance"),
    ({"distance": None}, "missing_value", "distance"),
    ({"carrier": None}, "missing_value", "carrier"),
]


@pytest.mark.parametrize("written", ["csv", "jsonl"])
@pytest.mark.parametrize("case", BAD)
def test_one_bad_row(judge, write, row, written, case):
    change, code, column = case
    bad = row(flight="UA2") | change
    verdict = judge(write[written]([row(), bad, row(flight="UA3")]), f"a.{written}")
    assert verdict.records.ids.tolist() == ["UA1", "UA3"]
    (rejected,) = verdict.rejected
    assert (rejected.row, rejected.line) == (2, 3 if written == "csv" else 2)
    (reason,) = rejected.reasons
    assert (reason.code, reason.column) == (code, column)
    assert column in reason.message
    expected = {name: "" if cell is None else str(cell) for name, cell in bad.items()}
    assert json.loads(rejected.content) == (expected if written == "csv" else bad)


def test_every_reason_of_a_row_is_told(judge, write, row):
    verdict = judge(write["csv"]([row(), row(flight="", p=7, distance=-1)]), "a.csv")
    assert verdict.codes == {2: ["missing_id", "out_of_range", "out_of_range"]}


def test_a_duplicate_id_names_the_first_row(judge, write, row):
    verdict = judge(write["csv"]([row(), row(flight="UA2"), row(p=0.5), row(p=0.75)]), "a.csv")
    assert verdict.codes == {3: ["duplicate_id"], 4: ["duplicate_id"]}
    assert "'UA1' is that of row 1" in verdict.messages
    assert verdict.records.chunk.columns["p"].values.tolist() == [0.25, 0.25]


def test_a_valid_row_is_not_a_duplicate_of_a_rejected_one(judge, write, row):
    verdict = judge(write["csv"]([row(p=9), row()]), "a.csv")
    assert verdict.codes == {1: ["out_of_range"]}
    assert verdict.records.ids.tolist() == ["UA1"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"UA2,2013-03-04T12:30:00Z,0.25,0\n", "wrong_field_count"),
        (b"UA2,2013-03-04T12:30:00Z,0.25,0,1400,10.5,UA,EWR,more\n", "wrong_field_count"),
        (b'UA2,"2013"x,0.25,0,1400,10.5,UA,EWR\n', "malformed"),
        (b"UA2,2013-03-04T12:30:00Z,0.25,0,1400,10.5,UA,M\xfcnchen\n", "not_utf8"),
        (b"UA2,2013-03-04T12:30:00Z,0.25,0,1400,10.5,UA,E\0WR\n", "not_utf8"),
        (b"UA2," + b"x" * 200_000 + b",0.25,0,1400,10.5,UA,EWR\n", "wrong_type"),
        (b"UA2," + b"x" * 2_000_000 + b",0.25,0,1400,10.5,UA,EWR\n", "row_too_long"),
        (b'UA2,"' + b"x\n" * 1_000_000 + b'",0.25,0,1400,10.5,UA,EWR\n', "row_too_long"),
    ],
)
def test_a_csv_line_that_is_no_row(judge, write, row, line, code):
    content = write["csv"]([row()]) + line + b"\n" + write["csv"]([row(flight="UA3")]).split(b"\n", 1)[1]
    verdict = judge(content, "a.csv")
    assert verdict.codes == {2: [code]}
    assert verdict.rejected[0].line == 3
    assert verdict.records.ids.tolist() == ["UA1", "UA3"]
    json.loads(verdict.rejected[0].content)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"flight": "UA2"', "malformed"),
        (b'{"flight": "UA2", "carrier": "' + b"x" * 2_000_000 + b'"}', "row_too_long"),
        (b'{"flight": "UA2", "flight": "UA2"}', "malformed"),
        (b"[1, 2]", "malformed"),
        (b"UA2,2013", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"flight": "UA2", "carrier": "M\xfcnchen"}', "not_utf8"),
        (b'{"flight": "UA2", "carrier": "\\ud800"}', "not_unicode"),
        (b'{"flight": "UA2", "wind": {"speed": 3}}', "wrong_type"),
        (b'{"flight": "UA2", "wind": [3]}', "wrong_type"),
    ],
)
def test_a_json_line_that_is_no_row(judge, write, row, line, code):
    content = write["jsonl"]([row()]) + line + b"\n\n" + write["jsonl"]([row(flight="UA3")])
    verdict = judge(content, "a.jsonl")
    assert verdict.codes == {2: [code]}
    assert verdict.rejected[0].line == 2
    assert verdict.records.ids.tolist() == ["UA1", "UA3"]
    json.loads(verdict.rejected[0].content)


@pytest.mark.parametrize(
    ("cell", "looks"),
    [
        ("$1,234.50", " (it looks like amounts in $: write $1,234.50 as 1234.5)"),
        ("1.234,50 EUR", " (it looks like amounts in EUR: write 1.234,50 EUR as 1234.5)"),
        ("12.5 %", " (it looks like amounts in %: write 12.5 % as 12.5)"),
        ("PT5M", " (it looks like durations, in seconds: write PT5M as 300)"),
        ("windy", ""),
    ],
)
def test_a_number_written_in_another_way_is_refused_with_what_it_looks_like(judge, write, row, cell, looks):
    verdict = judge(write["csv"]([row(), row(flight="UA2", wind=cell)]), "a.csv")
    assert verdict.codes == {2: ["wrong_type"]}
    assert verdict.messages == f"wind is '{cell}', not a number{looks}; write digits with a point, or leave it empty"


def test_a_file_of_which_every_row_is_bad_has_no_records(judge, write, row):
    verdict = judge(write["jsonl"]([row(p=2), row(flight="")]), "a.jsonl")
    assert verdict.records.rows == 0
    assert verdict.codes == {1: ["out_of_range"], 2: ["missing_id"]}


@pytest.mark.parametrize("label", ["", "2", "late"])
def test_a_label_that_is_no_label(judge, label):
    verdict = judge(f"flight,late\nUA1,1\nUA2,{label}\n".encode(), "a.csv", "labels")
    assert verdict.codes == {2: ["missing_label" if not label else "unknown_label"]}
