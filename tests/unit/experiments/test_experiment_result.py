"""What experiments end with: each way to a decision, from rows to document and picture."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from steward.errors import ExperimentInvalid
from steward.experiments.arm_sums import GROUPS, ArmSums, MetricSums, WindowSums
from steward.experiments.experiment_plan import ExperimentMetric, ExperimentPlan
from steward.experiments.experiment_result import ExperimentResult, conclude
from steward.reporting.experiment_picture import draw_experiment

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=28)
ACCURACY = ExperimentMetric(name="accuracy", margin=0.05)
LOSS = ExperimentMetric(name="loss", better="lower", margin=0.1)


def plan_of(**changes: object) -> ExperimentPlan:
    usual = {"name": "loans-7", "champion": "old", "weights": {"old": 0.5, "new": 0.5}, "metric": ACCURACY, "ends": END}
    return ExperimentPlan(**usual | changes)


def windows_of(
    accuracies: dict[str, float], losses: dict[str, float] | None = None, *, days: int = 28, rows: int = 400,
    shares: dict[str, float] | None = None, grouped: bool = True,
) -> list[WindowSums]:  # fmt: skip
    """Days of an experiment, each with about as many rows."""
    rng = np.random.default_rng(1)
    made = []
    for day in range(days):
        arms = {}
        for name, accuracy in accuracies.items():
            count = int(rng.poisson(rows * (shares or {}).get(name, 1 / len(accuracies))))
            groups = rng.integers(0, GROUPS, count).tolist() if grouped else None
            right = (rng.random(count) < accuracy).astype(float).tolist()
            lost = rng.normal((losses or {}).get(name, 1.0), 0.5, count).tolist()
            metrics = {"accuracy": MetricSums.of(right, groups=groups), "loss": MetricSums.of(lost, groups=groups)}
            arms[name] = ArmSums.of(groups, count, metrics)
        made.append(WindowSums(start=START + timedelta(days=day), arms=arms))
    return made


def test_a_better_challenger_is_promoted_before_the_end() -> None:
    result = conclude(plan_of(guardrails=(LOSS,)), windows_of({"old": 0.7, "new": 0.8}), END, ["profiles/1"])
    assert (result.decision, result.arm) == ("promote", "new")
    assert result.decided < END - timedelta(days=5)
    assert result.comparison("new").last.low > 0
    assert "new is better on accuracy (gain 0." in result.reason
    assert "no guardrail is worse" in result.reason
    assert result.windows == (result.decided - START).days + 1
    assert result.arms["new"].means["accuracy"] == pytest.approx(0.8, abs=0.03)
    assert result.evidence == ("profiles/1",)


def test_windows_after_the_decision_change_nothing() -> None:
    windows = windows_of({"old": 0.7, "new": 0.85})
    result = conclude(plan_of(), windows, START + timedelta(days=20))
    until = [window for window in windows if window.start <= result.decided]
    assert conclude(plan_of(), until, START + timedelta(days=20)) == result


def test_the_order_and_the_parts_of_windows_change_nothing() -> None:
    windows = windows_of({"old": 0.7, "new": 0.75})
    parts = [WindowSums(start=w.start, arms={name: w.arms[name]}) for w in reversed(windows) for name in ("old", "new")]
    assert conclude(plan_of(), parts, END) == conclude(plan_of(), windows, END)


def test_a_lower_loss_is_a_gain() -> None:
    result = conclude(plan_of(metric=LOSS), windows_of({"old": 0.7, "new": 0.7}, {"old": 1.0, "new": 0.8}), END)
    assert result.decision == "promote"
    assert result.comparison("new").last.value == pytest.approx(0.2, abs=0.05)


def test_a_worse_challenger_is_refused_early() -> None:
    result = conclude(plan_of(), windows_of({"old": 0.8, "new": 0.6}), END)
    assert (result.decision, result.windows < 8) == ("keep", True)
    assert "new is worse on accuracy" in result.reason


def test_a_guardrail_stops_a_better_challenger() -> None:
    windows = windows_of({"old": 0.7, "new": 0.8}, {"old": 1.0, "new": 1.4})
    result = conclude(plan_of(guardrails=(LOSS,)), windows, END)
    assert result.decision == "keep"
    assert "new is worse on loss by more than 0.1" in result.reason


def test_a_guardrail_that_cannot_be_told_holds_a_better_challenger_until_the_end() -> None:
    guardrail = LOSS.model_copy(update={"margin": 0.005})
    windows = windows_of({"old": 0.7, "new": 0.82})
    early = conclude(plan_of(guardrails=(guardrail,)), windows[:20], START + timedelta(days=20))
    assert early.decision == "continue"
    assert "new is better on accuracy; loss cannot be told yet" in early.reason
    late = conclude(plan_of(guardrails=(guardrail,)), windows, END)
    assert late.decision == "keep"
    assert "not proven of loss" in late.reason


def test_an_effect_below_the_smallest_sought_ends_the_experiment() -> None:
    result = conclude(plan_of(), windows_of({"old": 0.8, "new": 0.8}, rows=1000), END)
    assert result.decision == "keep"
    assert "not better on accuracy by 0.05" in result.reason
    assert result.decided < END - timedelta(days=10)


def test_the_stated_end_ends_it() -> None:
    windows = windows_of({"old": 0.75, "new": 0.79}, rows=40)
    assert conclude(plan_of(), windows, END - timedelta(days=1)).decision == "continue"
    result = conclude(plan_of(), windows, END)
    assert (result.decision, result.decided) == ("keep", windows[-1].start)
    assert "no proven effect at the planned end" in result.reason
    late = [WindowSums(start=END, arms=windows[0].arms)]
    assert conclude(plan_of(), windows + late, END).windows == len(windows)


def test_not_worse_is_enough_where_that_is_the_goal() -> None:
    plan = plan_of(goal="non_inferiority")
    assert conclude(plan, windows_of({"old": 0.8, "new": 0.82}), END).decision == "promote"
    worse = conclude(plan, windows_of({"old": 0.8, "new": 0.65}), END)
    assert "new is worse on accuracy by more than 0.05" in worse.reason


def test_the_best_of_several_challengers_is_promoted() -> None:
    weights = {"old": 0.4, "one": 0.3, "two": 0.3}
    windows = windows_of({"old": 0.6, "one": 0.6, "two": 0.75}, shares=weights, rows=900)
    result = conclude(plan_of(weights=weights), windows, END)
    assert (result.decision, result.arm) == ("promote", "two")
    assert result.comparison("two").level == 0.025


def test_a_broken_split_stops_it_whatever_the_metrics_say() -> None:
    result = conclude(plan_of(), windows_of({"old": 0.5, "new": 0.9}, shares={"old": 0.62, "new": 0.38}), END)
    assert (result.decision, result.arm) == ("stop", None)
    assert "do not have the rows that their weights say" in result.reason


def test_a_bounded_metric_needs_no_large_numbers() -> None:
    metric = ACCURACY.model_copy(update={"bounds": (0.0, 1.0)})
    windows = windows_of({"old": 0.6, "new": 0.8}, grouped=False)
    bounded, large = (conclude(plan_of(metric=one, unit="row"), windows, END) for one in (metric, ACCURACY))
    assert bounded.decision == large.decision == "promote"
    assert bounded.windows >= large.windows
    with pytest.raises(ExperimentInvalid, match="beyond the declared bounds"):
        conclude(plan_of(metric=metric.model_copy(update={"bounds": (0.0, 0.5)})), windows, END)


@pytest.mark.parametrize("bounds", [None, (-1.0, 1.0)])
def test_versions_that_score_the_same_rows_are_compared_by_pairs(bounds: tuple[float, float] | None) -> None:
    rng = np.random.default_rng(3)
    windows = [
        WindowSums(
            start=START + timedelta(days=day),
            arms={
                "new": ArmSums(
                    rows=200, metrics={"accuracy": MetricSums.of(rng.choice([-1.0, 0, 0, 1, 1], 200).tolist())}
                )
            },
        )
        for day in range(10)
    ]
    metric = ACCURACY.model_copy(update={"bounds": bounds})
    result = conclude(plan_of(paired=True, metric=metric), windows, END)
    assert (result.decision, result.sample_ratio) == ("promote", None)


def test_adjustment_finds_sooner_what_the_past_explains() -> None:
    rng = np.random.default_rng(4)
    windows = []
    for day in range(28):
        arms = {}
        for name, shift in (("old", 0.0), ("new", 0.1)):
            before = rng.normal(0, 1, 200)
            groups = rng.integers(0, GROUPS, 200).tolist()
            loss = (before + rng.normal(shift, 0.3, 200)).tolist()
            arms[name] = ArmSums.of(groups, 200, {"loss": MetricSums.of(loss, before.tolist(), groups)})
        windows.append(WindowSums(start=START + timedelta(days=day), arms=arms))
    metric = ExperimentMetric(name="loss", margin=0.1)
    plain, adjusted = (conclude(plan_of(metric=metric, adjusted=flag), windows, END) for flag in (False, True))
    assert adjusted.decision == "promote"
    assert adjusted.windows < plain.windows
    assert conclude(plan_of(metric=metric, adjusted=True), windows[: adjusted.windows], END) == adjusted
    assert adjusted.comparison("new").last.slope == pytest.approx(1, abs=0.2)


def test_nothing_is_decided_without_rows() -> None:
    assert conclude(plan_of(), [], START).reason == "no window is closed yet"
    assert conclude(plan_of(), [], END).decision == "keep"
    few = conclude(plan_of(), windows_of({"old": 0.7, "new": 0.7}, days=1, rows=20), START + timedelta(days=1))
    assert "(too few rows)" in few.reason


def test_a_result_survives_its_json() -> None:
    result = conclude(plan_of(guardrails=(LOSS,)), windows_of({"old": 0.7, "new": 0.8}), END)
    assert ExperimentResult.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_the_picture_is_one_svg_that_says_what_it_shows(metric: str) -> None:
    windows = windows_of({"old": 0.7, "new": 0.8})
    plan = plan_of(name="a.b", weights={"old": 0.5, "new<1>": 0.5}, guardrails=(LOSS,))
    renamed = [w.model_copy(update={"arms": {"old": w.arms["old"], "new<1>": w.arms["new"]}}) for w in windows]
    result = conclude(plan, renamed, END)
    drawing = ET.fromstring(draw_experiment(result, metric=metric))  # noqa: S314 - ours
    assert drawing.attrib["role"] == "img"
    assert f"new<1> over old: gain in {metric}" in drawing.attrib["aria-label"]
    space = "{http://www.w3.org/2000/svg}"
    points = drawing.find(f"{space}polygon").attrib["points"].split()
    assert len(points) == 2 * len(result.comparison("new<1>", metric).looks)
    assert all(0 <= float(part) <= 640 for point in points for part in point.split(","))


def test_the_picture_of_an_experiment_with_too_few_rows_says_so() -> None:
    result = conclude(plan_of(), windows_of({"old": 0.7, "new": 0.7}, days=1, rows=9), START)
    assert "(too few rows)" in draw_experiment(result)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"weights": {"old": 0.5, "new": 0.4}}, "must sum to one"),
        ({"champion": "older"}, "'older' is none of the arms old, new"),
        ({"weights": {"old": 1.0}}, "no challenger"),
        ({"level": 0.0}, "level 0 must be"),
        ({"power": 0.01}, "power 0.01"),
        ({"guardrails": (ACCURACY,)}, "named twice"),
        ({"metric": ACCURACY.model_copy(update={"margin": 0.0})}, "margin 0 of accuracy"),
        ({"metric": ACCURACY.model_copy(update={"bounds": (1.0, 0.0)})}, "bounds"),
        ({"name": "with blank"}, "salt"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(changes: dict, why: str) -> None:
    with pytest.raises(ExperimentInvalid, match=why):
        plan_of(**changes)
