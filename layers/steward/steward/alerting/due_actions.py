"""Which of the declared actions are due, and what holds them back."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from steward.alerting.deeds import Deed
from steward.alerting.states import Standing
from steward.events import Event
from steward.spec.actions import AlertAction
from steward.spec.monitors import MonitorName
from steward.spec.severity import rank


def due(
    actions: list[AlertAction],
    standings: Mapping[MonitorName, Standing],
    known: Mapping[str, Deed],
    cause: Event,
    now: datetime,
) -> Iterator[Deed]:
    """The deeds that are due and neither done nor anybody's yet.

    One trouble is one cause: each row of the table is taken once for it, or held back once for each reason.

    Args:
        actions: the table.
        standings: how the alerts stand.
        known: the deeds so far, by their identities.
        cause: the event that is being handled.
        now: the wall clock.
    """
    for action in actions:
        for name, standing in standings.items():
            if action.monitor not in ("any", name) or not _met(action, standing):
                continue
            deed = _deed(action, standing, cause, now)
            if deed.identity in known:  # taken for this trouble
                continue
            held = standing.quiet or _cooling(action, deed, known)
            deed = deed.model_copy(update={"held": held})
            if deed.identity not in known:
                yield deed


def _met(action: AlertAction, standing: Standing) -> bool:
    """Whether the condition of a row holds."""
    when, where = action.when, standing.course
    if when.severity and rank(standing.grave) < rank(when.severity):
        return False
    match when.state:
        case "firing":
            return where.state == "firing" and standing.windows_fired >= when.windows
        case "flapping":
            return where.flapping
        case "resolved":
            return where.state == "resolved" and where.ended is not None


def _deed(action: AlertAction, standing: Standing, cause: Event, now: datetime) -> Deed:
    trouble = standing.course.since if action.when.state == "firing" else standing.present.window
    return Deed(
        action=action,
        monitor=standing.monitor,
        version=standing.present.version,
        window=trouble or standing.present.window,
        severity=standing.grave,
        summary=standing.summary,
        as_of=standing.present.as_of,
        correlation_id=cause.correlation_id,
        cause=cause.event_id,
        since=now,
    )


def _cooling(action: AlertAction, deed: Deed, known: Mapping[str, Deed]) -> str:
    """Why a row waits: it was taken for the same monitor a short while ago; empty where it was not."""
    last = max(
        (
            one.as_of
            for one in known.values()
            if not one.held and one.action == action and one.monitor == deed.monitor and one.window != deed.window
        ),
        default=None,
    )
    if last is None or deed.as_of - last >= action.cool_down:
        return ""
    return f"cool-down until {last + action.cool_down:%Y-%m-%d %H:%M} UTC"
