"""Tables of `steward status`: all models, and the alerts of one."""

from rich.table import Table
from rich.text import Text

from steward.alerting.alert_status import AlertStatus
from steward.cli.model_status import ModelStatus
from steward.cli.terminal import console, draw_table
from steward.results import count_of
from steward.spec.windows import Window


def table(found: list[ModelStatus]) -> Table:
    """A few lines a model."""
    drawn = draw_table("Models", "model", "how it stands", whole=("model",))
    for status in found:
        promotion = status.routing.promotions[-1] if status.routing.promotions else None
        drawn.add_row(
            status.model,
            console.stack(
                Text(status.trouble, style="bold red"),
                f"champion {promotion.version}, since {promotion.as_of:%Y-%m-%d}" if promotion else "no champion yet",
                f"newest window {_day(status.newest_window)}",
                Text(status.not_checked, style="yellow"),
                Text(f"firing: {_firing(status)}", style="yellow" if status.firing else ""),
                _run(status),
            ),
        )
    return drawn


def _firing(status: ModelStatus) -> str:
    """The alerts that fire, and those of which windows keep being bad."""
    said = [f"{alert.monitor}{_often(alert, ' (bad in {} of the last {} windows)')}" for alert in status.firing]
    said += [
        f"not {alert.monitor}{_often(alert, ', though bad in {} of the last {} windows')}" for alert in status.lasting
    ]
    return ", ".join(said) or "none"


def _often(alert: AlertStatus, form: str) -> str:
    bad, windows = alert.recent
    return form.format(bad, windows) if bad and windows > 1 else ""


def _run(status: ModelStatus) -> str:
    """The newest run; why it failed is told before."""
    run = status.newest_run
    return f"newest run {run.stage} {run.as_of:%Y-%m-%d}" if run else "no run yet"


def alerts_table(status: ModelStatus) -> Table | str:
    """One entry an alert that needs a look, what fires first; the others are named below, by what is known of them."""
    if status.not_checked and not status.firing:
        return f"nothing can be said of {status.model}: {status.not_checked}"
    restless = [alert for alert in status.alerts if not _calm(alert)]
    order = _others([alert for alert in status.alerts if _calm(alert)])
    if not restless:
        calm = "" if status.trouble else f"no alert of {status.model} needs a look; "
        return f"{calm}{order or 'no monitor has said anything yet'}"
    drawn = draw_table(f"Alerts of {status.model}", "monitor", "what was found", whole=("monitor",))
    for alert in sorted(restless, key=lambda alert: (alert.state != "firing", not alert.lasting, alert.monitor)):
        window = f"window {_day(alert.latest.window)}" if alert.latest else ""
        often = _often(alert, "bad in {} of the last {} windows")
        facts = ", ".join(filter(None, (_state(alert), alert.severity, window, often)))
        drawn.add_row(
            alert.monitor,
            console.stack(facts, alert.reason, alert.summary, _doubt(alert)),
            style="yellow" if alert.state == "firing" else "",
        )
    drawn.caption = order[0].upper() + order[1:] if order else None
    drawn.caption_justify, drawn.min_width = "left", len(order)
    return drawn


def _others(calm: list[AlertStatus]) -> str:
    """The alerts that need no look: those in good order, and those that the newest window did not measure."""
    named: dict[str, list[str]] = {"in good order": [], "not measured in the newest window": []}
    for alert in sorted(calm, key=lambda alert: alert.monitor):
        named["in good order" if alert.shown_state != "not measured" else "not measured in the newest window"].append(
            alert.monitor
        )
    return "; ".join(f"{state}: {', '.join(names)}" for state, names in named.items() if names)


def _doubt(alert: AlertStatus) -> str:
    """What the newest window cannot tell, and why, unless the alert's own summary says it."""
    doubt = alert.doubt
    if doubt is None or doubt.clause in alert.summary:
        return ""
    return f"the newest window ({_day(doubt.window)}, {count_of(doubt.rows, 'row')}) {doubt.clause}"


def _calm(alert: AlertStatus) -> bool:
    """Whether there is nothing to look at."""
    notes = alert.suppressed_by or alert.progress.held or alert.progress.flapping or alert.lasting
    return alert.shown_state in ("ok", "resolved", "not measured") and not notes


def _state(alert: AlertStatus) -> str:
    """The state with what holds for it: why nobody hears of it, or that a person has seen it."""
    notes = [alert.suppressed_by, alert.progress.held, "flapping" if alert.progress.flapping else ""]
    notes.append("acknowledged" if alert.state == "firing" and alert.snapshot.acknowledged else "")
    return "; ".join([alert.shown_state, *filter(None, notes)])


def _day(window: str | None) -> str:
    """When a window began, as people say it."""
    return f"{Window.parse(window).start:%Y-%m-%d %H:%M}" if window else "none yet"
