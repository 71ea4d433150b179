"""Assembles a report from stored documents, as a pure function."""

from collections.abc import Sequence
from datetime import datetime

from steward.alerting.cause import EXPLAINED
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.defects.defect import Defect
from steward.governance.audit import Audit
from steward.monitoring.check import Check
from steward.releasing.routing import Routing
from steward.reporting.health import health_status
from steward.reporting.judgements import judgements
from steward.reporting.ledger_projection import LedgerProjection
from steward.reporting.model_report import (
    AuditState,
    Champion,
    CheckState,
    FailedRun,
    Hold,
    InvariantState,
    ModelReport,
    OpenDefect,
    ScheduleState,
)
from steward.reporting.monitor_states import drifted_columns, monitor_states
from steward.reporting.report_evidence import ReportEvidence, StoredDocument
from steward.reporting.reported_monitors import MonitorState
from steward.reporting.reported_release import report_release
from steward.reporting.trends import trends
from steward.results import shorten
from steward.retraining.next_step import next_step
from steward.spec.model import ModelSpec
from steward.spec.policies import Schedules
from steward.spec.windows import Window

_FARTHER_BACK = "It took over before entry {:,} of the ledger, which is as far back as this report has looked."


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
    monitors = monitor_states(evidence, statuses)
    defects = [_defect(kept, projection.as_of or as_of, as_of) for kept in open_defects]
    hold = _hold(evidence.routing) if evidence.routing else None
    champion = _champion(evidence.routing, projection) if evidence.routing else None
    check = _check(evidence.check, evidence.alerts, monitors) if evidence.check else None
    failed = _failed_run(spec, projection, champion=champion is not None)
    how, headline = health_status(
        champion=champion.version if champion else None,
        checked=check is not None,
        failed_run=failed,
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
        release=report_release(evidence.routing, evidence.experiment) if evidence.routing else None,
        check=check,
        alerts=evidence.alerts.stored if evidence.alerts else None,
        trends=trends(spec, evidence.histories, statuses, evidence.alerts.stored if evidence.alerts else None),
        drifted=drifted_columns(evidence.check.it) if evidence.check else [],
        monitors=monitors,
        defects=defects,
        judgements=judgements(evidence.validations, evidence.tests),
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
    release = projection.released if projection.released and projection.released.subject == promotion.version else None
    return Champion(
        version=promotion.version,
        since=promotion.as_of,
        run=promotion.run,
        why=release.summary if release else _FARTHER_BACK.format(projection.begins),
        source=routing.stored,
        entry=release.source if release else None,
    )


def _failed_run(spec: ModelSpec, projection: LedgerProjection, *, champion: bool) -> FailedRun | None:
    ended = projection.failed or (None if champion else projection.refused)
    if ended is None:
        return None
    failed = ended is projection.failed
    return FailedRun(
        run=ended.subject,
        at=ended.at,
        reason=ended.summary.removeprefix("training: "),
        source=ended.source,
        refused=not failed,
        then=next_step(spec.model, failed=failed, trained=spec.retraining.recipe is not None),
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
            InvariantState(
                invariant=found.invariant,
                holds=found.holds,
                message=shorten(found.message),
                status=found.status,
                group=found.group,
                severity=found.severity,
                remedy=found.remedy,
                since=found.since,
                excepted=shorten(found.exception.sentence) if found.exception else "",
            )
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
