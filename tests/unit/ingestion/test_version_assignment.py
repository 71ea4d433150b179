"""Valid rows are admitted under a known version and an id of their own; the others fall out with a reason."""

import json
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steward.ingestion.spool import UNTIMED, window_numbers
from steward.ingestion.version_assignment import AssignedRows, assign_versions, describe_rows
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.records.valid_records import Records
from steward.spec.windows import ORIGIN, Window
from steward.store.keys import InboxKey
from tests.unit.examples import START, spec


def rows(
    ids: Sequence[str], *, versions: Sequence[str | None] = (), hours: Sequence[float | None] = ()
) -> AssignedRows:
    known = tuple(sorted({version for version in versions if version}))
    codes = np.array([known.index(version) if version else -1 for version in versions], np.int32)
    start = np.datetime64(START.replace(tzinfo=None), "us")
    times = [
        np.datetime64("NaT", "us") if hour is None else start + np.timedelta64(round(hour * 3.6e9), "us")
        for hour in hours
    ]
    records = Records(
        ids=np.array(list(ids), dtype=object),
        times=np.array(times, "datetime64[us]") if hours else None,
        versions=CategoricalColumn(codes, known) if versions else None,
        chunk=Chunk(len(ids), {"age": NumericColumn(np.arange(len(ids), dtype=np.float64))}),
    )
    places = np.arange(1, len(ids) + 1)
    return AssignedRows(records, places, describe_rows(records, places, spec()))


def reasons(given_rows: AssignedRows) -> dict[int, str]:
    return {row.row: row.reasons[0].code for row in given_rows.rejected}


def test_rows_without_a_version_are_the_champions() -> None:
    admitted = assign_versions(rows("abc", versions=["v1", None, None]), spec(), "v2", lambda _: True)
    versions = admitted.records.versions
    assert versions is not None
    assert [versions.categories[code] for code in versions.codes] == ["v1", "v2", "v2"]
    assert not admitted.rejected


def test_rows_without_a_version_fall_out_while_no_version_is_in_charge() -> None:
    for unversioned in (rows("ab"), rows("ab", versions=[None, None])):
        admitted = assign_versions(unversioned, spec(), None, lambda _: True)
        assert admitted.records.rows == 0
        assert reasons(admitted) == {1: "no_version", 2: "no_version"}


def test_rows_of_a_version_that_was_never_made_fall_out() -> None:
    admitted = assign_versions(rows("abc", versions=["v1", "v9", None]), spec(), "v1", lambda version: version == "v1")
    assert admitted.records.ids.tolist() == ["a", "c"]
    assert reasons(admitted) == {2: "unknown_version"}
    assert "'v9' was never made for lemons" in admitted.rejected[0].reasons[0].message


def test_rows_that_fall_out_are_told_with_their_content() -> None:
    admitted = assign_versions(rows("ab", versions=["v1", "v9"]), spec(), None, lambda version: version == "v1")
    assert json.loads(admitted.rejected[0].content) == {"sale": "b", "version": "v9", "age": 1.0}


@given(st.sets(st.sampled_from("abcdef")), st.lists(st.sampled_from("abcdef") | st.none(), min_size=1))
def test_no_row_is_lost(unknown: set[str], versions: list[str | None]) -> None:
    ids = [str(at) for at in range(len(versions))]
    admitted = assign_versions(rows(ids, versions=versions), spec(), None, lambda version: version not in unknown)
    assert sorted([*admitted.places.tolist(), *reasons(admitted)]) == list(range(1, len(versions) + 1))
    fit = [name for name, version in zip(ids, versions, strict=True) if version and version not in unknown]
    assert admitted.records.ids.tolist() == fit


hours = st.lists(st.none() | st.floats(-5000, 5000), min_size=1, max_size=8)


@given(hours)
def test_each_row_is_in_the_window_of_its_time(given_hours: list[float | None]) -> None:
    records = rows([str(at) for at in range(len(given_hours))], hours=given_hours).records
    for number, hour in zip(window_numbers(records, spec()).tolist(), given_hours, strict=True):
        if hour is None:
            assert number == UNTIMED
        else:
            moment = START + timedelta(microseconds=round(hour * 3.6e9))
            length = spec().window.length
            assert Window(ORIGIN + number * length, length) == Window.containing(moment, length)


def test_rows_without_times_are_in_no_window() -> None:
    assert window_numbers(rows("ab").records, spec()).tolist() == [UNTIMED, UNTIMED]


def test_an_upload_says_its_model_and_kind_by_its_key() -> None:
    assert InboxKey.parse("inbox/lemons/labels/2024/may.csv") == InboxKey("lemons", "labels", "2024/may.csv")
    assert [InboxKey.parse(key) for key in ("inbox/lemons/may.csv", "inbox/lemons/labels/", "box/a/b/c", "")] == [
        None
    ] * 4
