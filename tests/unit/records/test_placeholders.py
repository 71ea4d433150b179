"""Dates that stand for a missing time are missing, and those that may be true are kept."""

import numpy as np
import pytest
from arro3.core import Array, DataType

from steward.records.raw import ReadLimits
from steward.spec.model import ModelSpec

ALWAYS = [
    *("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+02:00", "0000-00-00", "0000-00-00 00:00:00"),
    *("9999-12-31", "9999-12-31 23:59:59", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999999-05:00"),
    *("1899-12-30", "1899-12-31", "1601-01-01T00:00:00Z", "infinity", "-infinity", "2262-04-11T23:47:16.854775807"),
]
ZEROS = ["1970-01-01", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "1900-01-01", "0", "-1"]


def declared(**booked: object) -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p"},
            "features": {"booked": {"type": "datetime", **booked}},
        }
    )


def content(times: list[object], booked: list[object] | None = None) -> bytes:
    cells = zip(times, booked or ["2013-01-02"] * len(times), strict=True)
    return ("flight,at,p,booked\n" + "".join(f"UA{at},{a},0.5,{b}\n" for at, (a, b) in enumerate(cells))).encode()


@pytest.mark.parametrize("text", [*ALWAYS, *ZEROS])
def test_a_placeholder_is_no_event_time_and_is_named_as_one(judge_by, text):
    verdict = judge_by(declared(), content(["2013-03-04", text, "2013-03-05"]), "a.csv")
    assert verdict.codes == {2: ["missing_time"]}
    assert verdict.messages == f"at is '{text}', which stands for a missing time; give the time of the prediction"


@pytest.mark.parametrize("text", ALWAYS)
def test_an_impossible_date_of_a_feature_is_empty_and_counted(judge_by, text, listed):
    file = content(["2013-03-04"] * 3, ["2013-01-02", text, "2013-01-03"])
    verdict = judge_by(declared(), file, "a.csv")
    assert listed(verdict.records)["booked"][1] is None
    (note,) = verdict.batch.time_notes
    assert note.startswith("placeholders in booked count as missing: ")
    assert note.endswith(" (1)")
    strict = judge_by(declared(nullable=False), file, "a.csv")
    assert strict.codes == {2: ["missing_value"]}
    assert "which stands for a missing time; it is declared not nullable" in strict.messages


def births(rows: int, *others: str) -> list[str]:
    """Dates of birth from 1935 to 1995, and others."""
    days = np.random.default_rng(0).integers(-35 * 365, 25 * 365, rows).astype("datetime64[D]")
    return [*days.astype(str).tolist(), *others]


@pytest.mark.parametrize(
    ("dates", "text", "empty"),
    [
        (births(200), "1970-01-01", False),
        ([*births(200), "1903-05-06"], "1900-01-01", False),
        (births(200), "1900-01-01", True),
        ([*births(200), "1970-01-01", "1970-01-01"], "1970-01-01", True),
        (["2013-01-02"] * 30, "1970-01-01", True),
        (["2013-01-02"] * 3, "1970-01-01", False),
        (["2013-01-02"] * 3 + ["1970-01-01"] * 2, "1970-01-01", True),
    ],
    ids=["a birth", "an old birth", "far from all births", "too often", "far away", "too few to tell", "twice"],
)
def test_a_zero_of_a_clock_is_a_date_where_others_are_near_and_it_is_no_more_frequent(
    judge_by, listed, dates, text, empty
):
    file = content(["2013-03-04"] * (len(dates) + 1), [*dates, text])
    for chunk in (None, 7):
        verdict = judge_by(declared(), file, "a.csv", limits=ReadLimits(chunk_rows=chunk) if chunk else None)
        assert not verdict.rejected
        assert listed(verdict.records)["booked"][-1] == (None if empty else f"{text}T00:00:00.000000Z")


@pytest.mark.parametrize("kind", [DataType.timestamp("us"), DataType.timestamp("s"), DataType.date32()])
def test_the_extremes_of_a_type_are_infinite_not_times(judge_by, write, kind):
    extremes = [2**31 - 1, 1 - 2**31] if str(kind) == str(DataType.date32()) else [2**63 - 1, 1 - 2**63]
    stored = DataType.int32() if len(str(extremes[0])) < 11 else DataType.int64()
    booked = Array([*extremes, 15_000 if stored == DataType.int32() else 10**9], stored).cast(kind)
    text = {name: Array([f"{name}{at}" for at in range(3)], DataType.utf8()) for name in ("flight",)}
    columns = {
        **text,
        "at": Array(["2013-03-04"] * 3, DataType.utf8()),
        "p": Array([0.5] * 3, DataType.float64()),
        "booked": booked,
    }
    verdict = judge_by(declared(), write["parquet"](columns), "a.parquet")
    assert verdict.records.chunk.columns["booked"].absent.tolist() == [True, True, False]
    assert verdict.batch.time_notes[-1] == "placeholders in booked count as missing: zero or infinity (2)"


@pytest.mark.parametrize(
    ("time_format", "cells"),
    [
        ("%d.%m.%Y", ["31.01.2013", "1.2.2013"]),
        ("%m/%d/%Y", ["01/31/2013", "02/01/2013"]),
        ("%b %d, %Y", ["Jan 31, 2013", "Feb 01, 2013"]),
        ("%Y%m%d", ["20130131", "20130201"]),
        ("%d%m%Y", ["31012013", "01022013"]),
        ("%a, %d %b %Y %H:%M:%S %z", ["Thu, 31 Jan 2013 01:00:00 +0100", "Fri, 01 Feb 2013 00:00:00 +0000"]),
    ],
)
def test_a_declared_format_reads_text_and_nothing_else(judge_by, listed, time_format, cells):
    verdict = judge_by(
        declared(format=time_format),
        content(["2013-03-04"] * 5, [f'"{cell}"' for cell in [*cells, "2013-01-02", "0001-01-01", ""]]),
        "a.csv",
    )
    assert listed(verdict.records)["booked"] == [
        "2013-01-31T00:00:00.000000Z", "2013-02-01T00:00:00.000000Z", None, None
    ]  # fmt: skip
    assert verdict.codes == {3: ["wrong_type"]}
    assert f"not a time in the format {time_format}; write it so, or correct the format of booked" in verdict.messages


def test_digits_without_leading_zeros_are_not_guessed_at(judge_by, write):
    spec = declared(format="%d%m%Y")
    assert judge_by(spec, content(["2013-03-04"] * 2, ["1022013", "01022013"]), "a.csv").codes == {1: ["wrong_type"]}
    numbers = {"flight": Array(["a"], DataType.utf8()), "at": Array(["2013-03-04"], DataType.utf8()),
               "p": Array([0.5], DataType.float64()), "booked": Array([31_012_013], DataType.int64())}  # fmt: skip
    assert judge_by(spec, write["parquet"](numbers), "a.parquet").codes == {1: ["wrong_type"]}
    numbers["booked"] = Array([20_130_131], DataType.int64())
    read = judge_by(declared(format="%Y%m%d"), write["parquet"](numbers), "a.parquet")
    assert read.records.chunk.columns["booked"].values.tolist() == [np.datetime64("2013-01-31", "us").item()]


def test_event_times_have_a_format_of_their_own_but_telemetry_has_none(judge_by):
    spec = ModelSpec.model_validate(
        declared().model_dump()
        | {"columns": {"id": "flight", "time": "at", "time_format": "%d.%m.%Y %H:%M", "score": "p", "cpu": "cpu"}}
    )
    verdict = judge_by(spec, content(["31.01.2013 12:30"]), "a.csv")
    assert verdict.records.times.tolist() == [np.datetime64("2013-01-31T12:30", "us").item()]
    refused = judge_by(spec, content(["2013-01-31"]), "a.csv").messages
    assert "not a time in the format %d.%m.%Y %H:%M; write it so, or correct columns.time_format" in refused
    telemetry = judge_by(spec, b"at,cpu\n2013-01-31T12:30:00Z,5\n", "a.csv", "telemetry")
    assert telemetry.records.times.tolist() == verdict.records.times.tolist()


@pytest.mark.parametrize(
    ("time_format", "why"),
    [
        ("%d.%m", "no year"),
        ("%Y-%m-%d %Z", "read it with %z"),
        ("%x", "%x, which cannot be read"),
        ("%d/%m/%Y %I:%M", "without %p"),
        ("%Y %Y", "no format that datetime.strptime can read"),
    ],
)
def test_a_format_that_cannot_be_read_is_refused_when_it_is_declared(time_format, why):
    with pytest.raises(ValueError, match=why):
        declared(format=time_format)
