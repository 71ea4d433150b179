"""The monitors' own files are read as they are, whatever else is in them, and written in the same shape."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.sagemaker.clarify import Analysis
from steward.sagemaker.constraints import Constraints
from steward.sagemaker.documents import DocumentInvalid
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics
from steward.sagemaker.statistics import NumericCounts, Statistics, StringCounts
from steward.sagemaker.violations import (
    AttributionViolation,
    BiasViolation,
    ConstraintViolations,
    FeatureViolation,
    MetricViolation,
)

NUMBERS = NumericCounts(
    name="age",
    integral=True,
    present=100,
    missing=3,
    total=3100.0,
    std_dev=12.5,
    minimum=0.0,
    maximum=100.0,
    bins=((float("-inf"), 20.0, 30), (20.0, 20.0, 25), (20.0, 60.0, 40), (60.0, float("inf"), 5)),
)


def numbers(**changes: object) -> NumericCounts:
    """The column, in part otherwise."""
    return replace(NUMBERS, **changes)


PLANS = StringCounts(name="plan", present=103, missing=0, distinct=2, values=(("no", 90), ("yes", 13)))


def test_statistics_are_read_as_the_monitor_wrote_them(data):
    statistics = Statistics.read((data / "statistics.json").read_bytes())
    minutes, plan = statistics.features[3], statistics.features[4]

    assert statistics.dataset.item_count == 2333
    assert (minutes.inferred_type, minutes.common.num_missing) == ("Fractional", 23)
    assert minutes.numerical_statistics.max == 350.8
    assert len(minutes.numerical_statistics.distribution.kll.buckets) == 10
    assert minutes.numerical_statistics.distribution.kll.sketch.parameters.k == 2048
    assert plan.categories == ("no", "yes")


def test_what_was_read_is_written_as_it_was(data):
    content = (data / "statistics.json").read_bytes()

    assert json.loads(Statistics.read(content).write()) == json.loads(content)


def test_statistics_of_a_window_have_every_key_that_the_monitor_writes(data):
    theirs = json.loads((data / "statistics.json").read_bytes())
    ours = json.loads(Statistics.of(103, [NUMBERS, PLANS]).write())

    assert keys(ours["features"][0]) == keys(theirs["features"][1])
    assert keys(ours["features"][1]) == keys(theirs["features"][4])
    assert ours | {"dataset": 0, "features": 0} == theirs | {"dataset": 0, "features": 0}
    assert ours["dataset"] == {"item_count": 103}


def keys(content: object) -> object:
    """The shape of a document: keys, and whether numbers are whole; lists by their first item."""
    if isinstance(content, dict):
        return {key: keys(value) for key, value in content.items()}
    if isinstance(content, list):
        return [keys(content[0])]
    return type(content).__name__


def test_a_distribution_is_shown_in_ten_buckets_of_equal_width():
    known = Statistics.of(103, [NUMBERS]).features[0].numerical_statistics
    buckets = known.distribution.kll.buckets

    assert [(bucket.lower_bound, bucket.upper_bound) for bucket in buckets] == [
        (10.0 * at, 10.0 * at + 10) for at in range(10)
    ]
    assert [bucket.count for bucket in buckets] == [15, 15, 35, 10, 10, 10, 2, 1, 1, 1]
    assert known.mean == 31.0


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e5), st.integers(0, 10**9)), min_size=1, max_size=64).map(
        lambda spans: sorted((low, low + width, count) for low, width, count in spans)
    )
)
def test_no_value_is_lost_between_bins_buckets_and_sketch(bins):
    total = sum(count for *_, count in bins)
    column = numbers(present=max(total, 1), minimum=bins[0][0], maximum=max(high for _, high, _ in bins), bins=bins)

    kll = Statistics.of(total, [column]).features[0].numerical_statistics.distribution.kll

    assert sum(bucket.count for bucket in kll.buckets) == total
    assert all(bucket.count == int(bucket.count) >= 0 for bucket in kll.buckets)
    assert sum(2**level * len(items) for level, items in enumerate(kll.sketch.data)) == total


def test_a_constant_column_has_one_bucket():
    column = numbers(present=5, minimum=7.0, maximum=7.0, bins=((7.0, 7.0, 5),))

    (bucket,) = Statistics.of(5, [column]).features[0].numerical_statistics.distribution.kll.buckets

    assert (bucket.lower_bound, bucket.upper_bound, bucket.count) == (7.0, 7.0, 5.0)


def test_a_column_without_values_has_nothing_that_was_not_measured():
    columns = [
        numbers(present=0, missing=5, minimum=float("nan"), maximum=float("nan"), bins=()),
        StringCounts(name="y", present=0, missing=5, distinct=0),
    ]

    x, y = json.loads(Statistics.of(5, columns).write())["features"]

    assert x == {
        "name": "age",
        "inferred_type": "Unknown",
        "numerical_statistics": {"common": {"num_present": 0, "num_missing": 5}},
    }
    assert y["inferred_type"] == "Unknown"


def test_numbers_that_json_has_no_sign_for_are_written_as_the_monitor_does():
    column = numbers(total=float("inf"), std_dev=float("nan"))

    written = json.loads(Statistics.of(2, [column]).write())["features"][0]["numerical_statistics"]

    assert (written["sum"], written["std_dev"]) == ("Infinity", "NaN")
    assert Statistics.read(Statistics.of(2, [column]).write()).features[0].numerical_statistics.sum == float("inf")


def test_constraints_are_read_as_the_monitor_wrote_them(data):
    constraints = Constraints.read((data / "constraints.json").read_bytes())
    minutes, plan = constraints.features[3:]

    assert minutes.non_negative
    assert minutes.completeness == pytest.approx(0.990141)
    assert minutes.overrides.distribution_constraints.comparison_threshold == 0.25
    assert plan.domains == ("no", "yes")
    assert plan.overrides is None
    assert constraints.monitoring_config.distribution_constraints.comparison_method == "Robust"


def test_older_spellings_and_unknown_keys_are_let_pass():
    constraints = Constraints.read(
        """{"version": 0.0, "made_by": "us", "features": [
            {"name": "a", "inferred_type": "Boolean", "monitoring_config_overrides": {"emit_metrics": "Disabled"}}],
            "monitoring_config": {"distribution_constraints": {"enable_comparisons": false, "min_domain_mass": 1.0}}}"""
    )

    assert constraints.features[0].inferred_type == "Unknown"
    assert constraints.features[0].overrides.emit_metrics == "Disabled"
    assert not constraints.monitoring_config.distribution_constraints.compared


def test_model_quality_is_read(data):
    constraints = ModelQualityConstraints.read((data / "model-quality-constraints.json").read_bytes())
    statistics = ModelQualityStatistics.read((data / "model-quality-statistics.json").read_bytes())

    assert constraints.problem == "binary_classification"
    assert constraints.metrics["false_positive_rate"].comparison_operator == "GreaterThanThreshold"
    assert statistics.values["auc"] == 0.9412
    assert "confusion_matrix" not in statistics.values


def test_analyses_are_read(data):
    bias = Analysis.read((data / "bias-analysis.json").read_bytes())
    attributions = Analysis.read((data / "explainability-analysis.json").read_bytes())

    assert bias.facets["intl_plan"][0].values["DPPL"] == -0.0419
    assert "TE" not in bias.facets["intl_plan"][0].values
    assert not bias.facets["intl_plan"][0].interval
    assert bias.positive == "1"
    assert list(attributions.attributions) == ["account_length", "voicemails", "day_minutes", "intl_plan"]


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (Statistics, b'{"features": [', "statistics.json is not valid JSON .*line 1.*copy it"),
        (Statistics, b"\xff\xfe\x00", "not UTF-8"),
        (Statistics, b"[]", "statistics.json is not what its monitor writes"),
        (Statistics, b'{"dataset": {"item_count": 3}}', r"it has dataset.*features: Field required"),
        (Constraints, b'{"features": [{"completeness": 1.0}]}', r"features\.0\.name: Field required"),
        (Constraints, b'{"features": [3, 4, 5, 6, 7, 8, 9]}', "and 2 more"),
        (ModelQualityConstraints, b'{"version": 0.0, "features": []}', "none of binary_classification_constraints"),
        (Analysis, b'{"version": "1.0"}', "neither bias metrics nor explanations"),
    ],
)
def test_a_file_that_is_none_of_theirs_says_what_is_wrong_and_where(kind, content, said):
    with pytest.raises(DocumentInvalid, match=said):
        kind.read(content)


def test_violations_of_data_quality_have_the_monitors_six_checks():
    violations = (
        FeatureViolation(feature_name="a", constraint_check_type="data_type_check", description="99.7 %"),
        FeatureViolation.completeness("a", 0.9, 1.0),
        FeatureViolation.baseline_drift("a", 0.2031, 0.1),
        FeatureViolation.missing_column("a"),
        FeatureViolation.extra_column("b"),
        FeatureViolation.categorical_values("c", 0.95, 1.0),
    )

    written = json.loads(ConstraintViolations(violations=violations).write())

    assert list(written) == ["violations"]
    assert [list(violation) for violation in written["violations"]] == [
        ["feature_name", "constraint_check_type", "description"]
    ] * 6
    assert [violation["constraint_check_type"] for violation in written["violations"]] == [
        "data_type_check",
        "completeness_check",
        "baseline_drift_check",
        "missing_column_check",
        "extra_column_check",
        "categorical_values_check",
    ]
    assert written["violations"][1]["description"] == "90 % of the rows have a value; 100 % are required"


def test_scripts_find_the_distance_in_the_description():
    description = FeatureViolation.baseline_drift("age", 0.2031, 0.1).description

    found = re.search("distance: (.+) exceeds threshold: (.+)", description)

    assert (float(found[1]), float(found[2])) == (0.2031, 0.1)


def test_violations_of_the_other_monitors_have_their_own_shapes():
    violations = ConstraintViolations(
        version="1.0",
        violations=(
            BiasViolation(facet="sex", facet_value="0", metric_name="DPPL", description="-0.3"),
            AttributionViolation.of(0.76, 0.9),
            MetricViolation.of("recall", 0.6, "LessThanThreshold", 0.7),
        ),
    )

    bias, attribution, metric = json.loads(violations.write())["violations"]

    assert list(bias) == ["facet", "facet_value", "metric_name", "constraint_check_type", "description"]
    assert bias["constraint_check_type"] == "bias_drift_check"
    assert list(attribution) == ["label", "metric_name", "constraint_check_type", "description"]
    assert (attribution["metric_name"], attribution["constraint_check_type"]) == (
        "shap",
        "feature_attribution_drift_check",
    )
    assert list(metric) == ["constraint_check_type", "description", "metric_name"]
    assert metric["description"] == "recall is 0.6, below its threshold 0.7"


def test_a_window_without_violations_has_an_empty_list():
    assert json.loads(ConstraintViolations().write()) == {"violations": []}
