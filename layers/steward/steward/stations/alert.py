"""Checks move alert states; what moves is told to the subscribers of the topic, once."""

from steward.alerting.messages import Message, alerts_message, notice
from steward.alerting.states import Alert, Announced, Verdict
from steward.events import AlertRaised, AlertResolved, CheckCompleted, Event, ReleaseChanged
from steward.monitoring.check import Check
from steward.runtime import Runtime
from steward.spec.model import MonitorName
from steward.stations import registry
from steward.store import keys
from steward.store.topic import Topic


def raise_alerts(runtime: Runtime, event: Event) -> None:
    """Move the alerts that an event concerns, and tell subscribers and the bus what they should know of it.

    An alert remembers what was told of it only after it was told, so that a crash between the two tells it again, under the
    same id, rather than never.
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
    check = Check.model_validate_json(runtime.data.verified(event.stored))
    return {
        monitor: Verdict(
            version=event.version,
            window=event.window,
            check=event.check,
            evidence=len(check.batches) + len(check.label_batches),
            rows=check.rows,
            labelled_rows=check.labelled_rows,
            revision=check.spec.key,
            status=status,
            summary=check.summary(monitor),
        )
        for monitor, status in event.statuses.items()
        if status != "unknown"
    }


def _announce(runtime: Runtime, cause: Event, verdicts: dict[MonitorName, Verdict]) -> None:
    """Update each alert, then tell what is untold."""
    champion = registry.routing(runtime.data, cause.model).champion
    monitors = verdicts.keys() or [listed.name for listed in runtime.data.list(keys.alerts(cause.model))]
    untold: list[tuple[Alert, Announced]] = []
    for monitor in monitors:
        verdict = verdicts.get(monitor)  # type: ignore[call-overload]
        alert = _updated(runtime, cause.model, monitor, champion, verdict)  # type: ignore[arg-type]
        if alert.unannounced:
            untold.append((alert, alert.unannounced))
    changes = [_change(runtime, cause, alert, announced) for alert, announced in untold]
    if changes:
        for change in changes:
            action = "alert_raised" if isinstance(change, AlertRaised) else "alert_resolved"
            evidence = (cause.stored,) if isinstance(cause, CheckCompleted) else ()
            runtime.record(change, action, change.monitor, change.summary, evidence)  # type: ignore[arg-type]
        _send(runtime, alerts_message(changes), changes[0].event_id)
        runtime.announce(changes)
    for alert, announced in untold:
        runtime.data.swap(
            keys.alert(cause.model, alert.monitor),
            Alert,
            lambda present, told=announced, seen=alert: (present or seen).telling(told),  # type: ignore[misc]
        )


def _updated(
    runtime: Runtime, model: str, monitor: MonitorName, champion: str | None, verdict: Verdict | None
) -> Alert:
    def change(present: Alert | None) -> Alert:
        alert = (present or Alert(model=model, monitor=monitor)).under(champion)
        return alert.seeing(verdict) if verdict else alert

    return runtime.data.swap(keys.alert(model, monitor), Alert, change)


def _change(runtime: Runtime, cause: Event, alert: Alert, announced: Announced) -> AlertRaised | AlertResolved:
    latest = alert.latest
    replaced = f"version {announced.version} is in charge now; the windows of the one before no longer count"
    kind = AlertRaised if announced.state == "firing" else AlertResolved
    return kind(
        occurred_at=runtime.now(),
        model=cause.model,
        as_of=cause.as_of,
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
