"""`steward status`: champion, newest check, alerts and newest run of each model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from steward.alerting.alert_status import AlertStatus
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.cli.defects import read
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.defects.defect import Defect
from steward.errors import UnknownModel
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.retraining.runs import Run
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.deployment import QueueUnreadable, backlog

_CHAIN = {
    "RegisterModel": "declarations",
    "IngestRecords": "uploads",
    "CheckWindow": "checks",
    "TrainModel": "trainings",
    "ValidateModel": "validations",
}
"""What waits in the queue of each function that an upload leads to."""

_DEFECTS = 3
"""Defects that are named."""


def show_status(
    model: Annotated[str | None, typer.Argument(help="One model; all of them when left out.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show champions, alerts and the newest runs. Exits with 1 when an alert is firing."""
    deployment = Deployment.of(stack)
    if model:
        deployment.require(model)
    found = sorted(model_statuses(deployment, model), key=lambda one: one.urgency)
    if as_json:
        print_json([status.record() for status in found])
    else:
        _show(found, alerts=model is not None)
        if model and (sentence := describe_defects(read(deployment.data, model))):
            console.print(sentence, style="yellow", markup=False)
        if sentence := describe_backlog(deployment):
            console.print(sentence, style="dim", markup=False)
    raise typer.Exit(1 if any(status.firing for status in found) else 0)


def _show(found: list["ModelStatus"], *, alerts: bool) -> None:
    none = "no models yet: `steward suggest` writes a declaration, and `steward push MODEL.yaml` uploads it"
    console.print(table(found) if found else none)
    for status in found:
        if freeze := status.routing.freeze:
            waiting = len(status.routing.held)
            console.print(f"{status.model}: {freeze.sentence} ({waiting} waiting)", style="yellow", markup=False)
    for status in found if alerts else []:
        console.print()
        console.print(alerts_table(status))


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model as it stands."""

    model: str
    routing: Routing
    newest_window: str | None
    alerts: list[AlertStatus]
    newest_run: Run | None
    checked: bool = True

    @property
    def not_checked(self) -> str:
        """Why nothing is known of the champion yet; empty where a window of it was checked, or there is none."""
        if self.checked or self.routing.champion is None:
            return ""
        return f"no window of the champion {self.routing.champion} has been checked yet"

    @property
    def firing(self) -> list[AlertStatus]:
        """Alerts that fire now."""
        return [alert for alert in self.alerts if alert.state == "firing"]

    @property
    def lasting(self) -> list[AlertStatus]:
        """Alerts that do not fire although their windows keep being bad."""
        return [alert for alert in self.alerts if alert.lasting]

    @property
    def failed(self) -> bool:
        """Whether its newest run failed."""
        return self.newest_run is not None and self.newest_run.stage == "failed"

    @property
    def urgency(self) -> tuple[bool, bool, bool, str]:
        """Sorts models: first those whose training failed without a champion, then failed runs, then alerts."""
        untrained = self.failed and self.routing.champion is None
        return not untrained, not self.failed, not (self.firing or self.lasting), self.model

    def record(self) -> dict[str, object]:
        """What a program reads of it."""
        promotion = self.routing.promotions[-1] if self.routing.promotions else None
        return {
            "model": self.model,
            "champion": {"version": promotion.version, "since": promotion.as_of} if promotion else None,
            "champion_checked": self.checked,
            "newest_window": self.newest_window,
            "newest_run": self.newest_run,
            "freeze": self.routing.freeze,
            "held_promotions": len(self.routing.held),
            "alerts": [
                {
                    "monitor": alert.monitor,
                    "state": alert.state,
                    "severity": alert.severity,
                    "window": alert.latest.window if alert.latest else None,
                    "bad_windows": alert.recent[0],
                    "windows": alert.recent[1],
                    "acknowledged": alert.snapshot.acknowledged,
                    "notes": [note for note in (alert.suppressed_by, alert.progress.held) if note],
                    "found": alert.summary,
                }
                for alert in self.alerts
            ],
        }

    @classmethod
    def of(cls, data: Bucket, model: str) -> "ModelStatus":
        """Read it.

        Raises:
            UnknownModel: no declaration of this name was accepted.
        """
        spec, _ = models.current_spec(data, model)
        alerts = data.load_if_present(keys.alerts(model), ModelAlerts)
        routing = models.routing(data, model)
        runs = [listed.key for listed in data.list(keys.runs(model)) if listed.key != keys.retraining_state(model)]
        return cls(
            model=model,
            routing=routing,
            newest_window=max(data.list_prefixes(keys.checks(model)), default=None),
            alerts=list(alert_statuses(alerts, spec).values()) if alerts else [],
            newest_run=data.load(max(runs), Run) if runs else None,
            checked=alerts is not None and routing.champion in {check.version for check in alerts.checks.values()},
        )


def model_statuses(deployment: Deployment, model: str | None) -> Iterator[ModelStatus]:
    """One model, or every declared one."""
    for name in [model] if model else deployment.models():
        try:
            yield ModelStatus.of(deployment.data, name)
        except UnknownModel:
            if model:
                raise


def describe_backlog(deployment: Deployment) -> str:
    """What uploads have led to that is not done yet, as a sentence; empty where all is, or nobody may ask."""
    try:
        counts = {function: backlog(deployment.outputs[f"{function}QueueUrl"]) for function in _CHAIN}
    except QueueUnreadable:
        return ""
    running = [
        f"{name} {in_work + waiting}" + (f" ({waiting} waiting)" if waiting else "")
        for function, (in_work, waiting) in counts.items()
        if in_work + waiting
        for name in [_CHAIN[function]]
    ]
    return f"still in work, of all models: {', '.join(running)}" if running else ""


def describe_defects(defects: Sequence[Defect]) -> str:
    """The defects that are left, in a few lines: rejected files, which no alert may tell of, among them."""
    left = [defect for defect in defects if not defect.finished]
    if not left:
        return ""
    more = [f"and {len(left) - _DEFECTS} more"] if len(left) > _DEFECTS else []
    lines = "\n".join(["", *(f"  {defect.title}" for defect in left[:_DEFECTS]), *(f"  {line}" for line in more)])
    return f"Defects that are left (`steward defects {left[0].model}`):{lines}"


def table(found: list[ModelStatus]) -> Table:
    """A few lines a model."""
    drawn = draw_table("Models", "model", "how it stands", whole=("model",))
    for status in found:
        promotion = status.routing.promotions[-1] if status.routing.promotions else None
        drawn.add_row(
            status.model,
            console.stack(
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


def _run(status: ModelStatus) -> Text:
    """The newest run; why it failed, in red, where it did."""
    run = status.newest_run
    if run is None:
        return Text("no run yet")
    said = f"newest run {run.stage} {run.as_of:%Y-%m-%d}"
    return Text(f"{said}: {run.outcome}", style="bold red") if status.failed else Text(said)


def alerts_table(status: ModelStatus) -> Table | str:
    """One entry an alert that needs a look, what fires first; those in good order are named below."""
    if status.not_checked and not status.firing:
        return f"nothing can be said of {status.model}: {status.not_checked}"
    calm = sorted(alert.monitor for alert in status.alerts if _calm(alert))
    order = f"in good order: {', '.join(calm)}" if calm else "no monitor has said anything yet"
    restless = [alert for alert in status.alerts if alert.monitor not in calm]
    if not restless:
        return f"no alert of {status.model} needs a look; {order}"
    drawn = draw_table(f"Alerts of {status.model}", "monitor", "what was found", whole=("monitor",))
    for alert in sorted(restless, key=lambda alert: (alert.state != "firing", not alert.lasting, alert.monitor)):
        window = f"window {_day(alert.latest.window)}" if alert.latest else ""
        often = _often(alert, "bad in {} of the last {} windows")
        facts = ", ".join(filter(None, (_state(alert), alert.severity, window, often)))
        drawn.add_row(
            alert.monitor, console.stack(facts, alert.summary), style="yellow" if alert.state == "firing" else ""
        )
    drawn.caption = order[0].upper() + order[1:] if calm else None
    drawn.caption_justify, drawn.min_width = "left", len(order)
    return drawn


def _calm(alert: AlertStatus) -> bool:
    """Whether there is nothing to look at."""
    notes = alert.suppressed_by or alert.progress.held or alert.progress.flapping or alert.lasting
    return alert.state in ("ok", "resolved") and not notes


def _state(alert: AlertStatus) -> str:
    """The state with what holds for it: why nobody hears of it, or that a person has seen it."""
    notes = [alert.suppressed_by, alert.progress.held, "flapping" if alert.progress.flapping else ""]
    notes.append("acknowledged" if alert.state == "firing" and alert.snapshot.acknowledged else "")
    return "; ".join([alert.state, *filter(None, notes)])


def _day(window: str | None) -> str:
    """When a window began, as people say it."""
    return f"{Window.parse(window).start:%Y-%m-%d %H:%M}" if window else "none yet"
