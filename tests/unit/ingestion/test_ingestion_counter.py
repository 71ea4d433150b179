"""What became of a file's rows is told once, by the windows and versions that they belong to."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.ingestion.ingestion_counter import IngestionCounter
from steward.ingestion.version_assignment import AssignedRows, assign_versions
from steward.profiles.ingestion_counts import IngestionCounts
from steward.records.raw import ReadLimits
from steward.records.record_file_reader import RecordFileReader
from steward.spec.windows import Window
from tests.unit.examples import DAY, SPEC, START, spec
from tests.unit.properties import some_examples

SOME = some_examples(60, suppress_health_check=list(HealthCheck))
NOW = START + timedelta(days=300)
HEADER = "sale,sold_at,risk,age,mileage,make,version"


def line(at: int, day: object = 0, age: object = 5, version: str = "v1", mileage: object = 1000) -> str:
    moment = (START + day * DAY + timedelta(hours=1)).isoformat() if isinstance(day, int) else day
    return f"s{at},{moment},0.5,{age},{mileage},Ford,{version}"


def arrivals(folder: Path, lines: list[str], text: str = SPEC, chunk: int = 65_536) -> IngestionCounter:
    path = folder / "a.csv"
    path.write_text("\n".join([HEADER, *lines]))
    declared = spec(text)
    found = IngestionCounter(declared, "champion")
    batch = RecordFileReader(path, "a.csv", declared, "predictions", NOW, ReadLimits(chunk_rows=chunk))
    for judged in batch:
        rows = AssignedRows(judged.records, judged.places, judged.content, judged.rejected)
        found.add(judged, assign_versions(rows, declared, "champion", {"v1", "v2", "champion"}.__contains__))
    found.close(batch)
    return found


def of(found: IngestionCounter, day: int = 0, version: str = "v1", kept: int = 0) -> IngestionCounts:
    return found.of(Window(START + day * DAY, DAY), version, kept)


def test_rows_are_counted_by_reason_where_they_belong(tmp_path: Path) -> None:
    lines = [line(0), line(1, age=99), line(2, 1), line(3, 1, age="x"), line(4, 1, age=99, mileage="y"), line(0)]
    found = arrivals(tmp_path, lines)
    first, second = of(found, 0, kept=1), of(found, 1, kept=1)
    assert (first.rejected, first.rejected_rows, first.duplicates) == ({"out_of_range age": 1}, 1, 1)
    assert second.rejected == {"out_of_range age": 1, "wrong_type age": 1, "wrong_type mileage": 1}
    assert (second.rejected_rows, second.invalid_rows, second.files) == (2, 0, 1)


def test_rows_that_are_only_counted_are_invalid(tmp_path: Path) -> None:
    found = of(arrivals(tmp_path, [line(0), line(1, age=99)], f"{SPEC}on_invalid: count\n"), kept=2)
    assert (found.invalid, found.invalid_rows, found.rejected_rows) == ({"out_of_range age": 1}, 1, 0)


def test_rows_of_other_versions_and_of_none_find_their_place(tmp_path: Path) -> None:
    lines = [
        line(0), line(1, version="v2"), line(2, version="v2", age=99), line(3, version=""), line(4, version="", age=99),
        line(5, version="nobody"), line(6, version="nobody", age=99),
    ]  # fmt: skip
    found = arrivals(tmp_path, lines)
    assert of(found, version="v2").rejected_rows >= 1
    assert of(found, version="champion").rejected_rows >= 1
    everyone = [of(found, version=version, kept=1) for version in ("v1", "v2", "champion")]
    assert sum(part.rejected_rows for part in everyone) == 4
    assert sum(part.rejected.get("unknown_version version", 0) for part in everyone) == 1
    assert sum(part.duplicates for part in everyone) == 0


def test_what_an_earlier_upload_has_counts_as_duplicates(tmp_path: Path) -> None:
    found = arrivals(tmp_path, [line(at) for at in range(5)])
    assert [of(found, kept=kept).duplicates for kept in (5, 3, 0)] == [0, 2, 5]


def test_rows_without_a_place_are_spread_as_the_valid_ones_are(tmp_path: Path) -> None:
    valid = [line(at, at // 300) for at in range(400)]
    astray = [line(1000 + at, "never") for at in range(40)] + [line(2000 + at, 50, age=99) for at in range(8)]
    found = arrivals(tmp_path, valid + astray)
    assert [of(found, day, kept=300 if day == 0 else 100).rejected_rows for day in (0, 1)] == [36, 12]


def test_a_column_whose_cells_turn_unreadable_has_changed_its_type(tmp_path: Path) -> None:
    lines = [line(at, mileage="12 km" if at % 3 else 12) for at in range(60)]
    assert of(arrivals(tmp_path, lines)).columns_retyped == {"mileage unreadable": 1}
    few = [line(at, mileage="12 km" if at % 3 == 0 else 12) for at in range(60)]
    assert of(arrivals(tmp_path, few)).columns_retyped == {}


@pytest.mark.parametrize(("value", "kind"), [('"5"', "text"), ("5", None), ("null", None), ("true", "boolean")])
def test_a_column_that_is_stored_as_another_kind_is_noted(tmp_path: Path, value: str, kind: str | None) -> None:
    path = tmp_path / "a.jsonl"
    row = '{"sale": "s0", "sold_at": "2024-01-01T01:00:00Z", "risk": 0.5, "age": %s, "mileage": 1, "make": "x"}'
    path.write_text(row % value)
    found = IngestionCounter(spec(), "v1")
    batch = RecordFileReader(path, "a.jsonl", spec(), "predictions", NOW)
    for judged in batch:
        found.add(judged, AssignedRows(judged.records, judged.places, judged.content, judged.rejected))
    found.close(batch)
    assert of(found).columns_retyped == ({f"age {kind}": 1} if kind else {})


def test_undeclared_columns_are_noted(tmp_path: Path) -> None:
    with patch(f"{__name__}.HEADER", f"{HEADER},colour"):
        found = of(arrivals(tmp_path, [f"{line(0)},red"]))
    assert (found.columns_added, found.columns_missing) == ({"colour": 1}, {})


@SOME
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([0, 1, 2, "never"]), st.sampled_from([5, 99, "x"]), st.sampled_from(["v1", "v2", "", "no"])
        ),
        min_size=1,
        max_size=30,
    ),
    chunk=st.integers(1, 31),
)
def test_every_row_is_told_of_once_however_the_file_is_cut(tmp_path: Path, rows, chunk: int) -> None:
    """A row that is valid keeps its place in any cut; none is lost, none is told of twice."""
    lines = [line(0), *(line(at, *row) for at, row in enumerate(rows, start=1))]
    whole, cut = arrivals(tmp_path, lines), arrivals(tmp_path, lines, chunk=chunk)
    cells = [(day, version) for day in range(3) for version in ("v1", "v2", "champion")]
    told = {cell: of(whole, *cell) for cell in cells}
    assert told == {cell: of(cut, *cell) for cell in cells}
    good = Counter({(0, "v1"): 1})
    for day, age, version in rows:
        if day != "never" and age == 5 and version != "no":
            good[day, version or "champion"] += 1
    assert sum(told[cell].rejected_rows for cell in good) == len(lines) - sum(good.values())
    assert {cell: told[cell].duplicates for cell in good} == dict(good)
