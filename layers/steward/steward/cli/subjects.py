"""`steward erase` and `steward subject-report`: what is held of a subject, and its removal."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from steward.cli import history
from steward.cli.command_delivery import build_command, wait_for_effect, wait_for_result
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.commands.command_base import Command
from steward.commands.requests import EraseCommand
from steward.erasure.erasure import Erasure
from steward.erasure.sought_rows import SoughtRows
from steward.erasure.subject_forms import subject_pseudonyms
from steward.erasure.subject_report import SubjectReport, report_holdings
from steward.errors import StewardError
from steward.ledger.envelope import SignedEnvelope
from steward.privacy.pseudonym import pseudonym
from steward.repositories import models
from steward.repositories.erasures import trained_on_objects
from steward.repositories.subject_holdings import Holding, holdings
from steward.spec.model import ModelSpec
from steward.store.pseudonym_key import PseudonymKey

Subject = Annotated[
    str, typer.Option(help="Whom the rows are about, as the declared column has it; `-` reads it from standard input.")
]
RecordId = Annotated[str, typer.Option(help="The id of one record, in place of a subject.")]
OfModel = Annotated[str | None, typer.Option("--model", help="One model; else all whose declarations name subjects.")]

_FIGURES = ("objects", "versions", "rows")


def erase(  # noqa: PLR0917 - the options of a command
    subject: Subject = "",
    record: RecordId = "",
    model: OfModel = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the ledger, so name nobody in it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be erased.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the statements.")] = 2400,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Erase all rows of a subject, and print the statements; what is sent and stored is a keyed pseudonym alone.

    Takes a quarter of an hour at least: whatever read the rows before they were removed must have ended, and is
    searched again. Exits with 1 if a hold forbids it.
    """
    deployment = Deployment.of(stack)
    value = _value(subject, record)
    specs = list(_specs(deployment, model, record=bool(record)))
    if dry_run:
        _print_reports([_report(deployment, spec, value, record=bool(record)) for spec in specs], as_json=as_json)
        return
    if not reason:
        raise StewardError("say why with --reason; name nobody in it, since the ledger keeps it")
    asked = []
    for spec in specs:
        named, *stored_as = _pseudonyms(deployment, spec, value, record=bool(record))
        command = build_command(
            EraseCommand, spec.model, subject=named, stored_as=stored_as, record=bool(record), reason=reason
        )
        after = deployment.ledger.length(spec.model)
        answer = wait_for_result(deployment, command, 60)
        if answer.verdict == "refused":
            raise StewardError(f"the command for {spec.model} is refused: {answer.reason}")
        asked.append((command, after))
    statements = [_statement(deployment, command, after, patience) for command, after in asked]
    if as_json:
        print_json([statement.model_dump(mode="json") for statement, _ in statements])
    else:
        for statement, signed in statements:
            _print_statement(statement, signed=signed)
    raise typer.Exit(1 if any(statement.held for statement, _ in statements) else 0)


def subject_report(  # noqa: PLR0917 - the options of a command
    subject: Subject = "",
    record: RecordId = "",
    model: OfModel = None,
    to: Annotated[Path | None, typer.Option(help="Write the report and all rows into this new folder.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show what is held of a subject: every place and version, and when retention removes it. Needs to read rows."""
    deployment = Deployment.of(stack)
    value = _value(subject, record)
    reports = []
    if to:
        to.mkdir(parents=True)
    for spec in _specs(deployment, model, record=bool(record)):
        report = _report(deployment, spec, value, record=bool(record), folder=to)
        reports.append(report)
    if to:
        text = json.dumps([report.model_dump(mode="json") for report in reports], indent=1)
        (to / "report.json").write_text(text)
    _print_reports(reports, as_json=as_json)


def _value(subject: str, record: str) -> str:
    if bool(subject) == bool(record):
        raise StewardError("name either --subject VALUE or --record ID")
    value = sys.stdin.readline().strip() if subject == "-" else subject or record
    if not value:
        raise StewardError("the subject is empty")
    return value


def _specs(deployment: Deployment, model: str | None, *, record: bool) -> Iterator[ModelSpec]:
    if record and not model:
        raise StewardError("ids are of one model: name it with --model")
    if model:
        spec, _ = models.current_spec(deployment.require(model).data, model, or_removed=True)
        if not record and spec.subject_column is None:
            raise StewardError(
                f"the declaration of {model} names no column of subjects: declare personal_data.subject or "
                "columns.entity; or name single records with --record"
            )
        yield spec
        return
    for name in deployment.models():
        spec, _ = models.current_spec(deployment.data, name, or_removed=True)
        if spec.subject_column is not None:
            yield spec


def _pseudonyms(deployment: Deployment, spec: ModelSpec, value: str, *, record: bool) -> tuple[str, ...]:
    key = _key(deployment, spec)
    return (pseudonym(key, value),) if record else subject_pseudonyms(key, value)


def _key(deployment: Deployment, spec: ModelSpec) -> bytes:
    arn = deployment.outputs.get("PseudonymKeySetting")
    if not arn:
        raise StewardError(
            "subjects are found by keyed pseudonyms, and the deployment has no key: make one "
            "(`aws kms create-key --key-spec HMAC_256 --key-usage GENERATE_VERIFY_MAC`), and deploy with "
            "PseudonymKeyArn"
        )
    return PseudonymKey(arn).of_model(spec.model)


def _report(
    deployment: Deployment, spec: ModelSpec, value: str, *, record: bool, folder: Path | None = None
) -> SubjectReport:
    key = _key(deployment, spec)
    names = _pseudonyms(deployment, spec, value, record=record)
    column = spec.columns.id if record else str(spec.subject_column)
    sought = SoughtRows(lambda text: pseudonym(key, text), column, spec.columns.id, frozenset(names))
    found: list[Holding] = []
    with tempfile.TemporaryDirectory(prefix="steward-subject-") as scratch:
        for holding in holdings(deployment.data, spec, sought, Path(scratch)):
            if folder and holding.content:
                _write_rows(folder / spec.model, len(found), holding)
            found.append(holding)
    trained = trained_on_objects(deployment.data, spec.model, {(one.key, one.version_id): one.rows for one in found})
    return report_holdings(
        spec, names[0], column, [(one.place, one.key, one.version_id, one.modified, one.rows) for one in found], trained
    )


def _write_rows(folder: Path, number: int, holding: Holding) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{number:04d}-{holding.place.replace('/', '-').replace(' ', '-')}.jsonl"
    header = {"key": holding.key, "version_id": holding.version_id}
    lines = [json.dumps(header), *(json.dumps(row, default=str, ensure_ascii=False) for row in holding.content)]
    (folder / name).write_text("\n".join(lines) + "\n")


def _statement(deployment: Deployment, command: Command, after: int, patience: float) -> tuple[Erasure, bool]:
    """The statement of an erasure, and whether it is signed."""
    entry = wait_for_effect(deployment, command, after, patience)
    if entry is None or not entry.evidence:
        raise StewardError(f"nothing came of the erasure for {command.model}")
    answers = history.follow(deployment.ledger, command.model, after=after, seconds=60, about=command.correlation_id)
    sealed = next((one for one in answers if one.action == "erasure_attested"), None)
    if sealed is None:
        return deployment.data.load(entry.evidence[0], Erasure), False
    envelope = deployment.data.load(sealed.evidence[0], SignedEnvelope)
    return Erasure.model_validate_json(envelope.content), bool(envelope.signatures)


def _print_statement(statement: Erasure, *, signed: bool) -> None:
    console.print(f"{statement.model}: {statement.summary}", markup=False)
    if statement.held:
        return
    table = draw_table("removed", "place", "objects", "versions", "rows", figures=_FIGURES)
    for name, place in statement.places.items():
        table.add_row(name, f"{place.objects:,}", f"{place.versions:,}", f"{place.rows:,}")
    console.print(table)
    for sentence in (*statement.trained_sentences, *statement.notes, *statement.stays):
        console.print(f"- {sentence}", markup=False)
    console.print(
        "The statement is signed." if signed else "The statement is not signed: there is no key, or it waits."
    )


def _print_reports(reports: list[SubjectReport], *, as_json: bool) -> None:
    if as_json:
        print_json([report.model_dump(mode="json") for report in reports])
        return
    for report in reports:
        console.print(f"{report.model}: subject {report.subject}, by {report.column}", markup=False)
        table = draw_table("held", "place", "versions", "rows", "kept until", figures=_FIGURES)
        for place in report.places:
            until = "never" if place.removed_by is None else f"{place.removed_by:%Y-%m-%d}"
            table.add_row(place.name, f"{place.objects:,}", f"{place.rows:,}", until)
        console.print(table)
        if report.versions:
            console.print(f"trained on the rows: {', '.join(report.versions)}", markup=False)
