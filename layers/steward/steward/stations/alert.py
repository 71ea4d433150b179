"""Checks move alert states; what moves is told to the subscribers of the topic, once."""

from typing import cast

from steward.alerting.messages import Message, alerts_message, notice
from steward.alerting.states import Alert, Announced, Verdict
from steward.events import AlertRaised, AlertResolved, CheckCompleted, Event, ReleaseChanged
from steward.monitoring.check import Check
from steward.runtime import Runtime
from steward.spec.monitors import MonitorName
from steward.spec.windows import Window
from steward.stations import registry
from steward.store import keys
from steward.store.topic import Topic


def raise_alerts(runtime: Runtime, event: Event) -> None:
    """Move the alerts that an event concerns, and tell subscribers and the bus what they should know of it.

    An alert remembers what was told of it only after it was told, so that a crash between the two tells it again, under
    the same id, rather than never.
    """
    message = notice(event)
    if message:
        _send(runtime, message, event.event_id)
    match event:
        case CheckCompleted():
            _announce(runtime, event, _verdicts(runtime, event))
        case ReleaseChanged(stage="champion"):
            _announce(runtime, event, {})
        case _:
            pass


def _verdicts(runtime: Runtime, event: CheckCompleted) -> dict[MonitorName, Verdict]:
    """What a check says of each monitor with a limit; of one without, where it has an alert from before."""
    check = Check.model_validate_json(runtime.data.verified(event.stored))
    known = {listed.name for listed in runtime.data.list(keys.alerts(event.model))}
    return {
        monitor: Verdict(
            version=event.version,
            window=event.window,
            check=event.check,
            evidence=len(check.batches) + len(check.label_batches),
            rows=check.rows + check.readings,
            labelled_rows=check.labelled_rows,
            revision=check.spec.key,
            status=status,
            summary=check.summary(monitor),
        )
        for monitor, status in event.statuses.items()
        if status != "unknown" and (status != "measured" or monitor in known)
    }


def _announce(runtime: Runtime, cause: Event, verdicts: dict[MonitorName, Verdict]) -> None:
    """Update each alert, then tell what is untold and not another's to tell."""
    monitors = verdicts.keys() or [listed.name for listed in runtime.data.list(keys.alerts(cause.model))]
    updated = [_updated(runtime, cause, cast("MonitorName", monitor), verdicts) for monitor in monitors]
    while mine := _claimed_by(cause, updated):
        changes = [_change(runtime, cause, alert, announced) for alert, announced in mine]
        for change in changes:
            evidence = (cause.stored,) if isinstance(cause, CheckCompleted) else ()
            raised = isinstance(change, AlertRaised)
            runtime.record(
                change, "alert_raised" if raised else "alert_resolved", change.monitor, change.summary, evidence
            )
        _send(runtime, alerts_message(changes), changes[0].event_id)
        runtime.announce(changes)
        updated = [_told(runtime, cause, alert, announced) for alert, announced in mine]


def _claimed_by(cause: Event, alerts: list[Alert]) -> list[tuple[Alert, Announced]]:
    """The alerts of which this cause's function has something to tell, and what."""
    return [(alert, alert.claim.announced) for alert in alerts if alert.claim and alert.claim.cause == cause.event_id]


def _updated(runtime: Runtime, cause: Event, monitor: MonitorName, verdicts: dict[MonitorName, Verdict]) -> Alert:
    def change(present: Alert | None) -> Alert:
        champion = registry.routing(runtime.data, cause.model).champion  # after the state: never older than it
        alert = (present or Alert(model=cause.model, monitor=monitor)).under(champion)
        if monitor in verdicts:
            alert = alert.seeing(verdicts[monitor])
        return alert.claimed(cause.event_id, runtime.now())

    return runtime.data.swap(keys.alert(cause.model, monitor), Alert, change)


def _told(runtime: Runtime, cause: Event, alert: Alert, announced: Announced) -> Alert:
    """The alert once subscribers know; claimed again where it moved back meanwhile, or nobody would tell them."""

    def change(present: Alert | None) -> Alert:
        return (present or alert).told(announced).claimed(cause.event_id, runtime.now())

    return runtime.data.swap(keys.alert(alert.model, alert.monitor), Alert, change)


def _change(runtime: Runtime, cause: Event, alert: Alert, announced: Announced) -> AlertRaised | AlertResolved:
    """The event for an announcement; the same cause makes the same event, as long as no newer check was seen."""
    latest = alert.latest
    replaced = f"version {announced.version} is in charge now; the windows of the one before no longer count"
    kind = AlertRaised if announced.state == "firing" else AlertResolved
    return kind(
        occurred_at=runtime.now(),
        model=cause.model,
        as_of=Window.parse(latest.window).end if latest else cause.as_of,
        correlation_id=cause.correlation_id,
        monitor=alert.monitor,
        version=announced.version,
        window=announced.window,
        summary=latest.summary if latest else replaced,
    )


def _send(runtime: Runtime, message: Message, identity: str) -> None:
    Topic(str(runtime.settings.alert_topic)).publish(
        subject=message.subject,
        text=message.text,
        document=message.model_dump_json(),
        attributes={**message.attributes, "id": identity},
    )
