"""An instant is the same microsecond, or the same refusal, however and in whatever format it is written."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from arro3.core import Array, DataType
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records.raw import ReadLimits
from steward.records.time_reader import TimeReader, read_times
from steward.spec.model import ModelSpec
from tests.nightly import nightly
from tests.unit.properties import some_examples

UNIX = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = datetime(2013, 3, 4, 12, 30, 15, 250_000, tzinfo=UTC)
SECOND = MOMENT.replace(microsecond=0)
MINUTE = SECOND.replace(second=0)
DAY = MOMENT.replace(hour=0, minute=0, second=0, microsecond=0)


def since(moment: datetime, per_second: int) -> int:
    return (moment - UNIX) // timedelta(microseconds=1) * per_second // 1_000_000


SPELLINGS = [
    ("2013-03-04T12:30:15.25Z", MOMENT),
    ("2013-03-04T12:30:15,250Z", MOMENT),
    ("2013-03-04 12:30:15.250000", MOMENT),
    ("2013-03-04 12:30:15.250 UTC", MOMENT),
    ("2013-03-04T12:30:15.250999+00", MOMENT + timedelta(microseconds=999)),
    ("2013-03-04T12:30:15.2500009Z", MOMENT),
    ("2013-03-04T14:30:15.25+0200", MOMENT),
    ("2013-03-04T07:00:15.25-05:30", MOMENT),
    ("2013-03-04T07:30:15.25\u221205:00", MOMENT),
    ("2013-03-04t12:30:15.25z", MOMENT),
    ("2013-03-04T13:30:15.25+01:00[Europe/Paris]", MOMENT),
    ("2013-03-04T12:30:15.25Z[UTC]", MOMENT),
    ("2013-03-04 12:30:15.25 +0000 UTC", MOMENT),
    ("20130304T123015Z", SECOND),
    ("20130304T123015", SECOND),
    ("20130304T123015.25+0000", MOMENT),
    ("20130304T1230Z", MINUTE),
    ("2013-03-04T1230+00:00", MINUTE),
    ("20130304123015", SECOND),
    ("20130304123015Z", SECOND),
    ("20130304123015+0000", SECOND),
    ("20130304143015+0200", SECOND),
    ("201303041230", MINUTE),
    ("201303041230Z", MINUTE),
    ("20130304123015250", MOMENT),
    ("20130304123015.250", MOMENT),
    ("20130304123015.250Z", MOMENT),
    ("20130304123015250000", MOMENT),
    ("20130304", DAY),
    ("2013-03-04", DAY),
    ("2013-W10-1", DAY),
    ("2013W101T123015Z", SECOND),
    ("2013-063", DAY),
    ("2013-03-03T24:00:00Z", DAY),
    ("2013-03-04T12", MOMENT.replace(minute=0, second=0, microsecond=0)),
    *((str(since(MINUTE, unit)), MINUTE) for unit in (1, 10**3, 10**6, 10**9)),
    (f"{since(SECOND, 1)}.25", MOMENT),
    (f"{since(SECOND, 1)}.0", SECOND),
    (f"{since(SECOND, 1)}e0", SECOND),
    (str(since(MOMENT, 10**9) + 999), MOMENT),
]

REFUSED = [
    ("03/04/2013", "dates with slashes"),
    ("04.03.2013", "dates with dots"),
    ("04-03-2013", "dates with dashes"),
    ("Mon, 04 Mar 2013 12:30:15 GMT", "dates with month names"),
    ("Mar 4, 2013", "dates with month names"),
    ("2013", "years alone"),
    ("201303", "years and months"),
    ("41337", "serial days"),
    ("1.36236E+12", "numbers with an exponent, whose last digits are lost"),
    ("2013-03", "ISO 8601"),
    ("2013-W10", "ISO 8601"),
    ("2013-02-30", "ISO 8601"),
    ("2013-3-4", "ISO 8601"),
    ("2013-03-04T25:00", "ISO 8601"),
    ("20130230", "neither a unit since 1970 nor calendar digits"),
    ("last week", "ISO 8601"),
]


@pytest.fixture
def read(judge, write, row):
    """The event times of a file whose rows have these, or the refusal of the file."""

    def read(cells: list[str], written: str, **limits: int):
        rows = [row(flight=f"UA{at}", at=cell) for at, cell in enumerate(cells)]
        if written == "parquet":
            numbers = {"p", "distance", "wind", "decided"}
            content = write["parquet"](
                {
                    name: Array(
                        [each[name] for each in rows], DataType.float64() if name in numbers else DataType.utf8()
                    )
                    for name in rows[0]
                }
            )
        else:
            content = write[written](rows)
        return judge(content, f"a.{written}", limits=ReadLimits(**limits) if limits else None)

    return read


def in_formats(cases):
    """Each case in every format; of Parquet, which takes a process each, every run tries one in four."""
    text = [(*case, written) for case in cases for written in ("csv", "jsonl")]
    parquet = [(*case, "parquet") for case in cases]
    return text + parquet[::4] + nightly(*(case for at, case in enumerate(parquet) if at % 4))


@pytest.mark.parametrize(("text", "moment", "written"), in_formats(SPELLINGS))
def test_an_instant_is_the_same_in_every_spelling_and_format(read, text, moment, written):
    verdict = read([text] * 3, written)
    assert verdict.records.times.tolist() == [moment.replace(tzinfo=None)] * 3


@pytest.mark.parametrize(("text", "why", "written"), in_formats(REFUSED))
def test_what_cannot_be_read_for_certain_is_refused_alike_with_what_it_is(read, text, why, written):
    with pytest.raises(BatchInvalid, match=why) as refusal:
        read([text] * 12, written)
    assert "write ISO 8601, such as" in str(refusal.value)


def test_a_refusal_names_the_formats_that_fit_the_column(read):
    with pytest.raises(BatchInvalid, match=r'columns.time_format: "%m/%d/%Y", or write ISO 8601'):
        read(["03/04/2013"] * 11 + ["03/31/2013"], "csv")
    with pytest.raises(BatchInvalid, match=r'columns.time_format: "%m/%d/%Y" or "%d/%m/%Y", or'):
        read(["03/04/2013"] * 12, "csv")


WAYS = {
    "ISO 8601": lambda moment: moment.isoformat(),
    "ISO 8601 with Z and a blank": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S.%fZ"),
    "compact ISO 8601": lambda moment: moment.strftime("%Y%m%dT%H%M%S.%fZ"),
    "calendar digits": lambda moment: moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03}",
    "seconds": lambda moment: f"{since(moment, 1)}.{moment.microsecond:06}",
    "milliseconds": lambda moment: str(since(moment, 10**3)),
    "microseconds": lambda moment: str(since(moment, 10**6)),
    "nanoseconds": lambda moment: str(since(moment, 10**9)),
}
MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


@some_examples(30)
@given(st.lists(MOMENTS, min_size=1, max_size=20))
def test_the_same_instants_are_the_same_microseconds_in_each_spelling(moments):
    right = [since(moment, 10**6) for moment in moments]
    for name, way in WAYS.items():
        found = read_times(Array([way(moment) for moment in moments], DataType.utf8()), "at")
        assert found.values.astype(np.int64).tolist() == right, name
        assert found.unread is None, name


@pytest.mark.parametrize("per_second", [1, 10**3, 10**6, 10**9])
def test_numbers_of_every_type_are_read_by_their_unit_without_rounding(per_second):
    numbers = [moment * per_second // 10**6 for moment in (631_152 * 10**9, 915_148_800_123_456, 1_711_121_231_230_457)]
    right = [number * 10**6 // per_second for number in numbers]
    text = Array([str(number) for number in numbers], DataType.utf8())
    kinds = [DataType.int64(), DataType.uint64(), DataType.decimal128(38, 0)]
    kinds += [DataType.float64()] if per_second < 10**9 else []
    for kind in kinds:
        assert read_times(text.cast(kind), "at").values.astype(np.int64).tolist() == right, kind


def test_a_row_s_time_does_not_depend_on_the_size_of_chunks(read, listed):
    column = ["1362355215250", "", "1362355215250000000", "915148800000", "never", "0", *["1362355215250"] * 60]
    column.append("1.36235E+12")
    whole = read(column, "csv")
    assert whole.codes == {
        2: ["missing_time"], 3: ["wrong_type"], 5: ["wrong_type"], 6: ["missing_time"], 67: ["wrong_type"]
    }  # fmt: skip
    assert "not in epoch milliseconds as the rest of its column" in whole.messages
    for written, rows in (("csv", 1), ("csv", 7), ("jsonl", 1), ("jsonl", 7), ("parquet", 1), ("parquet", 7)):
        other = read(column, written, chunk_rows=rows)
        assert listed(other.records)["time"] == listed(whole.records)["time"]
        assert other.codes == whole.codes


def test_one_time_of_its_kind_alone_has_the_unit_that_makes_it_recent(read):
    assert read(["1362355215250"], "csv").records.times[0] == np.datetime64("2013-03-04T00:00:15.250")
    assert read(["915148800000"], "csv").records.times[0] == np.datetime64("1999-01-01")


@pytest.mark.parametrize("written", ["csv", "jsonl", "parquet"])
def test_a_column_in_two_spellings_is_refused_whole(read, written):
    with pytest.raises(BatchInvalid, match=r"column at mixes epoch milliseconds .* and ISO 8601") as refusal:
        read(["1362355215250", "2013-03-04T12:30:15Z"] * 3, written)
    assert refusal.value.code == "mixed_times"
    with pytest.raises(BatchInvalid, match=r"column at mixes epoch seconds .* and epoch milliseconds"):
        read(["1362355215", "1362355215250"] * 3, written, chunk_rows=1)


def test_a_rare_other_spelling_costs_its_row_alone(read):
    verdict = read(["2013-03-04T12:30:15Z"] * 39 + ["1362355215250"], "csv")
    assert verdict.codes == {40: ["wrong_type"]}
    assert "not a time; write ISO 8601" in verdict.messages


def test_what_the_column_was_read_as_is_noted(read):
    verdict = read(["1362355215250", "9999-12-31", "0"], "csv")
    assert verdict.batch.time_notes == (
        "at is in epoch milliseconds",
        "placeholders in at count as missing: 1970-01-01 (1), 9999-12-31 (1)",
    )
    assert not read(["2013-03-04"] * 3, "csv").batch.time_notes


@pytest.mark.parametrize("kind", [DataType.float16(), DataType.float32()])
def test_numbers_too_coarse_for_a_time_are_refused(kind):
    with pytest.raises(BatchInvalid, match="fractions of 32 bits or fewer"):
        read_times(Array([1.0e9], DataType.float64()).cast(kind), "at")


def test_moments_outside_the_calendar_are_no_times_whatever_the_type():
    outside = [2**62, -(2**62), 3 * 10**17]
    for unit in ("s", "ms", "us"):
        array = Array(outside, DataType.int64()).cast(DataType.timestamp(unit))
        assert read_times(array, "at").unread.all(), unit
    days = Array([2**30, -(2**30), 3_000_000], DataType.int32()).cast(DataType.date32())
    assert read_times(days, "at").unread.all()
    found = TimeReader("at").read(Array(["10000-01-01", "-0044-03-15", "2013-03-04"], DataType.utf8()))
    assert found.unread.tolist() == [True, True, False]


@pytest.mark.parametrize("column", ["at", "booked"])
@pytest.mark.parametrize("kind", [DataType.timestamp("us"), DataType.timestamp("ms"), DataType.date32()], ids=str)
def test_rows_of_years_that_no_calendar_has_are_rejected_and_the_others_kept(judge_by, write, column, kind):
    days = kind == DataType.date32()
    far, good = (
        (2**30, 15_768) if days else (2**60, 1_362_355_200 * (10**6 if kind == DataType.timestamp("us") else 1000))
    )
    columns = {
        "flight": Array(["a", "b", "c"], DataType.utf8()),
        "at": Array(["2013-03-04"] * 3, DataType.utf8()),
        "p": Array([0.5] * 3, DataType.float64()),
        "booked": Array(["2013-03-04"] * 3, DataType.utf8()),
        column: Array([far, -far, good], DataType.int32() if days else DataType.int64()).cast(kind),
    }
    spec = {"model": "m", "owner": "o", "task": "binary_classification", "features": {"booked": "datetime"},
            "columns": {"id": "flight", "time": "at", "score": "p"}}  # fmt: skip
    verdict = judge_by(ModelSpec.model_validate(spec), write["parquet"](columns), "a.parquet")
    assert verdict.codes == {1: ["wrong_type"], 2: ["wrong_type"]}
    assert verdict.records.ids.tolist() == ["c"]


def test_a_number_that_is_none_is_a_missing_time():
    for array in (
        Array([1.0e9, float("nan"), None], DataType.float64()),
        Array(["1000000000", "NaN", "NaT"], DataType.utf8()),
    ):
        found = read_times(array, "at")
        assert np.isnat(found.values).tolist() == [False, True, True]
        assert found.unread is None
