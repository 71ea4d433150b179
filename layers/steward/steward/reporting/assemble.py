"""A report from what was read of a model: a pure function, so that the same evidence gives the same report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from steward.alerting.cause import EXPLAINED
from steward.alerting.facts import finding
from steward.alerting.states import ModelAlerts, Standing, standings_of
from steward.defects.defect import Defect
from steward.events import StoredObject
from steward.governance.audit import Audit
from steward.monitoring.check import Check, subject
from steward.releasing.routing import Routing
from steward.reporting.condition import condition
from steward.reporting.report import (
    AuditState,
    Champion,
    CheckState,
    DriftedColumn,
    FailedRun,
    Found,
    Hold,
    Invariant,
    ModelReport,
    MonitorState,
    OpenDefect,
    ScheduleState,
)
from steward.reporting.story import Story, shortened
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
class Kept[Thing]:
    """Something, and the exact object that it was read from."""

    it: Thing
    stored: StoredObject


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read of a model; None and empty where there is nothing.

    Attributes:
        problems: what is there and could not be read, each as a sentence.
    """

    spec: Kept[ModelSpec]
    environment: str
    story: Story
    routing: Kept[Routing] | None = None
    alerts: Kept[ModelAlerts] | None = None
    check: Kept[Check] | None = None
    histories: Sequence[VersionHistory] = ()
    defects: Sequence[Kept[Defect]] = ()
    audit: Kept[Audit] | None = None
    problems: Sequence[str] = field(default_factory=tuple)


def report(evidence: Evidence, never: datetime) -> ModelReport:
    """The report on a model.

    Args:
        evidence: what was read.
        never: what the report speaks for where nothing has happened yet.
    """
    spec, story = evidence.spec.it, evidence.story
    standings = standings_of(evidence.alerts.it, spec) if evidence.alerts else {}
    as_of = Window.parse(evidence.check.it.window).end if evidence.check else story.as_of or never
    open_defects = sorted((kept for kept in evidence.defects if not kept.it.finished), key=_due)
    audit = _audit(evidence.audit) if evidence.audit else None
    monitors = _monitors(evidence, standings)
    defects = [_defect(kept, story.as_of or as_of, as_of) for kept in open_defects]
    hold = _hold(evidence.routing) if evidence.routing else None
    champion = _champion(evidence.routing, story) if evidence.routing else None
    check = _check(evidence.check, evidence.alerts, monitors) if evidence.check else None
    failed = _failed(story)
    how, headline = condition(
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
        recorded_at=story.recorded_at,
        condition=how,
        headline=headline,
        declaration=evidence.spec.stored,
        champion=champion,
        failed_run=failed,
        hold=hold,
        check=check,
        alerts=evidence.alerts.stored if evidence.alerts else None,
        trends=trends(spec, evidence.histories, standings, evidence.alerts.stored if evidence.alerts else None),
        drifted=_drifted(evidence.check.it) if evidence.check else [],
        monitors=monitors,
        defects=defects,
        audit=audit,
        schedules=_schedules(spec),
        timezone=spec.schedules.timezone,
        problems=[shortened(problem) for problem in evidence.problems],
        story=story.model_copy(update={"defects": tuple(name for name in story.defects if name in still_open)}),
    )


def _champion(routing: Kept[Routing], story: Story) -> Champion | None:
    if not routing.it.promotions:
        return None
    promotion = routing.it.promotions[-1]
    told = story.released if story.released and story.released.subject == promotion.version else None
    return Champion(
        version=promotion.version,
        since=promotion.as_of,
        run=promotion.run,
        why=told.summary if told else _FARTHER_BACK.format(story.begins),
        source=routing.stored,
        entry=told.source if told else None,
    )


def _failed(story: Story) -> FailedRun | None:
    failed = story.failed
    if failed is None:
        return None
    return FailedRun(
        run=failed.subject, at=failed.at, reason=failed.summary.removeprefix("training: "), source=failed.source
    )


def _hold(routing: Kept[Routing]) -> Hold | None:
    freeze = routing.it.freeze
    if freeze is None:
        return None
    return Hold(sentence=shortened(freeze.sentence), waiting=len(routing.it.held), source=routing.stored)


def _check(check: Kept[Check], alerts: Kept[ModelAlerts] | None, monitors: Sequence[MonitorState]) -> CheckState:
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
        cause=shortened(next(iter(causes), "")) if troubled else "",
        source=check.stored,
    )


def _monitors(evidence: Evidence, standings: Mapping[MonitorName, Standing]) -> list[MonitorState]:
    """Every monitor that said anything, the worst first."""
    statuses = evidence.check.it.statuses if evidence.check else {}
    found = [
        _monitor(name, statuses.get(name), evidence, standings.get(name)) for name in sorted({*statuses, *standings})
    ]
    return sorted(found, key=_worst)


def _worst(state: MonitorState) -> tuple[int, int, int, str]:
    """Sorts by the alert, then how grave it is while there is one, then what the check says."""
    grave = rank(state.severity) if state.alert in ("firing", "pending") else 0
    return _ALERTS[state.alert], -grave, _GRAVITY.index(state.status), state.monitor


def _monitor(name: MonitorName, status: Status | None, evidence: Evidence, standing: Standing | None) -> MonitorState:
    check = evidence.check.it if evidence.check else None
    results = [result for result in check.results if result.monitor == name] if check else []
    latest = standing.latest if standing else None
    sentence = check.summary(name) if check and results else (standing.summary if standing else "")
    far = finding(results, status or "unknown", "")
    said = MonitorState(
        monitor=name,
        status=status,
        sentence=shortened(sentence),
        found=_found(check, name) if check else [],
        doubt=shortened(check.doubt(name)) if check else "",
        window=check.window if check and results else (latest.window if latest else None),
        value=far.value,
        low=far.low,
        high=far.high,
        threshold=far.threshold,
        baseline=far.baseline,
        exceedance=far.exceedance,
        severity=evidence.spec.it.alert_rule(name).severity,
    )
    if standing is None or evidence.alerts is None:
        return said
    bad, recent = standing.recent
    alert = {
        "alert": standing.state,
        "bad_windows": bad,
        "recent_windows": recent,
        "lasting": standing.lasting,
        "severity": standing.grave,
        "since": standing.course.since,
        "windows": standing.windows_fired,
        "acknowledged": _acknowledged(standing, evidence.alerts.it),
        "quiet": shortened(standing.quiet),
        "held": standing.course.held,
        "flapping": standing.course.flapping,
        "trend": [past.exceedance for _, past in standing.trend],
    }
    return said.model_copy(update=alert)


def _found(check: Check, name: MonitorName) -> list[Found]:
    return [
        Found(about=subject(result), sentence=shortened(result.message), effect=result.effect)
        for result in check.found(name)
    ]


def _drifted(check: Check) -> list[DriftedColumn]:
    found: dict[str, list[str]] = {}
    for result in check.results:
        if result.status == "drift" and result.segment is None and result.column:
            found.setdefault(result.column, []).append(shortened(result.message))
    return [
        DriftedColumn(column=one.column, sentences=list(dict.fromkeys(found.get(one.column, ()))), bars=one.bars)
        for one in check.distributions
    ]


def _acknowledged(standing: Standing, alerts: ModelAlerts) -> str:
    """Who has seen what was told last, and what they noted."""
    at = standing.told.at
    seen = [
        said
        for said in alerts.acknowledgements.values()
        if said.concerns(standing.monitor) and at is not None and said.at >= at
    ]
    if not seen or standing.state != "firing":
        return ""
    last = max(seen, key=lambda said: said.at)
    return shortened(f"{last.author}: {last.note}" if last.note else last.author)


def _due(kept: Kept[Defect]) -> tuple[datetime, str]:
    return kept.it.deadline, kept.it.defect


def _defect(kept: Kept[Defect], at: datetime, as_of: datetime) -> OpenDefect:
    return OpenDefect(
        defect=kept.it.defect,
        state=kept.it.state,
        severity=kept.it.severity,
        owner=kept.it.owner,
        title=shortened(kept.it.title),
        deadline=kept.it.deadline,
        overdue=kept.it.overdue(at, as_of) or kept.it.told_overdue == kept.it.deadline,
        trained=list(kept.it.touched.trained),
        source=kept.stored,
    )


def _audit(kept: Kept[Audit]) -> AuditState:
    return AuditState(
        audit=kept.it.audit,
        as_of=kept.it.as_of,
        ledger_entries=kept.it.ledger_entries,
        invariants=[
            Invariant(invariant=found.invariant, holds=found.holds, message=shortened(found.message))
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
