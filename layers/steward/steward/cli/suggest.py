"""`steward suggest`: writes a declaration that fits reference data."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from steward.errors import StewardError


def suggest(
    reference: Annotated[Path, typer.Argument(help="Reference data: Parquet, CSV or JSON Lines.")],
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="Where to write it; not over a file.")] = None,
    model: Annotated[str | None, typer.Option(help="What to call the model; the file's name when left out.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it: a person or a team.")] = None,
) -> None:
    """Write a declaration that fits reference data, each line with its reason. Exits with 2 on bad input."""
    from steward.cli.progress import rows_read  # noqa: PLC0415 - other commands need no numpy
    from steward.standalone.suggestion import suggest as suggested  # noqa: PLC0415

    with rows_read() as progress:
        text = suggested(reference, model=model, owner=owner, progress=progress)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StewardError(f"{output} cannot be written: {error.strerror}; name a new file") from error
