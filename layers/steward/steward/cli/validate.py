"""`steward validate`: declarations are read, and nothing is uploaded."""

from pathlib import Path
from typing import Annotated

import typer

from steward.cli.terminal import console
from steward.errors import StewardError
from steward.spec.document import read_spec


def validate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Declarations (.yaml).")],
) -> None:
    """Read declarations, and upload nothing; needs no deployment. Exits with 2 when one is wrong."""
    for file in files:
        spec = read_spec(file.read_bytes())
        if file.stem != spec.model:
            raise StewardError(f"{file} declares {spec.model}; call it {spec.model}.yaml, as it is uploaded")
        console.print(f"{file} declares {spec.model}: {len(spec.features)} features", markup=False)
