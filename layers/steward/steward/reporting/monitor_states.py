"""The state of every monitor in a report."""

from collections.abc import Mapping
from typing import Any

from steward.alerting.alert_status import AlertStatus
from steward.alerting.inputs import MonitorFinding, monitor_finding
from steward.alerting.model_alerts import ModelAlerts
from steward.monitoring.check import Check, subject
from steward.reporting.model_report import DriftedColumn
from steward.reporting.report_evidence import ReportEvidence
from steward.reporting.reported_monitors import MonitorState, ReportedFinding
from steward.results import Status, shorten
from steward.spec.monitors import MonitorName
from steward.spec.severity import rank

_ALERTS = {"firing": 0, "pending": 1, "cannot tell": 2, "resolved": 3, "ok": 3, "no limit": 4}


def monitor_states(evidence: ReportEvidence, alert_states: Mapping[MonitorName, AlertStatus]) -> list[MonitorState]:
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
    return _ALERTS.get(state.standing, len(_ALERTS)), -severity, _GRAVITY.index(state.status), state.monitor


def _monitor(
    name: MonitorName, status: Status | None, evidence: ReportEvidence, alert_state: AlertStatus | None
) -> MonitorState:
    check = evidence.check.it if evidence.check else None
    latest, doubt = (alert_state.latest, alert_state.doubt) if alert_state else (None, None)
    results = [result for result in check.results if result.monitor == name] if check else []
    severity = evidence.spec.it.alert_rule(name).severity
    unclear = doubt is not None and latest is not None and latest.window < doubt.window
    if check and results and not unclear:
        said = MonitorState(
            monitor=name,
            status=status,
            sentence=shorten(check.summary(name)),
            found=_findings(check, name),
            doubt=shorten(check.doubt(name)),
            window=check.window,
            severity=severity,
            **_figures(monitor_finding(results, status or "unknown", "")),
        )
    elif alert_state and latest:
        found = latest.findings[name]
        said = MonitorState(
            monitor=name,
            status="unknown" if results else None,
            sentence=shorten(found.summary),
            window=latest.window,
            severity=severity,
            **_figures(found),
        )
    else:
        said = MonitorState(monitor=name, status=status, sentence="", severity=severity)
    if alert_state is None or evidence.alerts is None:
        return said
    bad, recent = alert_state.recent
    alert = {
        "alert": alert_state.state,
        "shown": alert_state.shown_state,
        "reason": alert_state.reason,
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
    if unclear and doubt:
        alert |= {"doubt": shorten(doubt.clause), "doubtful_window": doubt.window, "doubtful_rows": doubt.rows}
    return said.model_copy(update=alert)


def _figures(found: MonitorFinding) -> dict[str, Any]:
    names = "value", "low", "high", "threshold", "baseline", "exceedance"
    return {name: getattr(found, name) for name in names}


def _findings(check: Check, name: MonitorName) -> list[ReportedFinding]:
    return [
        ReportedFinding(about=subject(result), sentence=shorten(result.message), effect=result.effect)
        for result in check.findings_of(name)
    ]


def drifted_columns(check: Check) -> list[DriftedColumn]:
    """The columns that a check found to drift, with their bars."""
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


_GRAVITY: tuple[Status | None, ...] = ("breach", "drift", "unknown", "ok", "measured", None)
