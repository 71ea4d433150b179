"""What a model does is told from the names and the cells of its table, or asked for; no label becomes a feature."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from steward.errors import BatchInvalid
from steward.offline.hints import Hints
from steward.offline.suggestion import suggest
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from tests.nightly import nightly

ROWS = 3000
FEATURES = ["a", "b", "c", "kids", "owner", "grade"]
CLASSES = np.array(["good card", "bad", "ugly"])


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def world() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Features, of which `owner` is told by the score as well as the label is; the score; and the label."""
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 3))
    score = sigmoid(x @ [1, -1, 0.5])
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2024-01-01", periods=ROWS, freq="37min"),
            "id": range(ROWS),
            "a": x[:, 0],
            "b": x[:, 1],
            "c": x[:, 2],
            "kids": random.integers(0, 4, ROWS),
            "owner": (x[:, 0] > 0).astype(int),
            "grade": random.choice(list("ABC"), ROWS),
        }
    )
    return frame, score, (random.random(ROWS) < score).astype(int)


FRAME, SCORE, LABEL = world()
SCORED = FRAME.assign(y_pred_proba=SCORE, y_pred=(SCORE > 0.5).astype(int))


def of(table: pd.DataFrame, **hints: Any) -> tuple[ModelSpec, str]:
    text = suggest(table, hints=Hints(**hints))
    return read_spec(text), text


def asked(text: str) -> list[str]:
    return [line.removeprefix("# TO DO: ") for line in text.splitlines() if line.startswith("# TO DO: ")]


@pytest.mark.parametrize(
    "name",
    ["y_true", "clf_target", "yTrue", "is_fraud", "Outcome", *nightly(
        "y", "target", "true_class", "label", "ground_truth", "actual", "repaid", "class", "churned", "default",
        "survived", "converted")],
)  # fmt: skip
def test_a_label_is_found_by_its_name_beside_scores(name: str) -> None:
    spec, text = of(SCORED.assign(**{name: LABEL}))
    columns = spec.columns
    assert (columns.score, columns.prediction, columns.label) == ("y_pred_proba", "y_pred", name)
    assert (spec.task, spec.positive_label, list(spec.features)) == ("binary_classification", "1", FEATURES)
    assert asked(text) == []
    assert spec.retraining.recipe is None


def test_a_column_that_the_answers_tell_far_better_than_any_other_is_taken_with_a_word_to_check() -> None:
    sharp = np.where(LABEL == 1, 0.97, 0.03)
    spec, text = of(FRAME.assign(y_pred_proba=sharp, foo=LABEL))
    assert spec.columns.label == "foo"
    (question,) = asked(text)
    assert "foo was taken for the label" in question


def test_what_may_be_the_label_is_no_feature_and_asked_for() -> None:
    spec, text = of(SCORED.assign(foo=LABEL))
    assert spec.columns.label == "label"
    assert not {"foo", "owner"} & set(spec.features)
    (question,) = asked(text)
    assert "--label owner" in question
    assert "--label foo" in question
    assert text.startswith("# TO DO: ")
    spec, text = of(SCORED.assign(foo=LABEL), label="foo")
    assert (spec.columns.label, list(spec.features), asked(text)) == ("foo", FEATURES, [])


def test_a_table_without_a_label_makes_none_of_a_feature() -> None:
    spec, text = of(SCORED)
    assert (spec.columns.label, spec.columns.score) == ("label", "y_pred_proba")
    assert len(asked(text)) == 1


def test_earlier_outcomes_are_features() -> None:
    spec, _ = of(SCORED.assign(previous_default=FRAME["owner"], y=LABEL))
    assert spec.columns.label == "y"
    assert "previous_default" in spec.features


@pytest.mark.parametrize("words", [("won", "lost"), ("yes", "no"), (True, False)])
def test_the_positive_label_is_the_likelier_the_higher_the_score(words: tuple[Any, Any]) -> None:
    positive, negative = words
    named = np.where(LABEL == 1, positive, negative)
    expected = "1" if positive is True else str(positive)
    assert of(FRAME.assign(score=SCORE, outcome=named))[0].positive_label == expected
    other = "0" if positive is True else str(negative)
    assert of(FRAME.assign(score=1 - SCORE, outcome=named))[0].positive_label == other


def test_two_probabilities_that_add_up_are_those_of_two_labels() -> None:
    spec, text = of(FRAME.assign(proba_0=1 - SCORE, proba_1=SCORE, y_true=LABEL))
    assert (spec.task, spec.columns.score, spec.positive_label) == ("binary_classification", "proba_1", "1")
    assert "# proba_0 is left out: it is the probability of the other label" in text
    assert list(spec.features) == FEATURES


def test_decisions_stand_for_probabilities_where_a_model_gives_none() -> None:
    spec, _ = of(FRAME.assign(y_pred=(SCORE > 0.5).astype(int), y_true=LABEL))
    assert (spec.columns.score, spec.columns.prediction, spec.columns.label) == ("y_pred", None, "y_true")


def test_a_score_in_percent_is_no_feature_and_no_prediction() -> None:
    spec, text = of(FRAME.assign(score=100 * SCORE, y_true=LABEL))
    assert "score" not in spec.features
    assert "score is no probability: it lies between" in asked(text)[0]


@pytest.mark.parametrize("scores", [("price",), ("proba_0", "price")])
def test_amounts_that_are_named_as_a_score_are_refused(scores: tuple[str, ...]) -> None:
    frame = FRAME.assign(price=100 + SCORE, proba_0=1 - SCORE, churned=LABEL)
    with pytest.raises(BatchInvalid, match=r"price cannot be the score: it lies between 100\..*--task regression"):
        of(frame, label="churned", scores=scores)


def test_a_prediction_between_0_and_1_beside_a_label_is_a_score() -> None:
    spec, _ = of(FRAME.assign(prediction=SCORE, churned=LABEL))
    assert (spec.task, spec.columns.score, spec.columns.label) == ("binary_classification", "prediction", "churned")


PRICE = 100 + 20 * (FRAME["a"] - FRAME["b"])


@pytest.mark.parametrize(
    ("label", "prediction"), [("price", "pred_price"), ("price", "price_forecast"), ("y_true", "y_pred"), ("t", "yhat")]
)
def test_amounts_are_a_regression(label: str, prediction: str) -> None:
    noise = np.random.default_rng(1).normal(0, 5, ROWS)
    spec, text = of(FRAME.assign(**{label: PRICE + noise, prediction: PRICE}))
    assert (spec.task, spec.columns.label, spec.columns.prediction) == ("regression", label, prediction)
    assert list(spec.features) == FEATURES
    assert spec.retraining.recipe is None
    assert len(asked(text)) == (label == "t")


def shares() -> np.ndarray:
    odds = np.exp(FRAME[["a", "b", "c"]].to_numpy())
    return odds / odds.sum(axis=1, keepdims=True)


MANY = np.array([CLASSES[np.random.default_rng(at).choice(3, p=share)] for at, share in enumerate(shares())])


@pytest.mark.parametrize("spelt", ["y_pred_proba_{}", "{}_probability", "p_{}"])
def test_several_classes_are_told_from_their_scores_beside_a_prediction(spelt: str) -> None:
    columns = {spelt.format(name.replace(" ", "_")): shares()[:, at] for at, name in enumerate(CLASSES)}
    spec, text = of(FRAME.assign(**columns, y_pred=CLASSES[shares().argmax(axis=1)], y_true=MANY))
    assert spec.task == "multiclass_classification"
    assert spec.columns.scores == dict(zip(CLASSES, columns, strict=True))
    assert (spec.columns.prediction, spec.columns.label) == ("y_pred", "y_true")
    assert (list(spec.features), asked(text)) == (FEATURES, [])


@pytest.mark.parametrize("classes", [CLASSES, np.array([3, 4, 5])])
def test_of_a_table_without_answers_steward_trains(classes: np.ndarray) -> None:
    label = classes[[list(CLASSES).index(name) for name in MANY]]
    spec, text = of(FRAME.assign(target=label))
    assert spec.task == "multiclass_classification"
    assert set(spec.columns.scores) == {str(name) for name in classes}
    assert spec.retraining.recipe.estimator == "HistGradientBoostingClassifier"
    assert spec.retraining.recipe.parameters == {"max_leaf_nodes": 8, "min_samples_leaf": 50}
    assert (list(spec.features), asked(text)) == (FEATURES, [])


def test_decisions_of_several_classes_without_probabilities_are_said_to_be_no_use() -> None:
    spec, text = of(FRAME.assign(y_pred=CLASSES[shares().argmax(axis=1)], y_true=MANY))
    assert spec.retraining.recipe
    assert "y_pred" not in spec.features
    assert "--score COLUMN for each" in asked(text)[0]


def test_of_amounts_without_predictions_steward_trains_a_regression() -> None:
    spec, _ = of(FRAME.assign(price=PRICE), label="price")
    assert (spec.task, spec.retraining.recipe.estimator) == ("regression", "HistGradientBoostingRegressor")
    spec, _ = of(FRAME.assign(visits=FRAME["kids"]), label="visits", task="regression")
    assert (spec.task, spec.columns.label) == ("regression", "visits")


def test_a_copy_of_the_label_is_no_feature() -> None:
    spec, text = of(FRAME.assign(survived=LABEL, alive=np.where(LABEL == 1, "yes", "no")))
    assert spec.columns.label == "survived"
    assert "# alive is left out: it says the same as survived" in text
    assert list(spec.features) == FEATURES


@pytest.mark.parametrize("names", [["default", "deposit"], ["foo"]])
def test_without_answers_and_label_both_are_asked_for(names: list[str]) -> None:
    random = np.random.default_rng(2)
    spec, text = of(FRAME.assign(**{name: random.integers(0, 2, ROWS) for name in names}))
    (question,) = asked(text)
    assert "no column has a model's answers" in question
    assert ("--label default or --label deposit" in question) == (len(names) > 1)
    assert ("default" in spec.features) == (len(names) < 1)


def test_what_the_user_says_counts() -> None:
    table = SCORED.assign(when=FRAME["timestamp"] + pd.Timedelta("1D"), number=range(ROWS, 2 * ROWS), x=SCORE, y=LABEL)
    spec, text = of(table, time="when", id="number", scores=("x",), label="owner", prediction="y")
    columns = spec.columns
    assert (columns.time, columns.id, columns.score) == ("when", "number", "x")
    assert (columns.label, columns.prediction) == ("owner", "y")
    assert text.count("# as you said") == 5


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        ({"label": "repayed"}, "the table has no column repayed (is it repaid?)"),
        ({"label": "id", "id": "id"}, "id is given two parts"),
        ({"time": "grade"}, "grade cannot be the time: text with 3 different values"),
        ({"id": "grade"}, "grade cannot be the id: 3,000 cells have 3 different values"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(hints: dict[str, Any], message: str) -> None:
    with pytest.raises(BatchInvalid, match=re.escape(message)):
        of(SCORED.assign(repaid=LABEL), **hints)


def test_rows_without_id_and_time_are_said_to_need_them() -> None:
    _, text = of(SCORED.drop(columns=["id", "timestamp"]).assign(y=LABEL))
    assert [question.partition(":")[0] for question in asked(text)] == [
        "no column identifies each row", "no column says when each row came about",
    ]  # fmt: skip


def test_a_name_that_may_say_label_is_taken_with_a_word_to_check() -> None:
    spec, text = of(FRAME.assign(species=MANY))
    assert spec.columns.label == "species"
    assert "species was taken for the label" in asked(text)[0]


def test_counts_of_losses_and_places_are_no_labels() -> None:
    places = FRAME.assign(x=FRAME["a"], y=FRAME["b"], z=FRAME["c"], fumbles_lost=range(ROWS))
    spec, _ = of(places)
    assert {"x", "y", "z", "fumbles_lost"} & {spec.columns.label} == set()


COIN = np.random.default_rng(5).integers(0, 2, ROWS)
GROUP = np.where(COIN == 1, "A", "B")


@pytest.mark.parametrize("name", ["target_group", "label_printed", "actual_offer", "true_colour"])
@pytest.mark.parametrize("answers", [{}, {"score": SCORE}])
def test_a_feature_whose_name_begins_as_a_label_stays_one(name: str, answers: dict[str, np.ndarray]) -> None:
    spec, text = of(FRAME.assign(**{name: GROUP}, **answers, converted=LABEL))
    assert (spec.columns.label, asked(text)) == ("converted", [])
    assert list(spec.features) == [*FEATURES, name]


@pytest.mark.parametrize("name", ["target_30d", "actual_return"])
def test_a_name_that_begins_as_a_label_is_taken_with_a_word_to_check(name: str) -> None:
    for answers in ({}, {"score": SCORE}):
        spec, text = of(FRAME.assign(**answers, **{name: LABEL}))
        (question,) = asked(text)
        assert (spec.columns.label, list(spec.features)) == (name, FEATURES)
        assert question.startswith(f"{name} was taken for the label, which its name does not say plainly")


def test_labels_of_several_horizons_are_no_features_of_each_other() -> None:
    later = np.where(COIN * FRAME["kids"] == 3, 1 - LABEL, LABEL)
    for answers in ({}, {"score": SCORE}):
        spec, _ = of(FRAME.assign(**answers, target_30d=LABEL, target_90d=later))
        assert list(spec.features) == FEATURES


def test_the_price_of_gold_is_no_label() -> None:
    spec, text = of(FRAME.assign(gold_price=PRICE, oil=PRICE**0.5, price=PRICE + FRAME["c"]))
    assert spec.columns.label == "label"
    assert {"gold_price", "oil", "price"} <= set(spec.features)
    assert "no label could be told" in asked(text)[0]


def test_answers_overrule_a_plainer_name_with_a_word_to_check() -> None:
    spec, text = of(FRAME.assign(score=SCORE, printed_label=COIN, converted=LABEL))
    (question,) = asked(text)
    assert (spec.columns.label, list(spec.features)) == ("converted", FEATURES)
    assert question.startswith("converted was taken for the label, and printed_label may be it: check it")
    spec, text = of(FRAME.assign(score=SCORE, printed_label=LABEL, converted=COIN))
    assert (spec.columns.label, asked(text)) == ("printed_label", [])


def test_what_is_predicted_names_its_label_behind_a_word_for_truth() -> None:
    spec, text = of(FRAME.assign(predicted_price=PRICE, actual_price=PRICE + FRAME["c"]))
    assert (spec.task, spec.columns.label, asked(text)) == ("regression", "actual_price", [])


def test_a_score_that_tells_nothing_of_the_label_may_be_a_feature() -> None:
    risk = np.random.default_rng(6).random(ROWS)
    spec, text = of(FRAME.assign(credit_score=risk, churned=LABEL))
    (question,) = asked(text)
    assert spec.columns.score == "credit_score"
    assert question.startswith("credit_score was taken for the model's answer, and tells next to nothing of churned")
    assert asked(of(FRAME.assign(credit_score=risk, churned=LABEL), scores=("credit_score",))[1]) == []
    assert asked(of(FRAME.assign(credit_rating=risk, churned=LABEL))[1]) == []


def test_a_score_of_a_rare_event_is_not_doubted() -> None:
    score = 0.03 * SCORE
    label = (np.random.default_rng(7).random(ROWS) < score).astype(int)
    assert asked(of(FRAME.assign(score=score, fraud=label))[1]) == []


def test_of_several_scores_the_others_are_left_out_and_asked_about() -> None:
    table = FRAME.assign(score_old=SCORE**2, score_new=SCORE, churned=LABEL)
    spec, text = of(table)
    (question,) = asked(text)
    assert (spec.columns.score, list(spec.features)) == ("score_old", FEATURES)
    assert question.startswith("score_old was taken for the model's answer, and score_new left out")
    assert "# score_new is left out: its name says score, and score_old is it" in text
    spec, text = of(table, scores=("score_new",))
    assert (spec.columns.score, asked(text)) == ("score_new", [])


@pytest.mark.parametrize("name", ["row", "my rows"])
def test_a_counter_is_offered_as_the_id(name: str) -> None:
    table = FRAME.drop(columns="id").assign(**{name: range(ROWS)}, y=LABEL)
    _, text = of(table)
    given = f"'{name}'" if " " in name else name
    assert asked(text)[0].startswith(f"no column identifies each row: {name} counts the rows: say --id {given} if")
    spec, text = of(table, id=name)
    assert (spec.columns.id, asked(text)) == (name, [])


def test_without_a_counter_a_column_is_asked_for_under_the_name_that_is_declared() -> None:
    for extra, name in (({}, "id"), ({"id": GROUP}, "id_")):
        spec, text = of(FRAME.drop(columns="id").assign(**extra, y=LABEL))
        assert spec.columns.id == name
        assert f"add a column called `{name}`, whose values never come again" in asked(text)[0]


@pytest.mark.parametrize(("positives", "questions"), [(12, 1), (38, 1), (300, 0)])
def test_too_few_rows_of_a_class_for_a_training_and_its_holdout_are_said(positives: int, questions: int) -> None:
    label = np.zeros(ROWS, int)
    label[np.linspace(0, ROWS - 1, positives).astype(int)] = 1
    _, text = of(FRAME.assign(y=label))
    assert len(asked(text)) == questions
    if questions:
        assert asked(text)[0].startswith(f"class 1 of the label has {positives} rows, ")
        assert "a training needs 20 in each part" in asked(text)[0]


def test_a_probability_named_for_a_class_is_the_score() -> None:
    reading = np.where(LABEL == 1, "poor", "good")
    spec, text = of(FRAME.assign(p_poor=SCORE, reading=reading), label="reading")
    assert (spec.columns.score, spec.columns.label, spec.positive_label, asked(text)) == (
        "p_poor",
        "reading",
        "poor",
        [],
    )
    spec, text = of(FRAME.assign(p_poor=SCORE, reading=reading))
    assert (spec.columns.label, asked(text)) == ("reading", [])
    assert "it holds poor, of which p_poor is the probability" in text
    spec, _ = of(FRAME.assign(p_value=SCORE, reading=reading), label="reading")
    assert "p_value" in spec.features


def test_many_values_are_no_label_of_a_binary_model() -> None:
    table = FRAME.assign(wind=np.arange(ROWS) % 79)
    with pytest.raises(BatchInvalid, match="wind holds 79 different values"):
        of(table, label="wind", task="binary_classification")


def test_without_label_and_answers_nothing_is_said_to_be_trained_elsewhere() -> None:
    _, text = of(FRAME)
    assert asked(text)
    assert "trained elsewhere" not in text
