"""Records are stored so that a redelivery rewrites the same bytes, and come back as they went."""

import subprocess
import sys

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.records.canonical import canonical_category
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.records.quarantine import read_rejected, write_rejected
from steward.records.raw import Reason, RejectedRow
from steward.records.stored import read_ids, read_records, read_stored, write_records
from steward.records.valid_records import Records, concatenate
from tests.unit.properties import some_examples


@st.composite
def records(draw) -> Records:
    rows = draw(st.integers(0, 8))
    categories = tuple(draw(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=4)))
    categories = tuple(name for name in categories if name.isprintable() and name == canonical_category(name))
    codes = draw(st.lists(st.integers(-1, len(categories) - 1), min_size=rows, max_size=rows))
    values = np.array(draw(st.lists(st.floats(), min_size=rows, max_size=rows)), float)
    missing = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), bool)
    text = CategoricalColumn(np.array(codes, np.int32), categories)
    microseconds = draw(st.lists(st.integers(0, 2**50), min_size=rows, max_size=rows))
    times = np.array(microseconds, np.int64).astype("datetime64[us]")
    times[missing] = np.datetime64("NaT", "us")
    return Records(
        ids=np.array([f"UA{at}" for at in range(rows)], object),
        times=draw(st.sampled_from([times, None])),
        versions=draw(st.sampled_from([text, None])),
        chunk=Chunk(
            rows,
            {
                "wind": NumericColumn(np.where(missing, np.nan, values), missing if missing.any() else None),
                "origin": text,
            },
        ),
    )


SOME = some_examples(80, suppress_health_check=list(HealthCheck))


@SOME
@given(written=records())
def test_records_come_back_as_they_went(spec, listed, written):
    content = write_records(written, spec)
    frame = read_records(content, spec)
    assert read_ids(content, spec).tolist() == written.ids.tolist() == frame["flight"].tolist()
    expected = listed(written)
    assert [None if pd.isna(cell) else cell for cell in frame["origin"]] == expected["origin"]
    np.testing.assert_array_equal(frame["wind"], written.chunk.columns["wind"].values)
    assert isinstance(frame["origin"].dtype, pd.CategoricalDtype)
    if written.times is not None:
        assert str(frame["at"].dtype) == "datetime64[us, UTC]"
        assert frame["at"].dt.tz_localize(None).to_numpy().tolist() == written.times.tolist()
    assert [None if pd.isna(cell) else cell for cell in frame["version"]] == expected.get(
        "version", [None] * written.rows
    )


def test_records_of_an_older_release_come_back_in_canonical_form(spec):
    bare = "6f9619ff8b86d011b42d00c04fc964ff"
    carriers = CategoricalColumn(np.array([0, 1, 0], np.int32), ("98101.0", "98101"))
    old = Records(np.array([bare, "7.0", "8 "], object), None, None, Chunk(3, {"carrier": carriers}))
    content = write_records(old, spec)
    frame = read_records(content, spec)
    ids = ["6f9619ff-8b86-d011-b42d-00c04fc964ff", "7", "8"]
    assert read_ids(content, spec).tolist() == frame["flight"].tolist() == ids
    assert [part.ids.tolist() for part in read_stored(content, spec)] == [ids]
    assert frame["carrier"].tolist() == ["98101"] * 3


@SOME
@given(written=records())
def test_writing_twice_gives_the_same_bytes(spec, written):
    assert write_records(written, spec) == write_records(written, spec)


def test_another_process_writes_the_same_bytes(spec, judge, write, row, tmp_path):
    content = write["csv"]([row(flight=f"UA{at}", origin="EWR" if at % 3 else None) for at in range(500)])
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "spec.json").write_text(spec.model_dump_json())
    script = """if True:
        import hashlib, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from steward.records.record_file_reader import RecordFileReader
        from steward.records.stored import write_records
        from steward.spec.model import ModelSpec
        folder = Path(sys.argv[1])
        spec = ModelSpec.model_validate_json((folder / "spec.json").read_text())
        (judged,) = RecordFileReader(folder / "file", "a.csv", spec, "predictions", datetime(2013, 6, 1, tzinfo=UTC))
        print(hashlib.sha256(write_records(judged.records, spec)).hexdigest())
        assert "pandas" not in sys.modules, "judging and writing need no pandas"
    """
    digests = {
        subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(digests) == 1
    assert judge(content, "a.csv").records.rows == 500


@SOME
@given(parts=st.lists(records(), min_size=1, max_size=4), data=st.data())
def test_concatenating_parts_gives_the_whole(listed, parts, data):
    whole = parts[0]
    if whole.rows:
        cut = data.draw(st.integers(0, whole.rows))
        halves = [whole.take(np.arange(cut)), whole.take(np.arange(cut, whole.rows))]
        assert str(listed(concatenate(halves))) == str(listed(whole))
    joined = concatenate(parts)
    assert joined.rows == sum(part.rows for part in parts)
    assert concatenate([concatenate(parts[:1]), *parts[1:]]).ids.tolist() == joined.ids.tolist()


def test_a_column_that_a_part_lacks_is_missing_there(judge, listed):
    with_time = judge(b"flight,at,late\na,2013-03-04,1\n", "a.csv", "labels").records
    without = judge(b"flight,late\nb,0\n", "a.csv", "labels").records
    joined = listed(concatenate([with_time, without]))
    assert joined["time"] == [np.datetime64("2013-03-04", "us").item(), None]
    assert joined["late"] == ["1", "0"]


def test_only_the_columns_asked_for_are_read(spec, judge, write, row):
    content = write_records(judge(write["csv"]([row()]), "a.csv").records, spec)
    assert list(read_records(content, spec, {"p", "flight"}).columns) == ["flight", "p"]


def test_a_version_is_filled_in_where_the_file_did_not_say(judge, listed, write, row):
    told = judge(write["csv"]([row(version="v1"), row(flight="UA2", version=None)]), "a.csv").records
    assert listed(told.with_version("v9"))["version"] == ["v1", "v9"]
    untold = judge(write["csv"]([row()]), "a.csv").records
    assert untold.versions is None
    assert listed(untold.with_version("v9"))["version"] == ["v9"]


def test_stored_records_can_be_read_from_a_file(spec, judge, write, row, tmp_path):
    stored = tmp_path / "records.parquet"
    stored.write_bytes(write_records(judge(write["csv"]([row()]), "a.csv").records, spec))
    assert read_ids(stored, spec).tolist() == read_records(stored, spec)["flight"].tolist() == ["UA1"]


def test_rejected_rows_come_back_as_they_went():
    reasons = (Reason("missing_id", "flight", "flight is empty; give it"), Reason("malformed", None, 'a "line"'))
    rows = [RejectedRow(2, 3, reasons, '{"flight":""}'), RejectedRow(9, None, reasons[:1], '"é"')]
    assert read_rejected(write_rejected(rows)) == rows
    assert write_rejected(rows) == write_rejected(rows)
    assert read_rejected(write_rejected([])) == []
