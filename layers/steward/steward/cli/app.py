"""The command `steward`."""

import json
import math
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from steward.cli import cost, doctor, history, people, promotion, quarantine, redrive, report, status, versions
from steward.cli.deployment import Deployment
from steward.cli.waiting import waiting
from steward.errors import SpecInvalid, StewardError
from steward.events import AuditRequested, CorrectedKind, Kind, ObjectCreated
from steward.governance.audit import Audit
from steward.spec.document import read_spec
from steward.store import keys

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look after machine-learning models in production.",
)
console = Console(soft_wrap=False)

_ANSWERS = ("batch_ingested", "batch_rejected", "data_corrected", "model_registered", "model_rejected")

Stack = Annotated[str, typer.Option(envvar="STEWARD_STACK", help="The name of the deployed stack.")]
Patience = Annotated[float, typer.Option(help="Seconds without news after which to stop waiting.")]


@app.command()
def push(  # noqa: PLR0917 - the options of a command
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="A declaration (.yaml) or records.")],
    model: Annotated[str | None, typer.Option(help="Whose records they are.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"What they hold: {', '.join(get_args(Kind))}.")] = None,
    defect: Annotated[
        str | None, typer.Option(help="They correct rows of this kind for this defect: they count in their place.")
    ] = None,
    withdraw: Annotated[bool, typer.Option(help="With --defect: the rows of these ids do not count any more.")] = False,
    patience: Patience = 15,
    stack: Stack = "steward",
) -> None:
    """Upload declarations or records, and show what became of them. Exits with 1 when one is refused."""
    deployment = Deployment.of(stack)
    refused = False
    for file in files:
        owner, key = _destination(file, model, kind, defect, withdraw=withdraw)
        after = deployment.ledger.length(owner)
        version_id = deployment.data.upload(key, file)
        console.print(f"{file} → s3://{deployment.data.name}/{key}", markup=False)
        correlation_id = ObjectCreated.correlate(key, version_id)
        for entry in history.follow(deployment.ledger, owner, after=after, seconds=patience):
            if entry.correlation_id == correlation_id:
                console.print(history.line(entry))
                refused |= entry.action in ("batch_rejected", "model_rejected")
                if entry.action in _ANSWERS:
                    break
        else:
            console.print(
                f"[yellow]no answer within {patience:.0f} s; `steward watch {owner}` shows it when it comes[/]"
            )
    raise typer.Exit(1 if refused else 0)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Declarations (.yaml).")],
) -> None:
    """Read declarations, and upload nothing; needs no deployment. Exits with 2 when one is wrong."""
    for file in files:
        spec = read_spec(file.read_bytes())
        if file.stem != spec.model:
            raise StewardError(f"{file} declares {spec.model}; call it {spec.model}.yaml, as it is uploaded")
        console.print(f"{file} declares {spec.model}: {len(spec.features)} features", markup=False)


@app.command(name="status")
def show_status(
    model: Annotated[str | None, typer.Argument(help="One model; all of them when left out.")] = None,
    stack: Stack = "steward",
) -> None:
    """Show champions, alerts and the newest runs. Exits with 1 when an alert is firing."""
    deployment = Deployment.of(stack)
    if model:
        deployment.require(model)
    found = list(status.standings(deployment, model))
    console.print(status.table(found))
    for standing in found:
        if freeze := standing.routing.freeze:
            waiting = len(standing.routing.held)
            console.print(f"{standing.model}: {freeze.sentence} ({waiting} waiting)", style="yellow", markup=False)
    for standing in found if model else []:
        console.print(status.alerts_table(standing))
    if unfinished := status.unfinished(deployment):
        console.print(unfinished, style="dim", markup=False)
    raise typer.Exit(1 if any(standing.firing for standing in found) else 0)


@app.command()
def watch(
    model: Annotated[str, typer.Argument(help="Whose ledger.")],
    last: Annotated[int, typer.Option(help="Begin with this many entries that are there already.")] = 20,
    patience: Patience = math.inf,
    stack: Stack = "steward",
) -> None:
    """Show every decision on a model as it is taken, until interrupted or until nothing came for --patience."""
    deployment = Deployment.of(stack).require(model, for_history=True)
    newest = deployment.ledger.length(model)
    end = "until interrupted (Ctrl-C)" if math.isinf(patience) else f"until nothing has come for {patience:g} s"
    typer.echo(f"every decision on {model}, {end}", err=True)
    for entry in history.follow(deployment.ledger, model, after=max(0, newest - last), seconds=patience):
        console.print(history.line(entry))


@app.command()
def audit(
    model: Annotated[str, typer.Argument(help="Which model.")],
    patience: Patience = 60,
    stack: Stack = "steward",
) -> None:
    """Have every governance invariant of a model checked now. Exits with 1 when one does not hold."""
    deployment = Deployment.of(stack).require(model, active=True)
    now = datetime.now(UTC)
    request = AuditRequested(occurred_at=now, model=model, as_of=now, correlation_id=uuid.uuid4().hex[:16])
    after = deployment.ledger.length(model)
    deployment.bus.publish(request)
    with waiting(f"the audit of {model}", patience):
        answers = history.follow(deployment.ledger, model, after=after, seconds=patience, about=request.correlation_id)
        entry = next((entry for entry in answers if entry.action == "audit_completed"), None)
    if entry:
        report = Audit.model_validate_json(deployment.data.verified(entry.evidence[0]))
        console.print(audit_table(report))
        raise typer.Exit(1 if report.failed else 0)
    raise StewardError(
        f"no audit of {model} came within {patience:g} s: `steward watch {model}` shows it when it comes, and "
        "`steward doctor` what may be in its way"
    )


app.add_typer(quarantine.app, name="quarantine")
app.command(name="redrive")(redrive.send_round_again)
app.command(name="cost")(cost.cost)
app.command(name="report")(report.report)
app.command(name="doctor")(doctor.examine_deployment)
for signed in people.COMMANDS:
    app.command(rich_help_panel="Commands that are signed")(signed)
for name, command in {**versions.COMMANDS, **promotion.COMMANDS}.items():
    app.command(name, rich_help_panel="Versions")(command)


@app.command(name="defects")
def show_defects(  # noqa: PLR0917 - the options of a command
    model: Annotated[str, typer.Argument(help="Whose data.")],
    defect: Annotated[str | None, typer.Argument(help="One defect, shown whole.")] = None,
    burn_down: Annotated[bool, typer.Option("--burn-down", help="How many are left at the end of each day.")] = False,
    days: Annotated[int, typer.Option(min=1, help="With --burn-down: the last days that are shown.")] = 14,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    stack: Stack = "steward",
) -> None:
    """List the errors found in a model's data, what is due first at the top. Exits with 1 when one is overdue."""
    from steward.cli import defects  # noqa: PLC0415 - other commands need none of it
    from steward.defects.ordering import burn_down as burned_down  # noqa: PLC0415

    data, now = Deployment.of(stack).require(model).data, datetime.now(UTC)
    found = [defects.find(data, model, defect)] if defect else defects.read(data, model)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    elif defect:
        for line in defects.described(found[0]):
            console.print(line, soft_wrap=True)
    else:
        console.print(
            defects.burn_down_table(burned_down(found, now, days)) if burn_down else defects.table(model, found, now)
        )
    raise typer.Exit(1 if any(one.overdue(now) for one in found) else 0)


@app.command(name="explain")
def explain_check(
    model: Annotated[str, typer.Argument(help="Whose check; or the key of a check.")],
    check: Annotated[
        str | None,
        typer.Argument(
            help="A check's id or its beginning, a window, a monitor that found something, a version or `champion`; "
            "the newest check when left out."
        ),
    ] = None,
    version: Annotated[str | None, typer.Argument(help="With a window: whose check, where it has several.")] = None,
    stack: Stack = "steward",
) -> None:
    """Show how a check's decisions came about, and work them out again. Exits with 1 when that gives other results."""
    from steward.cli import explain  # noqa: PLC0415 - the statistics take half a second to load
    from steward.monitoring.evaluate import evaluate  # noqa: PLC0415
    from steward.stations.check import restored  # noqa: PLC0415

    deployment = Deployment.of(stack)
    found = explain.find(deployment, model, check, version)
    evidence = restored(deployment.data, found)
    explain.show(found, evidence, console)
    same, sentence = explain.comparison(found, evaluate(evidence))
    console.print(Text(sentence, style="green" if same else "bold red"))
    raise typer.Exit(0 if same else 1)


@app.command(name="import-sagemaker")
def import_sagemaker(  # noqa: PLR0917 - the options of a command
    statistics: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The baseline's statistics.json.")],
    constraints: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The baseline's constraints.json.")],
    model: Annotated[str, typer.Option(help="What to call the model: lower-case letters, digits and hyphens.")],
    owner: Annotated[str, typer.Option(help="Who answers for it: a person or a team.")],
    capture: Annotated[
        list[Path] | None,
        typer.Option(exists=True, help="A data-capture file, or a folder of them: the fields of requests and answers."),
    ] = None,
    model_quality: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The model-quality monitor's constraints.json.")
    ] = None,
    model_quality_statistics: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The model-quality monitor's statistics.json.")
    ] = None,
    analysis: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="An analysis.json of Clarify, bias or explainability."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="The endpoint that serves the model: CloudWatch tells of its latency and use.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it to this file, which must not be there yet.")
    ] = None,
) -> None:
    """Write a declaration from what SageMaker Model Monitor and Clarify left behind. Exits with 2 on bad input.

    Each line says what it was derived from. Read it through, then upload it with `steward push`, capture files of a
    good time as reference (--kind reference), and from then on captures (--kind predictions) and ground truth
    (--kind labels) as they are.
    """
    from steward.cli import sagemaker  # noqa: PLC0415 - as above

    text = sagemaker.declaration(
        statistics,
        constraints,
        capture or [],
        model=model,
        owner=owner,
        model_quality=model_quality,
        model_quality_statistics=model_quality_statistics,
        analyses=analysis or [],
        endpoint=endpoint,
    )
    if output is None:
        sys.stdout.write(text)
        return
    sagemaker.write(output, text)
    console.print(f"{output} is written: read it through, then `steward push {output}`", markup=False)


@app.command(name="compare")
def compare_tables(
    reference: Annotated[Path, typer.Argument(help="The data to compare with: Parquet, CSV or JSON Lines.")],
    current: Annotated[Path, typer.Argument(help="The data to look at.")],
    spec: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A declaration (.yaml).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    fail_on_drift: Annotated[bool, typer.Option("--fail-on-drift", help="Exit with 1 when there is drift.")] = False,
) -> None:
    """Say whether one table has drifted from another; no deployment is needed. Exits with 2 on bad input."""
    from steward.cli import compare  # noqa: PLC0415 - other commands need no numpy
    from steward.cli.progress import rows_read  # noqa: PLC0415
    from steward.standalone.compare import compare as compared  # noqa: PLC0415

    with rows_read() as progress:
        report = compared(reference, current, spec=spec, progress=progress)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        compare.show(report, console)
    raise typer.Exit(1 if fail_on_drift and report.drift.detected else 0)


@app.command(name="suggest")
def suggest_declaration(
    reference: Annotated[Path, typer.Argument(help="Reference data: Parquet, CSV or JSON Lines.")],
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="Where to write it; not over a file.")] = None,
    model: Annotated[str | None, typer.Option(help="What to call the model; the file's name when left out.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it: a person or a team.")] = None,
) -> None:
    """Write a declaration that fits reference data, each line with its reason. Exits with 2 on bad input."""
    from steward.cli.progress import rows_read  # noqa: PLC0415 - as above
    from steward.standalone.suggestion import suggest  # noqa: PLC0415

    with rows_read() as progress:
        text = suggest(reference, model=model, owner=owner, progress=progress)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StewardError(f"{output} cannot be written: {error.strerror}; name a new file") from error


def audit_table(report: Audit) -> Table:
    """One row an invariant."""
    verdict = f"{len(report.failed)} of {len(report.findings)} do not hold" if report.failed else "all hold"
    drawn = Table(
        title=f"Audit of {report.model}, champion {report.champion}: {verdict}", title_justify="left", pad_edge=False
    )
    for heading in ("invariant", "", "what was found"):
        drawn.add_column(heading, overflow="fold")
    for finding in report.findings:
        mark = "[green]holds[/]" if finding.holds else "[bold red]BROKEN[/]"
        drawn.add_row(finding.invariant.replace("_", " "), mark, finding.message)
    return drawn


def _destination(
    file: Path, model: str | None, kind: str | None, defect: str | None, *, withdraw: bool
) -> tuple[str, str]:
    """The model and the key that a file is uploaded for."""
    if file.suffix in (".yaml", ".yml"):
        spec = read_spec(file.read_bytes())
        return spec.model, keys.spec_upload(spec.model)
    kinds = get_args(CorrectedKind) if defect else tuple(name for name in get_args(Kind) if name != "corrections")
    if model is None or kind is None or kind not in kinds:
        raise StewardError(f"{file} holds records: say --model NAME and --kind {'|'.join(kinds)}")
    if defect:
        return model, keys.correction_upload(model, defect, kind, file.name, withdraws=withdraw)
    if withdraw:
        raise StewardError("rows are withdrawn for a defect: say --defect ID; `steward defects MODEL` lists them")
    return model, keys.inbox(model, kind, file.name)


def main() -> None:
    """Run the command; what is wrong is said in words, with exit code 2."""
    errors = Console(stderr=True)
    try:
        app()
    except SpecInvalid as error:
        for problem in error.problems:
            errors.print(problem, style="red", markup=False)
        sys.exit(2)
    except StewardError as error:
        errors.print(str(error), style="red", markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
