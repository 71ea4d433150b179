"""What `steward status` shows: what needs a person first, and how often windows were bad."""

from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table

from steward.alerting.inputs import Doubt
from steward.alerting.model_alerts import alert_statuses
from steward.cli.model_status import ModelStatus
from steward.cli.status_table import alerts_table, table
from steward.releasing.routing import Routing
from steward.retraining.runs import Run, Stage
from tests.unit.alerting.alert_dsl import check as day
from tests.unit.alerting.alert_dsl import seen, small, spec, window
from tests.unit.examples import START


def standing(
    model: str, letters: str = "gggggg", *, champion: bool = True, failed: str = "", stage: Stage = "failed"
) -> ModelStatus:
    routing = Routing(model=model)
    if champion:
        routing = routing.promote("v1", over=None, run="r1", as_of=START, promoted_at=START)
    run = Run(
        run="r2", model=model, as_of=START, reasons=["first"], correlation_id="c", requested_at=START,
        stage=stage if failed else "promoted", outcome=failed,
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
    assert (
        "no version is in charge: its training failed: TypeError: no parameter 'min_sample_leaf'; "
        "once that is corrected, `steward retrain typo --reason corrected` tries again"
    ) in shown(table(ordered))
    assert [one.needs_a_look for one in ordered] == [True, True, True, False]
    assert alerts_table(models[2]) == "no monitor has said anything yet"


def test_a_first_version_that_was_rejected_needs_a_look() -> None:
    refused = standing("loans", champion=False, failed="no better than a constant", stage="refused")
    assert refused.needs_a_look
    assert "its first version was rejected: no better than a constant; with more or better rows" in refused.trouble
    later = standing("loans", failed="no better than the champion", stage="refused")
    assert (later.needs_a_look, later.trouble) == (False, "")


def test_a_newest_window_that_cannot_tell_is_shown_beside_what_the_last_one_that_could_said() -> None:
    alerts = seen("gbbb").with_check(small(4))
    told = replace(standing("loans"), alerts=list(alert_statuses(alerts, spec()).values()))
    text = " ".join(shown(alerts_table(told)).split())
    assert "firing, warning, window 2024-01-04 00:00, bad in 3 of the last 4 windows" in text
    assert "b on 3" in text
    assert "the newest window (2024-01-05 00:00, 12 rows) cannot tell: too few rows to show whether it is over" in text
    (record,) = told.record()["alerts"]
    assert (record["state"], record["cannot_tell"]["rows"]) == ("firing", 12)


def test_what_cannot_be_told_is_not_in_good_order() -> None:
    doubtful = Doubt(measured=True, sentence="cannot tell for 5 of 7 columns: `age`")
    check = day(2, "g").model_copy(update={"doubts": {"log_loss": doubtful}})
    told = replace(standing("loans"), alerts=list(alert_statuses(seen("gg").with_check(check), spec()).values()))
    text = shown(alerts_table(told))
    assert "cannot tell, warning" in text
    assert "cannot tell for 5 of 7 columns" in text
    assert "good order" not in text.lower()
    (alert,) = [alert for alert in told.alerts if alert.doubt]
    assert alert.doubt
    assert alert.latest
    finding = alert.latest.findings["log_loss"].model_copy(update={"summary": f"{alert.doubt.clause}; and more"})
    latest = alert.latest.model_copy(update={"findings": {"log_loss": finding}})
    said = replace(told, alerts=[replace(alert, latest=latest)])
    assert shown(alerts_table(said)).count("cannot tell for 5 of 7 columns") == 1, "once, not by summary and doubt"
    (record,) = told.record()["alerts"]
    assert record["state"] == "cannot tell"


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
