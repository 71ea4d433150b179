"""How models stand: champion, newest check, alerts, newest run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from steward.alerting.states import ModelAlerts, Standing, standings_of
from steward.cli.deployment import Deployment
from steward.cli.options import Stack
from steward.cli.terminal import console
from steward.errors import UnknownModel
from steward.releasing.routing import Routing
from steward.retraining.runs import Run
from steward.spec.windows import Window
from steward.stations import registry
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.deployment import backlog

_CHAIN = {
    "RegisterModel": "declarations",
    "IngestRecords": "uploads",
    "CheckWindow": "checks",
    "TrainModel": "trainings",
    "ValidateModel": "validations",
}
"""What waits in the queue of each function that an upload leads to."""


def show_status(
    model: Annotated[str | None, typer.Argument(help="One model; all of them when left out.")] = None,
    stack: Stack = "steward",
) -> None:
    """Show champions, alerts and the newest runs. Exits with 1 when an alert is firing."""
    deployment = Deployment.of(stack)
    if model:
        deployment.require(model)
    found = list(standings(deployment, model))
    console.print(table(found))
    for standing in found:
        if freeze := standing.routing.freeze:
            waiting = len(standing.routing.held)
            console.print(f"{standing.model}: {freeze.sentence} ({waiting} waiting)", style="yellow", markup=False)
    for standing in found if model else []:
        console.print(alerts_table(standing))
    if sentence := unfinished(deployment):
        console.print(sentence, style="dim", markup=False)
    raise typer.Exit(1 if any(standing.firing for standing in found) else 0)


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """One model as it stands."""

    model: str
    routing: Routing
    newest_window: str | None
    alerts: list[Standing]
    newest_run: Run | None

    @property
    def firing(self) -> list[Standing]:
        """Alerts that fire now."""
        return [alert for alert in self.alerts if alert.state == "firing"]

    @classmethod
    def of(cls, data: Bucket, model: str) -> "ModelStanding":
        """Read it.

        Raises:
            UnknownModel: no declaration of this name was accepted.
        """
        spec, _ = registry.current_spec(data, model)
        content = data.find(keys.alerts(model))
        runs = [listed.key for listed in data.list(keys.runs(model)) if listed.key != keys.retraining_state(model)]
        newest = data.get(max(runs)) if runs else None
        return cls(
            model=model,
            routing=registry.routing(data, model),
            newest_window=max(data.folders(keys.checks(model)), default=None),
            alerts=list(standings_of(ModelAlerts.model_validate_json(content.body), spec).values()) if content else [],
            newest_run=Run.model_validate_json(newest.body) if newest else None,
        )


def standings(deployment: Deployment, model: str | None) -> Iterator[ModelStanding]:
    """One model, or every declared one."""
    for name in [model] if model else deployment.models():
        try:
            yield ModelStanding.of(deployment.data, name)
        except UnknownModel:
            if model:
                raise


def unfinished(deployment: Deployment) -> str:
    """What uploads have led to that is not done yet, as a sentence; empty where everything is."""
    counts = {function: backlog(deployment.outputs[f"{function}QueueUrl"]) for function in _CHAIN}
    told = [
        f"{name} {in_work + waiting}" + (f" ({waiting} waiting)" if waiting else "")
        for function, (in_work, waiting) in counts.items()
        if in_work + waiting
        for name in [_CHAIN[function]]
    ]
    return f"still in work, of all models: {', '.join(told)}" if told else ""


def table(found: list[ModelStanding]) -> Table:
    """One row a model."""
    drawn = Table(title="Models", title_justify="left", pad_edge=False)
    for heading in ("model", "champion", "since", "newest window"):
        drawn.add_column(heading, no_wrap=True)
    for heading in ("firing", "newest run"):
        drawn.add_column(heading, overflow="fold")
    for standing in found:
        promotion = standing.routing.promotions[-1] if standing.routing.promotions else None
        run = standing.newest_run
        drawn.add_row(
            standing.model,
            promotion.version if promotion else "none yet",
            f"{promotion.as_of:%Y-%m-%d}" if promotion else "",
            _day(standing.newest_window),
            ", ".join(alert.monitor for alert in standing.firing) or "none",
            f"{run.stage} {run.as_of:%Y-%m-%d}" if run else "none yet",
        )
    return drawn


def alerts_table(standing: ModelStanding) -> Table:
    """One row an alert that ever had something to say."""
    drawn = Table(title=f"Alerts of {standing.model}", title_justify="left", pad_edge=False)
    for heading in ("monitor", "state", "severity", "window", "what was found"):
        drawn.add_column(heading, overflow="fold")
    for alert in sorted(standing.alerts, key=lambda alert: (alert.state != "firing", alert.monitor)):
        latest = alert.latest
        style = "yellow" if alert.state == "firing" else ""
        drawn.add_row(
            alert.monitor,
            _state(alert),
            alert.grave,
            _day(latest.window if latest else None),
            alert.summary,
            style=style,
        )
    return drawn


def _state(alert: Standing) -> str:
    """The state with what holds for it: why nobody hears of it, or that a person has seen it."""
    notes = [alert.quiet, alert.course.held, "flapping" if alert.course.flapping else ""]
    notes.append("acknowledged" if alert.state == "firing" and alert.present.acknowledged else "")
    return "; ".join([alert.state, *filter(None, notes)])


def _day(window: str | None) -> str:
    """When a window began, as people say it."""
    return f"{Window.parse(window).start:%Y-%m-%d %H:%M}" if window else "none yet"
