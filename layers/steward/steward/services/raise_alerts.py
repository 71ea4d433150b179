"""Updates the alerts of a model, notifies subscribers and the bus, and executes actions, once each."""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from steward.alerting.action_events import AlertFields, action_event, alert_event
from steward.alerting.actions import ActionExecution, reclaim_abandoned
from steward.alerting.alert_status import AlertStatus, ModelAlerts, alert_statuses
from steward.alerting.cause import likely_cause
from steward.alerting.delivery import Announcement, Lease
from steward.alerting.due_actions import due_actions
from steward.alerting.inhibition import monitors_to_notify
from steward.alerting.inputs import Acknowledgement, CheckSummary, Mute, monitor_finding
from steward.alerting.messages import alerts_notification, notice
from steward.errors import BusRefuses, UnknownModel
from steward.events import (
    REMOVED_MODEL,
    AlertAcknowledged,
    AlertMuted,
    AlertRaised,
    AlertResolved,
    AlertUpdated,
    BatchRejected,
    CheckCompleted,
    Event,
    ObjectRef,
    ReleaseChanged,
)
from steward.ledger import Action
from steward.monitoring.check import Check
from steward.notifications import publish
from steward.outbox import OutboxEntry, announce, announce_all, record
from steward.repositories import models
from steward.repositories.uploads import correlation_of
from steward.runtime import Runtime, TopicSettings
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName
from steward.store import keys
from steward.store.bus import Bus
from steward.store.console import object_url

_UNMATCHED = ("unmatched_share", "waiting_labels")

_GOOD_SUMMARY, _BAD_SUMMARY = 160, 1000
"""Characters that are remembered of a sentence: the whole is in the check."""


def raise_alerts(runtime: Runtime[TopicSettings], event: Event) -> Iterator[Event]:
    """Update the alerts that an event concerns, notify subscribers and publish events.

    Alerts remember what was told only after it was told, so that a crash between the two tells it again, under the
    same id, rather than never.
    """
    quiet = isinstance(event, BatchRejected) and event.code == REMOVED_MODEL
    message = None if quiet else notice(event, _report(runtime, event.model))
    if message:
        publish(runtime, message)
    match event:
        case CheckCompleted() | AlertAcknowledged() | AlertMuted() | ReleaseChanged(stage="champion" | "rolled_back"):
            yield from _move(runtime, event)
        case _:
            pass


def _move(runtime: Runtime[TopicSettings], cause: Event) -> Iterator[Event]:
    """Update the alerts, do what is due, then tell what is pending and not another's to tell."""
    try:
        spec, _ = models.current_spec(runtime.data, cause.model)
    except UnknownModel:
        return  # nothing is declared, so nothing can fire
    news = None
    if isinstance(cause, CheckCompleted):
        check = runtime.data.load(cause.stored, Check)
        news = summarize_check(check, cause.stored, spec, cause.occurred_at)

    def change(present: ModelAlerts | None) -> ModelAlerts:
        champion = models.routing(runtime.data, cause.model).champion  # after the state: never older than it
        alerts = (present or ModelAlerts(model=cause.model)).with_champion(champion)
        match cause:
            case AlertMuted():
                alerts = alerts.with_mute(cause.event_id, _mute(cause))
            case AlertAcknowledged():
                said = Acknowledgement(
                    monitor=cause.monitor, at=cause.occurred_at, author=cause.author, note=cause.note
                )
                alerts = alerts.with_acknowledgement(cause.event_id, said)
            case _:
                alerts = alerts.with_check(news) if news else alerts
        return _acquire_leases(runtime, spec, cause, alerts)

    alerts = runtime.data.update(keys.alerts(cause.model), ModelAlerts, change)
    while True:
        statuses = alert_statuses(alerts, spec)
        done = yield from _act(runtime, cause, alerts)
        _record_held(runtime, cause, statuses)
        claims = alerts.leases_of(cause.event_id)
        if not claims and not done:
            return
        if claims:
            yield from _notify(runtime, spec, alerts.with_executions(done), claims, statuses)
        told = {name: claim.announcement for name, claim in claims.items()}

        alerts = runtime.data.update(
            keys.alerts(cause.model), ModelAlerts, _wake_after(runtime, spec, cause, told, done)
        )


def _wake_after(
    runtime: Runtime,
    spec: ModelSpec,
    cause: Event,
    told: Mapping[MonitorName, Announcement],
    done: Mapping[str, ActionExecution],
) -> Callable[[ModelAlerts | None], ModelAlerts]:
    """The change once subscribers know; claimed again where it moved meanwhile, or nobody would tell them."""

    def change(present: ModelAlerts | None) -> ModelAlerts:
        alerts = (present or ModelAlerts(model=cause.model)).with_sent(told, runtime.now()).with_executions(done)
        return _acquire_leases(runtime, spec, cause, alerts)

    return change


def _acquire_leases(runtime: Runtime, spec: ModelSpec, cause: Event, alerts: ModelAlerts) -> ModelAlerts:
    """The alerts with all that this function takes on: what it tells, and what it does."""
    now = runtime.now()
    alerts = alerts.with_leases(spec, cause.event_id, cause.correlation_id, now)
    found = {
        execution.identity: execution
        for execution in due_actions(spec.actions, alert_statuses(alerts, spec), alerts.executions, cause, now)
    }
    return alerts.with_executions(found | reclaim_abandoned(alerts.executions, cause.event_id, now))


def summarize_check(check: Check, stored: ObjectRef, spec: ModelSpec, at: datetime) -> CheckSummary:
    """What alerts need of a check made at some time; an `unknown` is no finding, nor is a figure without a limit."""
    findings = {}
    for monitor, status in check.statuses.items():
        if status not in ("ok", "drift", "breach"):
            continue
        longest = _GOOD_SUMMARY if status == "ok" else _BAD_SUMMARY
        of_monitor = [result for result in check.results if result.monitor == monitor]
        findings[monitor] = monitor_finding(of_monitor, status, check.summary(monitor)[:longest])
    return CheckSummary(
        version=check.version,
        window=check.window,
        check=check.check,
        evidence=len(check.batches) + len(check.label_batches) + check.joined_corrections + check.given_up,
        rows=check.rows + check.readings,
        labelled_rows=check.labelled_rows,
        attributed_rows=max((found.rows for found in check.results if found.monitor == "attribution_drift"), default=0),
        revision=check.spec.key,
        at=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}",
        unmatched_labels=round(
            sum(
                (result.value or 0) * (result.rows if result.statistic == "unmatched_share" else 1)
                for result in check.results
                if result.statistic in _UNMATCHED
            )
        ),
        newest_upload=correlation_of(max(check.batches)) if check.batches else "",
        stored=stored,
        cause=likely_cause(check.results, spec.judged_by)[:_BAD_SUMMARY],
        findings=findings,
    )


def _mute(event: AlertMuted) -> Mute:
    return Mute(
        monitor=event.monitor, as_of=event.as_of, until=event.until, reason=event.reason[:_BAD_SUMMARY],
        author=event.author,
    )  # fmt: skip


def _act(runtime: Runtime, cause: Event, alerts: ModelAlerts) -> Generator[Event, None, dict[str, ActionExecution]]:
    """Do what this function took on, and record it, or that it was held back; the executions as done."""
    mine = {
        identity: execution
        for identity, execution in alerts.executions.items()
        if execution.cause == cause.event_id and not execution.done
    }
    done: dict[str, ActionExecution] = {}
    for identity, execution in mine.items():
        event = action_event(execution, cause.model, runtime.now())
        decided = _send_abroad(execution, event) if execution.action.bus and not execution.held else execution
        action: Action = "action_held" if decided.held else "action_taken"
        entry = OutboxEntry(event, action, execution.monitor, decided.sentence, identity=f"action-{identity}")
        if decided.held or execution.action.bus:
            record(runtime, entry)
        else:
            yield from announce(runtime, entry)
        done[identity] = decided.model_copy(update={"done": True})
    return done


def _send_abroad(execution: ActionExecution, event: Event) -> ActionExecution:
    """Put an action's event on somebody else's bus; the execution, held back where that refuses it.

    The one effect that comes before the ledger: what the entry says is what the other bus answered.
    """
    try:
        Bus(execution.action.bus).publish(event)  # type: ignore[arg-type] # it has one
    except BusRefuses as error:
        why = f"the bus refuses: {error}; name it in the deployment's parameter ActionBuses, and see that it is there"
        return execution.model_copy(update={"held": why})
    return execution


def _record_held(runtime: Runtime, cause: Event, statuses: Mapping[MonitorName, AlertStatus]) -> None:
    """Record each decision not to tell, or not to fire, once."""
    for name, status in statuses.items():
        pending = status.pending
        why = status.suppressed_by if pending and status.suppressed_by else status.progress.held
        if not why:
            continue
        what = pending.change if pending and status.suppressed_by else "firing"
        since = status.progress.since or status.snapshot.window
        told = f"{name}\n{status.snapshot.version}\n{since}\n{what}\n{why}"
        identity = f"held-{hashlib.sha256(told.encode()).hexdigest()[:24]}"
        if not runtime.ledger.knows(cause.model, identity):
            record(runtime, OutboxEntry(cause, "alert_held", name, f"{what} is not told: {why}", identity=identity))


def _notify(
    runtime: Runtime[TopicSettings],
    spec: ModelSpec,
    alerts: ModelAlerts,
    claims: Mapping[MonitorName, Lease],
    statuses: Mapping[MonitorName, AlertStatus],
) -> Iterator[Event]:
    """Record the news, send what people should hear of them, and put all of them on the bus."""
    events = {name: _event(runtime, alerts.model, name, claim) for name, claim in claims.items()}
    entries = []
    for name, event in events.items():
        latest = statuses[name].latest
        evidence = (latest.stored,) if latest and latest.stored else ()
        entries.append(OutboxEntry(event, _ACTIONS[type(event)], name, _summary(claims[name]), evidence))
    notify = None
    news = {name: claim.announcement for name, claim in claims.items()}
    if monitors_to_notify(news, alerts, spec.alerting.notify_at):
        done = _executions_about(alerts, claims)
        report = _report(runtime, alerts.model)
        message = alerts_notification(claims, events, statuses, done, runtime.data.name, report=report)
        notify = partial(publish, runtime, message)
    yield from announce_all(runtime, entries, notify)


def _report(runtime: Runtime, model: str) -> str:
    return object_url(runtime.data.name, keys.report_page(model))


_ACTIONS: Final[dict[type[Event], Action]] = {
    AlertRaised: "alert_raised",
    AlertResolved: "alert_resolved",
    AlertUpdated: "alert_updated",
}


def _event(runtime: Runtime, model: str, name: MonitorName, claim: Lease) -> AlertRaised | AlertResolved | AlertUpdated:
    """The event of what is told: it follows from the claim alone, so it has one id however often it is told."""
    told = claim.announcement
    fields = AlertFields(
        monitor=name,
        version=told.version,
        window=told.window,
        summary=_summary(claim),
        severity=told.severity,
        number=told.number,
    )
    return alert_event(told.change, runtime.header(model, told.as_of, claim.chain), fields)


def _summary(claim: Lease) -> str:
    replaced = f"version {claim.announcement.version} is in charge now; the windows of the one before no longer count"
    return claim.announcement.summary or replaced


def _executions_about(alerts: ModelAlerts, claims: Mapping[MonitorName, Lease]) -> list[str]:
    """What was done, or held back, about the troubles that are told of."""
    return [
        execution.sentence
        for execution in alerts.executions.values()
        if execution.monitor in claims and execution.window == claims[execution.monitor].announcement.window
    ]
