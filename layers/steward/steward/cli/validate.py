"""`steward validate`: declarations are read, and nothing is uploaded."""

from pathlib import Path
from typing import Annotated

import typer

from steward.cli.terminal import console
from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from steward.spec.durations import describe_duration


def validate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Declarations (.yaml).")],
) -> None:
    """Read declarations, and upload nothing; needs no deployment. Exits with 2 when one is wrong."""
    problems = []
    for file in files:
        try:
            spec = read_spec(file.read_bytes())
        except SpecInvalid as error:
            problems += [f"{file}: {problem}" for problem in error.problems]
        else:
            told = f"{len(spec.features)} features, windows of {describe_duration(spec.window.length)}"
            console.print(f"{file} declares {spec.model}: {told}", markup=False)
    if problems:
        raise SpecInvalid(problems)
