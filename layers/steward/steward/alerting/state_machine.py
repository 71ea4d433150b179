"""State machine of one alert: folds window results in chronological order into the alert's progress."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from steward.spec.alerting import AlertRule, Flapping

AlertState = Literal["ok", "pending", "firing", "resolved"]
WindowKind = Literal["bad", "between", "good", "unclear", "missing"]


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One window of the course.

    Attributes:
        window: its id.
        end: the moment that it speaks for.
        kind: `bad`; `between` its limit and where it counts as recovered; `good`; `unclear`, too little to tell whether
            the trouble is over; or `missing`, nothing measured.
        span: how many windows together made it bad.
        why: of an unclear one, why it cannot tell.
    """

    window: str
    end: datetime
    kind: WindowKind
    span: int = 1
    why: str = ""


@dataclass(frozen=True, slots=True)
class AlertProgress:
    """Progress of an alert after a sequence of windows.

    Attributes:
        state: `pending` while bad windows are too few, too short or too soon after the last end.
        since, since_end: the first bad window of the present trouble, and its end; None without.
        fired: the window at which it began to fire; None while it does not.
        ended: the window at which it last resolved.
        ended_at: the end of that window.
        held: why it does not fire although bad windows are enough; empty when they are not.
        flapping: whether it moves to and fro.
        changes: the places, among the windows, of its beginnings and ends.
        recent: the windows that count for the next decision.
    """

    state: AlertState = "ok"
    since: str | None = None
    since_end: datetime | None = None
    fired: str | None = None
    ended: str | None = None
    ended_at: datetime | None = None
    held: str = ""
    flapping: bool = False
    changes: tuple[int, ...] = ()
    recent: tuple[WindowResult, ...] = ()


def run_state_machine(results: Sequence[WindowResult], rule: AlertRule) -> AlertProgress:
    """Run the state machine over the windows of an alert.

    Args:
        results: one a window, in order of time.
        rule: how the alert moves.
    """
    now = AlertProgress()
    counted = 0
    for result in results:
        seen = _apply_missing_policy(result, rule)
        if seen is None:
            continue
        counted += 1
        now = _transition(now, seen, rule, counted)
        if rule.flapping:
            now = _update_flapping(now, rule.flapping, counted)
    return now


def _apply_missing_policy(result: WindowResult, rule: AlertRule) -> WindowResult | None:
    """What a window counts as; an unclear one counts for nothing, and a missing one where it is to be ignored."""
    if result.kind == "unclear":
        return None
    if result.kind != "missing":
        return result
    match rule.missing:
        case "ignore":
            return None
        case "alert":
            return replace(result, kind="bad")
        case "resolve":
            return replace(result, kind="good")
        case "keep":
            return result


def _transition(now: AlertProgress, result: WindowResult, rule: AlertRule, at: int) -> AlertProgress:
    kept = rule.resolve_after if now.state == "firing" else rule.of_windows
    recent = (*now.recent, result)[-kept:]
    now = replace(now, recent=recent)
    if result.kind == "missing":  # all stays as it is, and the window is one of those that are counted
        return now
    if now.state == "firing":
        recovered = len(recent) == rule.resolve_after and all(one.kind == "good" for one in recent)
        if not recovered:
            return now
        return replace(
            now,
            state="resolved",
            since=None,
            since_end=None,
            fired=None,
            ended=result.window,
            ended_at=result.end,
            recent=(),
            changes=(*now.changes, at),
        )
    return _transition_while_silent(now, result, rule, at)


def _transition_while_silent(now: AlertProgress, result: WindowResult, rule: AlertRule, at: int) -> AlertProgress:
    """Where an alert that does not fire goes with one more window."""
    bad = [one for one in now.recent if one.kind == "bad"]
    if not bad:
        return replace(now, state="resolved" if now.ended else "ok", since=None, since_end=None, held="")
    began, began_end = now.since or bad[0].window, now.since_end or bad[0].end
    pending = replace(now, state="pending", since=began, since_end=began_end, held="")
    if result.kind != "bad" or len(bad) < rule.bad_windows:
        return pending
    if result.end - began_end < rule.minimum_duration:
        return replace(pending, held=f"minimum duration: it is bad since {began_end:%Y-%m-%d %H:%M}")
    if now.ended_at and result.end < now.ended_at + rule.cool_down:
        return replace(pending, held=f"cool-down until {now.ended_at + rule.cool_down:%Y-%m-%d %H:%M}")
    return replace(pending, state="firing", fired=result.window, recent=(), changes=(*now.changes, at))


def _update_flapping(now: AlertProgress, flapping: Flapping, at: int) -> AlertProgress:
    """Whether it moves to and fro, once the newest window is counted; what has become stable starts afresh."""
    if not now.changes:
        return now
    changes = tuple(place for place in now.changes if place > at - flapping.windows)
    if now.flapping:
        stable = at - now.changes[-1] >= flapping.stable
        return replace(now, flapping=not stable, changes=() if stable else now.changes)
    return replace(now, flapping=len(changes) >= flapping.changes, changes=changes)
