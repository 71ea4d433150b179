"""Checks, releases and people move alerts; what moves is told to subscribers and the bus, and acted on, once."""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from steward.alerting.cause import likely_cause
from steward.alerting.deeds import Deed, taken_on
from steward.alerting.due_actions import due
from steward.alerting.facts import Acknowledgement, Mute, SeenCheck, finding
from steward.alerting.grouping import audible
from steward.alerting.messages import alerts_notification, notice
from steward.alerting.proposals import AlertFields, alert_event, proposal
from steward.alerting.states import ModelAlerts, Standing, standings_of
from steward.alerting.telling import Announced, Claim
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
    StoredObject,
)
from steward.ledger import Action
from steward.monitoring.check import Check
from steward.runtime import Runtime, TopicSettings
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName
from steward.stations import registry
from steward.stations.notify import send
from steward.stations.upload import correlation_of
from steward.store import keys
from steward.store.bus import Bus
from steward.store.console import object_url

_UNMATCHED = ("unmatched_share", "waiting_labels")

_GOOD_SUMMARY, _BAD_SUMMARY = 160, 1000
"""Characters that are remembered of a sentence: the whole is in the check."""


def raise_alerts(runtime: Runtime[TopicSettings], event: Event) -> Iterator[Event]:
    """Move the alerts that an event concerns, and tell subscribers and the bus what they should know of it.

    Alerts remember what was told only after it was told, so that a crash between the two tells it again, under the
    same id, rather than never.
    """
    quiet = isinstance(event, BatchRejected) and event.code == REMOVED_MODEL
    message = None if quiet else notice(event, _report(runtime, event.model))
    if message:
        send(runtime, message)
    match event:
        case CheckCompleted() | AlertAcknowledged() | AlertMuted() | ReleaseChanged(stage="champion" | "rolled_back"):
            yield from _move(runtime, event)
        case _:
            pass


def _move(runtime: Runtime[TopicSettings], cause: Event) -> Iterator[Event]:
    """Update the alerts, do what is due, then tell what is untold and not another's to tell."""
    try:
        spec, _ = registry.current_spec(runtime.data, cause.model)
    except UnknownModel:
        return  # nothing is declared, so nothing can fire
    news = None
    if isinstance(cause, CheckCompleted):
        check = runtime.data.load(cause.stored, Check)
        news = seen(check, cause.stored, spec, cause.occurred_at)

    def change(present: ModelAlerts | None) -> ModelAlerts:
        champion = registry.routing(runtime.data, cause.model).champion  # after the state: never older than it
        alerts = (present or ModelAlerts(model=cause.model)).under(champion)
        match cause:
            case AlertMuted():
                alerts = alerts.muted(cause.event_id, _mute(cause))
            case AlertAcknowledged():
                said = Acknowledgement(
                    monitor=cause.monitor, at=cause.occurred_at, author=cause.author, note=cause.note
                )
                alerts = alerts.acknowledged(cause.event_id, said)
            case _:
                alerts = alerts.seeing(news) if news else alerts
        return _claimed(runtime, spec, cause, alerts)

    alerts = runtime.data.swap(keys.alerts(cause.model), ModelAlerts, change)
    while True:
        standings = standings_of(alerts, spec)
        done = yield from _act(runtime, cause, alerts)
        _record_held(runtime, cause, standings)
        claims = alerts.claimed_by(cause.event_id)
        if not claims and not done:
            return
        if claims:
            yield from _tell(runtime, spec, alerts.done(done), claims, standings)
        told = {name: claim.announced for name, claim in claims.items()}

        alerts = runtime.data.swap(keys.alerts(cause.model), ModelAlerts, _after(runtime, spec, cause, told, done))


def _after(
    runtime: Runtime,
    spec: ModelSpec,
    cause: Event,
    told: Mapping[MonitorName, Announced],
    done: Mapping[str, Deed],
) -> Callable[[ModelAlerts | None], ModelAlerts]:
    """The change once subscribers know; claimed again where it moved meanwhile, or nobody would tell them."""

    def change(present: ModelAlerts | None) -> ModelAlerts:
        alerts = (present or ModelAlerts(model=cause.model)).after(told, runtime.now()).done(done)
        return _claimed(runtime, spec, cause, alerts)

    return change


def _claimed(runtime: Runtime, spec: ModelSpec, cause: Event, alerts: ModelAlerts) -> ModelAlerts:
    """The alerts with all that this function takes on: what it tells, and what it does."""
    now = runtime.now()
    alerts = alerts.claimed(spec, cause.event_id, cause.correlation_id, now)
    found = {deed.identity: deed for deed in due(spec.actions, standings_of(alerts, spec), alerts.deeds, cause, now)}
    return alerts.done(found | taken_on(alerts.deeds, cause.event_id, now))


def seen(check: Check, stored: StoredObject, spec: ModelSpec, at: datetime) -> SeenCheck:
    """What alerts need of a check made at some time; an `unknown` is no finding, nor is a figure without a limit."""
    findings = {}
    for monitor, status in check.statuses.items():
        if status not in ("ok", "drift", "breach"):
            continue
        longest = _GOOD_SUMMARY if status == "ok" else _BAD_SUMMARY
        of_monitor = [result for result in check.results if result.monitor == monitor]
        findings[monitor] = finding(of_monitor, status, check.summary(monitor)[:longest])
    return SeenCheck(
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


def _act(runtime: Runtime, cause: Event, alerts: ModelAlerts) -> Generator[Event, None, dict[str, Deed]]:
    """Do what this function took on, and record it, or that it was held back; the deeds as done."""
    mine = {identity: deed for identity, deed in alerts.deeds.items() if deed.cause == cause.event_id and not deed.done}
    done: dict[str, Deed] = {}
    for identity, deed in mine.items():
        event = proposal(deed, cause.model, runtime.now())
        decided = deed if deed.held else (yield from _taken(deed, event))
        action: Action = "action_held" if decided.held else "action_taken"
        runtime.record(event, action, deed.monitor, decided.words, identity=f"deed-{identity}")
        done[identity] = decided.model_copy(update={"done": True})
    return done


def _taken(deed: Deed, event: Event) -> Generator[Event, None, Deed]:
    """Take an action; the deed, held back where somebody else's bus refuses it: alerts do not wait for that."""
    if not deed.action.bus:
        yield event
        return deed
    try:
        Bus(deed.action.bus).publish(event)
    except BusRefuses as error:
        why = f"the bus refuses: {error}; name it in the deployment's parameter ActionBuses, and see that it is there"
        return deed.model_copy(update={"held": why})
    return deed


def _record_held(runtime: Runtime, cause: Event, standings: Mapping[MonitorName, Standing]) -> None:
    """Record each decision not to tell, or not to fire, once."""
    for name, standing in standings.items():
        untold = standing.untold
        why = standing.quiet if untold and standing.quiet else standing.course.held
        if not why:
            continue
        what = untold.change if untold and standing.quiet else "firing"
        since = standing.course.since or standing.present.window
        told = f"{name}\n{standing.present.version}\n{since}\n{what}\n{why}"
        identity = f"held-{hashlib.sha256(told.encode()).hexdigest()[:24]}"
        if not runtime.ledger.knows(cause.model, identity):
            runtime.record(cause, "alert_held", name, f"{what} is not told: {why}", identity=identity)


def _tell(
    runtime: Runtime[TopicSettings],
    spec: ModelSpec,
    alerts: ModelAlerts,
    claims: Mapping[MonitorName, Claim],
    standings: Mapping[MonitorName, Standing],
) -> Iterator[Event]:
    """Record the news, send what people should hear of them, and put all of them on the bus."""
    events = {name: _event(runtime, alerts.model, name, claim) for name, claim in claims.items()}
    for name, event in events.items():
        latest = standings[name].latest
        evidence = (latest.stored,) if latest and latest.stored else ()
        runtime.record(event, _ACTIONS[type(event)], name, _summary(claims[name]), evidence)
    news = {name: claim.announced for name, claim in claims.items()}
    if audible(news, alerts, spec.alerting.notify_at):
        done = _deeds_about(alerts, claims)
        report = _report(runtime, alerts.model)
        send(runtime, alerts_notification(claims, events, standings, done, runtime.data.name, report=report))
    yield from events.values()


def _report(runtime: Runtime, model: str) -> str:
    return object_url(runtime.data.name, keys.report_page(model))


_ACTIONS: Final[dict[type[Event], Action]] = {
    AlertRaised: "alert_raised",
    AlertResolved: "alert_resolved",
    AlertUpdated: "alert_updated",
}


def _event(runtime: Runtime, model: str, name: MonitorName, claim: Claim) -> AlertRaised | AlertResolved | AlertUpdated:
    """The event of what is told: it follows from the claim alone, so it has one id however often it is told."""
    told = claim.announced
    fields = AlertFields(
        monitor=name,
        version=told.version,
        window=told.window,
        summary=_summary(claim),
        severity=told.severity,
        number=told.number,
    )
    return alert_event(told.change, runtime.header(model, told.as_of, claim.chain), fields)


def _summary(claim: Claim) -> str:
    replaced = f"version {claim.announced.version} is in charge now; the windows of the one before no longer count"
    return claim.announced.summary or replaced


def _deeds_about(alerts: ModelAlerts, claims: Mapping[MonitorName, Claim]) -> list[str]:
    """What was done, or held back, about the troubles that are told of."""
    return [
        deed.words
        for deed in alerts.deeds.values()
        if deed.monitor in claims and deed.window == claims[deed.monitor].announced.window
    ]
