"""Predictions, labels, reference and telemetry of every task have the columns that the task needs, and sane results."""

from typing import Any

import numpy as np
import pytest

from steward.errors import BatchInvalid
from steward.records.columns import FLAGS, CategoricalColumn, NumericColumn, TextColumn
from steward.records.schema import ExpectedColumns
from steward.records.stored import read_records, write_records
from steward.spec.model import ModelSpec
from steward.spec.telemetry import telemetry_columns

TIME = "2013-03-04T12:30:00Z"


def declared(task: str, **changes: Any) -> ModelSpec:
    columns = {
        "binary_classification": {"score": "p"},
        "multiclass_classification": {"scores": {"early": "p_early", "on time": "p_on", "late": "p_late"}},
        "regression": {"prediction": "minutes"},
        "text_generation": {},
    }[task]
    outputs = {"answer": "text", "safety": "numeric"} if task == "text_generation" else {}
    columns |= {"id": "flight", "time": "at"} | changes.pop("columns", {})
    return ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": task,
            "columns": columns,
            "features": {"wind": "numeric"},
            "outputs": outputs,
            **changes,
        }
    )


RECIPES = {"binary_classification": "LogisticRegression", "regression": "Ridge"}


def trained(task: str, **changes: Any) -> ModelSpec:
    return declared(task, retraining={"recipe": {"estimator": RECIPES[task]}}, **changes)


MULTICLASS = declared("multiclass_classification", columns={"prediction": "decided"})
REGRESSION = declared("regression")


def classes(**changes: object) -> dict[str, object]:
    return {
        "flight": "a",
        "at": TIME,
        "p_early": 0.2,
        "p_on": 0.5,
        "p_late": 0.3,
        "decided": "late",
        "wind": 1,
    } | changes


def value(**changes: object) -> dict[str, object]:
    return {"flight": "a", "at": TIME, "minutes": 12.5, "wind": 1} | changes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, None),
        ({"p_early": 0.2004}, None),
        ({"p_early": 0.21}, ["scores_do_not_add_up"]),
        ({"p_early": 0.5, "p_on": 1.1, "p_late": -0.6}, ["out_of_range", "out_of_range"]),
        ({"p_early": None}, ["missing_value"]),
        ({"p_early": "NaN"}, ["missing_value"]),
        ({"p_early": "inf"}, ["out_of_range", "scores_do_not_add_up"]),
        ({"decided": " late "}, None),
        ({"decided": "cancelled"}, ["unknown_class"]),
        ({"decided": None}, ["missing_label"]),
    ],
)
def test_scores_of_several_classes(judge_by, write, change, codes):
    verdict = judge_by(MULTICLASS, write["jsonl"]([classes(flight="b"), classes(**change)]), "a.jsonl")
    assert verdict.codes == ({2: codes} if codes else {})
    if codes is None:
        decided = verdict.records.chunk.columns["decided"]
        assert isinstance(decided, CategoricalColumn)
        assert [decided.cell(at) for at in range(2)] == ["late", "late"]


def test_a_class_never_declared_is_told_with_those_that_are(judge_by):
    verdict = judge_by(MULTICLASS, b"flight,label\na,late\nb,lost\nc,\n", "a.csv", "labels")
    assert verdict.codes == {2: ["unknown_class"], 3: ["missing_label"]}
    assert "label is 'lost', no class of columns.scores (early, on time, late)" in verdict.messages


def test_labels_of_several_classes_are_those_of_the_declaration_however_they_are_written(judge_by, listed):
    spec = declared(
        "multiclass_classification", columns={"scores": {"0": "a", "1": "b", "2.0": "c", "true story": "d"}}
    )
    verdict = judge_by(spec, b"flight,label\na,0\nb,1.0\nc,2\nd,true\ne,2.00\nf,true story\n", "a.csv", "labels")
    assert listed(verdict.records)["label"] == ["0", "1", "2.0", "1", "2.0", "true story"]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"minutes": -3}, None),
        ({"minutes": "1e3"}, None),
        ({"minutes": None}, ["missing_label"]),
        ({"minutes": "NaN"}, ["missing_label"]),
        ({"minutes": "soon"}, ["wrong_type"]),
        ({"minutes": "inf"}, ["not_finite"]),
    ],
)
def test_predicted_values(judge_by, write, change, codes):
    verdict = judge_by(REGRESSION, write["jsonl"]([value(flight="b"), value(**change)]), "a.jsonl")
    assert verdict.codes == ({2: codes} if codes else {})
    assert isinstance(verdict.records.chunk.columns["minutes"], NumericColumn)


def test_true_values(judge_by, listed):
    content = b"flight,at,label\na,2013-03-04,3\nb,,-1.5\nc,,late\nd,,\ne,,-Infinity\n"
    verdict = judge_by(REGRESSION, content, "a.csv", "labels")
    assert verdict.codes == {3: ["wrong_type"], 4: ["missing_label"], 5: ["not_finite"]}
    assert listed(verdict.records)["label"] == [3.0, -1.5]
    stored = write_records(verdict.records, REGRESSION)
    assert read_records(stored, REGRESSION)["label"].tolist() == [3.0, -1.5]


def test_generated_text_has_its_outputs_and_no_labels(judge_by, write, listed):
    spec = declared("text_generation")
    rows = [
        {"flight": "a", "at": TIME, "wind": 1, "answer": "It will be late.", "safety": 0.9},
        {"flight": "b", "at": TIME, "wind": 1, "answer": None, "safety": None},
    ]
    verdict = judge_by(spec, write["jsonl"](rows), "a.jsonl")
    assert listed(verdict.records)["answer"] == ["It will be late.", None]
    assert isinstance(verdict.records.chunk.columns["answer"], TextColumn)
    with pytest.raises(BatchInvalid, match="text_generation has no labels") as refusal:
        judge_by(spec, b"flight,label\na,1\n", "a.csv", "labels")
    assert refusal.value.code == "no_labels"


OPERATION = {"latency": "ms", "error": "status", "cpu": "cpu_percent", "attributions": {"wind": "shap_wind"}}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, None),
        ({"ms": None, "status": None, "cpu_percent": None, "shap_wind": None}, None),
        ({"ms": -0.1}, ["out_of_range"]),
        ({"ms": "inf"}, ["not_finite"]),
        ({"ms": "slow"}, ["wrong_type"]),
        ({"cpu_percent": -1}, ["out_of_range"]),
        ({"cpu_percent": 250}, None),
        ({"status": "teapot"}, ["wrong_type"]),
        ({"status": 999}, ["wrong_type"]),
        ({"status": 404.5}, ["wrong_type"]),
        ({"shap_wind": -7.5}, None),
        ({"shap_wind": "inf"}, ["not_finite"]),
    ],
)
def test_operation_and_attributions_beside_predictions(judge_by, write, change, codes):
    spec = declared("regression", columns=OPERATION, on_invalid="count")
    rows = [value(ms=12.5, status=200, cpu_percent=40, shap_wind=0.5) | {"flight": name} for name in "ab"]
    verdict = judge_by(spec, write["jsonl"]([rows[0], rows[1] | change]), "a.jsonl")
    assert verdict.codes == ({2: codes} if codes else {})
    assert verdict.batch.columns_missing == ()


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        *((status, "true") for status in (400, "404", 503.0, "500.0", True, "true", 1)),
        *((status, "false") for status in (200, "302", 399, False, "no", 0)),
        (None, None),
        ("", None),
    ],
)
def test_errors_are_booleans_or_http_statuses(judge_by, write, listed, status, failed):
    spec = declared("regression", columns=OPERATION)
    verdict = judge_by(spec, write["jsonl"]([value(status=status)]), "a.jsonl")
    assert listed(verdict.records)["status"] == [failed]
    assert verdict.records.chunk.columns["status"].categories == FLAGS
    assert verdict.batch.columns_missing == ("ms", "cpu_percent", "shap_wind")


def test_telemetry_is_readings_without_ids(judge_by, write, listed):
    spec = declared("regression", columns={"latency": "ms"})
    rows = [
        {"at": TIME, "ms": 20.5, "cpu": 40, "requests": 10, "errors": 1, "region": "eu"},
        {"at": "2013-03-04T12:31:00Z", "ms": None, "cpu": None, "requests": 3, "errors": 4, "region": "eu"},
        {"at": None, "ms": 20.5, "cpu": 30, "requests": None, "errors": None, "region": "eu"},
        {"at": TIME, "ms": 20.5, "cpu": -30, "requests": 2, "errors": None, "region": "eu"},
        {"at": TIME, "ms": None, "cpu": None, "requests": None, "errors": 2, "region": "eu"},
    ]
    verdict = judge_by(spec, write["jsonl"](rows), "a.jsonl", "telemetry")
    assert verdict.codes == {2: ["more_errors_than_requests"], 3: ["missing_time"], 4: ["out_of_range"]}
    assert "4 errors in 3 requests" in verdict.messages
    assert verdict.records.ids.tolist() == ["1", "5"]
    found = listed(verdict.records)
    assert [found[name] for name in ("ms", "cpu", "requests", "errors")] == [
        [20.5, None],
        [40.0, None],
        [10.0, None],
        [1.0, 2.0],
    ]
    assert verdict.batch.columns_added == ("region",)
    assert read_records(write_records(verdict.records, spec), spec)["ms"].tolist()[:1] == [20.5]


def test_a_summary_of_several_latencies_makes_sense(judge_by):
    rows = b"""at,latency,latency_low,latency_count,requests,errors
2013-03-04,20,10,7,,
2013-03-04,20,30,7,,
2013-03-04,20,,7.5,,
2013-03-04,,10,,,
2013-03-04,,,7,,
2013-03-04,20,,,7,0.5
"""
    verdict = judge_by(REGRESSION, rows, "a.csv", "telemetry")
    assert verdict.codes == {
        2: ["bounds_crossed"],
        3: ["no_whole_number"],
        4: ["missing_latency"],
        5: ["missing_latency"],
        6: ["no_whole_number"],
    }


def test_telemetry_measures_something(judge_by):
    with pytest.raises(
        BatchInvalid,
        match="none of the columns latency, latency_low, latency_count, error, cpu, gpu, memory, requests, errors",
    ):
        judge_by(REGRESSION, b"at,region\n2013-03-04,eu\n", "a.csv", "telemetry")
    with pytest.raises(BatchInvalid, match="lacks column at"):
        judge_by(REGRESSION, b"cpu\n12\n", "a.csv", "telemetry")


def test_telemetry_columns_stand_under_their_own_names_unless_declared_otherwise():
    assert telemetry_columns(declared("regression", columns={"cpu": "load", "time": "requests"}).columns) == {
        "latency": "latency",
        "latency_low": "latency_low",
        "latency_count": "latency_count",
        "error": "error",
        "cpu": "load",
        "gpu": "gpu",
        "memory": "memory",
        "errors": "errors",
    }


@pytest.mark.parametrize(
    ("spec", "required", "optional"),
    [
        (trained("binary_classification"), ("flight", "at", "label", "wind"), ()),
        (declared("binary_classification"), ("flight", "at", "p", "wind"), ("label",)),
        (trained("regression", attributes={"sex": "categorical"}), ("flight", "at", "label", "wind"), ("sex",)),
        (REGRESSION, ("flight", "at", "minutes", "wind"), ("label",)),
        (MULTICLASS, ("flight", "at", "p_early", "p_on", "p_late", "decided", "wind"), ("label",)),
        (declared("text_generation"), ("flight", "at", "answer", "safety", "wind"), ()),
    ],
)
def test_reference_to_train_on_has_labels_and_reference_to_adopt_from_has_results(spec, required, optional):
    expected = ExpectedColumns.of(spec, "reference")
    assert (expected.required, expected.optional) == (required, optional)


def test_reference_may_lack_labels_where_nothing_is_trained(judge_by):
    verdict = judge_by(REGRESSION, b"flight,at,minutes,wind\na,2013-03-04,3,1\n", "a.csv", "reference")
    assert verdict.records.rows == 1
    assert verdict.batch.columns_missing == ("label",)
    labelled = judge_by(REGRESSION, b"flight,at,minutes,wind,label\na,2013-03-04,3,1,\n", "a.csv", "reference")
    assert np.isnan(labelled.records.chunk.columns["label"].values).all()


def test_attributes_are_needed_unless_they_may_be_empty(judge_by):
    spec = declared(
        "regression", attributes={"sex": {"type": "categorical", "nullable": False}, "region": "categorical"}
    )
    with pytest.raises(BatchInvalid, match="lacks column sex"):
        judge_by(spec, b"flight,at,minutes,wind\na,2013-03-04,3,1\n", "a.csv")
    verdict = judge_by(spec, b"flight,at,minutes,wind,sex\na,2013-03-04,3,1,f\nb,2013-03-04,3,1,\n", "a.csv")
    assert verdict.codes == {2: ["missing_value"]}
    assert verdict.batch.columns_missing == ("region",)
