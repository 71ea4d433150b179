"""A cost-aware policy says what a run costs and over how long it counts; what says nothing is refused."""

from datetime import timedelta

import pytest

from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from tests.integration import lemons

WITHOUT_ALERTS = lemons.SPEC.replace("  on_alerts: [roc_auc, log_loss, feature_drift]\n", "")


def test_no_alert_asks_for_a_run_unless_it_is_declared() -> None:
    settings = "  policy: cost_aware\n  run_cost: 0.1\n"
    assert read_spec(WITHOUT_ALERTS).retraining.on_alerts == ["roc_auc", "log_loss"]
    assert read_spec(WITHOUT_ALERTS + settings).retraining.on_alerts == []
    assert read_spec(lemons.SPEC + settings).retraining.on_alerts == ["roc_auc", "log_loss", "feature_drift"]


def test_a_horizon_counts_in_windows() -> None:
    policy = read_spec(lemons.SPEC + "  policy: cost_aware\n  run_cost: 0.1\n  horizon: 30d\n").retraining
    assert policy.horizon_windows(timedelta(days=1)) == 30
    unset = read_spec(lemons.SPEC + "  policy: cost_aware\n  run_cost: 0.1\n").retraining
    assert unset.horizon_windows(timedelta(days=1)) == 26


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("  policy: cost_aware\n", "needs run_cost: what one run costs, in units of validation.metric over one window"),
        ("  policy: cost_aware\n  run_cost: 0\n", "retraining.run_cost"),
        ("  policy: cost_aware\n  run_cost: yes\n", "retraining.run_cost"),
        ("  run_cost: 0.1\n", "run_cost and horizon say nothing with policy: rules; write policy: cost_aware"),
        ("  policy: cost_aware\n  run_cost: 0.1\n  horizon: 1d\n", "horizon: must hold from 2 to 60 windows"),
        ("  policy: cost_aware\n  run_cost: 0.1\n  horizon: 70d\n", "write from 2d to 60d, or change window.length"),
        ("  policy: cheapest\n", "retraining.policy"),
    ],
)
def test_what_cannot_be_weighed_is_refused_with_a_remedy(settings: str, problem: str) -> None:
    with pytest.raises(SpecInvalid, match=problem):
        read_spec(lemons.SPEC + settings)


def test_a_metric_that_windows_do_not_have_cannot_be_forecast() -> None:
    with pytest.raises(SpecInvalid) as refused:
        read_spec(
            "model: prices\nowner: a@example.com\ntask: regression\n"
            "columns: {id: id, time: time, prediction: predicted, label: price}\nfeatures: {x: numeric}\n"
            "window: {length: 1d}\nvalidation: {metric: mean_squared_error}\n"
            "retraining: {policy: cost_aware, run_cost: 1, recipe: {estimator: Ridge}}\n"
        )
    assert "mean_squared_error is not measured by window" in str(refused.value)


def test_a_model_that_is_trained_elsewhere_has_no_runs_to_weigh() -> None:
    with pytest.raises(SpecInvalid, match="needs a recipe"):
        read_spec(
            "model: prices\nowner: a@example.com\ntask: regression\n"
            "columns: {id: id, time: time, prediction: predicted, label: price}\nfeatures: {x: numeric}\n"
            "retraining: {policy: cost_aware, run_cost: 1}\n"
        )
