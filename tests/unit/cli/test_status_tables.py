"""What `steward status` shows: what needs a person first, and how often windows were bad."""

import pytest
from rich.console import Console
from rich.table import Table

from steward.alerting.model_alerts import alert_statuses
from steward.cli.status import ModelStatus, alerts_table, table
from steward.releasing.routing import Routing
from steward.retraining.runs import Run
from tests.unit.alerting.alert_dsl import seen, spec, window
from tests.unit.examples import START


def standing(model: str, letters: str = "gggggg", *, champion: bool = True, failed: str = "") -> ModelStatus:
    routing = Routing(model=model)
    if champion:
        routing = routing.promote("v1", over=None, run="r1", as_of=START, promoted_at=START)
    run = Run(
        run="r2", model=model, as_of=START, reasons=["first"], correlation_id="c", requested_at=START,
        stage="failed" if failed else "promoted", outcome=failed,
    )  # fmt: skip
    alerts = seen(letters, monitors=("log_loss", "roc_auc")) if champion else seen("")
    return ModelStatus(
        model=model,
        routing=routing,
        newest_window=window(5) if champion else None,
        alerts=list(alert_statuses(alerts, spec()).values()),
        newest_run=run,
    )


def shown(drawn: Table | str) -> str:
    console = Console(width=200, color_system=None, record=True)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()


def test_a_model_whose_training_failed_comes_first_with_the_reason() -> None:
    models = [
        standing("calm"),
        standing("loud", "ggbbbb"),
        standing("typo", champion=False, failed="TypeError: no parameter 'min_sample_leaf'"),
        standing("stale", failed="too few rows"),
    ]
    ordered = sorted(models, key=lambda one: one.urgency)
    assert [one.model for one in ordered] == ["typo", "stale", "loud", "calm"]
    assert "newest run failed 2024-01-01: TypeError: no parameter 'min_sample_leaf'" in shown(table(ordered))


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("ggbbbb", "firing: log_loss (bad in 4 of the last 6 windows), roc_auc (bad in 4 of the last 6 windows)"),
        ("gbbbbg", "not log_loss, though bad in 4 of the last 6 windows"),
        ("gggggg", "firing: none"),
    ],
)
def test_what_fires_is_told_with_how_often_it_was_bad(letters: str, said: str) -> None:
    assert said in shown(table([standing("lemons", letters)]))


def test_alerts_in_good_order_take_one_line() -> None:
    assert alerts_table(standing("lemons", "gggggg")) == (
        "no alert of lemons needs a look; in good order: log_loss, roc_auc"
    )
    loud = shown(alerts_table(standing("lemons", "ggbbbb")))
    assert "bad in 4 of the last 6 windows" in loud
    assert "in good order" not in loud.lower()
