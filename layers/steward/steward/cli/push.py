"""`steward push`: uploads declarations or records and reports their results."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, get_args

import typer

from steward.cli.check_progress import CHECKED, show_checks
from steward.cli.deployment import Deployment
from steward.cli.first_version import show_version
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, errors, on_standard_error, print_json
from steward.cli.upload_status import is_ingested, show_upload_status
from steward.errors import ObjectMissing, SpecInvalid, StewardError
from steward.events import CorrectedKind, Kind
from steward.ledger import LedgerEntry
from steward.records.ingestion_summary import rows_of
from steward.spec.document import open_questions, read_spec
from steward.spec.model import ModelSpec
from steward.store import keys

_DECLARATIONS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class _Upload:
    """A file, whose it is, where it goes, and what it holds; None for a declaration."""

    file: Path
    model: str
    key: str
    kind: str | None = None


def upload_files(  # noqa: PLR0917 - the options of a command
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="A declaration (.yaml) or records.")],
    model: Annotated[str | None, typer.Option(help="Whose records they are.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"What they hold: {', '.join(get_args(Kind))}.")] = None,
    defect: Annotated[
        str | None, typer.Option(help="They correct rows of this kind for this defect: they count in their place.")
    ] = None,
    withdraw: Annotated[bool, typer.Option(help="With --defect: the rows of these ids do not count any more.")] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds without news after which to stop waiting; then exits with 2.")
    ] = 120,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Upload declarations or records, and wait for the result.

    For reference data it also waits for the version made from them, for predictions, labels and telemetry until the
    windows that they touch are checked and their alerts decided. Exits with 0 once everything is ingested (or was
    before, or waits for a first version), with 1 when a file is rejected, most of its rows are in quarantine or the
    version is not released, with 2 when nothing was uploaded or no answer came in time.
    """
    specs = _read_declarations(files)
    uploads = [_upload(file, specs.get(file), model, kind, defect, withdraw=withdraw) for file in files]
    if (model or kind or defect or withdraw) and all(upload.kind is None for upload in uploads):
        raise StewardError(
            f"{files[0]} is a declaration, which names its model itself: leave --model, --kind, --defect and "
            "--withdraw out, they are about records"
        )
    declared = {spec.model for spec in specs.values()}
    if declared and model and model not in declared:
        raise StewardError(
            f"{', '.join(map(str, specs))} declares {', '.join(sorted(declared))}, and --model says {model}: correct "
            "one of the two, or push the declaration and the records one after the other"
        )
    deployment = Deployment.of(stack)
    for name in {upload.model for upload in uploads} - declared:
        deployment.require(name, active=True)
    before = {name: deployment.ledger.length(name) for name in {upload.model for upload in uploads}}
    with on_standard_error(wanted=as_json):
        answers = _push(deployment, uploads, patience)
        accepted = all(is_ingested(answer) for answer in answers)
        for name in dict.fromkeys(upload.model for upload in uploads if upload.kind == "reference"):
            mine = [
                answer
                for upload, answer in zip(uploads, answers, strict=True)
                if (upload.model, upload.kind) == (name, "reference")
            ]
            accepted &= show_version(deployment, name, mine, before[name], patience)
        for name in dict.fromkeys(upload.model for upload in uploads if upload.kind in CHECKED):
            mine = [
                answer
                for upload, answer in zip(uploads, answers, strict=True)
                if upload.model == name and upload.kind in CHECKED
            ]
            show_checks(deployment, name, mine, patience)
    if as_json:
        print_json(
            [
                {"file": str(upload.file), "taken_in": is_ingested(answer), "answer": answer}
                for upload, answer in zip(uploads, answers, strict=True)
            ]
        )
    raise typer.Exit(0 if accepted else 1)


def _push(deployment: Deployment, uploads: Sequence[_Upload], patience: float) -> list[LedgerEntry]:
    """Upload files one after the other, each once the one before is answered; the answers, which are printed."""
    from steward.cli.label_matches import show_unmatched  # noqa: PLC0415 - it needs numpy

    answers = []
    for upload in uploads:
        for question in open_questions(upload.file.read_text(errors="replace")) if upload.kind is None else ():
            errors.print(f"{upload.file}: {question}", style="yellow", markup=False)
        after = deployment.ledger.length(upload.model)
        before = _version(deployment, upload.key) if upload.kind == "labels" else None
        version_id = deployment.data.upload(upload.key, upload.file)
        console.print(f"{upload.file} → s3://{deployment.data.name}/{upload.key}", markup=False)
        answer = show_upload_status(deployment, upload.model, upload.key, version_id, after, patience)
        rows, rejected = rows_of(answer.summary)
        if rejected > rows:
            errors.print(f"most of its {rows + rejected:,} rows are in quarantine", style="red", markup=False)
        if before and deployment.data.same_bytes((upload.key, before), (upload.key, version_id)):
            console.print(
                "they are the same bytes as before: nothing changes, but for ids whose labels came in between"
            )
        elif upload.kind == "labels" and answer.action == "batch_ingested":
            show_unmatched(deployment, upload.model, answer, patience)
        answers.append(answer)
    return answers


def _version(deployment: Deployment, key: str) -> str | None:
    """The version id of what a key holds; None where it holds nothing."""
    try:
        return deployment.data.newest_version(key)
    except ObjectMissing:
        return None


def _read_declarations(files: Sequence[Path]) -> dict[Path, ModelSpec]:
    """The declarations among some files.

    Raises:
        SpecInvalid: some are wrong; each problem begins with the name of its file.
    """
    specs, problems = {}, []
    for file in files:
        if file.suffix in _DECLARATIONS:
            try:
                specs[file] = read_spec(file.read_bytes())
            except SpecInvalid as error:
                problems += [f"{file}: {problem}" for problem in error.problems]
    if problems:
        raise SpecInvalid(problems)
    return specs


def _upload(
    file: Path, spec: ModelSpec | None, model: str | None, kind: str | None, defect: str | None, *, withdraw: bool
) -> _Upload:
    """Whose a file is and where it goes.

    Raises:
        StewardError: the options do not say it.
    """
    if spec:
        return _Upload(file, spec.model, keys.spec_upload(spec.model))
    kinds = get_args(CorrectedKind) if defect else tuple(name for name in get_args(Kind) if name != "corrections")
    if model is None or kind is None:
        missing = " and ".join(
            name for name, given in ((f"--kind {'|'.join(kinds)}", kind), ("--model NAME", model)) if not given
        )
        raise StewardError(f"{file} holds records: say {missing}")
    if kind not in kinds:
        near = get_close_matches(kind, kinds, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise StewardError(f"--kind {kind} is none that can be uploaded{hint} It is one of {', '.join(kinds)}")
    if defect:
        return _Upload(file, model, keys.correction_upload(model, defect, kind, file.name, withdraws=withdraw), "")
    if withdraw:
        raise StewardError("rows are withdrawn for a defect: say --defect ID; `steward defects MODEL` lists them")
    return _Upload(file, model, keys.inbox(model, kind, file.name), kind)
