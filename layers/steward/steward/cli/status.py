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
from steward.results import count_of
from steward.retraining.next_step import next_step
from steward.retraining.runs import Run
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.deployment import QueueUnreadable, backlog

_CHAIN = {"IngestRecords": "uploads", "CheckWindow": "checks", "KickRetraining": "retraining decisions"}
"""What waits in the queue of each function that an upload leads to."""

_DEFECTS = 3
"""Defects that are named."""


def show_status(
    model: Annotated[str | None, typer.Argument(help="One model; all of them when left out.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show champions, alerts and the newest runs.

    Exits with 1 when an alert is firing, the newest run failed, or no version is in charge since it was rejected.
    """
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
        if sentence := describe_backlog(deployment, found):
            console.print(sentence, style="dim", markup=False)
    raise typer.Exit(1 if any(status.needs_a_look for status in found) else 0)


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
    trained: bool = True

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
    def rejected(self) -> bool:
        """Whether no version is in charge, since the gates rejected the newest."""
        run = self.newest_run
        return run is not None and run.stage == "refused" and self.routing.champion is None

    @property
    def needs_a_look(self) -> bool:
        """Whether an alert fires, or the newest run left the model worse than it was meant to be."""
        return bool(self.firing) or self.failed or self.rejected

    @property
    def trouble(self) -> str:
        """What failed or was rejected, why, and the command that goes on, in one sentence; empty where nothing was."""
        run = self.newest_run
        if run is None or not (self.failed or self.rejected):
            return ""
        what = "its training failed" if self.failed else "its first version was rejected"
        state = "" if self.routing.champion else "no version is in charge: "
        then = next_step(self.model, failed=self.failed, trained=self.trained)
        return f"{state}{what}: {run.outcome.rstrip('.')}; {then}"

    @property
    def urgency(self) -> tuple[bool, bool, bool, str]:
        """Sorts models: first those whose training failed without a champion, then failed runs, then alerts."""
        untrained = (self.failed or self.rejected) and self.routing.champion is None
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
            "trouble": self.trouble,
            "freeze": self.routing.freeze,
            "held_promotions": len(self.routing.held),
            "alerts": [
                {
                    "monitor": alert.monitor,
                    "state": alert.shown_state,
                    "reason": alert.reason,
                    "severity": alert.severity,
                    "window": alert.latest.window if alert.latest else None,
                    "bad_windows": alert.recent[0],
                    "windows": alert.recent[1],
                    "acknowledged": alert.snapshot.acknowledged,
                    "notes": [note for note in (alert.suppressed_by, alert.progress.held) if note],
                    "found": alert.summary,
                    "cannot_tell": {"window": alert.doubt.window, "rows": alert.doubt.rows, "why": alert.doubt.sentence}
                    if alert.doubt
                    else None,
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
            trained=spec.retraining.recipe is not None,
        )


def model_statuses(deployment: Deployment, model: str | None) -> Iterator[ModelStatus]:
    """One model, or every declared one."""
    for name in [model] if model else deployment.models():
        try:
            yield ModelStatus.of(deployment.data, name)
        except UnknownModel:
            if model:
                raise


def describe_backlog(deployment: Deployment, statuses: list[ModelStatus]) -> str:
    """What uploads have led to that is not done yet, as a sentence; empty where all is, or nobody may ask.

    Args:
        deployment: whose queues are asked.
        statuses: of the models whose runs are named.
    """
    try:
        counts = {function: backlog(deployment.outputs[f"{function}QueueUrl"]) for function in _CHAIN}
    except QueueUnreadable:
        return ""
    waits = [
        f"{name} {in_work + waiting}" + (f" ({waiting} waiting)" if waiting else "")
        for function, (in_work, waiting) in counts.items()
        if in_work + waiting
        for name in [_CHAIN[function]]
    ]
    running = [status.model for status in statuses if status.newest_run and not status.newest_run.ended]
    sentences = [f"still in work, of all models: {', '.join(waits)}"] if waits else []
    sentences += [f"in training, validation or release: {', '.join(running)}"] if running else []
    return "; ".join(sentences)


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
    """What the newest window cannot tell, and why."""
    doubt = alert.doubt
    if doubt is None:
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
