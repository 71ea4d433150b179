"""What should have happened by now, and has not: the judgement of a dead man's switch."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from steward.events import Trouble
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


def unchecked(spec: ModelSpec, windows: Iterable[str], checked: frozenset[str], now: datetime) -> Trouble | None:
    """The windows of a model that have records, should have been checked by now, and were not.

    Args:
        spec: of the model.
        windows: that have records.
        checked: that have a check.
        now: the moment that is spoken for.
    """
    if not spec.schedules.check:
        return None
    late = []
    for name in sorted(set(windows) - checked):
        by = due_by(spec, spec.schedules.check, Window.parse(name).end + spec.window.allowed_lateness)
        if by and by < now:
            late.append(name)
    if not late:
        return None
    more = f" to {late[-1]}" if len(late) > 1 else ""
    return Trouble(
        cause=f"unchecked-{spec.model}",
        sentence=f"{len(late)} windows of {spec.model} have closed and nobody checked them: {late[0]}{more}.",
        mend=f"steward check {spec.model}; if that does not help, steward redrive check_window",
    )


def unaudited(spec: ModelSpec, newest: datetime, now: datetime) -> Trouble | None:
    """That the audit's schedule did not fire, or nothing came of it.

    Args:
        spec: of the model.
        newest: when it was audited last, or declared.
        now: the moment that is spoken for.
    """
    by = due_by(spec, spec.schedules.audit, newest) if spec.schedules.audit else None
    if by is None or by >= now:
        return None
    return Trouble(
        cause=f"unaudited-{spec.model}",
        sentence=f"The schedule {spec.model}-audit has not had any effect since {newest:%Y-%m-%d %H:%M} UTC, although "
        f"it is due at {spec.schedules.audit}.",
        mend=f"steward audit {spec.model}; if that does not help, steward redrive audit_models",
    )
