"""`steward suggest`: writes a declaration that fits reference data."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from steward.errors import StewardError
from steward.spec.model_sections import Task


def suggest(  # noqa: PLR0917 - the options of a command
    reference: Annotated[Path, typer.Argument(help="Reference data: Parquet, CSV or JSON Lines.")],
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="Where to write it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    model: Annotated[str | None, typer.Option(help="What to call the model; the file's name when left out.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it: a person or a team.")] = None,
    label: Annotated[str | None, typer.Option(help="The column with the truth.")] = None,
    score: Annotated[
        list[str] | None,
        typer.Option(help="The column with the probability of the positive label; several: that of each class."),
    ] = None,
    prediction: Annotated[str | None, typer.Option(help="The column with the decided class, or the value.")] = None,
    time: Annotated[str | None, typer.Option(help="The column that says when each row came about.")] = None,
    identifier: Annotated[str | None, typer.Option("--id", help="The column that identifies each row.")] = None,
    entity: Annotated[str | None, typer.Option(help="The column that says whom or what a row is about.")] = None,
    task: Annotated[Task | None, typer.Option(help="What the model does.")] = None,
) -> None:
    """Infer a declaration from reference data, with a reason for each line. Exits with 2 on bad input.

    The roles of the columns are inferred from names and values; options set what cannot be inferred. If there are
    model outputs, the model is declared as trained elsewhere; otherwise Steward trains one from the label.
    """
    from steward.cli.progress import rows_read  # noqa: PLC0415 - other commands need no numpy
    from steward.offline.hints import Hints  # noqa: PLC0415
    from steward.offline.suggestion import suggest as suggested  # noqa: PLC0415
    from steward.spec.document import open_questions  # noqa: PLC0415

    hints = Hints(label, tuple(score or ()), prediction, time, identifier, entity, task)
    with rows_read() as progress:
        text = suggested(reference, model=model, owner=owner, hints=hints, progress=progress)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise StewardError(f"{output} exists: name a new file, or write over it with --force") from error
    except OSError as error:
        raise StewardError(f"{output} cannot be written: {error.strerror}; name a new file") from error
    for question in open_questions(text):
        typer.secho(question, err=True, fg="yellow")
