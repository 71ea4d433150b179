"""Assembles a report from stored documents, as a pure function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from steward.alerting.alert_status import AlertStatus, ModelAlerts, alert_statuses
from steward.alerting.cause import EXPLAINED
from steward.alerting.inputs import monitor_finding
from steward.defects.defect import Defect
from steward.events import ObjectRef
from steward.governance.audit import Audit
from steward.monitoring.check import Check, subject
from steward.releasing.routing import Routing
from steward.reporting.health import health_status
from steward.reporting.ledger_projection import LedgerProjection, shorten
from steward.reporting.model_report import (
    AuditState,
    Champion,
    CheckState,
    DriftedColumn,
    FailedRun,
    Hold,
    InvariantState,
    ModelReport,
    MonitorState,
    OpenDefect,
    ReportedFinding,
    ScheduleState,
)
from steward.reporting.trends import VersionHistory, trends
from steward.results import Status
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName
from steward.spec.policies import Schedules
from steward.spec.severity import rank
from steward.spec.windows import Window

_GRAVITY: tuple[Status | None, ...] = ("breach", "drift", "unknown", "ok", "measured", None)
_ALERTS = {"firing": 0, "pending": 1, "resolved": 2, "ok": 2}
_FARTHER_BACK = "It took over before entry {:,} of the ledger, which is as far back as this report has looked."


@dataclass(frozen=True, slots=True)
class StoredDocument[Thing]:
    """Something, and the exact object that it was read from."""

    it: Thing
    stored: ObjectRef


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """What was read of a model; None and empty where there is nothing.

    Attributes:
        problems: what is there and could not be read, each as a sentence.
    """

    spec: StoredDocument[ModelSpec]
    environment: str
    story: LedgerProjection
    routing: StoredDocument[Routing] | None = None
    alerts: StoredDocument[ModelAlerts] | None = None
    check: StoredDocument[Check] | None = None
    histories: Sequence[VersionHistory] = ()
    defects: Sequence[StoredDocument[Defect]] = ()
    audit: StoredDocument[Audit] | None = None
    problems: Sequence[str] = field(default_factory=tuple)


def report(evidence: ReportEvidence, never: datetime) -> ModelReport:
    """The report on a model.

    Args:
        evidence: what was read.
        never: what the report speaks for where nothing has happened yet.
    """
    spec, projection = evidence.spec.it, evidence.story
    statuses = alert_statuses(evidence.alerts.it, spec) if evidence.alerts else {}
    as_of = Window.parse(evidence.check.it.window).end if evidence.check else projection.as_of or never
    open_defects = sorted((kept for kept in evidence.defects if not kept.it.finished), key=_due)
    audit = _audit(evidence.audit) if evidence.audit else None
    monitors = _monitors(evidence, statuses)
    defects = [_defect(kept, projection.as_of or as_of, as_of) for kept in open_defects]
    hold = _hold(evidence.routing) if evidence.routing else None
    champion = _champion(evidence.routing, projection) if evidence.routing else None
    check = _check(evidence.check, evidence.alerts, monitors) if evidence.check else None
    failed = _failed_run(projection)
    how, headline = health_status(
        champion=champion.version if champion else None,
        checked=check is not None,
        failed_run=failed.reason if failed else "",
        monitors=monitors,
        defects=defects,
        audit=audit,
        held=hold is not None,
        problems=len(evidence.problems),
    )
    still_open = {defect.defect for defect in defects}
    return ModelReport(
        model=spec.model,
        description=spec.description,
        owner=spec.owner,
        task=spec.task,
        environment=evidence.environment,
        as_of=as_of,
        recorded_at=projection.recorded_at,
        health=how,
        headline=headline,
        declaration=evidence.spec.stored,
        champion=champion,
        failed_run=failed,
        hold=hold,
        check=check,
        alerts=evidence.alerts.stored if evidence.alerts else None,
        trends=trends(spec, evidence.histories, statuses, evidence.alerts.stored if evidence.alerts else None),
        drifted=_drifted_columns(evidence.check.it) if evidence.check else [],
        monitors=monitors,
        defects=defects,
        audit=audit,
        schedules=_schedules(spec),
        timezone=spec.schedules.timezone,
        problems=[shorten(problem) for problem in evidence.problems],
        ledger=projection.model_copy(
            update={"defects": tuple(name for name in projection.defects if name in still_open)}
        ),
    )


def _champion(routing: StoredDocument[Routing], projection: LedgerProjection) -> Champion | None:
    if not routing.it.promotions:
        return None
    promotion = routing.it.promotions[-1]
    told = projection.released if projection.released and projection.released.subject == promotion.version else None
    return Champion(
        version=promotion.version,
        since=promotion.as_of,
        run=promotion.run,
        why=told.summary if told else _FARTHER_BACK.format(projection.begins),
        source=routing.stored,
        entry=told.source if told else None,
    )


def _failed_run(projection: LedgerProjection) -> FailedRun | None:
    failed = projection.failed
    if failed is None:
        return None
    return FailedRun(
        run=failed.subject, at=failed.at, reason=failed.summary.removeprefix("training: "), source=failed.source
    )


def _hold(routing: StoredDocument[Routing]) -> Hold | None:
    freeze = routing.it.freeze
    if freeze is None:
        return None
    return Hold(sentence=shorten(freeze.sentence), waiting=len(routing.it.held), source=routing.stored)


def _check(
    check: StoredDocument[Check], alerts: StoredDocument[ModelAlerts] | None, monitors: Sequence[MonitorState]
) -> CheckState:
    causes = [seen.cause for seen in alerts.it.checks.values() if seen.check == check.it.check] if alerts else []
    troubled = any(
        monitor.monitor in EXPLAINED and (monitor.alert in ("firing", "pending") or monitor.lasting)
        for monitor in monitors
    )
    return CheckState(
        check=check.it.check,
        window=check.it.window,
        rows=check.it.rows,
        labelled_rows=check.it.labelled_rows,
        cause=shorten(next(iter(causes), "")) if troubled else "",
        source=check.stored,
    )


def _monitors(evidence: ReportEvidence, alert_states: Mapping[MonitorName, AlertStatus]) -> list[MonitorState]:
    """Every monitor that said anything, the worst first."""
    statuses = evidence.check.it.statuses if evidence.check else {}
    found = [
        _monitor(name, statuses.get(name), evidence, alert_states.get(name))
        for name in sorted({*statuses, *alert_states})
    ]
    return sorted(found, key=_worst)


def _worst(state: MonitorState) -> tuple[int, int, int, str]:
    """Sorts by the alert, then how severe it is while there is one, then what the check says."""
    severity = rank(state.severity) if state.alert in ("firing", "pending") else 0
    return _ALERTS[state.alert], -severity, _GRAVITY.index(state.status), state.monitor


def _monitor(
    name: MonitorName, status: Status | None, evidence: ReportEvidence, alert_state: AlertStatus | None
) -> MonitorState:
    check = evidence.check.it if evidence.check else None
    results = [result for result in check.results if result.monitor == name] if check else []
    latest = alert_state.latest if alert_state else None
    sentence = check.summary(name) if check and results else (alert_state.summary if alert_state else "")
    far = monitor_finding(results, status or "unknown", "")
    said = MonitorState(
        monitor=name,
        status=status,
        sentence=shorten(sentence),
        found=_findings(check, name) if check else [],
        doubt=shorten(check.doubt(name)) if check else "",
        window=check.window if check and results else (latest.window if latest else None),
        value=far.value,
        low=far.low,
        high=far.high,
        threshold=far.threshold,
        baseline=far.baseline,
        exceedance=far.exceedance,
        severity=evidence.spec.it.alert_rule(name).severity,
    )
    if alert_state is None or evidence.alerts is None:
        return said
    bad, recent = alert_state.recent
    alert = {
        "alert": alert_state.state,
        "bad_windows": bad,
        "recent_windows": recent,
        "lasting": alert_state.lasting,
        "severity": alert_state.severity,
        "since": alert_state.progress.since,
        "windows": alert_state.windows_fired,
        "acknowledged": _acknowledgement(alert_state, evidence.alerts.it),
        "quiet": shorten(alert_state.suppressed_by),
        "held": alert_state.progress.held,
        "flapping": alert_state.progress.flapping,
        "trend": [past.exceedance for _, past in alert_state.trend],
    }
    return said.model_copy(update=alert)


def _findings(check: Check, name: MonitorName) -> list[ReportedFinding]:
    return [
        ReportedFinding(about=subject(result), sentence=shorten(result.message), effect=result.effect)
        for result in check.findings_of(name)
    ]


def _drifted_columns(check: Check) -> list[DriftedColumn]:
    found: dict[str, list[str]] = {}
    for result in check.results:
        if result.status == "drift" and result.segment is None and result.column:
            found.setdefault(result.column, []).append(shorten(result.message))
    return [
        DriftedColumn(column=one.column, sentences=list(dict.fromkeys(found.get(one.column, ()))), bars=one.bars)
        for one in check.distributions
    ]


def _acknowledgement(status: AlertStatus, alerts: ModelAlerts) -> str:
    """Who has seen what was told last, and what they noted."""
    at = status.delivery.sent_at
    seen = [
        said
        for said in alerts.acknowledgements.values()
        if said.concerns(status.monitor) and at is not None and said.at >= at
    ]
    if not seen or status.state != "firing":
        return ""
    last = max(seen, key=lambda said: said.at)
    return shorten(f"{last.author}: {last.note}" if last.note else last.author)


def _due(kept: StoredDocument[Defect]) -> tuple[datetime, str]:
    return kept.it.deadline, kept.it.defect


def _defect(kept: StoredDocument[Defect], at: datetime, as_of: datetime) -> OpenDefect:
    return OpenDefect(
        defect=kept.it.defect,
        state=kept.it.state,
        severity=kept.it.severity,
        owner=kept.it.owner,
        title=shorten(kept.it.title),
        deadline=kept.it.deadline,
        overdue=kept.it.overdue(at, as_of) or kept.it.overdue_reported == kept.it.deadline,
        trained=list(kept.it.impact.trained),
        source=kept.stored,
    )


def _audit(kept: StoredDocument[Audit]) -> AuditState:
    return AuditState(
        audit=kept.it.audit,
        as_of=kept.it.as_of,
        ledger_entries=kept.it.ledger_entries,
        invariants=[
            InvariantState(invariant=found.invariant, holds=found.holds, message=shorten(found.message))
            for found in kept.it.findings
        ],
        source=kept.stored,
    )


def _schedules(spec: ModelSpec) -> list[ScheduleState]:
    """Every schedule that the declaration may have, but for those that would have nothing to do."""
    return [
        ScheduleState(purpose=name, expression=getattr(spec.schedules, name), meaning=declared.description or "")
        for name, declared in Schedules.model_fields.items()
        if name not in ("timezone", "flexible") and (name != "collect" or spec.resources)
    ]
