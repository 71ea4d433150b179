"""What is in a file comes out as records, however it was written."""

import io
from decimal import Decimal

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records.canonical import canonical_category, canonical_id, has_lost_digits
from steward.records.raw import ReadLimits
from tests.unit.properties import some_examples

SOME = some_examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8).filter(
    lambda text: canonical_id(text) and not has_lost_digits(text)
)
CATEGORY = st.one_of(st.sampled_from(["UA", "AA", "B6", 'a "quoted", one', "two\nlines"]), TEXT)
MOMENT = st.datetimes(
    min_value=np.datetime64("1990-01-01", "us").item(), max_value=np.datetime64("2013-05-31", "us").item()
)


@st.composite
def tables(draw) -> list[dict[str, object]]:
    ids = draw(st.lists(TEXT, unique_by=canonical_id, min_size=1, max_size=12))
    return [
        {
            "flight": name,
            "at": draw(MOMENT).isoformat() + draw(st.sampled_from(["", "Z", "+00:00"])),
            "p": draw(st.floats(0, 1)),
            "decided": draw(st.sampled_from(["0", "1"])),
            "distance": draw(st.floats(0, 10_000)),
            "wind": draw(st.none() | st.floats(allow_nan=False, allow_infinity=False)),
            "carrier": draw(CATEGORY),
            "origin": draw(st.none() | CATEGORY),
            "version": draw(st.none() | st.sampled_from(["v1", "v2"])),
        }
        for name in ids
    ]


def arrow(rows: list[dict[str, object]]) -> dict[str, Array]:
    kinds = dict.fromkeys(rows[0], DataType.utf8()) | dict.fromkeys(("p", "distance", "wind"), DataType.float64())
    return {name: Array([row[name] for row in rows], kind) for name, kind in kinds.items()}


@SOME
@given(rows=tables(), chunk_rows=st.integers(1, 13))
def test_any_valid_table_reads_the_same_from_every_format_in_chunks_of_any_size(judge, write, listed, rows, chunk_rows):
    expected = {
        "": [canonical_id(row["flight"]) for row in rows],
        "time": [np.datetime64(row["at"].removesuffix("Z").removesuffix("+00:00"), "us").item() for row in rows],
        **{name: [row[name] for row in rows] for name in rows[0] if name not in {"flight", "at"}},
        **{name: [row[name] and canonical_category(row[name]) for row in rows] for name in ("carrier", "origin")},
    }
    for written, writer in write.items():
        content = writer(arrow(rows) if written == "parquet" else rows)
        verdict = judge(content, f"a.{written}", limits=ReadLimits(chunk_rows=chunk_rows))
        assert not verdict.rejected
        assert listed(verdict.records) == expected | {"version": listed(verdict.records).get("version")}
        versions = listed(verdict.records).get("version", [None] * len(rows))
        assert versions == expected["version"]


CELLS = st.sampled_from(["", "UA1", "UA2", "0.5", "7", "x", "2013-03-04", "1", "NaN", "\xe9", '"'])


@SOME
@given(lines=st.lists(st.lists(CELLS, min_size=7, max_size=9), min_size=1, max_size=12), chunk_rows=st.integers(1, 13))
def test_every_row_is_either_valid_or_rejected_whatever_the_chunks(judge, listed, lines, chunk_rows):
    header = "flight,at,p,decided,distance,wind,carrier,origin\n"
    content = (header + "".join(",".join(line) + "\n" for line in lines if '"' not in line)).encode()
    rows = sum('"' not in line for line in lines)
    if not rows:
        return
    whole = judge(content, "a.csv")
    assert whole.records.rows + len(whole.rejected) == rows
    parts = judge(content, "a.csv", limits=ReadLimits(chunk_rows=chunk_rows))
    assert parts.rejected == whole.rejected
    assert listed(parts.records) == listed(whole.records)


@SOME
@given(garbage=st.binary(max_size=300), quotes=st.lists(st.sampled_from(['"', ",", "\n", "a", '""']), max_size=60))
def test_garbage_after_the_header_is_read_row_by_row_or_refused_whole(judge, garbage, quotes):
    header = b"flight,late\nUA1,1\n"
    content = header + garbage.replace(b"\0", b"") + "".join(quotes).encode()
    try:
        verdict = judge(content, "a.csv", "labels")
    except BatchInvalid as error:
        assert error.code == "unbalanced_quotes"  # noqa: PT017 - most are read
        return
    assert verdict.records.ids.tolist()[0] == "UA1"
    assert [row.row for row in verdict.rejected] == sorted({row.row for row in verdict.rejected})


def parquet(**columns: Array) -> bytes:
    output = io.BytesIO()
    batch = RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    write_parquet(Table.from_batches([batch]), output)
    return output.getvalue()


def integers(*values: int | None) -> Array:
    return Array(list(values), DataType.int64())


@pytest.fixture
def reading(judge):
    def read(**changes: Array):
        columns = {
            "flight": integers(1, 2, 3),
            "at": Array(["2013-03-04"] * 3, DataType.utf8()),
            "p": Array([0.5] * 3, DataType.float64()),
            "decided": integers(0, 1, 0),
            "distance": integers(1, 2, 3),
            "wind": integers(1, 2, 3),
            "carrier": Array(["UA"] * 3, DataType.utf8()),
            "origin": Array(["UA"] * 3, DataType.utf8()),
        }
        return judge(parquet(**columns | changes), "a.parquet")

    return read


@pytest.mark.parametrize(
    "kind",
    [
        *(DataType.int8(), DataType.int16(), DataType.int32(), DataType.uint8(), DataType.uint16(), DataType.uint64()),
        *(DataType.float16(), DataType.float32(), DataType.float64(), DataType.decimal128(10, 2)),
        *(DataType.utf8(), DataType.large_utf8(), DataType.string_view()),
        DataType.dictionary(DataType.int32(), DataType.utf8()),
    ],
    ids=str,
)
def test_a_numeric_feature_of_any_type(reading, listed, kind):
    verdict = reading(wind=integers(1, None, 3).cast(kind))
    assert listed(verdict.records)["wind"] == [1.0, None, 3.0]


def test_a_numeric_feature_of_booleans(reading, listed):
    assert listed(reading(wind=Array([True, None, False], DataType.bool())).records)["wind"] == [1.0, None, 0.0]


def test_decimals_keep_their_fraction(reading, listed):
    wind = Array([1.25, None, -3.5], DataType.float64()).cast(DataType.decimal128(10, 2))
    assert listed(reading(wind=wind).records)["wind"] == [float(Decimal("1.25")), None, -3.5]


def test_a_nan_in_the_file_is_not_missing(reading):
    wind = reading(wind=Array([1.0, float("nan"), None], DataType.float64())).records.chunk.columns["wind"]
    assert np.isnan(wind.values).tolist() == [False, True, True]
    assert wind.missing.tolist() == [False, False, True]


@pytest.mark.parametrize(
    "kind",
    [
        *(DataType.utf8(), DataType.large_utf8(), DataType.string_view(), DataType.binary()),
        *(
            DataType.dictionary(DataType.int8(), DataType.utf8()),
            DataType.dictionary(DataType.int32(), DataType.utf8()),
        ),
    ],
    ids=str,
)
def test_a_categorical_feature_of_any_text_type(reading, listed, kind):
    origin = Array(["EWR", None, ""], DataType.utf8()).cast(kind)
    assert listed(reading(origin=origin).records)["origin"] == ["EWR", None, None]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (integers(7, None, 9), ["7", None, "9"]),
        (Array([True, None, False], DataType.bool()), ["true", None, "false"]),
        (integers(0, 1, None).cast(DataType.int32()).cast(DataType.date32()), ["1970-01-01", "1970-01-02", None]),
    ],
)
def test_a_categorical_feature_that_is_no_text_is_compared_as_text(reading, listed, origin, expected):
    assert listed(reading(origin=origin).records)["origin"] == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30"])
def test_timestamps_of_any_unit_and_zone(reading, unit, zone):
    moment = np.datetime64("2013-03-04T12:30:00", unit).astype(np.int64)
    at = Array.from_numpy(np.full(3, moment)).cast(DataType.timestamp(unit, tz=zone))
    assert reading(at=at).records.times.tolist() == [np.datetime64("2013-03-04T12:30:00", "us").item()] * 3


def test_dates_are_midnights(reading):
    days = int(np.datetime64("2013-03-04", "D").astype(int))
    for at in (
        Array([days] * 3, DataType.int32()).cast(DataType.date32()),
        integers(*[days * 86_400_000] * 3).cast(DataType.date64()),
    ):
        assert reading(at=at).records.times.tolist() == [np.datetime64("2013-03-04", "us").item()] * 3


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000, 1_000_000_000])
def test_times_may_be_numbers_since_1970_of_any_unit(reading, scale):
    seconds = int(np.datetime64("2013-03-04T12:30:00", "s").astype(np.int64))
    for at in (integers(*[seconds * scale] * 3), Array([str(seconds * scale)] * 3, DataType.utf8())):
        assert reading(at=at).records.times.tolist() == [np.datetime64("2013-03-04T12:30:00", "us").item()] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013-03-04 12:30:00", "2013-03-04T12:30:00"),
        ("2013-03-04T12:30", "2013-03-04T12:30:00"),
        (" 2013-03-04T12:30:00Z ", "2013-03-04T12:30:00"),
        ("2013-03-04T12:30:00.123456789+02:00", "2013-03-04T10:30:00.123456"),
        ("20130304T123000Z", "2013-03-04T12:30:00"),
        ("2013-03-04", "2013-03-04T00:00:00"),
    ],
)
def test_times_in_the_ways_people_write_them(reading, text, expected):
    verdict = reading(at=Array([text] * 3, DataType.utf8()))
    assert verdict.records.times.tolist() == [np.datetime64(expected, "us").item()] * 3


@pytest.mark.parametrize("text", ["NA", "n/a", "null", "None", " ", "\\N", "<NA>", "(null)", "#N/A"])
def test_a_number_that_says_it_is_missing_is_missing(reading, listed, text):
    assert listed(reading(wind=Array(["1", text, " 3 "], DataType.utf8())).records)["wind"] == [1.0, None, 3.0]


@pytest.mark.parametrize("one", ["1", "1.0", "true", "True", " 1 "])
@pytest.mark.parametrize("zero", ["0", "0.0", "false", "FALSE"])
def test_labels_are_the_same_however_they_are_written(judge, spec, one, zero):
    verdict = judge(f"flight,late\na,{one}\nb,{zero}\n".encode(), "a.csv", "labels")
    assert verdict.records.positive(spec).tolist() == [True, False]
    assert verdict.records.times is None


def test_labels_may_come_with_times_or_without_and_none_is_rejected_for_its_time(judge):
    content = b"flight,at,late\na,2013-03-04,1\nb,,0\nc,never,0\nd,1900-01-01,1\ne,9999-12-31,1\n"
    verdict = judge(content, "a.csv", "labels")
    assert np.isnat(verdict.records.times).tolist() == [False, True, True, True, True]
    assert verdict.codes == {}
    mixed = "flight,at,late\na,2013-03-04,1\nb,1362355200,0\nc,1362355200000,1\nd,03/04/2013,1\n"
    assert judge(mixed.encode(), "a.csv", "labels").records.rows == 4
    unreadable = "flight,at,late\n" + "".join(f"f{row},pending,1\n" for row in range(20))
    assert judge(unreadable.encode(), "a.csv", "labels").records.rows == 20


def test_a_reference_needs_labels_and_no_scores(judge):
    verdict = judge(b"flight,at,late,distance,wind,carrier,origin\na,2013-01-01,1,5,,UA,\n", "a.csv", "reference")
    assert list(verdict.records.chunk.columns) == ["late", "distance", "wind", "carrier", "origin"]


def test_extra_columns_are_ignored_and_told_once(judge, write, row):
    verdict = judge(write["csv"]([row(gate="B22", tail="N1")]), "a.csv")
    assert verdict.notes == ["columns that the declaration does not name were ignored: gate, tail"]


def test_a_byte_order_mark_and_either_line_end_are_no_matter(judge, write, row):
    content = b"\xef\xbb\xbf" + write["csv"]([row(), row(flight="UA2")])
    assert judge(content, "a.csv").records.ids.tolist() == ["UA1", "UA2"]
    assert judge(content.replace(b"\r\n", b"\n").rstrip(), "a.csv").records.ids.tolist() == ["UA1", "UA2"]


def test_an_absent_json_key_is_a_null(judge, write, row):
    first, second = row(), row(flight="UA2")
    del second["wind"]
    verdict = judge(write["jsonl"]([first, second]), "a.jsonl")
    assert verdict.records.chunk.columns["wind"].missing.tolist() == [False, True]


def test_duplicates_are_found_across_many_chunks(judge):
    rows = 5000
    ids = [str(at % 4000) for at in range(rows)]
    content = "flight,late\n" + "".join(f"{name},1\n" for name in ids)
    verdict = judge(content.encode(), "a.csv", "labels", ReadLimits(chunk_rows=700))
    assert verdict.records.ids.tolist() == ids[:4000]
    assert [row.row for row in verdict.rejected] == list(range(4001, 5001))
    assert "is that of row 1000 already" in verdict.rejected[999].reasons[0].message
