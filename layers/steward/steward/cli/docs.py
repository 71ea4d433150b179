"""`steward docs`: technical files, and the documents that are kept of a model."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.terminal import console, print_json
from steward.errors import StewardError

FormatName = Literal["annex-iv", "nist-ai-rmf", "sr-11-7"]


def write_documents(
    model: Model,
    written: Annotated[
        FormatName | None, typer.Option("--format", help="Write the technical file of this framework.")
    ] = None,
    to: Annotated[Path, typer.Option(file_okay=False, help="The folder that the files go to.")] = Path(),
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Write a technical file that maps each requirement of a framework to stored evidence, as Markdown and HTML."""
    deployment = Deployment.of(stack).require(model, active=True)
    if written is None:
        raise StewardError("say which technical file: --format annex-iv, nist-ai-rmf or sr-11-7")
    _write_technical_file(deployment, model, written, to, as_json=as_json)


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
        write_text(target, text)
        console.print(str(target), soft_wrap=True, markup=False)
    counts = {status: sum(one.status == status for one in answers) for status in ("evidence", "in part", "nothing")}
    console.print(
        f"{len(answers)} requirements: evidence is stored for {counts['evidence']}, {counts['in part']} are answered "
        f"in part, and nothing answers {counts['nothing']}.",
        markup=False,
    )


def write_text(target: Path, text: str) -> None:
    """Write a file, and the folder that it is in.

    Raises:
        StewardError: it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StewardError(f"{target} cannot be written: {error.strerror}; name another folder with --to") from error
