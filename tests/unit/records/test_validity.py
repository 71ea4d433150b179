"""What a declaration says of valid cells is kept to: rows that break it are set aside, or kept and counted."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.records.raw import ReadLimits
from steward.records.record_file_reader import RecordFileReader
from steward.spec.model import ModelSpec
from tests.unit.properties import some_examples

FEATURES = {
    "distance": {"type": "numeric", "minimum": 0, "maximum": 10_000},
    "wind": "numeric",
    "carrier": {"type": "categorical", "domain": ["UA", "AA", "B6"]},
    "tail": {"type": "categorical", "pattern": "N[0-9]{3}"},
    "remark": {"type": "text", "pattern": "[a-z ]+", "maximum_length": 10},
    "cancelled": {"type": "boolean", "nullable": False},
    "booked": {"type": "datetime", "nullable": False},
    "vector": {"type": "embedding", "dimensions": 2, "nullable": False},
}
RULES = [
    {"name": "storm", "check": "wind < 100 or cancelled", "reason": "nobody flies in a storm"},
    {"name": "long-haul", "check": "not (carrier == 'B6' and distance > 5000)"},
]


def declared(**changes: Any) -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p"},
            "features": FEATURES,
            "rules": RULES,
            **changes,
        }
    )


STRICT, TOLERANT = declared(), declared(on_invalid="count")


def row(**changes: object) -> dict[str, object]:
    return {
        "flight": "UA1",
        "at": "2013-03-04T12:30:00Z",
        "p": 0.25,
        "distance": 1400,
        "wind": 10.5,
        "carrier": "UA",
        "tail": "N123",
        "remark": "windy",
        "cancelled": False,
        "booked": "2013-01-01",
        "vector": [0.5, 1],
        **changes,
    }


MILD = [
    ({"distance": -1}, "out_of_range", "distance", "below its minimum 0.0"),
    ({"distance": 10_001}, "out_of_range", "distance", "above its maximum 10000.0"),
    ({"distance": "inf"}, "out_of_range", "distance", "distance is inf, above"),
    ({"carrier": "DL"}, "outside_domain", "carrier", "carrier is 'DL', none of its domain"),
    ({"carrier": "ua"}, "outside_domain", "carrier", "'ua'"),
    ({"tail": "N1234"}, "pattern_mismatch", "tail", "'N1234', which does not match N[0-9]{3}"),
    ({"remark": "Windy"}, "pattern_mismatch", "remark", "'Windy', which does not match"),
    ({"remark": "very windy there"}, "too_long", "remark", "has 16 characters, and at most 10 are declared"),
    ({"wind": 120}, "rule:storm", None, "breaks the rule storm (wind < 100 or cancelled): nobody flies in a storm"),
    ({"carrier": "B6", "distance": 6000}, "rule:long-haul", None, "breaks the rule long-haul"),
]
EMPTIED = [
    ({"distance": "far"}, "wrong_type", "distance"),
    ({"wind": "?"}, "wrong_type", "wind"),
    ({"cancelled": "maybe"}, "wrong_type", "cancelled"),
    ({"booked": "soon"}, "wrong_type", "booked"),
    ({"vector": ["a", "b"]}, "wrong_type", "vector"),
    ({"cancelled": None}, "missing_value", "cancelled"),
    ({"booked": ""}, "missing_value", "booked"),
    ({"vector": None}, "missing_value", "vector"),
    ({"vector": [1]}, "wrong_length", "vector"),
]
GRAVE = [
    ({"at": "soon"}, "wrong_type", "at"),
    ({"p": "high"}, "wrong_type", "p"),
    ({"p": None}, "missing_value", "p"),
    ({"p": 1.5}, "out_of_range", "p"),
    ({"flight": ""}, "missing_id", "flight"),
]
HARMLESS = [
    {"distance": None, "wind": None, "carrier": None, "tail": None, "remark": None},
    {"wind": 120, "cancelled": True},
    {"wind": None, "cancelled": False},
    {"carrier": "B6", "distance": None},
    {"wind": "inf", "cancelled": True},
]


@pytest.mark.parametrize("case", MILD)
def test_an_invalid_row_is_set_aside_with_its_reason(judge_by, write, case):
    change, code, column, message = case
    verdict = judge_by(STRICT, write["jsonl"]([row(), row(flight="UA2") | change]), "a.jsonl")
    assert verdict.codes == {2: [code]}
    (reason,) = verdict.rejected[0].reasons
    assert reason.column == column
    assert message in reason.message
    assert verdict.invalid == {code: 1}
    assert verdict.tolerated == 0


@pytest.mark.parametrize("case", MILD)
def test_or_it_is_kept_and_counted(judge_by, write, listed, case):
    change, code, column, _ = case
    verdict = judge_by(TOLERANT, write["jsonl"]([row(), row(flight="UA2") | change]), "a.jsonl")
    assert not verdict.rejected
    assert verdict.records.ids.tolist() == ["UA1", "UA2"]
    assert verdict.invalid == {code: 1}
    assert verdict.tolerated == 1
    assert verdict.parts[0].invalid_by_column == ({column: {code: 1}} if column else {})
    for name, cell in change.items():
        assert str(listed(verdict.records)[name][1]) in {str(cell), f"{cell}.0"}


@pytest.mark.parametrize("case", EMPTIED)
def test_a_feature_that_cannot_be_read_or_is_not_there_is_empty_in_a_row_that_is_kept(judge_by, write, listed, case):
    change, code, column = case
    file = write["jsonl"]([row(), row(flight="UA2") | change])
    assert judge_by(STRICT, file, "a.jsonl").codes == {2: [code]}
    verdict = judge_by(TOLERANT, file, "a.jsonl")
    assert not verdict.rejected
    assert verdict.invalid == {code: 1}
    assert verdict.parts[0].invalid_by_column == {column: {code: 1}}
    kept = verdict.parts[0].records.chunk.columns[column]
    assert kept.absent.tolist() == [False, True]


@pytest.mark.parametrize("spec", [STRICT, TOLERANT])
@pytest.mark.parametrize("case", GRAVE)
def test_what_no_record_can_hold_is_set_aside_in_either_way(judge_by, write, spec, case):
    change, code, column = case
    verdict = judge_by(spec, write["jsonl"]([row(), row(flight="UA2") | change]), "a.jsonl")
    assert verdict.codes == {2: [code]}
    assert verdict.parts[0].invalid_by_column == {column: {code: 1}}
    assert verdict.tolerated == 0


@pytest.mark.parametrize("change", HARMLESS)
def test_empty_cells_break_no_rule_range_domain_or_pattern(judge_by, write, change):
    verdict = judge_by(STRICT, write["jsonl"]([row() | change]), "a.jsonl")
    assert not verdict.rejected
    assert verdict.invalid == {}


def test_a_row_that_is_set_aside_anyway_tells_all_its_reasons(judge_by, write):
    verdict = judge_by(TOLERANT, write["jsonl"]([row(), row(flight="", distance=-1, carrier="DL")]), "a.jsonl")
    assert verdict.codes == {2: ["missing_id", "out_of_range", "outside_domain"]}
    assert verdict.invalid == {"missing_id": 1, "out_of_range": 1, "outside_domain": 1}
    assert verdict.tolerated == 0


def test_a_row_that_is_kept_though_invalid_has_its_id_taken(judge_by, write):
    rows = [row(distance=-1), row()]
    assert judge_by(TOLERANT, write["jsonl"](rows), "a.jsonl").codes == {2: ["duplicate_id"]}
    assert judge_by(STRICT, write["jsonl"](rows), "a.jsonl").codes == {1: ["out_of_range"]}


def test_lines_that_are_no_rows_are_counted_too(judge_by, write):
    verdict = judge_by(TOLERANT, write["jsonl"]([row()]) + b"{\n[1]\n", "a.jsonl")
    assert verdict.invalid == {"malformed": 2}


@some_examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.sampled_from([{}, *(case[0] for case in (*MILD, *GRAVE))]), min_size=1, max_size=9),
    spec=st.sampled_from([STRICT, TOLERANT]),
    chunk_rows=st.integers(1, 10),
)
def test_the_counts_are_the_same_whatever_the_chunks(judge_by, write, changes, spec, chunk_rows):
    content = write["jsonl"]([row(flight=f"UA{at}") | change for at, change in enumerate(changes)])
    whole = judge_by(spec, content, "a.jsonl")
    parts = judge_by(spec, content, "a.jsonl", limits=ReadLimits(chunk_rows=chunk_rows))
    assert (whole.invalid, whole.tolerated, whole.codes) == (parts.invalid, parts.tolerated, parts.codes)
    assert whole.records.rows + len(whole.rejected) == len(changes)
    assert sum(whole.invalid.values()) == sum(change != {} for change in changes)
    assert (whole.tolerated > 0) == (spec is TOLERANT and any(case[0] in changes for case in MILD))


def test_rules_are_asked_of_predictions_and_reference_only_where_the_file_has_their_columns(judge_by, write):
    spec = declared(
        attributes={"crew": "numeric"}, rules=[{"name": "crewed", "check": "not missing(crew) and crew > 1"}]
    )
    without = judge_by(spec, write["jsonl"]([row()]), "a.jsonl")
    assert not without.rejected
    assert without.batch.columns_missing == ("crew",)
    assert judge_by(spec, write["jsonl"]([row(crew=None)]), "a.jsonl").codes == {1: ["rule:crewed"]}
    labelled = judge_by(spec, b"flight,label\nUA1,1\n", "a.csv", "labels")
    assert not labelled.rejected


def test_columns_that_came_and_went_are_told_with_their_types(judge_by, write):
    spec = declared(attributes={"crew": "numeric", "gate": "categorical"})
    verdict = judge_by(spec, write["jsonl"]([row(crew=3, seat="1A"), row(flight="UA2", crew=2, seat="1B")]), "a.jsonl")
    assert verdict.batch.columns_added == ("seat",)
    assert verdict.batch.columns_missing == ("gate",)
    assert {name: verdict.batch.types[name] for name in ("crew", "carrier", "cancelled", "vector", "at")} == {
        "crew": "number",
        "carrier": "text",
        "cancelled": "boolean",
        "vector": "list",
        "at": "text",
    }
    assert judge_by(spec, write["csv"]([row(vector="[1, 2]")]), "a.csv").batch.types == {}


MANY = 300_000


@pytest.mark.parametrize("coded", [False, True], ids=["as text", "as one dictionary in the file"])
def test_very_many_categories_cost_no_more_than_the_chunk_they_are_in(write, tmp_path, coded):
    spec = declared(features={"origin": {"type": "categorical", "pattern": "[0-9]+"}}, rules=[])
    numbers = Array.from_numpy(np.arange(MANY)).cast(DataType.utf8())
    columns = {
        "flight": numbers,
        "at": Array.from_numpy(np.full(MANY, 1_362_400_200)),
        "p": Array.from_numpy(np.full(MANY, 0.25)),
        "origin": numbers.cast(DataType.dictionary(DataType.int32(), DataType.utf8())) if coded else numbers,
    }
    path = tmp_path / "a.parquet"
    batch = RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    write_parquet(Table.from_batches([batch]), path, dictionary_page_size_limit=2**30 if coded else 2**20)
    rows = 0
    for part in RecordFileReader(path, "a.parquet", spec, "predictions", datetime(2013, 6, 1, tzinfo=UTC)):
        assert len(part.records.chunk.columns["origin"].categories) == part.records.rows
        rows += part.records.rows
    assert rows == MANY
