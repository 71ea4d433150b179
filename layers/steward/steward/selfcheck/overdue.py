"""Detects overdue checks and audits."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from steward.events import Problem
from steward.selfcheck.runbooks import runbook
from steward.spec.model import ModelSpec
from steward.spec.scheduling import next_due
from steward.spec.windows import Window

GRACE = timedelta(hours=1)
"""How late a schedule's effect may be: a message that fails is tried again for most of an hour."""


def due_by(spec: ModelSpec, expression: str, after: datetime) -> datetime | None:
    """When a schedule should have had its effect, at the latest; None where it falls due no more.

    Args:
        spec: has the schedules' time zone, and how long they may be put off.
        expression: of the schedule.
        after: when it fell due last, or when there was something new for it to do.
    """
    due = next_due(expression, spec.schedules.timezone, after)
    return due + (spec.schedules.flexible or timedelta(0)) + GRACE if due else None


def overdue_checks(
    spec: ModelSpec, windows: Iterable[str], checked: frozenset[str], now: datetime, resumed: datetime | None = None
) -> Problem | None:
    """Return the problem of windows whose check is overdue; None if there are none.

    Args:
        spec: of the model.
        windows: that have records.
        checked: that have a check.
        now: the moment that is spoken for.
        resumed: when schedules began again after a gap; the windows from before are due after it.
    """
    if not spec.schedules.check:
        return None
    late = []
    for name in sorted(set(windows) - checked):
        closed = Window.parse(name).end + spec.window.allowed_lateness
        by = due_by(spec, spec.schedules.check, max(closed, resumed or closed))
        if by and by < now:
            late.append(name)
    if not late:
        return None
    more = f" to {late[-1]}" if len(late) > 1 else ""
    return Problem(
        cause=f"unchecked-{spec.model}",
        sentence=f"{len(late)} windows of {spec.model} have closed and nobody checked them: {late[0]}{more}.",
        remedy=f"steward check {spec.model}; if that does not help, steward redrive check_window",
        runbook=runbook("windows-not-checked"),
    )


def overdue_audits(spec: ModelSpec, newest: datetime, now: datetime) -> Problem | None:
    """Return the problem of an overdue audit; None if it is not overdue.

    Args:
        spec: of the model.
        newest: when it was audited last, or declared.
        now: the moment that is spoken for.
    """
    by = due_by(spec, spec.schedules.audit, newest) if spec.schedules.audit else None
    if by is None or by >= now:
        return None
    return Problem(
        cause=f"unaudited-{spec.model}",
        sentence=f"The schedule {spec.model}-audit has not had any effect since {newest:%Y-%m-%d %H:%M} UTC, although "
        f"it is due at {spec.schedules.audit}.",
        remedy=f"steward audit {spec.model}; if that does not help, steward redrive audit_models",
        runbook=runbook("audit-overdue"),
    )
