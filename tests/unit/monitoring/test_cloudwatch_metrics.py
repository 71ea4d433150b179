"""The few figures of a window that CloudWatch is told."""

from steward.monitoring.check import Check
from steward.monitoring.cloudwatch_metrics import cloudwatch_metrics, main_metric
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from tests.unit.examples import SPEC, START, spec, stored


def found(monitor: str, statistic: str, value: float | None, **more: object) -> MetricResult:
    said = {"monitor": monitor, "statistic": statistic, "value": value, "status": "measured", "message": "so it is"}
    return MetricResult.model_validate(said | more)


def told(*results: MetricResult, rows: int = 100, labelled_rows: int = 80, declared: ModelSpec | None = None):
    check = Check(
        model="lemons", version="v", window="20240101T000000Z_1d", as_of=START, batches=["a"], label_batches=[],
        baseline=stored(), outcomes=None, spec=stored(), rows=rows, labelled_rows=labelled_rows, results=list(results),
    )  # fmt: skip
    return {figure.name: (figure.value, figure.unit) for figure in cloudwatch_metrics(check, declared or spec())}


def test_what_is_known_is_told():
    assert told(
        found("accuracy", "accuracy", 0.9),
        found("accuracy", "accuracy", 0.5, segment="make=Fiat"),
        found("estimated_performance", "estimated_accuracy", 0.88),
        found("feature_drift", "wasserstein_distance", 0.4, column="age", status="drift"),
        found("feature_drift", "wasserstein_distance", 0.3, column="mileage", status="drift"),
        found("latency", "latency_p50", 20.0),
        found("latency", "latency_p95", 80.0, status="breach"),
        found("error_rate", "error_rate", 0.01),
    ) == {
        "rows": (100, "Count"),
        "monitors_in_alarm": (2, "Count"),
        "realised": (0.9, "None"),
        "estimated": (0.88, "None"),
        "error_rate": (0.01, "None"),
        "latency_p95": (80.0, "Milliseconds"),
    }


def test_what_is_not_known_is_left_out():
    assert set(told()) == {"rows", "monitors_in_alarm"}
    unknown = found("accuracy", "accuracy", None, status="unknown")
    assert set(told(unknown, found("latency", "latency_p95", None))) == {"rows", "monitors_in_alarm"}
    assert "realised" not in told(found("accuracy", "accuracy", 0.9), labelled_rows=0)


def test_the_main_metric_is_the_one_that_is_estimated_or_the_first_with_a_limit():
    assert main_metric(spec()) == "accuracy"
    estimated = spec(SPEC + "monitors: {estimated_performance: {metric: roc_auc, tolerance: 0.02}}\n")
    assert main_metric(estimated) == "roc_auc"
    assert told(found("roc_auc", "roc_auc", 0.7), declared=estimated)["realised"] == (0.7, "None")
    assert main_metric(spec(SPEC + "monitors: {accuracy: null}\n")) == "roc_auc"
    generated = SPEC.replace("binary_classification", "text_generation").replace("  score: risk\n", "")
    generated = generated[: generated.index("retraining:")] + "outputs: {answer: text}\n"
    assert main_metric(spec(generated)) is None
