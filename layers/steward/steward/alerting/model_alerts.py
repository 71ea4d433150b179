"""All alerts of one model as they are stored, and the status that follows for each from them and the declaration."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, Self, get_args

from pydantic import Field

from steward.alerting.actions import MAX_EXECUTIONS, ActionExecution
from steward.alerting.alert_status import AlertStatus, NewestDoubt, pooled_note
from steward.alerting.inputs import Acknowledgement, CheckSummary, Mute
from steward.alerting.notification_lease import (
    AlertSnapshot,
    Announcement,
    DeliveryState,
    Lease,
    acquire_lease,
    mark_sent,
)
from steward.alerting.state_machine import WindowResult, run_state_machine
from steward.alerting.window_results import window_results
from steward.documents import VersionedModel
from steward.spec.maintenance import in_maintenance
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName, StoredMonitor
from steward.spec.windows import ORIGIN, Window

MAX_WINDOWS = 60
"""How many windows are remembered; a rule looks at 50 of them at most."""

MAX_DECISIONS = 100
"""How many mutes and acknowledgements are remembered, the newest ones."""

_KNOWN = frozenset(get_args(MonitorName))


class ModelAlerts(VersionedModel):
    """All alerts of one model (compare-and-swap).

    Attributes:
        champion: the version whose windows count; None before the first.
        checks: by `window/version`, the check that stands.
        mutes, acknowledgements: what people said, by the event's id.
        deliveries: what subscribers know, by monitor.
        executions: what was done by itself, or held back, by what makes it this execution.
    """

    schema_version: Literal[1] = 1
    model: str
    champion: str | None = None
    checks: dict[str, CheckSummary] = Field(default_factory=dict)
    mutes: dict[str, Mute] = Field(default_factory=dict)
    acknowledgements: dict[str, Acknowledgement] = Field(default_factory=dict)
    deliveries: dict[StoredMonitor, DeliveryState] = Field(default_factory=dict)
    executions: dict[str, ActionExecution] = Field(default_factory=dict)

    @property
    def history(self) -> list[CheckSummary]:
        """The champion's checks, the oldest window first."""
        return [check for _, check in sorted(self.checks.items()) if check.version == self.champion]

    @property
    def newest(self) -> Window | None:
        """The champion's newest window; its end is the present moment in the time of the data."""
        return max((Window.parse(check.window) for check in self.history), default=None)

    @property
    def monitors(self) -> list[MonitorName]:
        """Every monitor with a finding for the champion or a sent notification.

        One that only a newer release has is left to that release, and its notifications stay as they are.
        """
        found = {name for check in self.history for name in check.findings}
        return sorted(_KNOWN & {*found, *self.deliveries})

    def with_check(self, check: CheckSummary) -> Self:
        """Add a check. The order of checks makes no difference, nor do repetitions.

        A check that is made again with the same result keeps the time at which it was made first.
        """
        known = self.checks.get(check.key)
        if known and (known.check == check.check or known.precedence >= check.precedence):
            return self
        checks = self.checks | {check.key: check}
        kept = sorted({one.window for one in checks.values()})[-MAX_WINDOWS:]
        return self.model_copy(
            update={"checks": {place: one for place, one in sorted(checks.items()) if one.window in kept}}
        )

    def with_champion(self, champion: str | None) -> Self:
        """Switch to another champion; windows of the previous one no longer count."""
        return self if champion == self.champion else self.model_copy(update={"champion": champion})

    def with_mute(self, identity: str, mute: Mute) -> Self:
        """Add a mute, or the lifting of one."""
        mutes = sorted((self.mutes | {identity: mute}).items(), key=lambda item: (item[1].as_of, item[0]))
        return self.model_copy(update={"mutes": dict(mutes[-MAX_DECISIONS:])})

    def with_acknowledgement(self, identity: str, acknowledgement: Acknowledgement) -> Self:
        """Add an acknowledgement."""
        known = self.acknowledgements | {identity: acknowledgement}
        ordered = sorted(known.items(), key=lambda item: (item[1].at, item[0]))
        return self.model_copy(update={"acknowledgements": dict(ordered[-MAX_DECISIONS:])})

    def with_leases(self, spec: ModelSpec, cause: str, chain: str, now: datetime) -> Self:
        """Acquire the lease on every pending notification for `cause`."""
        statuses = alert_statuses(self, spec)
        sent = {
            name: acquire_lease(
                status.delivery, None if status.suppressed_by else status.pending, cause, status.chain(chain), now
            )
            for name, status in statuses.items()
        }
        kept = {name: known for name, known in (self.deliveries | sent).items() if known != DeliveryState()}
        return self.model_copy(update={"deliveries": kept})

    def with_sent(self, announced: Mapping[MonitorName, Announcement], now: datetime) -> Self:
        """Mark notifications as sent."""
        sent = {
            name: mark_sent(self.deliveries.get(name, DeliveryState()), news, now) for name, news in announced.items()
        }
        return self.model_copy(update={"deliveries": self.deliveries | sent})

    def with_executions(self, executions: Mapping[str, ActionExecution]) -> Self:
        """Record executed actions."""
        known = sorted({**self.executions, **executions}.items(), key=lambda item: (item[1].as_of, item[0]))
        return self.model_copy(update={"executions": dict(known[-MAX_EXECUTIONS:])})

    def leases_of(self, cause: str) -> dict[MonitorName, Lease]:
        """The notifications leased by the function that handles `cause`, by monitor."""
        return {
            name: known.lease
            for name, known in sorted(self.deliveries.items())
            if known.lease and known.lease.cause == cause
        }


@lru_cache(maxsize=4096)
def _window(identifier: str) -> Window:
    """The same few windows are read each time that anything is asked."""
    return Window.parse(identifier)


def alert_statuses(alerts: ModelAlerts, spec: ModelSpec) -> dict[MonitorName, AlertStatus]:
    """Compute the status of every alert of a model under the current declaration."""
    history = [(_window(check.window), check) for check in alerts.history]
    skipped: dict[Window, str] = {}
    if spec.alerting.maintenance:
        skipped = {window: in_maintenance(spec.alerting.maintenance, window) or "" for window, _ in history}
    return {name: _alert_status(alerts, spec, name, history, skipped) for name in alerts.monitors}


def firing(alerts: ModelAlerts, spec: ModelSpec) -> list[MonitorName]:
    """The monitors whose alerts fire."""
    return [name for name, status in alert_statuses(alerts, spec).items() if status.state == "firing"]


def changed_since(alerts: ModelAlerts, spec: ModelSpec) -> datetime | None:
    """The start of the first bad window of the alerts that fire and may start a retraining; None where none does."""
    statuses = alert_statuses(alerts, spec)
    began = [
        _window(statuses[name].progress.since or "").start
        for name in spec.retraining.on_alerts
        if name in statuses and statuses[name].state == "firing" and statuses[name].progress.since
    ]
    return min(began, default=None)


def _alert_status(
    alerts: ModelAlerts,
    spec: ModelSpec,
    name: MonitorName,
    history: Sequence[tuple[Window, CheckSummary]],
    skipped: Mapping[Window, str],
) -> AlertStatus:
    rule, sent = spec.alert_rule(name), alerts.deliveries.get(name, DeliveryState())
    newest = history[-1][0] if history else None
    on = getattr(spec.monitors, name) is not None  # what was switched off says nothing any more
    counted = [(window, check) for window, check in history if on and not skipped.get(window)]
    waits = spec.labels_within if name in spec.metrics else timedelta(0)
    results = list(window_results(counted, rule, newest, waits))
    where = run_state_machine(results, rule)
    unclear = {result.window for result in results if result.kind == "unclear"}
    clear = [check for _, check in history if name in check.findings and check.window not in unclear]
    found = [(check.window, check.findings[name]) for check in clear]
    latest = clear[-1] if clear else None
    decided = next((result for result in reversed(results) if latest and result.window == latest.window), None)
    last = sent.last
    at = where.since if where.state == "firing" else (where.ended or (latest.window if latest else None))
    as_of = newest.end if newest else (last.as_of if last else ORIGIN)
    present = AlertSnapshot(
        firing=where.state == "firing",
        flapping=where.flapping,
        version=alerts.champion or (last.version if last else ""),
        window=at or (last.window if last else ""),
        as_of=as_of,
        acknowledged=any(
            said.concerns(name) and sent.sent_at is not None and said.at >= sent.sent_at
            for said in alerts.acknowledgements.values()
        ),
        summary=(latest.findings[name].summary if latest else "") + pooled_note(decided),
    )
    return AlertStatus(
        monitor=name,
        rule=rule,
        progress=where,
        delivery=sent,
        snapshot=present,
        muted=_mute_reason(alerts, spec, name, as_of),
        maintenance=skipped.get(newest, "") if newest else "",
        trend=tuple(found),
        latest=latest,
        decided=decided,
        doubt=_newest_doubt(name, history, results, latest) if on else None,
    )


def _newest_doubt(
    name: MonitorName,
    history: Sequence[tuple[Window, CheckSummary]],
    results: Sequence[WindowResult],
    latest: CheckSummary | None,
) -> NewestDoubt | None:
    """What the model's newest window that says anything of a monitor cannot tell of it; None where it can."""
    reasons = {result.window: result.why for result in results if result.why}
    for _, check in reversed(history):
        known, why = check.doubts.get(name), reasons.get(check.window, "")
        if why or known:
            sentence = why or (known.sentence if known else "")
            return NewestDoubt(check.window, check.rows, sentence, measured=bool(why) or bool(known and known.measured))
        if latest is None or check.window <= latest.window:
            return None
    return None


def _mute_reason(alerts: ModelAlerts, spec: ModelSpec, name: MonitorName, as_of: datetime) -> str:
    """The reason of a mute that holds; a mute holds from when it is known, and a later lift ends it."""
    concerned = [mute for mute in alerts.mutes.values() if mute.concerns(name)]
    for mute in concerned:
        lifted = any(other.lifts and other.as_of >= mute.as_of for other in concerned)
        if not mute.lifts and not lifted and as_of < mute.ends(spec.alerting.longest_mute):
            return f"{mute.reason} (until {mute.ends(spec.alerting.longest_mute):%Y-%m-%d %H:%M} UTC, {mute.author})"
    return ""
