"""A check and its profile, as the files that SageMaker's monitors would have written."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from infra.docs.sagemaker import DESCRIBED
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.results import MetricResult
from steward.sagemaker.counterparts import COUNTERPARTS
from steward.sagemaker.reports import reports
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName, OperationName
from steward.spec.windows import Window
from tests.unit.profiles import everything
from tests.unit.sagemaker.shapes import SHAPES

WINDOW = Window(datetime(2026, 5, 4, 10, tzinfo=UTC), timedelta(hours=1))
REFERENCE = np.random.default_rng(5).normal(180.0, 50.0, 4000)
BINS = Bins(
    features={
        "account_length": NumericBins.of(np.arange(0.0, 10.0).repeat(30)),
        "day_minutes": NumericBins.of(np.sort(REFERENCE)),
        "intl_plan": CategoricalBins.of({"no": 90, "yes": 10}),
    },
    outputs={"score": NumericBins.of_scores(np.linspace(0, 1, 101))},
)


def spec_of(**changes: object) -> ModelSpec:
    usual: dict[str, object] = {
        "model": "churn",
        "owner": "tests",
        "task": "binary_classification",
        "columns": {"id": "request", "time": "at", "score": "p", "label": "churned"},
        "features": {"account_length": "numeric", "day_minutes": "numeric", "intl_plan": "categorical"},
        "capture": {"inputs": ["account_length", "day_minutes", "intl_plan"], "outputs": ["p"]},
        "retraining": {},
    }
    return ModelSpec.model_validate(usual | changes)


SPEC = spec_of()


def profile_of(
    minutes: np.ndarray, lengths: np.ndarray | None = None, plans: list[str | None] | None = None
) -> Profile:
    lengths = np.resize(np.arange(5.0), len(minutes)) if lengths is None else lengths
    plans = ["no"] * len(minutes) if plans is None else plans
    names = tuple(dict.fromkeys(plan for plan in plans if plan is not None))
    codes = np.array([-1 if plan is None else names.index(plan) for plan in plans], np.int32)
    columns = {
        "account_length": NumericColumn(lengths),
        "day_minutes": NumericColumn(minutes),
        "intl_plan": CategoricalColumn(codes, names),
        "p": NumericColumn(np.full(len(minutes), 0.25)),
    }
    return Profile.of(Chunk(len(minutes), columns), BINS, SPEC.columns)


USUAL = profile_of(REFERENCE[:100])


def found(monitor: MonitorName, column: str | None = None, *, status: str = "drift", **more: object) -> MetricResult:
    return MetricResult.model_validate(
        {"monitor": monitor, "column": column, "statistic": "any", "status": status, "message": "moved"} | more
    )


def written(
    *results: MetricResult,
    profile: Profile = USUAL,
    outcomes: Outcomes | None = None,
    spec: ModelSpec = SPEC,
    bins: Bins = BINS,
) -> dict[tuple[str, str], Any]:
    """Every report by folder and name, each of which has the documented shape."""
    made = {
        (report.folder, report.name): json.loads(report.text)
        for report in reports(spec, WINDOW, profile, bins, outcomes=outcomes, results=results)
    }
    for place, document in made.items():
        Draft202012Validator(SHAPES[place]).validate(document)
    return made


def violations(*results: MetricResult, folder: str = "data-quality", **more: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = written(*results, **more)[folder, "constraint_violations.json"]["violations"]
    return found


@pytest.mark.parametrize(
    ("place", "example"),
    [
        (
            ("data-quality", "constraint_violations.json"),
            {
                "violations": [
                    {"feature_name": "Churn", "constraint_check_type": "data_type_check", "description": "99.7 %"}
                ]
            },
        ),
        (
            ("model-bias", "constraint_violations.json"),
            {
                "version": "1.0",
                "violations": [
                    {
                        "facet": "Age",
                        "facet_value": "40",
                        "metric_name": "CI",
                        "constraint_check_type": "bias_drift_check",
                        "description": "0.0751544567666083",
                    }
                ],
            },
        ),
        (
            ("model-explainability", "constraint_violations.json"),
            {
                "version": "1.0",
                "violations": [
                    {
                        "label": "label0",
                        "metric_name": "shap",
                        "constraint_check_type": "feature_attribution_drift_check",
                        "description": "0.7639720923277322, 0.9",
                    }
                ],
            },
        ),
    ],
)
def test_the_shapes_take_what_the_documentation_shows(place, example) -> None:
    Draft202012Validator(SHAPES[place]).validate(example)
    del example["violations"][0]["constraint_check_type"]
    assert not Draft202012Validator(SHAPES[place]).is_valid(example)


def test_the_shapes_take_what_the_monitors_wrote(data) -> None:
    document = json.loads((data / "statistics.json").read_bytes())
    Draft202012Validator(SHAPES["data-quality", "statistics.json"]).validate(document)


def test_figures_of_a_column_are_exact() -> None:
    minutes = np.concatenate((REFERENCE[:300], [np.nan, np.inf]))
    features = written(profile=profile_of(minutes))["data-quality", "statistics.json"]["features"]
    known = next(feature for feature in features if feature["name"] == "day_minutes")["numerical_statistics"]

    assert known["common"] == {"num_present": 300, "num_missing": 2}
    for name, expected in (
        ("mean", REFERENCE[:300].mean()),
        ("sum", REFERENCE[:300].sum()),
        ("std_dev", REFERENCE[:300].std()),
        ("min", REFERENCE[:300].min()),
        ("max", REFERENCE[:300].max()),
    ):
        assert known[name] == pytest.approx(expected, rel=1e-12)


def test_columns_stand_as_in_a_capture_and_have_their_types() -> None:
    document = written(profile=profile_of(REFERENCE[:50], plans=["no", "yes", None, "maybe", "no"] * 10))
    features = document["data-quality", "statistics.json"]["features"]

    assert document["data-quality", "statistics.json"]["dataset"] == {"item_count": 50}
    assert [(feature["name"], feature["inferred_type"]) for feature in features] == [
        ("p", "Fractional"),
        ("account_length", "Integral"),
        ("day_minutes", "Fractional"),
        ("intl_plan", "String"),
    ]
    plan = features[3]["string_statistics"]
    assert plan["common"] == {"num_present": 40, "num_missing": 10}
    assert plan["distinct_count"] == 3
    assert plan["distribution"]["categorical"]["buckets"] == [
        {"value": "no", "count": 20},
        {"value": "yes", "count": 10},
        {"value": "maybe", "count": 10},
    ]


def test_text_and_moments_are_counted_and_no_more_is_said() -> None:
    spec = spec_of(
        features={name: feature.model_dump() for name, feature in everything.SCOPE.features.items()},
        capture={"inputs": list(everything.SCOPE.features), "outputs": ["p"]},
    )
    whole = everything.profile(list(range(everything.POOL_ROWS)))
    features = written(profile=whole, bins=everything.BINS, spec=spec)["data-quality", "statistics.json"]["features"]
    known = {feature["name"]: feature for feature in features}

    assert list(known) == list(everything.SCOPE.features)
    for name in ("sold", "comment", "image"):
        assert known[name]["inferred_type"] == "String"
        common = known[name]["string_statistics"]["common"]
        assert common["num_present"] + common["num_missing"] == everything.POOL_ROWS
        assert "distribution" not in known[name]["string_statistics"]


@given(
    st.lists(
        st.floats(allow_nan=True, allow_infinity=True, width=64)
        | st.sampled_from([0.0, -0.0, 1.7e308, -1.7e308, 5e-324, 3.0]),
        max_size=40,
    )
)
def test_every_number_is_in_a_bucket_and_in_the_sketch(values) -> None:
    numbers = np.array(values, np.float64)
    profile = profile_of(numbers)
    features = written(profile=profile)["data-quality", "statistics.json"]["features"]
    known = next(feature for feature in features if feature["name"] == "day_minutes")["numerical_statistics"]
    finite = numbers[np.isfinite(numbers)]

    assert known["common"] == {"num_present": len(finite), "num_missing": len(numbers) - len(finite)}
    if len(finite):
        kll = known["distribution"]["kll"]
        assert sum(bucket["count"] for bucket in kll["buckets"]) == len(finite)
        assert sum(2**level * len(items) for level, items in enumerate(kll["sketch"]["data"])) == len(finite)
        inside = [item for items in kll["sketch"]["data"] for item in items]
        assert finite.min() <= min(inside) <= max(inside) <= finite.max()


def test_a_drifted_number_is_told_in_sagemakers_unit() -> None:
    result = found("feature_drift", "day_minutes", value=0.6, effect=0.6, threshold=0.2513)
    (violation,) = violations(result)

    assert violation["constraint_check_type"] == "baseline_drift_check"
    assert violation["description"] == "Baseline drift distance: 0.2358 exceeds threshold: 0.1"


def test_one_violation_of_a_kind_for_each_column_the_gravest() -> None:
    results = [
        found("feature_drift", "intl_plan", value=0.2, effect=0.2, threshold=0.1),
        found("feature_drift", "intl_plan", statistic="other", value=0.9, p_value=0.1),
        found("score_drift", "score", value=0.3, effect=0.3, threshold=0.2),
        found("missing_values", "intl_plan", value=0.25, threshold=0.1, effect=0.2),
        found("unseen_categories", "intl_plan", value=0.05, threshold=0.01, effect=0.05),
        found("validity", "day_minutes", statistic="wrong_type", status="breach", value=0.5, threshold=0.25),
        found("validity", "intl_plan", statistic="outside_domain", status="breach", value=0.5, threshold=0.25),
        found("validity", "account_length", statistic="missing_value", status="breach", value=0.5, threshold=0.25),
        found("validity", "at", statistic="missing_time", status="breach", value=0.5, threshold=0.25),
        found("validity", statistic="invalid_share", status="breach", value=0.5, threshold=0.25),
        found("feature_drift", "day_minutes", segment="intl_plan=yes", value=9, effect=9, threshold=1),
        found("joint_drift", value=0.9, effect=0.9, threshold=0.1),
        found("missing_values", "account_length", status="ok", value=0.0, threshold=0.1, effect=0.0),
    ]

    assert [tuple(violation.values()) for violation in violations(*results)] == [
        ("intl_plan", "baseline_drift_check", "Baseline drift distance: 0.2 exceeds threshold: 0.1"),
        ("p", "baseline_drift_check", "Baseline drift distance: 0.1192 exceeds threshold: 0.0797"),
        ("intl_plan", "completeness_check", "75 % of the rows have a value; 90 % are required"),
        ("intl_plan", "categorical_values_check", "95 % of the values are among the baseline's; 99 % are required"),
        ("day_minutes", "data_type_check", "moved"),
        ("account_length", "completeness_check", "moved"),
    ]


def test_columns_that_files_lack_or_have_beyond_the_declaration() -> None:
    results = [
        found("schema_consistency", statistic="irregular_columns", status="breach", value=4),
        found("schema_consistency", "intl_plan", statistic="absent_share", status="breach", value=0.5),
        found("schema_consistency", "colour", statistic="undeclared_share", status="breach", value=1.0),
        found("schema_consistency", "day_minutes", statistic="stored_as_text", status="breach", value=0.5),
        found("schema_consistency", "size", statistic="undeclared_share", status="breach", value=0.0),
        found("schema_consistency", "kept", statistic="undeclared_share", status="measured", value=1.0),
    ]

    assert [(item["feature_name"], item["constraint_check_type"]) for item in violations(*results)] == [
        ("intl_plan", "missing_column_check"),
        ("colour", "extra_column_check"),
        ("day_minutes", "data_type_check"),
    ]


def test_what_was_not_measured_is_not_called_well() -> None:
    unknown = [found("feature_drift", "day_minutes", status="unknown"), found("attribution_drift", status="unknown")]

    assert set(written(*unknown)) == {("data-quality", "statistics.json")}
    assert violations(*unknown, found("missing_values", "day_minutes", status="ok", value=0.0, threshold=0.1)) == []


def test_bias_and_attributions_have_files_of_their_own() -> None:
    results = [
        found("fairness", "intl_plan", statistic="disparate_impact", status="breach", value=0.5, threshold=0.8),
        found("fairness", "sex", statistic="equal_opportunity_difference", status="breach", value=0.3),
        found("fairness", "intl_plan", segment="intl_plan=no", statistic="favourable_share", status="ok", value=0.1),
        found("fairness", "intl_plan", segment="intl_plan=yes", statistic="favourable_share", status="ok", value=0.2),
        found("fairness", "sex", segment="sex=m", statistic="true_positive_rate", status="ok", value=0.6),
        found("fairness", "sex", segment="sex=f=1", statistic="true_positive_rate", status="ok", value=0.3),
        found("fairness", "sex", segment="sex=m", statistic="favourable_share", status="ok", value=0.0),
        found("attribution_drift", value=0.7639, threshold=0.9, effect=0.2361),
    ]
    made = written(*results)

    bias = made["model-bias", "constraint_violations.json"]["violations"]
    assert [(item["facet"], item["facet_value"], item["metric_name"]) for item in bias] == [
        ("intl_plan", "no", "DI"),
        ("sex", "f=1", "RD"),
    ]
    (attribution,) = made["model-explainability", "constraint_violations.json"]["violations"]
    assert attribution["label"] == "label0"
    assert "0.7639" in attribution["description"]
    quiet = written(found("fairness", "intl_plan", status="ok"), found("attribution_drift", status="ok"))
    for folder in ("model-bias", "model-explainability"):
        assert quiet[folder, "constraint_violations.json"] == {"version": "1.0", "violations": []}


def values(document: dict[str, Any], task: str) -> dict[str, float]:
    metrics = document["model-quality", "statistics.json"][f"{task}_metrics"]
    return {name: metric["value"] for name, metric in metrics.items() if "value" in metric}


def test_two_classes_give_the_documented_figures_of_the_documented_counts() -> None:
    outcomes = BinaryOutcomes.of(
        np.array([0.1, 0.6, 0.7, 0.9]), np.array([False, False, False, True]), np.array([False, True, True, True])
    )
    auc = found("roc_auc", statistic="roc_auc", status="measured", value=0.875)
    document = written(auc, outcomes=outcomes)
    metrics = document["model-quality", "statistics.json"]["binary_classification_metrics"]

    assert metrics["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    assert metrics["recall"] == {"value": 1.0, "standard_deviation": "NaN"}
    known = values(document, "binary_classification")
    assert known["precision"] == pytest.approx(1 / 3)
    assert known["accuracy"] == 0.5
    assert known["true_negative_rate"] == pytest.approx(1 / 3)
    assert known["false_positive_rate"] == pytest.approx(2 / 3)
    assert known["false_negative_rate"] == 0.0
    assert known["f0_5"] == pytest.approx(0.3846153846153846)
    assert known["f1"] == pytest.approx(0.5)
    assert known["f2"] == pytest.approx(0.7142857142857143)
    assert known["auc"] == 0.875
    assert document["model-quality", "statistics.json"]["dataset"] == {
        "item_count": 4,
        "start_time": "2026-05-04T10:00:00Z",
        "end_time": "2026-05-04T11:00:00Z",
        "evaluation_time": "2026-05-04T11:00:00Z",
    }


@given(
    st.lists(st.tuples(st.integers(0, 10**6).map(lambda score: score / 10**6), st.booleans()), min_size=2, max_size=60)
)
def test_the_curves_enclose_what_the_scores_rank(rows) -> None:
    scores, labels = np.array([score for score, _ in rows]), np.array([label for _, label in rows])
    document = written(outcomes=BinaryOutcomes.of(scores, labels, scores >= 0.5))
    metrics = document["model-quality", "statistics.json"]["binary_classification_metrics"]
    if labels.all() or not labels.any():
        assert "precision_recall_curve" not in metrics
        return
    roc = metrics["receiver_operating_characteristic_curve"]
    xs, ys = np.array(roc["false_positive_rates"]), np.array(roc["true_positive_rates"])
    assert (xs[0], ys[0], xs[-1], ys[-1]) == (0, 0, 1, 1)
    assert (np.diff(xs) >= 0).all()
    assert (np.diff(ys) >= 0).all()
    pairs = scores[labels][:, None] - scores[~labels]
    assert np.trapezoid(ys, xs) == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2)


def test_several_classes_give_the_documented_figures_of_the_documented_counts() -> None:
    counts = {(0, 0): 1180, (0, 1): 510, (1, 0): 268, (1, 1): 138}
    labels = np.repeat([true for true, _ in counts], list(counts.values()))
    decided = np.repeat([called for _, called in counts], list(counts.values()))
    outcomes = MulticlassOutcomes.of(("0", "1"), np.full((len(labels), 2), 0.5), labels, decided)
    spec = spec_of(
        task="multiclass_classification",
        columns={"id": "request", "time": "at", "scores": {"0": "p0", "1": "p1"}, "label": "churned"},
        capture={"inputs": ["account_length", "day_minutes", "intl_plan"], "outputs": ["p0", "p1"]},
    )
    document = written(outcomes=outcomes, spec=spec)

    metrics = document["model-quality", "statistics.json"]["multiclass_classification_metrics"]
    assert metrics["confusion_matrix"] == {"0": {"0": 1180, "1": 510}, "1": {"0": 268, "1": 138}}
    assert values(document, "multiclass_classification") == pytest.approx(
        {
            "accuracy": 0.6288167938931297,
            "weighted_recall": 0.6288167938931297,
            "weighted_precision": 0.6983172269629505,
            "weighted_f0_5": 0.6803947317178771,
            "weighted_f1": 0.6571162346664904,
            "weighted_f2": 0.6384024354394601,
        }
    )


def test_decisions_that_are_no_declared_class_are_called_other() -> None:
    scores = np.array([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]])
    outcomes = MulticlassOutcomes.of(("a", "b"), scores, np.array([0, 1, 1]), np.array([0, -1, 1]))
    metrics = written(outcomes=outcomes)["model-quality", "statistics.json"]["multiclass_classification_metrics"]

    assert metrics["confusion_matrix"] == {"a": {"a": 1, "b": 0, "other": 0}, "b": {"a": 0, "b": 1, "other": 1}}


def test_regression_has_its_four_figures() -> None:
    spec = spec_of(
        task="regression",
        columns={"id": "request", "time": "at", "prediction": "p", "label": "churned"},
    )
    outcomes = RegressionOutcomes.of(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 3.0]))
    results = [
        found(name, statistic=name, status="measured", value=value)
        for name, value in (("mean_absolute_error", 0.7), ("root_mean_squared_error", 0.8), ("r_squared", 0.25))
    ]
    document = written(*results, outcomes=outcomes, spec=spec)

    assert values(document, "regression") == pytest.approx({"mae": 0.7, "rmse": 0.8, "r2": 0.25, "mse": 0.64})


def test_metrics_in_breach_have_the_monitors_names_and_sides() -> None:
    results = [
        found("roc_auc", statistic="roc_auc", status="breach", value=0.7, threshold=0.8, effect=-0.2),
        found("log_loss", statistic="log_loss", status="breach", value=0.9, threshold=0.6, effect=0.4),
        found("accuracy", statistic="accuracy", status="ok", value=0.9, threshold=0.8, effect=0.0),
    ]
    made = violations(*results, folder="model-quality")

    assert [(item["metric_name"], item["constraint_check_type"]) for item in made] == [
        ("auc", "LessThanThreshold"),
        ("log_loss", "GreaterThanThreshold"),
    ]
    assert made[0]["description"] == "auc is 0.7, below its threshold 0.8"


def test_without_labels_nothing_is_said_of_model_quality() -> None:
    assert not [place for place in written(outcomes=BinaryOutcomes(rows=9)) if place[0] == "model-quality"]


def test_equal_checks_give_equal_bytes() -> None:
    results = [found("feature_drift", "day_minutes", value=0.6, effect=0.6, threshold=0.25)]
    once, again = (
        [report.text for report in reports(SPEC, WINDOW, profile, BINS, outcomes=None, results=results)]
        for profile in (USUAL, Profile.from_json(USUAL.to_json()))
    )
    assert once == again


def test_every_monitor_of_drift_quality_and_performance_has_its_place() -> None:
    named = [name for known in COUNTERPARTS for name in (*known.monitors, *DESCRIBED[known.folder].beyond)]

    assert sorted(named) == sorted({name for name in _all_monitors() if name not in get_args(OperationName)})
    assert {(known.folder, name) for known in COUNTERPARTS for name in known.writes} == set(SHAPES)


def _all_monitors() -> set[str]:
    flat: set[str] = set()
    for part in get_args(MonitorName):
        flat |= set(get_args(part)) or {part}
    return flat
