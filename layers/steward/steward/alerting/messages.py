"""Builds the text that subscribers read and the notifications that carry it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from steward.alerting.alert_status import AlertStatus
from steward.alerting.cause import EXPLAINED
from steward.alerting.notification import AlertNews, Notification, TrendPoint, identity_of, subject_line
from steward.alerting.notification_lease import AlertChange, Lease
from steward.alerting.release_messages import RELEASES, describe_guardrails, describe_override, describe_release
from steward.events import (
    ROUNDED_IDS,
    AuditCompleted,
    BatchRejected,
    ChampionTested,
    CollectionFailed,
    DefectOverdue,
    Event,
    GuardrailsChanged,
    LedgersVerified,
    ModelRejected,
    PersonalDataFound,
    ReleaseChanged,
    ReportRendered,
    RunFailed,
    VersionRejected,
)
from steward.results import without_chance
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity, rank
from steward.spec.windows import Window

_SHOWN = 12
_BARS = "▁▂▃▄▅▆▇█"
_ORDER: tuple[AlertChange, ...] = ("firing", "escalated", "flapping", "reminder", "resolved")


def alerts_notification(
    claims: Mapping[MonitorName, Lease],
    events: Mapping[MonitorName, Event],
    statuses: Mapping[MonitorName, AlertStatus],
    done: Sequence[str],
    bucket: str,
    *,
    report: str,
) -> Notification:
    """One notification of all alerts that moved together."""
    news = sorted(
        (_news(claim, events[name], statuses[name]) for name, claim in claims.items()),
        key=lambda one: (_ORDER.index(one.change), -rank(one.severity), one.monitor),
    )
    first = events[news[0].monitor]
    checks = [status.latest for name, status in statuses.items() if name in claims and status.latest]
    check = max(checks, key=lambda one: one.window, default=None)
    severity = max((one.severity for one in news), key=rank)
    still = any(one.change != "resolved" for one in news)
    commands = _commands(first.model, news, check.check if check else None, still=still)
    explained = any(one.change != "resolved" and one.monitor in EXPLAINED for one in news)
    cause = check.cause if check and explained else ""
    stored = check.stored if check else None
    lines = [
        f"Model {first.model}, version {news[0].version}, window {_span(check.window if check else news[0].window)}"
    ]
    for at, one in enumerate(news):
        single = one if at == 0 else one.model_copy(update={"summary": without_chance(one.summary)})
        lines += ["", *_paragraph(single)]
    if cause:
        lines += ["", f"Likely cause: {cause}"]
    if done:
        lines += ["", "What Steward did:", *(f"  {execution}" for execution in done)]
    if commands:
        lines += ["", "What you can do:", *(f"  {command}" for command in commands)]
    lines += [
        "",
        *([f"The check: s3://{bucket}/{stored.key}"] if stored else []),
        f"The report: {report}, or `steward report {first.model}`",
        f"Correlation id {first.correlation_id}",
    ]
    return Notification(
        id=identity_of([events[one.monitor].event_id for one in news]),
        model=first.model,
        severity=severity,
        states=list(dict.fromkeys(one.change for one in news)),
        monitors=[one.monitor for one in news],
        subject=subject_line(f"{first.model}: {severity if still else 'all clear'}: {_headline(news)}"),
        text="\n".join(lines),
        as_of=first.as_of,
        correlation_id=first.correlation_id,
        alerts=news,
        cause=cause,
        done=list(done),
        commands=commands,
        check=stored,
        report=report,
    ).fitting()


def _headline(news: Sequence[AlertNews]) -> str:
    by_change: dict[AlertChange, list[str]] = {}
    for one in news:
        by_change.setdefault(one.change, []).append(one.monitor)
    words = {"reminder": "still firing"}
    return "; ".join(f"{words.get(change, change)}: {', '.join(names)}" for change, names in by_change.items())


def _news(claim: Lease, event: Event, status: AlertStatus) -> AlertNews:
    announcement = claim.announcement
    found = status.latest.findings[status.monitor] if status.latest else None
    return AlertNews(
        event_id=event.event_id,
        monitor=status.monitor,
        change=announcement.change,
        severity=announcement.severity,
        version=announcement.version,
        window=announcement.window,
        summary=announcement.summary
        or f"version {announcement.version} is in charge now; the windows of the one before do not count",
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        baseline=found.baseline if found else None,
        threshold=found.threshold if found else None,
        bad_windows=status.recent[0],
        recent_windows=status.recent[1],
        trend=[
            TrendPoint(window=window, status=past.status, value=past.value) for window, past in status.trend[-_SHOWN:]
        ],
    )


def _paragraph(one: AlertNews) -> list[str]:
    """What people read of one alert: the sentence, then the trend."""
    word = {"firing": "FIRING", "escalated": "ESCALATED", "flapping": "FLAPPING", "reminder": "STILL FIRING"}
    lines = [f"{word.get(one.change, one.change)}  {one.monitor}  ({one.severity})", f"  {one.summary}"]
    if one.bad_windows and one.recent_windows > 1:
        lines.append(f"  Beyond its limit in {one.bad_windows} of the last {one.recent_windows} windows.")
    if one.change == "flapping":
        lines.append("  It moves to and fro; you hear of it again once it is stable.")
    if one.change in ("reminder", "escalated"):
        lines.append(f"  It fires since {_span(one.window)}, and nobody has acknowledged it.")
    trend = sparkline([point.value for point in one.trend])
    if trend:
        limit = f", limit {one.threshold:.4g}" if one.threshold is not None else ""
        values = ", ".join("?" if point.value is None else f"{point.value:.4g}" for point in one.trend)
        lines.append(f"  Last {len(one.trend)} windows: {trend}  {values}{limit}")
    return lines


def sparkline(values: Sequence[float | None]) -> str:
    """A small picture of some values, in a line of text; empty where fewer than two are known.

    >>> sparkline([1.0, 2.0, None, 8.0])
    '▁▂ █'
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < 2:  # noqa: PLR2004 - one value is no trend
        return ""
    low, high = min(known), max(known)
    room = (high - low) or 1.0
    top = len(_BARS) - 1
    return "".join(
        " " if value is None or not math.isfinite(value) else _BARS[round((value - low) / room * top)]
        for value in values
    )


def _commands(model: str, news: Sequence[AlertNews], check: str | None, *, still: bool) -> list[str]:
    """The exact commands of what a person can do."""
    monitor = f" {news[0].monitor}" if len(news) == 1 else ""
    commands = []
    if still:
        commands += [f"steward acknowledge {model}{monitor}", f'steward mute {model}{monitor} --for 7d --reason "..."']
    return [*commands, *([f"steward explain {model} {check}"] if check else [])]


def notice(event: Event, report: str) -> Notification | None:  # noqa: C901, PLR0912 - one case an event
    """Build the notification of an event; None for events that need none."""
    severity: Severity = "warning"
    match event:
        case ReportRendered():
            severity = "info"
            subject, text = f"report as of {event.as_of:%Y-%m-%d}", _report_text(event, report)
        case RunFailed():
            subject, text = "retraining failed", f"Run {event.run} failed in {event.stage}: {event.message}"
        case BatchRejected():
            subject = "rows rejected" if event.code == ROUNDED_IDS else "file rejected"
            text = f"{event.source}\n{event.message}\nThe file is kept where it was uploaded."
        case PersonalDataFound():
            found = "\n".join(finding.sentence for finding in event.findings)
            subject, text = "personal data found", f"{event.source}\n{found}\n{event.message}"
        case ModelRejected():
            problems = "\n".join(event.problems)
            subject, text = (
                "declaration rejected",
                f"{event.source}\n{problems}\nThe declaration in force is unchanged.",
            )
        case VersionRejected():
            problems = "\n".join(event.problems)
            subject, text = (
                f"version {event.version} of {event.origin} refused",
                f"{event.source}\n{problems}\nThe version in charge is unchanged.",
            )
        case CollectionFailed():
            subject, text = "resources cannot be read", event.message
        case AuditCompleted(passed=False) if (worst := _severity_of_news(event)) != "info":
            severity = worst
            subject, text = "audit failed", _describe_audit(event)
        case LedgersVerified() if event.news:
            severity = "critical"
            subject, text = (
                "the ledger was tampered with",
                "\n".join([*event.news, "", f"Checkpoint {event.checkpoint}: {event.digest}", event.stored.key]),
            )
        case ChampionTested(passed=False):
            subject, text = f"champion {event.version} fails its test", event.summary
        case DefectOverdue():
            subject, text = f"defect overdue: {event.defect}", event.summary
        case GuardrailsChanged():
            severity = "info" if event.stage == "anchored" else "warning"
            words = {
                "held": "changed guardrails wait for your approval",
                "rejected": "changed guardrails were rejected",
            }
            subject = words.get(event.stage, "guardrails are in force")
            text = describe_guardrails(event)
        case ReleaseChanged(review_until=datetime()):
            severity = "critical"
            subject, text = f"EMERGENCY: {event.version} took over without approval", describe_override(event)
        case ReleaseChanged() if event.stage in RELEASES:
            severity = "warning" if event.stage in {"rolled_back", "stopped"} else "info"
            subject, text = RELEASES[event.stage].format(event.version), describe_release(event)
        case _:
            return None
    return Notification(
        id=event.event_id,
        model=event.model,
        severity=severity,
        states=["notice"],
        monitors=[type(event).__name__],
        subject=subject_line(f"{event.model}: {subject}"),
        text=f"{text}\n\nAs of {event.as_of:%Y-%m-%d %H:%M} UTC. Correlation id {event.correlation_id}",
        as_of=event.as_of,
        correlation_id=event.correlation_id,
        report=report,
    ).fitting()


def _report_text(rendered: ReportRendered, report: str) -> str:
    return (
        f"{rendered.digest}\n\nThe report: {report}, or `steward report {rendered.model}`\n"
        f"This copy of it stays: {rendered.page.key}\n{_witness(rendered)}"
    )


def _severity_of_news(event: AuditCompleted) -> Severity:
    """How severe the findings are that nobody was told of yet; older releases tell of all, each time."""
    if event.news is None:
        return "critical"
    return max((one.severity for one in event.news), key=rank, default="info")


def _describe_audit(event: AuditCompleted) -> str:
    """What is new, each with its remedy; then all that fails, by name."""
    lines = [f"{one.severity}  {one.invariant}: {one.message}\n  {one.remedy}" for one in event.news or ()]
    failing = f"Invariants that do not hold: {', '.join(event.failed)}"
    known = f"{failing} (`steward audit {event.model}`)"
    return "\n".join([*lines, known, event.stored.key, _witness(event)])


def _witness(event: AuditCompleted | ReportRendered) -> str:
    """The head of the ledger: who keeps the message can show that nothing before it changed."""
    return f"Ledger: entry {event.ledger_entries}, {event.ledger_head}" if event.ledger_head else ""


def _span(identifier: str) -> str:
    window = Window.parse(identifier)
    return f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
