"""`steward docs`: technical files, and the documents that are kept of a model."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.terminal import console, print_json
from steward.cli.written_files import write_file

FormatName = Literal["annex-iv", "nist-ai-rmf", "sr-11-7"]


def write_documents(
    model: Model,
    *,
    written: Annotated[
        FormatName | None, typer.Option("--format", help="Write the technical file of this framework.")
    ] = None,
    notes: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="FROM TO", help="Write the release notes between two versions, or their beginnings."),
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Compare two revisions of a document, or two documents."),
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Download the newest revision of each.")] = False,
    to: Annotated[Path, typer.Option(file_okay=False, help="The folder that files go to.")] = Path(),
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """List the documents that are kept of a model, or write technical files and release notes, or compare revisions."""
    deployment = Deployment.of(stack).require(model, active=True)
    if written:
        _write_technical_file(deployment, model, written, to, as_json=as_json)
        return
    from steward.cli import kept_documents  # noqa: PLC0415 - as below

    if notes:
        kept_documents.write_notes(deployment, model, notes, to)
    elif diff:
        kept_documents.show_difference(deployment.data, model, diff)
    elif download:
        kept_documents.download(deployment.data, model, to)
    else:
        kept_documents.show_history(deployment.data, model, as_json=as_json)


def _write_technical_file(
    deployment: Deployment, model: str, written: FormatName, folder: Path, *, as_json: bool
) -> None:
    from steward.governance.frameworks.requirement import answer  # noqa: PLC0415 - other commands need none of it
    from steward.governance.frameworks.technical_file import FRAMEWORKS, technical_file  # noqa: PLC0415
    from steward.markup.html import to_html  # noqa: PLC0415
    from steward.markup.markdown import to_markdown  # noqa: PLC0415
    from steward.repositories.technical_evidence import gather_technical_evidence  # noqa: PLC0415

    framework = FRAMEWORKS[written]
    gathered = gather_technical_evidence(deployment.data, deployment.ledger, model)
    answers = [answer(requirement, gathered.by_kind) for requirement in framework.requirements]
    if as_json:
        print_json(
            {
                "framework": written,
                "version": gathered.version,
                "answers": [
                    {
                        "id": one.requirement.id,
                        "status": one.status,
                        "evidence": {kind: asdict(found) for kind, found in one.found.items()},
                        "missing": list(one.missing),
                        "team": one.requirement.team,
                    }
                    for one in answers
                ],
            }
        )
        return
    document = technical_file(framework, model, gathered.version, gathered.as_of, gathered.by_kind)
    for ending, text in (("md", to_markdown(document)), ("html", to_html(document))):
        target = folder / f"{model}-{written}.{ending}"
        write_file(target, text.encode())
        console.print(str(target), soft_wrap=True, markup=False)
    counts = {status: sum(one.status == status for one in answers) for status in ("evidence", "in part", "nothing")}
    console.print(
        f"{len(answers)} requirements: evidence is stored for {counts['evidence']}, {counts['in part']} are answered "
        f"in part, and nothing answers {counts['nothing']}.",
        markup=False,
    )
