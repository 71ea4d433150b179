"""`steward audit`: checks every governance invariant of a model."""

import uuid
from datetime import UTC, datetime

import typer
from rich.table import Table

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Patience, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.cli.wait_notice import wait_notice
from steward.errors import StewardError
from steward.events import AuditRequested
from steward.governance.audit import Audit


def audit(
    model: Model,
    patience: Patience = 60,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Audit a model's governance invariants now. Exits with 1 when one is violated."""
    deployment = Deployment.of(stack).require(model, active=True)
    now = datetime.now(UTC)
    request = AuditRequested(occurred_at=now, model=model, as_of=now, correlation_id=uuid.uuid4().hex[:16])
    after = deployment.ledger.length(model)
    deployment.bus.publish(request)
    with wait_notice(f"the audit of {model}", patience):
        answers = history.follow(deployment.ledger, model, after=after, seconds=patience, about=request.correlation_id)
        entry = next((entry for entry in answers if entry.action == "audit_completed"), None)
    if entry is None:
        raise StewardError(
            f"no audit of {model} came within {patience:g} s: `steward watch {model}` shows it when it comes, and "
            "`steward doctor` what may be in its way"
        )
    report = deployment.data.load(entry.evidence[0], Audit)
    if as_json:
        print_json(report)
    else:
        console.print(table(report))
    raise typer.Exit(1 if report.failed else 0)


def table(report: Audit) -> Table:
    """One row an invariant."""
    verdict = f"{len(report.failed)} of {len(report.findings)} do not hold" if report.failed else "all hold"
    title = f"Audit of {report.model}, champion {report.champion}: {verdict}"
    drawn = draw_table(title, "invariant", "", "what was found", whole=("",))
    for finding in report.findings:
        mark = "[green]holds[/]" if finding.holds else "[bold red]BROKEN[/]"
        drawn.add_row(finding.invariant.replace("_", " "), mark, finding.message)
    return drawn
