"""Moves the alerts of a model, delivers what is pending to subscribers and the bus, and executes actions, once each."""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from functools import partial
from typing import Final

from steward.alerting.action_events import AlertFields, action_event, alert_event
from steward.alerting.actions import ActionExecution, reclaim_abandoned
from steward.alerting.alert_status import AlertStatus
from steward.alerting.due_actions import due_actions
from steward.alerting.inhibition import monitors_to_notify
from steward.alerting.inputs import Acknowledgement, CheckSummary, Mute
from steward.alerting.messages import alerts_notification, notice
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.alerting.notification_lease import Announcement, Lease
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
    ReleaseChanged,
)
from steward.ledger import Action
from steward.monitoring.check import Check
from steward.notification_channels import publish
from steward.outbox import OutboxEntry, announce, announce_all, record
from steward.repositories import models
from steward.repositories.check_summaries import BAD_SUMMARY, summarize_check
from steward.results import shorten
from steward.runtime import Runtime, TopicSettings
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName
from steward.store import keys
from steward.store.bus import Bus
from steward.store.console import object_url

_ACTIONS: Final[dict[type[Event], Action]] = {
    AlertRaised: "alert_raised",
    AlertResolved: "alert_resolved",
    AlertUpdated: "alert_updated",
}


def raise_alerts(runtime: Runtime[TopicSettings], event: Event) -> Iterator[Event]:
    """Notify people of an event that is news by itself, and move the alerts that an event concerns."""
    quiet = isinstance(event, BatchRejected) and event.code == REMOVED_MODEL
    message = None if quiet else notice(event, _report_url(runtime, event.model))
    if message:
        publish(runtime, message)
    match event:
        case CheckCompleted() | AlertAcknowledged() | AlertMuted() | ReleaseChanged(stage="champion" | "rolled_back"):
            yield from _move_alerts(runtime, event)
        case _:
            pass


def _move_alerts(runtime: Runtime[TopicSettings], cause: Event) -> Iterator[Event]:
    """Apply an event to the alerts of its model, then deliver until nothing is leased any more.

    1. The event is applied to the stored alerts. By the same compare-and-swap this function leases what follows: the
       pending notification of each alert, and the actions that are due. What another function has leased stays its.
    2. The leased actions are executed, and the leased notifications announced.
    3. Both are marked as done, and what became pending meanwhile is leased; again from 2.

    A function that dies before 3 leaves its leases behind. The redelivery of its event finds them there, and so does
    any other function once `LEASE_TTL` is over: what is leased is announced again, under the same ids.
    """
    try:
        spec, _ = models.current_spec(runtime.data, cause.model)
    except UnknownModel:
        return  # nothing is declared, so nothing can fire
    summary = None
    if isinstance(cause, CheckCompleted):
        check = runtime.data.load(cause.stored, Check)
        summary = summarize_check(check, cause.stored, spec, cause.occurred_at)
    sent: dict[MonitorName, Announcement] = {}
    executed: dict[str, ActionExecution] = {}

    def apply(present: ModelAlerts | None) -> ModelAlerts:
        champion = models.routing(runtime.data, cause.model).champion  # after the state: never older than it
        alerts = (present or ModelAlerts(model=cause.model)).with_champion(champion)
        return _lease(runtime, spec, cause, _apply(alerts, cause, summary))

    def complete(present: ModelAlerts | None) -> ModelAlerts:
        alerts = present or ModelAlerts(model=cause.model)
        return _lease(runtime, spec, cause, alerts.with_sent(sent, runtime.now()).with_executions(executed))

    alerts = runtime.data.update(keys.alerts(cause.model), ModelAlerts, apply)
    while True:
        statuses = alert_statuses(alerts, spec)
        executed = yield from _execute_actions(runtime, cause, alerts)
        _record_held(runtime, cause, statuses)
        leases = alerts.leases_of(cause.event_id)
        if leases:
            yield from _announce(runtime, spec, alerts.with_executions(executed), leases, statuses)
        elif not executed:
            return
        sent = {name: lease.announcement for name, lease in leases.items()}
        alerts = runtime.data.update(keys.alerts(cause.model), ModelAlerts, complete)


def _apply(alerts: ModelAlerts, cause: Event, summary: CheckSummary | None) -> ModelAlerts:
    """The alerts with what an event says: a check, a mute, an acknowledgement."""
    match cause:
        case AlertMuted():
            reason = shorten(cause.reason, BAD_SUMMARY)
            mute = Mute(monitor=cause.monitor, as_of=cause.as_of, until=cause.until, reason=reason, author=cause.author)
            return alerts.with_mute(cause.event_id, mute)
        case AlertAcknowledged():
            said = Acknowledgement(monitor=cause.monitor, at=cause.occurred_at, author=cause.author, note=cause.note)
            return alerts.with_acknowledgement(cause.event_id, said)
        case _:
            return alerts.with_check(summary) if summary else alerts


def _lease(runtime: Runtime, spec: ModelSpec, cause: Event, alerts: ModelAlerts) -> ModelAlerts:
    """The alerts with all that this function takes on: pending notifications, due actions, and abandoned ones."""
    now = runtime.now()
    alerts = alerts.with_leases(spec, cause.event_id, cause.correlation_id, now)
    due = {
        execution.identity: execution
        for execution in due_actions(spec.actions, alert_statuses(alerts, spec), alerts.executions, cause, now)
    }
    return alerts.with_executions(due | reclaim_abandoned(alerts.executions, cause.event_id, now))


def _execute_actions(
    runtime: Runtime, cause: Event, alerts: ModelAlerts
) -> Generator[Event, None, dict[str, ActionExecution]]:
    """Execute the leased actions, and record that they were, or were held back; the executions as done."""
    executed: dict[str, ActionExecution] = {}
    for identity, execution in alerts.executions.items():
        if execution.cause != cause.event_id or execution.done:
            continue
        event = action_event(execution, cause.model, runtime.now())
        decided = _send_to_other_bus(execution, event) if execution.action.bus and not execution.held else execution
        action: Action = "action_held" if decided.held else "action_taken"
        entry = OutboxEntry(event, action, execution.monitor, decided.sentence, identity=f"action-{identity}")
        if decided.held or execution.action.bus:
            record(runtime, entry)
        else:
            yield from announce(runtime, entry)
        executed[identity] = decided.model_copy(update={"done": True})
    return executed


def _send_to_other_bus(execution: ActionExecution, event: Event) -> ActionExecution:
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
    """Record each decision not to notify, or not to fire, once."""
    for name, status in statuses.items():
        pending = status.pending
        why = status.suppressed_by if pending and status.suppressed_by else status.progress.held
        if not why:
            continue
        what = pending.change if pending and status.suppressed_by else "firing"
        since = status.progress.since or status.snapshot.window
        content = f"{name}\n{status.snapshot.version}\n{since}\n{what}\n{why}"
        identity = f"held-{hashlib.sha256(content.encode()).hexdigest()[:24]}"
        if not runtime.ledger.knows(cause.model, "alert_held", identity):
            record(runtime, OutboxEntry(cause, "alert_held", name, f"{what} is not told: {why}", identity=identity))


def _announce(
    runtime: Runtime[TopicSettings],
    spec: ModelSpec,
    alerts: ModelAlerts,
    leases: Mapping[MonitorName, Lease],
    statuses: Mapping[MonitorName, AlertStatus],
) -> Iterator[Event]:
    """Announce the leased notifications together; people get one message, of those that they should hear of."""
    events = {name: _event(runtime, alerts.model, name, lease) for name, lease in leases.items()}
    entries = []
    for name, event in events.items():
        latest = statuses[name].latest
        evidence = (latest.stored,) if latest and latest.stored else ()
        entries.append(OutboxEntry(event, _ACTIONS[type(event)], name, event.summary, evidence))
    notify = None
    if monitors_to_notify(
        {name: lease.announcement for name, lease in leases.items()}, alerts, spec.alerting.notify_at
    ):
        executions = [
            execution.sentence
            for execution in alerts.executions.values()
            if execution.monitor in leases and execution.window == leases[execution.monitor].announcement.window
        ]
        report = _report_url(runtime, alerts.model)
        message = alerts_notification(leases, events, statuses, executions, runtime.data.name, report=report)
        notify = partial(publish, runtime, message)
    yield from announce_all(runtime, entries, notify)


def _event(runtime: Runtime, model: str, name: MonitorName, lease: Lease) -> AlertRaised | AlertResolved | AlertUpdated:
    """The event of a leased notification: it follows from the lease alone, so its id is always the same."""
    news = lease.announcement
    replaced = f"version {news.version} is in charge now; the windows of the one before no longer count"
    fields = AlertFields(
        monitor=name,
        version=news.version,
        window=news.window,
        summary=news.summary or replaced,
        severity=news.severity,
        number=news.number,
    )
    return alert_event(news.change, runtime.header(model, news.as_of, lease.chain), fields)


def _report_url(runtime: Runtime, model: str) -> str:
    return object_url(runtime.data.name, keys.report_page(model))
