"""CSV as other programs write it: separators, line ends, and cells that have no column."""

import gzip

import pytest

from steward.errors import BatchInvalid
from steward.records.formats import open_rows
from steward.records.raw import ReadLimits

HEADER = "flight,at,p,decided,distance,wind,carrier,origin"
FIRST = "UA1,2013-03-04T12:30:00Z,0.25,0,1400,10.5,UA,EWR"
SECOND = "UA2,2013-03-04T12:30:00Z,0.5,1,1400,,UA,EWR"
TABLE = f"{HEADER}\n{FIRST}\n{SECOND}\n"


@pytest.fixture
def expected(judge, listed):
    return listed(judge(TABLE.encode(), "a.csv").records)


def turned(separator: str) -> str:
    return TABLE.replace(",", separator)


@pytest.mark.parametrize(
    "text",
    [
        turned(";"),
        turned("\t"),
        turned("|"),
        "sep=;\n" + turned(";"),
        '"sep=;"\r\n' + turned(";").replace("\n", "\r\n"),
        "sep=,\n" + TABLE,
        TABLE.replace("\n", "\r"),
        TABLE.replace("\n", "\r\r\n"),
        "\ufeff" + TABLE,
        "\n\n" + TABLE.replace("\n", "\n\n") + "\n",
        "  \n" + TABLE.replace("\n", "\n \n"),
        TABLE.replace("\n", ",\n"),
        TABLE.replace("\n", ",,\n"),
        TABLE.replace(HEADER, HEADER + ","),
        TABLE.replace("\n", ",\n").replace(HEADER + ",", HEADER),
        TABLE.replace(",", ", "),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in TABLE.splitlines()),
        "\n".join(", ".join(f'"{cell}"' for cell in line.split(",")) for line in TABLE.splitlines()),
        TABLE.rstrip("\n"),
    ],
)
def test_every_way_of_writing_a_table_reads_the_same(judge, listed, expected, text):
    verdict = judge(text.encode(), "a.csv")
    assert not verdict.rejected
    assert listed(verdict.records) == expected


@pytest.mark.parametrize("name", ["a.tsv", "a.tab", "a.txt", "A.TSV", "a.tsv.gz"])
def test_names_of_other_programs(judge, listed, expected, name):
    content = turned("\t").encode()
    verdict = judge(gzip.compress(content) if name.endswith("gz") else content, name)
    assert listed(verdict.records) == expected


@pytest.mark.parametrize("cell", ["more", " "])
def test_a_cell_that_has_no_column_rejects_its_row(judge, cell):
    verdict = judge(f"{HEADER}\n{FIRST},{cell}\n{SECOND}\n".encode(), "a.csv")
    assert verdict.codes == {1: ["wrong_field_count"]}


def test_a_line_that_begins_with_a_hash_is_a_row(judge):
    verdict = judge(f"{HEADER}\n# exported, by hand\n{FIRST}\n".encode(), "a.csv")
    assert verdict.codes == {1: ["wrong_field_count"]}
    assert verdict.records.rows == 1


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_numbers_may_have_a_decimal_comma_where_no_comma_separates_fields(judge, listed, expected, separator):
    text = turned(separator).replace(".", ",")
    verdict = judge(text.encode(), "a.csv")
    assert not verdict.rejected
    assert listed(verdict.records) == expected


@pytest.mark.parametrize("chunk_rows", [1, 4096])
def test_a_column_with_both_a_decimal_comma_and_a_point_refuses_the_file(judge, chunk_rows):
    text = turned(";").replace("0.25", "0,25")
    with pytest.raises(BatchInvalid) as caught:
        judge(text.encode(), "a.csv", limits=ReadLimits(chunk_rows=chunk_rows))
    assert caught.value.code == "mixed_decimals"
    assert "column p" in str(caught.value)


def test_a_decimal_comma_in_quotes_is_no_number_where_commas_separate_fields(judge):
    verdict = judge(TABLE.replace(",0.5,", ',"0,5",').encode(), "a.csv")
    assert verdict.codes == {2: ["wrong_type"]}


def test_thousands_are_no_numbers(judge):
    verdict = judge(turned(";").replace("1400", "1.400,5", 1).encode(), "a.csv")
    assert verdict.codes == {1: ["wrong_type"]}


def test_ids_and_categories_keep_their_commas(judge, listed):
    verdict = judge(turned(";").replace("UA1", "1,5").replace("EWR", "2,5").encode(), "a.csv")
    assert listed(verdict.records)["origin"] == ["2,5", "2,5"]
    assert verdict.records.ids.tolist() == ["1,5", "UA2"]


@pytest.mark.parametrize(
    ("chunk_rows", "written", "read"),
    [
        (2, ["1", "2", "1,5", "2", "x,y", "2,5"], ["1", "2", "1.5", "2", "x,y", "2.5"]),
        (8, ["1", "2", "1,5", "2", "2,5"], ["1", "2", "1.5", "2", "2.5"]),
        (2, ["x,y", "1", "1,5", "2,5"], ["x,y", "1", "1,5", "2,5"]),
        (8, ["x,y", "1", "1,5", "2,5"], ["x,y", "1", "1,5", "2,5"]),
    ],
)
def test_decimal_commas_of_a_column_of_unknown_type_are_decided_for_the_whole_file(tmp_path, chunk_rows, written, read):
    path = tmp_path / "a.csv"
    path.write_text("id;x\n" + "".join(f"{at};{cell}\n" for at, cell in enumerate(written)))
    chunks = open_rows(path, path.name, ReadLimits(chunk_rows=chunk_rows)).chunks(["x"])
    assert [cell for chunk in chunks for cell in chunk.columns["x"].to_pylist()] == read
