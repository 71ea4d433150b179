"""A declaration is read whole, or refused with the place of everything that is wrong with it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.spec.document import MAXIMUM_BYTES, check_spec, read_spec
from steward.spec.durations import LONGEST, format_duration, parse_duration
from steward.spec.model import ModelSpec
from steward.spec.recipe import Estimator
from steward.spec.windows import Window
from tests.unit.examples import SPEC

LAYER = Path(__file__).resolve().parents[3] / "layers" / "steward" / "requirements.txt"


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(SpecInvalid) as refusal:
        read_spec(text)
    return refusal.value.problems


def test_a_declaration_that_says_only_what_it_must_is_complete() -> None:
    spec = read_spec(SPEC)
    assert list(spec.features) == ["age", "mileage", "make"]
    assert spec.features["mileage"].type == "numeric"
    assert spec.window.length == timedelta(days=1)
    assert spec.monitors.feature_drift is not None
    assert read_spec(SPEC.encode()) == spec
    assert read_spec(b"\xef\xbb\xbf" + SPEC.encode()) == spec


def test_what_is_stored_of_a_declaration_reads_back_as_the_same() -> None:
    extended = (
        SPEC + "  every: 8w\n  training_span: 36h\nvalidation: {minimum_gain: 0.001}\nmonitors: {accuracy: null}\n"
    )
    spec = read_spec(extended)
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec
    assert read_spec(yaml.safe_dump(spec.model_dump(mode="json"))) == spec


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        ("owner: quality@example.com\n", "", "line 1, column 1: owner: is missing"),
        ("  id: sale\n", "", "line 5, column 1: columns.id: is missing"),
        ("  score: risk\n", "", "line 5, column 1: columns: score is needed for binary_classification"),
        ("owner: ", "ownr: ", "line 3, column 1: ownr: no such setting"),
        ("  time: sold_at", "  tiem: sold_at", "line 7, column 3: columns.tiem: no such setting"),
        ("minimum: 0", "lowest: 0", "line 11, column 24: features.age.lowest: no such setting"),
        ("mileage: numeric", "mileage: number", "line 12, column 3: features.mileage: "),
        ("maximum: 60", "maximum: many", "line 11, column 36: features.age.maximum: 'many' is no number; write digits"),
        ("maximum: 60", "maximum: -1", "line 11, column 3: features.age: minimum 0.0 is above maximum -1.0"),
        ("maximum: 60", "maximum: .nan", "line 11, column 36: features.age.maximum: nan should be a finite number"),
        ("maximum: 60", f"maximum: {'9' * 400}", "line 11, column 36: features.age.maximum: "),
        ("maximum: 60", f"maximum: {'9' * 5000}", "line 11, column 45: '99999"),
        ("  label: lemon", "  label: risk", "line 5, column 1: columns: column risk is given two roles"),
        ("  make: ", "  risk: ", "line 13, column 3: features.risk: risk is both a column with a role and a feature"),
        (
            "task: binary_classification",
            "task: clustering",
            "line 4, column 1: task: 'clustering' is none of the choices; choose one of ",
        ),
        (
            "task: binary_classification",
            "task: regression",
            "line 5, column 1: columns: prediction is needed for regression",
        ),
        (
            "LogisticRegression",
            "SVC",
            "line 16, column 12: retraining.recipe.estimator: 'SVC' is none of the choices; choose one of ",
        ),
        ("LogisticRegression}", "LogisticRegression, parameters: {random_state: null}}", "random_state is set by seed"),
        (
            "model: lemons",
            "model: Lemons",
            "line 1, column 1: model: 'Lemons' is no name of a model: write",
        ),
        ("model: lemons", f"model: {'l' * 55}", "line 1, column 1: model: 'lllll"),
        ("length: 1d", "length: 1 day", "line 14, column 10: window.length: '1 day' is not a duration"),
        ("length: 1d", 'length: "1d\\n"', "line 14, column 10: window.length: '1d\\n' is not a duration"),
        ("length: 1d", "length: 3600", "line 14, column 10: window.length: 3600 is not a duration"),
        ("length: 1d", "length: 0h", "line 14, column 10: window.length: '0h' should be greater than 0s"),
        ("length: 1d", "length: 90m", "line 14, column 1: window: length must be a whole number of hours"),
        (
            "length: 1d",
            "length: 99999999999999w",
            "line 14, column 10: window.length: '99999999999999w' is longer than a",
        ),
        ("length: 1d", "length: [1d", "line 14, column 21: not YAML: "),
        ("owner: quality@example.com", "owner: !secret x", "line 3, column 8: !secret is no type of plain YAML"),
        ("owner: quality@example.com", "owner: 2001-13-45", "line 3, column 8: '2001-13-45' cannot be read"),
        ("owner: quality@example.com", "owner: !!int abc", "line 3, column 8: 'abc' cannot be read"),
        ("owner: quality@example.com", 'owner: "\\ud800"', "line 3, column 8: '\\ud800' cannot be read"),
        ("owner: quality@example.com", "owner: [a, b]", "line 3, column 1: owner: ['a', 'b'] should be a valid string"),
        ("owner: quality@example.com", "owner: \0", "line 3, column 8: not YAML: character '\\x00' is not allowed"),
        ("owner: quality@example.com", "owner: a\nowner: b", "line 4, column 1: owner stands twice; keep one"),
        ("  time: sold_at", "  time: sold_at\n  time: at", "line 8, column 3: time stands twice; keep one"),
        ("  make: categorical", "  ? [make]\n  : categorical", "line 13, column 5: a key is one word"),
        ("mileage: numeric", "mileage: &n numeric\n  km: *n", "line 12, column 12: anchors and aliases are not used"),
        (
            "mileage: numeric",
            "mileage: numeric\n  <<: {a: numeric}",
            "line 13, column 3: !!merge is no type of plain YAML",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(written: str, instead: str, problem: str) -> None:
    assert written in SPEC
    told = problems(SPEC.replace(written, instead))
    assert any(problem in line for line in told), told


WIDE = """\
model: lemons
owner: quality@example.com
task: multiclass_classification
columns:
  id: sale
  time: sold_at
  scores: {good: p_good, fair: p_fair, lemon: p_lemon}
  prediction: verdict
  latency: ms
  error: status
  attributions: {age: shap_age}
features:
  age: {type: numeric, minimum: 0, importance: 2, minimum_effect: 0.1}
  make: {type: categorical, domain: [Opel, Fiat], pattern: "[A-Z][a-z]+", nullable: false}
  leased: boolean
  built: {type: datetime, monitored: false}
  advert: {type: text, maximum_length: 5000}
  photo: {type: embedding, dimensions: 384}
outputs:
  reason: text
attributes:
  sex: categorical
  region: {type: categorical, nullable: false}
rules:
  - {name: young, check: age < 60 or missing(built)}
on_invalid: count
segments:
  - region
  - {name: leased-and-old, where: leased and age > 8}
fairness: {protected: [sex], favourable: good}
resources:
  - {type: ecs_service, name: pricing, cluster: main}
monitors:
  latency: {maximum: 250}
"""


def test_every_type_of_column_task_and_rule_can_be_declared() -> None:
    spec = read_spec(WIDE)
    assert [feature.type for feature in spec.features.values()] == [
        "numeric",
        "categorical",
        "boolean",
        "datetime",
        "text",
        "embedding",
    ]
    assert spec.classes == ("good", "fair", "lemon")
    assert spec.retraining.recipe is None
    assert list(spec.declared) == [*spec.features, "reason", "sex", "region"]
    assert spec.value_types == {
        "age": "number",
        "make": "text",
        "leased": "condition",
        "built": "time",
        "advert": "text",
        "photo": "embedding",
        "reason": "text",
        "sex": "text",
        "region": "text",
        **dict.fromkeys(["p_good", "p_fair", "p_lemon"], "number"),
        "verdict": "text",
    }
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec
    assert read_spec(yaml.safe_dump(spec.model_dump(mode="json"))) == spec


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        (
            "leased: boolean",
            "leased: bool",
            "line 15, column 3: features.leased: 'bool' is no type; choose one of 'num",
        ),
        ("leased: boolean", "leased: {minimum: 1}", "line 15, column 3: features.leased: has no type; write one, such"),
        ("leased: boolean", "leased: [true]", "line 15, column 3: features.leased: here stand settings, such as"),
        (
            "[Opel, Fiat]",
            "[1, Fiat]",
            "line 14, column 38: features.make.domain.0: 1 is no text; put it in quotes",
        ),
        ("[Opel, Fiat]", "[]", "line 14, column 29: features.make.domain: List should have at least 1 item"),
        ('"[A-Z][a-z]+"', '"[A-Z"', "line 14, column 51: features.make.pattern: '[A-Z' is no regular expression: "),
        ("maximum_length: 5000", "longest: 5", "line 17, column 24: features.advert.longest: no such setting"),
        (", dimensions: 384", "", "line 18, column 3: features.photo.dimensions: is missing"),
        ("dimensions: 384", "dimensions: 0", "line 18, column 28: features.photo.dimensions: 0 should be greater"),
        (
            "importance: 2",
            "importance: -2",
            "line 13, column 36: features.age.importance: -2 should be greater than",
        ),
        ("importance: 2", "importance: 0", "line 12, column 1: features: the importances sum to zero; give one"),
        ("  sex: categorical", "  age: categorical", "line 22, column 3: attributes.age: age is both a feature and an"),
        ("  sex: categorical", "  ms: categorical", "attributes.ms: ms is both a column with a role and an attribute"),
        ("  reason: text", "  verdict: text", "line 20, column 3: outputs.verdict: verdict is both a column with a ro"),
        ("{age: shap_age}", "{aged: shap_age}", "line 11, column 18: columns.attributions.aged: aged is no feature"),
        ("{age: shap_age}", "{age: ms}", "line 4, column 1: columns: column ms is given two roles"),
        (
            "  - region",
            "  - age",
            "line 28, column 5: segments.0: age is no categorical or boolean feature or attribute",
        ),
        ("  - region", "  - colour", "line 28, column 5: segments.0: colour is no categorical or boolean"),
        (
            "where: leased",
            "column: sex, where: leased",
            "line 29, column 5: segments.1: a segment needs either a column",
        ),
        ("name: leased-and-old", "name: region", "line 29, column 6: segments.1.name: another segment has this name"),
        ("protected: [sex]", "protected: [age]", "line 30, column 24: fairness.protected.0: age is no categorical"),
        ("favourable: good", "favourable: best", "fairness.favourable: must be the class that is good to get, one of"),
        (
            ", favourable: good",
            "",
            "line 30, column 1: fairness: must be the class that is good to get, one of good, f",
        ),
        (
            "on_invalid: count",
            "on_invalid: drop",
            "line 26, column 1: on_invalid: 'drop' is none of the choices; choose one of ",
        ),
        (
            "age < 60",
            "sex < 60",
            "line 25, column 19: rules.0.check: at character 1 (sex < 60 or missing(built)): sex is",
        ),
        ("{maximum: 250}", "250", "line 34, column 3: monitors.latency: here stand settings, such as `key: value`"),
        ("{maximum: 250}", "{percentile: 99}", "line 34, column 3: monitors.latency.maximum: is missing"),
        (
            "latency: {maximum: 250}",
            "bias: {tolerance: 1}",
            "line 34, column 3: monitors.bias: does not apply to multi",
        ),
        ("fair: p_fair, lemon: p_lemon", "", "line 7, column 3: columns.scores: scores is needed for multiclass"),
        ("task: multiclass", "task: binary", "line 4, column 1: columns: score is needed for binary_classification"),
        (
            "task: multiclass_classification",
            "task: regression",
            "columns.scores: is for multiclass_classification, not",
        ),
    ],
)
def test_a_mistake_in_what_is_declared_beside_the_features_is_told_too(
    written: str, instead: str, problem: str
) -> None:
    assert written in WIDE
    told = problems(WIDE.replace(written, instead))
    assert any(problem in line for line in told), told


@pytest.mark.parametrize(
    ("task", "columns", "rest", "problem"),
    [
        ("regression", "label: y", "", "columns: prediction is needed for regression: the predicted value"),
        ("regression", "prediction: p, score: q", "", "columns.score: is for binary_classification, not for regr"),
        ("text_generation", "label: y", "", "outputs is needed for text_generation: the response (text)"),
        (
            "text_generation",
            "label: y",
            "outputs: {answer: text}\nretraining: {recipe: {estimator: Ridge}}\n",
            "retraining.recipe: a recipe cannot train a text_generation model; remove it",
        ),
        (
            "binary_classification",
            "score: p",
            "monitors: {business_value: {tolerance: 1}}\n",
            "monitors.business_value: needs business_value beside the monitors: what each kind of decision is worth",
        ),
        (
            "regression",
            "prediction: p",
            "monitors: {estimated_performance: {metric: roc_auc, tolerance: 1}}\n",
            "monitors.estimated_performance.metric: roc_auc does not apply to regression",
        ),
        (
            "regression",
            "prediction: p, label: y",
            "retraining: {recipe: {estimator: LogisticRegression}}\n",
            "retraining.recipe.estimator: LogisticRegression is no estimator for regression; choose another",
        ),
        (
            "regression",
            "prediction: p",
            "validation: {metric: log_loss}\n",
            "validation.metric: log_loss does not apply to regression",
        ),
        (
            "multiclass_classification",
            "scores: {a: p_a, b: p_b}",
            "validation: {metric: roc_auc}\n",
            "validation.metric: roc_auc does not apply to multiclass_classification",
        ),
        (
            "regression",
            "prediction: p, label: y",
            "retraining: {recipe: {estimator: Ridge}, holdout_span: 2d}\nvalidation: {block: 1d}\n",
            "retraining.holdout_span: must hold at least three of validation.block",
        ),
        (
            "regression",
            "prediction: p",
            "window: {length: 1d}\nmonitors: {feature_drift: {compared_with: {every: 36h, repeats: 3}}}\n",
            "compared_with.every: 36h must be several whole windows of 1d",
        ),
    ],
)
def test_what_does_not_fit_the_task_is_told_with_its_place(task: str, columns: str, rest: str, problem: str) -> None:
    head = f"model: m\nowner: o@example.com\ntask: {task}\nfeatures: {{x: numeric}}\n"
    told = problems(f"{head}columns: {{id: i, time: t, {columns}}}\n{rest}")
    assert any(problem in line for line in told), told


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("", "the file is empty"),
        (b"", "the file is empty"),
        ("# nothing yet\n", "the file is empty"),
        ("- lemons\n", "line 1, column 1: a declaration is a mapping"),
        ("lemons", "line 1, column 1: a declaration is a mapping"),
        (f"{SPEC}---\n{SPEC}", "line 17, column 1: not YAML: but found another document"),
        (SPEC.encode() + b"caf\xe9\n", "line 17, column 4: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (SPEC.encode("utf-16"), "line 1, column 1: byte 0xff is not UTF-8"),
        (f"{SPEC}x: {'[' * 5000}{']' * 5000}\n", "nested too deeply"),
        (f"{SPEC}#{'x' * MAXIMUM_BYTES}", "a declaration has at most 262,144"),
    ],
)
def test_a_file_that_is_no_declaration_is_refused(document: str | bytes, problem: str) -> None:
    told = problems(document)
    assert len(told) == 1
    assert problem in told[0]


def test_a_yaml_bomb_is_refused_before_it_goes_off() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 30))
    assert "anchors and aliases" in problems(f"l0: &l0 [x]\n{layers}")[0]


def test_all_mistakes_are_told_at_once() -> None:
    text = SPEC.replace("owner: ", "ownr: ").replace("mileage: numeric", "mileage: number").replace("1d", "one day")
    assert len(problems(text)) == 4


def test_what_is_told_of_a_hopeless_file_stays_small() -> None:
    told = problems(SPEC + "".join(f"{'x' * 1000}{n}: 1\n" for n in range(200)))
    assert told[-1] == "and 150 more"
    assert sum(map(len, told)) < 20_000


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60), st.integers(0, len(SPEC)), st.integers(0, 20))
def test_whatever_is_typed_the_answer_is_a_declaration_or_a_refusal(typed: str, at: int, over: int) -> None:
    try:
        spec = read_spec(SPEC[:at] + typed + SPEC[at + over :])
    except SpecInvalid:
        return
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


@given(st.binary(max_size=80))
def test_whatever_bytes_come_the_answer_is_a_refusal(body: bytes) -> None:
    assert problems(body)


@given(st.integers(0, int(LONGEST.total_seconds())))
def test_a_duration_reads_back_as_it_was_written(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(format_duration(span)) == span


moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.integers(1, 24 * 60).map(lambda hours: timedelta(hours=hours))


@given(moments, lengths)
def test_every_moment_is_in_exactly_one_window(moment: datetime, length: timedelta) -> None:
    window = Window.containing(moment, length)
    assert window.start <= moment < window.end
    assert Window.containing(window.start, length) == window
    assert Window.containing(window.end, length).start == window.end
    assert Window.containing(window.start - timedelta.resolution, length).end == window.start


@given(moments, lengths)
def test_a_window_is_found_by_its_id(moment: datetime, length: timedelta) -> None:
    window = Window.containing(moment, length)
    assert Window.parse(window.id) == window


@given(st.lists(moments, min_size=2, max_size=8), lengths)
def test_ids_sort_as_windows_do(times: list[datetime], length: timedelta) -> None:
    windows = sorted(Window.containing(moment, length) for moment in times)
    assert [window.id for window in windows] == sorted(window.id for window in windows)


@pytest.mark.parametrize(
    "identifier", ["", "20240101T000000Z", "20240101T000000Z_", "yesterday_1d", "20240101T000000Z_1y"]
)
def test_what_names_no_window_is_refused(identifier: str) -> None:
    with pytest.raises(ValueError, match=r"duration|time data"):
        Window.parse(identifier)


def test_fairness_of_a_regression_is_refused_with_what_to_do_instead() -> None:
    told = problems(
        "model: prices\nowner: sales@example.com\ntask: regression\n"
        "columns: {id: id, time: at, prediction: offer}\nfeatures: {size: numeric, sex: categorical}\n"
        "fairness: {protected: [sex]}\n"
    )
    assert any("fairness: compares who gets the favourable decision, and regression decides nothing" in x for x in told)
    assert any("watch the groups as segments" in x for x in told)


def test_time_zones_are_known_where_the_system_has_none() -> None:
    code = "from zoneinfo import ZoneInfo; print(ZoneInfo('Europe/Vienna'))"
    bare = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONTZPATH": ""}, capture_output=True, text=True, check=False
    )
    assert bare.stdout == "Europe/Vienna\n", bare.stderr
    assert "tzdata==" in LAYER.read_text()


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("window:", "windwo:", "line 14, column 1: windwo: no such setting; is it window?"),
        ("minimum: 0", "min: 0", "line 11, column 24: features.age.min: no such setting; is it minimum?"),
        (
            "LogisticRegression}",
            "LogisticRegression, colour: red}",
            (
                "line 16, column 43: retraining.recipe.colour: no such setting; there are estimator, parameters, seed, "
                "preprocessing, monotonic, class_weight, search, calibration"
            ),
        ),
        (
            "window:",
            "monitors: {feature_drfit: {}}\nwindow:",
            "line 14, column 12: monitors.feature_drfit: no such setting; is it feature_drift?",
        ),
        (
            "window:",
            'monitors: {roc_auc: {tolerance: "3 %"}}\nwindow:',
            "line 14, column 22: monitors.roc_auc.tolerance: '3 %' is no number; write 0.03",
        ),
        (
            "window:",
            "monitors: {volume: {minimum_change: 50}}\nwindow:",
            (
                "line 14, column 21: monitors.volume.minimum_change: 50 is never exceeded by a drop, which is at most "
                "100 %; write 0.5 for 50 %"
            ),
        ),
        (
            "window:",
            "monitors: {volume: {minimum_change: 1}}\nwindow:",
            (
                "line 14, column 21: monitors.volume.minimum_change: 1 is never exceeded by a drop, which is at most "
                "100 %; write 0.5 for 50 %"
            ),
        ),
        (
            "window:",
            "monitors: {estimated_performance: {metric: roc_auc, tolerance: 3}}\nwindow:",
            (
                "line 14, column 53: monitors.estimated_performance.tolerance: 3 is never exceeded, since roc_auc lies "
                "between 0 and 1; write 0.03 for 3 points"
            ),
        ),
        (
            "window:",
            "threshold: yes\nwindow:",
            ("line 14, column 1: threshold: 'true' is no number; write digits, with a point where there is a fraction"),
        ),
        (
            "minimum: 0",
            "minimum: false",
            (
                "line 11, column 24: features.age.minimum: 'false' is no number; write digits, with a point where "
                "there is a fraction"
            ),
        ),
        (
            "window:",
            "maximum_segment_values: on\nwindow:",
            (
                "line 14, column 1: maximum_segment_values: 'true' is no number; write digits, with a point where "
                "there is a fraction"
            ),
        ),
        (
            "window:",
            'schedules: {check: "0 3 * * 1"}\nwindow:',
            (
                "line 14, column 13: schedules.check: '0 3 * * 1' is no schedule: write rate(1 hour), "
                "at(2024-06-01T03:00:00), or cron(0 3 ? * MON *), which has six fields: minutes, hours, day of the "
                "month, month, day of the week and year"
            ),
        ),
        (
            "owner: quality@example.com",
            "owner: @me",
            "line 3, column 8: not YAML: found character '@' that cannot start any token; put the value in quotes",
        ),
        (
            "make: categorical",
            "make: {type: categorical, nullable: maybe}",
            "line 13, column 29: features.make.nullable: 'maybe' is neither; write true or false",
        ),
        (
            "window:",
            "commands: {allow: {freeze: [ana]}}\nwindow:",
            (
                "line 14, column 29: commands.allow.freeze.0: 'ana' is no ARN of a user or role: write one such as "
                "arn:aws:iam::123456789012:role/leads"
            ),
        ),
    ],
)
def test_a_mistake_is_told_once_and_with_what_to_write(written: str, instead: str, told: str) -> None:
    assert problems(SPEC.replace(written, instead)) == [told]


def test_an_unknown_estimator_is_told_in_one_line_with_the_likest_choices() -> None:
    (told,) = problems(SPEC.replace("LogisticRegression", "LogisticClassifier"))
    *named, last = told.partition("choose one of ")[2].split(", ")
    assert set(named) < set(get_args(Estimator))
    assert "LogisticRegression" in named[:4]
    assert last == f"or {len(get_args(Estimator)) - len(named)} others"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"owner": None}, "owner: null should be a valid string"),
        ({"windwo": "1d"}, "windwo: no such setting; is it window?"),
        ({"features": {"age": {"type": "number"}}}, "features.age: 'number' is no type; choose one of 'numeric', "),
        ({"segments": ["colour"]}, "segments.0: colour is no categorical or boolean feature or attribute"),
    ],
)
def test_a_declaration_may_be_a_dictionary_and_is_refused_by_the_path(change: dict, problem: str) -> None:
    content = yaml.safe_load(SPEC)
    assert check_spec(content) == read_spec(SPEC)
    with pytest.raises(SpecInvalid) as refusal:
        check_spec({**content, **change})
    assert refusal.value.problems[0].startswith(problem)
