"""Evidence on a small made-up model, for reports to be worked out from."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from steward.defects.defect import Defect
from steward.events import DefectProposed
from steward.governance.audit import Audit, AuditFinding
from steward.ledger import Action, Decision, LedgerEntry
from steward.monitoring.check import Check
from steward.releasing.routing import Routing
from steward.reporting.assemble import report
from steward.reporting.ledger_projection import LedgerProjection
from steward.reporting.model_report import ModelReport
from steward.reporting.report_evidence import ReportEvidence, StoredDocument
from steward.reporting.trends import PastFigures, VersionHistory
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.severity import Severity
from steward.validation.evaluation import Evaluation, GateFinding, GateResult
from tests.unit.alerting.alert_dsl import seen, spec, window
from tests.unit.examples import START, stored

NOW = START + timedelta(days=40)
DECLARED = spec()


def entry(
    sequence: int, action: Action, subject: str = "v1", summary: str = "so it was", **changes: Any
) -> LedgerEntry:
    decision = Decision(
        identity=f"{sequence}", model="lemons", action=action, subject=subject, summary=summary,
        as_of=START + timedelta(hours=sequence), correlation_id="c", **changes,
    )  # fmt: skip
    head = LedgerEntry.following(None, decision, function="f", recorded_at=NOW)
    return head.model_copy(update={"sequence": sequence})


def told(*actions: Action, summary: str = "so it was") -> LedgerProjection:
    story = LedgerProjection()
    for place, action in enumerate(actions, start=1):
        story = story.following(entry(place, action, summary=summary), stored(f"lemons/{place:010d}.json"))
    return story


def result(**changes: Any) -> MetricResult:
    usual = {"monitor": "log_loss", "statistic": "log_loss", "value": 0.5, "threshold": 0.6, "baseline": 0.45}
    return MetricResult(**usual | {"rows": 400, "status": "ok", "message": "log loss is 0.5"} | changes)


def checked(*results: MetricResult, day: int = 9) -> StoredDocument[Check]:
    check = Check(
        model="lemons", version="v1", window=window(day), as_of=NOW, batches=["b"], label_batches=[],
        baseline=stored("baseline"), outcomes=None, spec=stored("spec"), rows=400, labelled_rows=380,
        results=list(results) or [result()],
    )  # fmt: skip
    return StoredDocument(check, stored("checks/lemons/w/c.json"))


def routed(version: str = "v1") -> StoredDocument[Routing]:
    routing = Routing(model="lemons").promote(version, over=None, run="r1", as_of=START, promoted_at=START)
    return StoredDocument(routing, stored("models/lemons/routing.json"))


def remembered(windows: int, *, version: str = "v1") -> VersionHistory:
    past = {
        window(day): PastFigures(
            window=window(day), rows=400 + day, realised={"log_loss": 0.5 + day % 7 / 100, "roc_auc": 0.8}
        )
        for day in range(windows)
    }
    return VersionHistory(version, past, stored(f"history/lemons/{version}.json"))


def defect(number: int, *, title: str = "odd", severity: str = "warning", days: float = 0) -> StoredDocument[Defect]:
    proposed = DefectProposed(
        occurred_at=START, model="lemons", as_of=START + timedelta(days=days), correlation_id=f"d{number}",
        source="person", severity=severity, title=title, author="ann",
    )  # fmt: skip
    opened = Defect.open(proposed, DECLARED.defects, owner="quality")
    return StoredDocument(opened, stored(f"defects/lemons/{number}.json"))


def audited(*, holds: bool = True, severity: Severity = "critical") -> StoredDocument[Audit]:
    message = "5 entries follow one from another"
    found = [AuditFinding(invariant="ledger_chain", holds=holds, message=message, severity=severity)]
    audit = Audit(
        audit="a1", model="lemons", as_of=NOW, champion="v1", ledger_entries=5, ledger_head="h", findings=found
    )
    return StoredDocument(audit, stored("reports/lemons/audits/a1.json"))


def usual(letters: str = "gggggggggg", declared: ModelSpec = DECLARED) -> ReportEvidence:
    """A model in good order, with ten windows; `letters` as in `alerting.stories`."""
    return ReportEvidence(
        spec=StoredDocument(declared, stored("models/lemons/specs/000001.json")),
        environment="production",
        story=told("model_registered", "champion_promoted", *["check_completed"] * 10),
        routing=routed(),
        alerts=StoredDocument(seen(letters), stored("alerts/lemons.json")),
        check=checked(),
        histories=[remembered(10)],
        audit=audited(),
    )


def reported(evidence: ReportEvidence | None = None, **changes: Any) -> ModelReport:
    return report(replace(evidence or usual(), **changes), NOW)


def gates_of(*, passed: bool = True) -> list[GateResult]:
    """What some gates said: with a figure and its interval, with findings, and with neither."""
    segments = [
        GateFinding(
            name=f"make={make}", passed=passed or make != "Fiat", message=f"make={make}: log loss loses {value}",
            value=value, low=value - 0.03, high=value + 0.03, limit=0.02, rows=rows,
        )
        for make, value, rows in (("Ford", -0.011, 812), ("Fiat", 0.01 if passed else 0.094, 388))
    ]  # fmt: skip
    golden = [
        GateFinding(name=f"row {at}", passed=True, message=f"row {at}: from 0.6 to 0.61", value=0.01, limit=0.05)
        for at in range(1, 31)
    ]
    return [
        GateResult(gate="same_features", passed=True, message="3 features, as declared"),
        GateResult(
            gate="better_than_champion", passed=True, message="log loss gains 0.0143 against champion v0",
            value=0.0143, low=0.0041, high=0.0245, required=0.002,
            figure="gain in log loss", rows=1200, confidence=0.95,
        ),
        GateResult(gate="segments", passed=passed, message="1 of 2 segments lost" if not passed else "no segment lost",
                   findings=segments),
        GateResult(gate="golden_rows", passed=True, message="30 golden rows moved by at most 0.0100", findings=golden),
    ]  # fmt: skip


def judged(version: str = "v1", *, passed: bool = True, day: int = 0) -> StoredDocument[Evaluation]:
    evaluation = Evaluation(
        model="lemons", version=version, champion="v0", run="r1", as_of=START + timedelta(days=day),
        dataset=stored("dataset"), holdout_start=START - timedelta(days=7), holdout_rows=1200, metrics={},
        champion_metrics={}, gates=gates_of(passed=passed),
    )  # fmt: skip
    return StoredDocument(evaluation, stored(f"models/lemons/versions/{version}/evaluation.json"))
