"""`steward audit`: checks every invariant of a model, and packs the evidence for auditors."""

import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from steward.cli import history
from steward.cli.audit_bundle import write_bundle
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Patience, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.cli.wait_notice import wait_notice
from steward.errors import StewardError
from steward.events import AuditRequested
from steward.governance.audit import Audit
from steward.governance.audit_finding import AuditFinding


def audit(
    model: Annotated[str | None, typer.Argument(help="Which model; of a bundle, that one alone.")] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Write what an auditor needs into this ZIP file, and audit nothing.")
    ] = None,
    *,
    of_model: Annotated[str | None, typer.Option("--model", help="The model, as an option.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Leave entries out that are older (UTC)."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read the whole ledger, not from the last checkpoint.")
    ] = False,
    patience: Patience = 60,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Audit a model's invariants now; exits with 1 when one is violated. Or, with --bundle, pack the evidence."""
    named = model or of_model
    if bundle:
        deployment = Deployment.of(stack)
        if named:
            deployment.require(named, for_history=True)
        moment = since.replace(tzinfo=UTC) if since else None
        entries = write_bundle(deployment, stack, bundle, model=named, since=moment, made_at=datetime.now(UTC))
        console.print(f"{bundle}: {entries:,} ledger entries. Unpack it anywhere, and run `python verify.py` in it.")
        return
    if named is None:
        raise StewardError("say which model: `steward audit MODEL`, or `steward audit --bundle OUT.zip` for all")
    if since:
        raise StewardError("--since is of a bundle: name its file with --bundle OUT.zip")
    report = request_audit(Deployment.of(stack).require(named, active=True), named, patience, whole=whole)
    if as_json:
        print_json(report)
    else:
        console.print(table(report))
    raise typer.Exit(1 if report.failed else 0)


def request_audit(deployment: Deployment, model: str, patience: float, *, whole: bool) -> Audit:
    """Have the deployment audit a model.

    Raises:
        StewardError: no report came in time.
    """
    now = datetime.now(UTC)
    request = AuditRequested(occurred_at=now, model=model, as_of=now, correlation_id=uuid.uuid4().hex[:16], whole=whole)
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
    return deployment.data.load(entry.evidence[0], Audit)


def table(report: Audit) -> Table:
    """One row an invariant: what fails first, the most severe before the others; what does not apply last."""
    counts = Counter(_KINDS.get(finding.status, "") for finding in report.findings if finding not in report.failing)
    noted = len(report.failing) - len(report.failed)
    parts = [
        f"{len(report.failed)} of {len(report.findings)} fail" if report.failed else "none fails",
        *([f"{noted} to note"] if noted else []),
        *(f"{counts[kind]} {kind}" for kind in _KINDS.values() if counts[kind]),
    ]
    title = f"Audit of {report.model}, champion {report.champion}: {', '.join(parts)}"
    drawn = draw_table(title, "invariant", "group", "", "what was found", whole=("group", ""))
    others = [
        one for status in ("excepted", "holds", "not_applicable") for one in report.findings if one.status == status
    ]
    for finding in (*report.failing, *others):
        mark = _SEVERITIES[finding.severity] if finding.fails else _MARKS.get(finding.status, finding.status)
        drawn.add_row(finding.invariant.replace("_", " "), finding.group, mark, _describe(finding))
    return drawn


_KINDS = {"excepted": "excepted", "holds": "hold", "not_applicable": "not applicable"}
_SEVERITIES = {"critical": "[bold red]CRITICAL[/]", "warning": "[bold yellow]WARNING[/]", "info": "[cyan]note[/]"}
_MARKS = {"holds": "[green]holds[/]", "excepted": "[magenta]excepted[/]", "not_applicable": "[dim]n/a[/]"}


def _describe(finding: AuditFinding) -> Text:
    """What was found; of what does not hold, since when, and the remedy or the exception."""
    if finding.holds:
        return Text(finding.message)
    said = finding.exception.sentence if finding.exception else finding.remedy
    since = f"since {finding.since:%Y-%m-%d}: " if finding.since else ""
    return console.stack(finding.message, Text(since + said, style="dim"))
