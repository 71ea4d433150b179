"""A declaration is written from the files of Model Monitor and Clarify, and every derived line says from what."""

import json

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.sagemaker.capture import CaptureMapping, captured_records
from steward.sagemaker.clarify import Analysis
from steward.sagemaker.constraints import Constraints
from steward.sagemaker.documents import DocumentInvalid
from steward.sagemaker.event_lines import Refused
from steward.sagemaker.importing import import_sagemaker
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics
from steward.sagemaker.payloads import DECODER
from steward.sagemaker.statistics import Statistics
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec


def baseline(*columns: dict | tuple[str, str]) -> tuple[Statistics, Constraints]:
    """A baseline of columns with no more than a name and a type, or with what a dictionary says of them."""
    known = [
        column if isinstance(column, dict) else {"name": column[0], "inferred_type": column[1]} for column in columns
    ]
    statistics = Statistics.model_validate({"dataset": {"item_count": 10}, "features": known})
    return statistics, Constraints.model_validate(
        {"features": [{"name": each["name"], **_asked(each)} for each in known]}
    )


def _asked(column: dict) -> dict:
    return {"inferred_type": column["inferred_type"], **column.get("asked", {})}


def integral(name: str, low: float, high: float) -> dict:
    common = {"num_present": 10, "num_missing": 0}
    return {
        "name": name,
        "inferred_type": "Integral",
        "numerical_statistics": {"common": common, "min": low, "max": high},
    }


def string(name: str, counts: dict[str, int], distinct: int | None = None, present: int = 10) -> dict:
    buckets = [{"value": value, "count": count} for value, count in counts.items()]
    return {
        "name": name,
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": present, "num_missing": 0},
            "distinct_count": len(counts) if distinct is None else distinct,
            "distribution": {"categorical": {"buckets": buckets}},
        },
    }


def capture(request: object, response: object) -> str:
    def part(content: object) -> dict:
        return {"data": json.dumps(content), "encoding": "JSON"}

    return json.dumps(
        {
            "captureData": {"endpointInput": part(request), "endpointOutput": part(response)},
            "eventMetadata": {"eventId": "e", "inferenceTime": "2026-05-04T10:00:00Z"},
        }
    )


def written(statistics: Statistics, constraints: Constraints, *captures: str, **more: object) -> tuple[ModelSpec, str]:
    text = import_sagemaker(statistics, constraints, "\n".join(captures) or None, model="m", owner="us", **more)
    return read_spec(text), text


def test_all_four_monitors_move_in(everything):
    spec = read_spec(import_sagemaker(**everything))

    assert spec.task == "binary_classification"
    assert list(spec.features) == ["account_length", "voicemails", "day_minutes", "intl_plan"]
    assert (spec.columns.label, spec.columns.score) == ("churned", "score")
    assert spec.features["account_length"].type == "numeric"
    assert spec.features["account_length"].minimum == 0
    assert not spec.features["account_length"].nullable
    assert spec.features["day_minutes"].nullable
    assert spec.features["day_minutes"].minimum_effect == pytest.approx(0.6373)
    assert spec.features["day_minutes"].importance == 0.0989
    assert spec.features["intl_plan"].domain == ["no", "yes"]
    assert spec.fairness.protected == ["intl_plan"]
    assert spec.on_invalid == "count"


def test_their_thresholds_become_limits(everything):
    monitors = read_spec(import_sagemaker(**everything)).monitors

    assert monitors.feature_drift.minimum_shift == pytest.approx(0.2513)
    assert monitors.feature_drift.minimum_share == 0.15
    assert monitors.unseen_categories.maximum_increase == 0
    assert monitors.validity.maximum == 0
    assert monitors.recall.tolerance == pytest.approx(0.02)
    assert monitors.roc_auc.tolerance == pytest.approx(0.02)
    assert monitors.precision.tolerance == 0
    assert monitors.specificity.tolerance == 0
    assert monitors.fairness.minimum_disparate_impact == 0.71
    assert monitors.fairness.maximum_parity_difference == 0.0419
    assert monitors.fairness.maximum_opportunity_difference == 0.1308
    assert monitors.attribution_drift.minimum_ndcg == 0.9


def test_every_derived_line_says_why(everything):
    lines = import_sagemaker(**everything).splitlines()
    of_features = lines[lines.index(next(line for line in lines if line.startswith("features:"))) :]
    derived = [
        line for line in of_features if ":" in line.split("#")[0] and not line.split("#")[0].rstrip().endswith(":")
    ]

    assert len(derived) > 30
    assert [line for line in derived if "  # " not in line] == []


@pytest.mark.parametrize("kind", ["csv", "json", "base64"])
def test_the_declaration_reads_the_captures_that_it_was_written_from(everything, data, kind):
    content = (data / f"capture-{kind}.jsonl").read_bytes()
    spec = read_spec(import_sagemaker(**everything | {"captures": content}))
    mapping = CaptureMapping.of(spec, spec.capture)

    rows = [row for line in content.splitlines() for row in captured_records(DECODER.decode(line.decode()), mapping)]

    assert not [row for row in rows if isinstance(row, Refused)]
    assert all(0 <= float(row[spec.columns.score]) <= 1 for row in rows)
    assert {row["intl_plan"] for row in rows} == {"no", "yes"}


def test_without_captures_the_label_is_the_first_column_of_zeros_and_ones(everything):
    text = import_sagemaker(**everything | {"captures": None})

    assert read_spec(text).columns.label == "churned"
    assert "no capture was given: check against one" in text


def test_captures_of_which_none_can_be_used_are_refused(everything, data):
    second = (data / "capture-damaged.jsonl").read_bytes().splitlines()[1]

    with pytest.raises(DocumentInvalid, match="the line has no endpointOutput"):
        import_sagemaker(**everything | {"captures": second})


def test_blank_captures_are_refused(everything):
    with pytest.raises(DocumentInvalid, match="they are blank"):
        import_sagemaker(**everything | {"captures": b"\n \n"})


def test_a_baseline_without_columns_is_refused():
    with pytest.raises(DocumentInvalid, match="name no columns"):
        import_sagemaker(*baseline(), model="m", owner="us")


def test_the_only_column_is_a_feature():
    spec, _ = written(*baseline(integral("label", 0, 1)))

    assert list(spec.features) == ["label"]
    assert spec.columns.label == "label_"


def test_regression():
    spec, _ = written(
        *baseline(
            {**integral("price", 1, 900), "inferred_type": "Fractional"}, ("rooms", "Integral"), ("area", "Fractional")
        ),
        capture([3, 70.5], [251.5]),
        model_quality=ModelQualityConstraints.model_validate(
            {
                "regression_constraints": {
                    "mae": {"threshold": 12.5, "comparison_operator": "GreaterThanThreshold"},
                    "r2": {"threshold": 0.7, "comparison_operator": "LessThanThreshold"},
                }
            }
        ),
        model_quality_statistics=ModelQualityStatistics.model_validate(
            {"regression_metrics": {"mae": {"value": 10.0, "standard_deviation": "NaN"}}}
        ),
    )

    assert spec.task == "regression"
    assert (spec.columns.prediction, spec.columns.label) == ("predicted_value", "price")
    assert spec.monitors.mean_absolute_error.tolerance == 2.5
    assert spec.monitors.r_squared.tolerance == 0


def test_several_classes_with_a_probability_each():
    spec, _ = written(
        *baseline(string("kind", {"cat": 2, "dog": 7, "owl": 1}), ("size", "Fractional"), ("ears", "String")),
        capture([3.5, "long"], [0.2, 0.7, 0.1]),
    )

    assert spec.task == "multiclass_classification"
    assert spec.columns.scores == {"cat": "score_cat", "dog": "score_dog", "owl": "score_owl"}
    assert spec.capture.outputs == ["score_cat", "score_dog", "score_owl"]


def test_probabilities_by_the_names_of_the_classes():
    spec, _ = written(
        *baseline(integral("kind", 0, 2), ("size", "Fractional")),
        capture({"size": 3.5}, {"cat": 0.2, "dog": 0.7, "owl": 0.1}),
    )

    assert spec.columns.scores == {"cat": "cat", "dog": "dog", "owl": "owl"}


def test_a_class_alone_is_not_taken_for_probabilities():
    _, text = written(*baseline(integral("kind", 0, 2), ("size", "Fractional")), capture([3.5], [2]))

    assert "let the endpoint answer with that of each class" in text


@pytest.mark.parametrize(
    ("responses", "score", "prediction", "outputs"),
    [
        ([{"score": 0.9, "predicted_label": 1}], "score", "predicted_label", ["score", "predicted_label"]),
        ([{"p": 0.9, "n": 3}], "p", None, ["p"]),
        ([[0.1, 0.9]], "score", None, ["_", "score"]),
        ([[1, 0.9], [0, 0.3]], "score", None, ["_", "score"]),
        ([0.25], "score", None, ["score"]),
    ],
)
def test_the_probability_is_found_in_the_response(responses, score, prediction, outputs):
    spec, _ = written(
        *baseline(integral("churned", 0, 1), ("age", "Integral")),
        *(capture([31], response) for response in responses),
    )

    assert (spec.columns.score, spec.columns.prediction) == (score, prediction)
    assert spec.capture.outputs == outputs


def test_a_decided_class_in_place_of_a_probability_is_told():
    _, text = written(*baseline(integral("churned", 0, 1), ("age", "Integral")), capture([31], [1]), capture([30], [0]))

    assert "no field of the captured responses is a probability" in text


def test_classes_that_are_words_have_a_positive_one():
    columns = baseline(string("churned", {"stays": 8, "leaves": 2}), ("age", "Integral"))
    bias = Analysis.model_validate({"pre_training_bias_metrics": {"label_value_or_threshold": "stays"}})

    rarer, text = written(*columns, capture([31], [0.5]))
    told, _ = written(*columns, capture([31], [0.5]), analyses=[bias])

    assert rarer.positive_label == "leaves"
    assert "the rarer class: check" in text
    assert told.positive_label == "stays"


def test_the_label_may_be_the_last_column():
    spec, _ = written(
        *baseline(("age", "Integral"), ("plan", "String"), integral("target", 0, 1)), capture([31, "a"], [0.5])
    )

    assert spec.columns.label == "target"
    assert spec.capture.inputs == ["age", "plan"]


def test_a_baseline_of_captures_has_the_response_first():
    spec, text = written(
        *baseline(integral("answer", 0, 1), ("rank", "Fractional"), ("age", "Integral"), ("plan", "String")),
        capture([31, "a"], [0.5]),
    )

    assert spec.columns.label == "answer"
    assert list(spec.features) == ["age", "plan"]
    assert "# rank is a column of the baseline, and no field of a captured request" in text


def test_the_keys_of_the_response_are_no_labels():
    spec, _ = written(
        *baseline(integral("predicted_label", 0, 1), integral("churned", 0, 1), ("age", "Integral")),
        capture([31], {"score": 0.7, "predicted_label": 1}),
    )

    assert (spec.columns.label, spec.columns.prediction) == ("churned", "predicted_label")


def test_fields_beyond_the_baseline_are_left_out():
    spec, _ = written(*baseline(("age", "Integral"), ("plan", "String")), capture([31, "a", 7], [0.5]))

    assert spec.capture.inputs == ["age", "plan", "_"]
    assert spec.columns.label == "label"


def test_requests_with_unknown_keys_say_where_to_look():
    _, text = written(*baseline(("age", "Integral"), ("plan", "String")), capture({"payload": {"a": 1}, "v": 2}, [0.5]))

    assert "the captured requests have payload, v: set request to where the columns lie in them" in text


def test_text_and_columns_without_values_are_told_apart():
    spec, _ = written(
        *baseline(
            string("note", {}, distinct=9000, present=10_000),
            string("state", {"NY": 5, "CA": 5}, distinct=51, present=10_000),
            ("gone", "Unknown"),
        ),
        capture(["a", "b", None], [0.5]),
    )

    assert {name: feature.type for name, feature in spec.features.items()} == {
        "note": "text",
        "state": "categorical",
        "gone": "categorical",
    }
    assert not spec.features["gone"].monitored


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"distribution_constraints": {"perform_comparison": "Disabled"}}, {"feature_drift": None}),
        ({"distribution_constraints": {"comparison_threshold": 1.0}}, {"feature_drift": None}),
        (
            {"distribution_constraints": {"comparison_threshold": 0.2, "categorical_drift_method": "ChiSquared"}},
            {"feature_drift": {"minimum_shift": 0.5067, "minimum_share": 0.0}},
        ),
        (
            {"evaluate_constraints": "Disabled", "datatype_check_threshold": 0.9},
            {"validity": None, "missing_values": None, "unseen_categories": None, "schema_consistency": None},
        ),
        ({"datatype_check_threshold": 0.9, "domain_content_threshold": 0.8}, {"validity": {"maximum": 0.1}}),
        ({}, None),
    ],
)
def test_what_was_switched_off_stays_so(config, expected):
    statistics, constraints = baseline(("age", "Integral"), ("plan", "Fractional"))
    constraints = Constraints.model_validate(constraints.model_dump() | {"monitoring_config": config})

    _, text = written(statistics, constraints, capture([31, 2], [0.5]))

    assert yaml.safe_load(text).get("monitors") == expected


def overridden(name: str, kind: str, **distributions: object) -> dict:
    overrides = {"monitoringConfigOverrides": {"distribution_constraints": distributions}}
    return {"name": name, "inferred_type": kind, "asked": overrides}


def test_an_override_may_switch_a_feature_off():
    statistics, constraints = baseline(
        overridden("age", "Integral", perform_comparison="Disabled"),
        overridden("plan", "String", comparison_threshold=0.2),
    )

    spec, _ = written(statistics, constraints, capture([31, "a"], [0.5]))

    assert not spec.features["age"].monitored
    assert spec.features["plan"].minimum_effect == 0.2


def test_facets_of_a_regression_are_left_out():
    bias = Analysis.model_validate(
        {
            "pre_training_bias_metrics": {
                "facets": {"sex": [{"value_or_threshold": "0", "metrics": [{"name": "DPL", "value": 0.2}]}]}
            }
        }
    )
    statistics, constraints = baseline(("price", "Fractional"), ("age", "Integral"), ("sex", "Integral"))

    spec, _ = written(statistics, constraints, capture([31, 0], [0.5]), analyses=[bias])

    assert spec.task == "regression"
    assert spec.fairness is None


def test_protected_numbers_are_compared_by_group_and_ranges_are_left_out():
    def facet(group: str) -> list[dict]:
        return [{"value_or_threshold": group, "metrics": [{"name": "DI", "value": 2.0}]}]

    bias = Analysis.model_validate(
        {
            "post_training_bias_metrics": {
                "facets": {"sex": facet("0"), "age": facet("(40.0, 90.0]"), "faith": facet("1")}
            }
        }
    )

    spec, text = written(
        *baseline(integral("churned", 0, 1), ("age", "Integral"), ("sex", "Integral")),
        capture([31, 0], [0.5]),
        analyses=[bias],
    )

    assert spec.fairness.protected == ["sex"]
    assert spec.features["sex"].type == "categorical"
    assert spec.monitors.fairness.minimum_disparate_impact == 0.5
    assert "the facet age is left out: its groups are ranges" in text
    assert "the facet faith is left out: it is no field" in text


def facet_of(name: str, positive: str | None) -> Analysis:
    groups = [{"value_or_threshold": "0", "metrics": [{"name": "DI", "value": 0.9}]}]
    metrics = {"facets": {name: groups}, "label_value_or_threshold": positive}
    return Analysis.model_validate({"post_training_bias_metrics": metrics})


def test_bias_of_several_classes_needs_the_one_that_is_good_to_get():
    columns = baseline(string("kind", {"cat": 2, "dog": 7, "owl": 1}), ("size", "Fractional"), ("home", "String"))
    seen = capture([3.5, "a"], [0.2, 0.7, 0.1])

    told, _ = written(*columns, seen, analyses=[facet_of("home", "owl")])
    untold, text = written(*columns, seen, analyses=[facet_of("home", None)])

    assert (told.fairness.protected, told.fairness.favourable) == (["home"], "owl")
    assert untold.fairness is None
    assert "# the facet home is left out: which class is good to get is not known" in text


def test_bias_of_a_regression_is_left_out_and_said_so():
    spec, text = written(
        *baseline(
            {**integral("price", 1, 900), "inferred_type": "Fractional"}, ("rooms", "Integral"), ("area", "Integral")
        ),
        capture([3, 70], [251.5]),
        analyses=[facet_of("rooms", "500")],
    )

    assert spec.task == "regression"
    assert spec.fairness is None
    assert "# the facet rooms is left out: a regression decides nothing" in text


def test_completeness_holds_what_the_baseline_had(everything):
    assert read_spec(import_sagemaker(**everything)).monitors.missing_values.maximum_increase == 0


def test_what_cannot_be_taken_over_is_said(everything, data):
    constraints = json.loads((data / "constraints.json").read_bytes())
    constraints["monitoring_config"]["emit_metrics"] = "Disabled"

    text = import_sagemaker(**everything | {"constraints": Constraints.model_validate(constraints)})

    assert "  # emit_metrics was Disabled: which figures go to CloudWatch" in text
    assert "  # without a monitor of their own here: true_positive_rate, false_positive_rate" in text


def test_an_endpoint_is_a_resource(everything):
    (resource,) = read_spec(import_sagemaker(**everything, endpoint="churn-endpoint")).resources

    assert (resource.type, resource.name) == ("sagemaker_endpoint", "churn-endpoint")
    assert read_spec(import_sagemaker(**everything)).resources == []


def test_attributions_of_nothing_are_no_importances():
    analysis = Analysis.model_validate(
        {"explanations": {"kernel_shap": {"label0": {"global_shap_values": {"age": 0.0}}}}}
    )

    spec, _ = written(
        *baseline(("age", "Integral"), ("plan", "String")), capture([31, "a"], [0.5]), analyses=[analysis]
    )

    assert spec.features["age"].importance is None


def test_names_that_the_declaration_needs_itself_are_worked_around():
    names = ["score", "inference_id", "inference_time", "label", "version"]

    spec, _ = written(*baseline(*((name, "Integral") for name in names)), capture(list(range(5)), [0.5]))

    assert list(spec.features) == names
    assert spec.columns.score == "score_"
    assert spec.columns.version == "version_"


def test_two_thousand_columns_fit_into_a_declaration():
    columns = [(f"measurement_of_something_{at}", "Fractional") for at in range(2000)]

    spec, text = written(*baseline(integral("churned", 0, 1), *columns), capture(list(range(2000)), [0.5]))

    assert len(spec.features) == 2000
    assert len(text) < 256 * 1024


def test_a_name_that_no_model_can_have_is_refused(everything):
    with pytest.raises(SpecInvalid, match="model"):
        import_sagemaker(**everything | {"model": "Churn Model"})


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    columns=st.dictionaries(
        names, st.sampled_from(["Integral", "Fractional", "String", "Unknown"]), min_size=1, max_size=6
    ),
    domain=st.lists(names, max_size=4),
    owner=names,
)
@example(columns={"\n": "Integral", "0": "Integral"}, domain=["a\nb"], owner="\r\n\t")
@example(
    columns={"a\x85b": "String", "c\u2028": "Integral", "yes": "String"}, domain=["\x85", "no", "1.0"], owner="é\x85"
)
def test_whatever_columns_are_called_the_declaration_can_be_read(columns, domain, owner):
    known = [
        {"name": name, "inferred_type": kind, "asked": {"string_constraints": {"domains": domain}, "completeness": 0.5}}
        for name, kind in columns.items()
    ]
    statistics, constraints = baseline(*known)

    spec = read_spec(import_sagemaker(statistics, constraints, model="m", owner=owner))

    assert spec.owner == owner
    assert set(spec.features) | {spec.columns.label} >= set(columns)
    assert all(feature.domain == domain for feature in spec.features.values() if getattr(feature, "domain", None))
