"""What is answered and logged of each row."""

import json

import numpy as np
import pytest

from steward.serving.answers import Answered, describe_predictions, encode_records
from steward.serving.refusals import RequestRefused
from steward.serving.routes import model_of_request
from tests.unit.serving.declared import ROW, declared, fitted, read

CLASSES = (
    ("task: binary_classification\npositive_label: lemon", "task: multiclass_classification"),
    ("score: risk", "scores: {good: p_good, bad: p_bad}, prediction: verdict"),
)
VALUE = (
    ("task: binary_classification\npositive_label: lemon", "task: regression"),
    ("score: risk", "prediction: price"),
    ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
)


def answer(changes: tuple[tuple[str, str], ...], arm: str | None = "challenger") -> tuple[dict, dict]:
    version = fitted(changes)
    found = read(ROW, spec=version.spec)
    scores = version.score(version.spec, found.columns, 1)
    (told,) = describe_predictions(version.spec, scores, found.ids, [Answered("v1", arm)])
    (line,) = encode_records(version.spec, found.cells, [told], 1.25)
    return told, json.loads(line)


def test_two_classes_are_answered_by_score_and_decision() -> None:
    told, logged = answer(())
    assert told == {
        "id": "made-1",
        "version": "v1",
        "arm": "challenger",
        "prediction": "not lemon",
        "score": told["score"],
    }
    assert logged == {
        **ROW, "sale": "made-1", "sold_at": "2024-06-01T12:00:00+00:00", "steward_model": "cars", "version": "v1",
        "arm": "challenger", "risk": told["score"], "took": 1.25,
    }  # fmt: skip


def test_several_classes_are_answered_by_the_score_of_each() -> None:
    told, logged = answer(CLASSES)
    assert sum(told["scores"].values()) == pytest.approx(1)
    assert told["prediction"] == max(told["scores"], key=told["scores"].get)
    assert (logged["p_good"], logged["p_bad"]) == (told["scores"]["good"], told["scores"]["bad"])
    assert logged["verdict"] == told["prediction"]


def test_a_regression_is_answered_by_its_value() -> None:
    told, logged = answer(VALUE, arm=None)
    assert logged["price"] == told["prediction"]
    assert "score" not in told
    assert "arm" not in logged


def test_a_feature_that_is_called_arm_is_the_clients() -> None:
    spec = declared((("  mileage: numeric", "  mileage: numeric\n  arm: categorical"),))
    told = {"id": "a", "version": "v1", "arm": "challenger", "score": 0.5}
    (line,) = encode_records(spec, [{**ROW, "arm": "left"}], [told], 1.0)
    assert json.loads(line)["arm"] == "left"


def test_a_decision_follows_the_declared_threshold() -> None:
    spec = declared((("positive_label: lemon", "positive_label: '1'\nthreshold: 0.3"),))
    found = describe_predictions(spec, np.array([0.29, 0.3]), ["a", "b"], [Answered("v", None)] * 2)
    assert [row["prediction"] for row in found] == ["0", "1"]


def test_a_feature_that_is_no_longer_declared_is_missing_in_every_row() -> None:
    version = fitted()
    found = read(ROW)
    without = {name: column for name, column in found.columns.items() if name not in {"make", "mileage", "shape"}}
    assert np.isfinite(version.score(version.spec, without, 1)).all()


def test_numbers_that_an_estimator_does_not_take_are_refused() -> None:
    forest = (("HistGradientBoostingClassifier, parameters: {max_iter: 3}", "RandomForestClassifier"),)
    version = fitted(forest)
    found = read({**ROW, "mileage": "1e300"}, spec=version.spec)
    with pytest.raises(RequestRefused, match="cannot score the rows: Input X contains infinity or a value too large"):
        version.score(version.spec, found.columns, 1)


def test_a_path_names_the_model() -> None:
    assert model_of_request("POST", "/models/flight-delays/predictions") == "flight-delays"
    for method, path, status in (
        ("GET", "/models/cars/predictions", 405),
        ("POST", "/models/Cars/predictions", 404),
        ("POST", "/models/../predictions", 404),
        ("POST", "/", 404),
    ):
        with pytest.raises(RequestRefused) as refused:
            model_of_request(method, path)
        assert refused.value.status == status
