"""How a model is, in a word and a sentence."""

from collections.abc import Iterator, Sequence

from steward.reporting.report import AuditState, Condition, MonitorState, OpenDefect
from steward.reporting.story import shortened
from steward.reporting.words import name_within

_LONGEST_REASON = 240


def condition(
    *,
    champion: str | None,
    checked: bool,
    failed_run: str,
    monitors: Sequence[MonitorState],
    defects: Sequence[OpenDefect],
    audit: AuditState | None,
    held: bool,
    problems: int,
) -> tuple[Condition, str]:
    """How a model is, and why.

    Critical are a critical alert, an audit that fails, a critical defect past its deadline, and a failed run where no
    version is in charge. A warning is any other alert, failed run, or defect past its deadline, and a monitor of which
    windows keep being bad. Attention is asked for by what waits for people, or is on its way to an alert.

    Args:
        champion: the version in charge.
        checked: whether there is a check.
        failed_run: why the newest run failed; empty where it did not.
        monitors: with their alerts.
        defects: that are open.
        audit: the newest.
        held: whether promotions are frozen.
        problems: how many things could not be read.

    Returns:
        The condition, and a sentence that begins with the gravest reason.
    """
    reasons = [
        *_alerts(monitors),
        *_failed(failed_run, champion),
        *_audited(audit),
        *_overdue(defects),
        *_waiting(monitors, defects, held=held, problems=problems),
    ]
    if champion is None and not failed_run:
        reasons.append(("unmeasured", "no version is in charge yet"))
    elif champion and not checked:
        reasons.append(("unmeasured", "no window of the champion has been checked yet"))
    ranked = sorted(reasons, key=lambda reason: _WORST.index(reason[0]))
    if not ranked:
        doubts = "".join(f"; {name_within(monitor.monitor)} {monitor.doubt}" for monitor in monitors if monitor.doubt)
        return "well", f"No alert fires, no defect is open, and nothing waits{doubts}."
    sentence = "; ".join(words for _, words in ranked)
    return ranked[0][0], f"{sentence[0].upper()}{sentence[1:]}{'' if sentence.endswith('?') else '.'}"


_WORST: tuple[Condition, ...] = ("critical", "warning", "unmeasured", "attention")


def _alerts(monitors: Sequence[MonitorState]) -> Iterator[tuple[Condition, str]]:
    firing = [monitor for monitor in monitors if monitor.alert == "firing"]
    critical = _with_windows([monitor for monitor in firing if monitor.severity == "critical"])
    others = _with_windows([monitor for monitor in firing if monitor.severity != "critical"])
    if critical:
        yield (
            "critical",
            f"{_number(len(critical), 'critical alert fires', 'critical alerts fire')}: {_named(critical)}",
        )
    if others:
        yield "warning", f"{_number(len(others), 'alert fires', 'alerts fire')}: {_named(others)}"
    for monitor in monitors:
        if monitor.lasting:
            yield (
                "warning",
                f"{name_within(monitor.monitor)} was {monitor.bad_of_recent}, though its alert does not fire",
            )


def _with_windows(firing: Sequence[MonitorState]) -> list[str]:
    """Monitors with how often each was bad lately, in words for the first of them."""
    named: list[str] = []
    for monitor in firing:
        often = monitor.bad_of_recent
        if often and named:
            often = f"{monitor.bad_windows} of {monitor.recent_windows}"
        named.append(f"{name_within(monitor.monitor)} ({often})" if often else monitor.monitor)
    return named


def _failed(reason: str, champion: str | None) -> Iterator[tuple[Condition, str]]:
    if not reason:
        return
    why = shortened(reason.rstrip("."), _LONGEST_REASON)
    if champion:
        yield "warning", f"the newest training failed: {why}"
    else:
        yield "critical", f"no version is in charge, since training failed: {why}"


def _audited(audit: AuditState | None) -> Iterator[tuple[Condition, str]]:
    if audit and audit.failed:
        yield "critical", f"the audit fails: {_named(audit.failed)}"


def _overdue(defects: Sequence[OpenDefect]) -> Iterator[tuple[Condition, str]]:
    late = [defect for defect in defects if defect.overdue]
    if late:
        grave = any(defect.severity == "critical" for defect in late)
        yield "critical" if grave else "warning", _number(len(late), "defect is overdue", "defects are overdue")


def _waiting(
    monitors: Sequence[MonitorState], defects: Sequence[OpenDefect], *, held: bool, problems: int
) -> Iterator[tuple[Condition, str]]:
    doubtful = [monitor.monitor for monitor in monitors if monitor.doubt and monitor.status == "unknown"]
    pending = [monitor.monitor for monitor in monitors if monitor.alert == "pending"]
    in_time = [defect for defect in defects if not defect.overdue]
    if problems:
        yield "attention", _number(problems, "thing could not be read", "things could not be read")
    if doubtful:
        yield "attention", f"hardly any drift would show: {_named(doubtful)}"
    if pending:
        yield "attention", f"on the way to an alert: {_named(pending)}"
    if in_time:
        yield "attention", _number(len(in_time), "defect is open and not yet due", "defects are open and not yet due")
    if held:
        yield "attention", "promotions are frozen"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _named(names: Sequence[str], shown: int = 4) -> str:
    readable = [name_within(name) for name in names]
    more = len(readable) - shown
    return ", ".join([*readable[:shown], f"and {more} more"] if more > 0 else readable)
