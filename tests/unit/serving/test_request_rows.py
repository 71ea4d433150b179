"""Rows of requests are read as those of uploads, and what is wrong is named by row, field and remedy."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.records.record_file_reader import RecordFileReader
from steward.records.stored import read_records, write_records
from steward.retraining.recipe import feature_frame
from steward.serving.answers import Answered, ServedVersion, describe_predictions, encode_records, feature_frame_of
from steward.serving.refusals import RequestRefused
from steward.serving.request_body import decode_body
from steward.serving.request_rows import RequestReader
from tests.unit.serving.declared import JSON, NOW, ROW, declared, fitted, read

PROBLEMS = {
    "missing": ({"age": ...}, "missing_field", "age", "give its value"),
    "missing and nullable": ({"mileage": ...}, "missing_field", "mileage", "give null where it is unknown"),
    "misspelt": ({"milage": "1", "mileage": ...}, "missing_field", "mileage", "give null where it is unknown"),
    "extra": ({"wheels": "4"}, "unknown_field", "wheels", "leave it out"),
    "a label": ({"lemon": "1"}, "unknown_field", "lemon", "given by the model, or known later"),
    "a version": ({"version": "v1"}, "unknown_field", "version", "given by the model"),
    "mistyped number": ({"age": "old"}, "wrong_type", "age", "not a number"),
    "number that is true": ({"age": True}, "wrong_type", "age", "not a number"),
    "mistyped flag": ({"used": "perhaps"}, "wrong_type", "used", "true or false"),
    "mistyped time": ({"listed": "soon"}, "wrong_type", "listed", "soon"),
    "nested": ({"make": {"name": "Ford"}}, "wrong_type", "make", "nested JSON"),
    "null where a value is needed": ({"age": None}, "missing_value", "age", "give the number"),
    "attribute that is needed": ({"dealer": None}, "missing_value", "dealer", "not nullable"),
    "NaN as a text": ({"mileage": "NaN"}, "not_finite", "mileage", "null where it is unknown"),
    "number without end": ({"mileage": "1e999"}, "not_finite", "mileage", "finite"),
    "out of range": ({"age": "61"}, "out_of_range", "age", "above its maximum"),
    "category outside the domain": ({"colour": "green"}, "outside_domain", "colour", "none of its domain"),
    "rule": ({"age": "55"}, "rule:listed_first", None, "listed_first"),
    "embedding of another length": ({"shape": ["1"]}, "wrong_length", "shape", "2 are declared"),
    "half a surrogate pair": ({"make": "\ud800"}, "not_unicode", "make", "surrogate"),
    "time of another century": ({"sold_at": "1812-01-01"}, "impossible_time", "sold_at", "before 1990"),
    "ID that is an object": ({"sale": {}}, "wrong_type", "sale", "nested"),
}


@pytest.mark.parametrize("what", PROBLEMS)
@pytest.mark.parametrize("rows", [1, 30])
def test_a_problem_names_row_field_and_remedy(what: str, rows: int) -> None:
    changes, code, field, remedy = PROBLEMS[what]
    wrong = {name: cell for name, cell in {**ROW, **changes}.items() if cell is not ...}
    many = [{**ROW, "age": str(at)} for at in range(rows)]
    many[-1] = wrong
    with pytest.raises(RequestRefused) as refused:
        read(*many, single=rows == 1)
    found = [problem for problem in refused.value.problems if problem.code == code]
    assert [(problem.row, problem.field) for problem in found] == [(None if rows == 1 else rows, field)]
    assert remedy in found[0].detail
    assert found[0].detail in [problem["detail"] for problem in json.loads(refused.value.body)["problems"]]


def test_a_column_that_is_wrong_in_every_row_is_told_row_by_row() -> None:
    with pytest.raises(RequestRefused) as refused:
        read(*[{**ROW, "age": "old"}] * 25)
    assert [problem.row for problem in refused.value.problems] == list(range(1, 26))
    told = json.loads(refused.value.body)
    assert len(told["problems"]) == 20
    assert told["problem_count"] == 25
    assert "no row of 25 was scored" in told["detail"]


def test_the_log_line_of_a_refusal_has_no_cell() -> None:
    with pytest.raises(RequestRefused) as refused:
        read({**ROW, "age": "secret"}, {**ROW, "colour": "secret"})
    assert refused.value.codes == "outside_domain colour, wrong_type age"


def test_an_id_may_come_once() -> None:
    with pytest.raises(RequestRefused, match="row 2: sale 'a' is that of row 1 already"):
        read({**ROW, "sale": "a"}, {**ROW, "sale": "a"})


def test_rows_without_id_and_time_are_given_both() -> None:
    found = RequestReader(declared()).read(decode_body(json.dumps([ROW, ROW]), JSON), NOW)
    assert len(set(found.ids)) == 2
    assert {row["sold_at"] for row in found.cells} == {NOW.isoformat()}
    own = read({**ROW, "sale": "mine", "sold_at": "2024-05-30T10:00:00Z"})
    assert own.ids == ["mine"]
    assert own.cells[0]["sold_at"] == "2024-05-30T10:00:00Z"


def test_times_are_written_in_the_declared_format() -> None:
    spec = declared((("entity: buyer", "entity: buyer, time_format: '%d.%m.%Y %H:%M'"),))
    assert read(ROW, spec=spec).cells[0]["sold_at"] == "01.06.2024 12:00"


def test_the_entity_is_known_by_its_text() -> None:
    found = read(*({**ROW, **cell} for cell in ({"buyer": "17"}, {"buyer": None}, {}, {"buyer": ""})), spec=None)
    assert found.entities == ["17", None, None, None]


def test_what_the_declaration_counts_is_answered_and_what_has_no_meaning_is_not() -> None:
    tolerant = declared((("rules:", "on_invalid: count\nrules:"),))
    found = read({**ROW, "age": "61", "colour": "green"}, spec=tolerant)
    assert found.columns["age"].cell(0) == 61.0
    with pytest.raises(RequestRefused, match="not a number"):
        read({**ROW, "age": "old", "colour": "green"}, spec=tolerant)


def test_a_category_that_was_never_seen_is_answered_where_no_domain_is_declared() -> None:
    found = read({**ROW, "make": "Trabant"})
    version = fitted()
    assert 0 < version.score(version.spec, found.columns, 1)[0] < 1


CELLS = st.fixed_dictionaries(
    {
        "age": st.floats(0, 50) | st.integers(0, 50),
        "mileage": st.none() | st.floats(-1e9, 1e9),
        "make": st.none() | st.sampled_from(["Ford", "ford ", "1.0", "", "Ünit"]),
        "colour": st.sampled_from(["red", "blue", None]),
        "used": st.sampled_from([True, False, "yes", None]),
        "listed": st.sampled_from(["2024-05-01", None]),
        "shape": st.none() | st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=2),
        "dealer": st.just("D7"),
    }
)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_a_version_sees_what_it_would_see_of_the_logged_record(rows: list[dict[str, object]]) -> None:
    """The frame of a request is that of a training on its records."""
    version = fitted()
    spec = version.spec
    found = RequestReader(spec).read(decode_body(json.dumps(rows), JSON), NOW)
    frame = feature_frame_of(found.columns, spec, len(rows))
    stored = ingested(found, version)
    pd.testing.assert_frame_equal(frame, feature_frame(stored, spec), check_dtype=True)
    assert list(stored["sale"]) == found.ids


def ingested(found: object, version: ServedVersion) -> pd.DataFrame:
    """The records of answered rows, as ingestion stores them."""
    scores = version.score(version.spec, found.columns, len(found.ids))  # type: ignore[attr-defined]
    by = [Answered(version.version, "champion")] * len(found.ids)  # type: ignore[attr-defined]
    answers = describe_predictions(version.spec, scores, found.ids, by)  # type: ignore[attr-defined]
    lines = encode_records(version.spec, found.cells, answers, 2.5)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        path.write_bytes(b"".join(lines))
        (chunk,) = RecordFileReader(path, path.name, version.spec, "predictions", NOW)
    assert chunk.rejected == ()
    stored = read_records(write_records(chunk.records, version.spec), version.spec)
    np.testing.assert_array_equal(stored["risk"], scores)
    assert set(stored["took"]) == {2.5}
    return stored


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["7", "red", "2024-05-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROW, "sale", "sold_at", "x"]), inner),
    max_leaves=12,
)
ROWS = st.fixed_dictionaries(dict.fromkeys(ROW, ANY), optional={"sale": ANY, "sold_at": ANY, "buyer": ANY, "note": ANY})


@given(ANY | ROWS | st.lists(ROWS, min_size=1, max_size=3))
def test_any_json_is_answered_or_refused(value: object) -> None:
    version = fitted()
    try:
        found = RequestReader(version.spec).read(decode_body(json.dumps(value), JSON), NOW)
        scores = version.score(version.spec, found.columns, len(found.ids))
    except RequestRefused as refusal:
        answered = 400 <= refusal.status < 500 and bool(json.loads(refusal.body)["detail"])
    else:
        answered = bool(np.isfinite(scores).all())
    assert answered
