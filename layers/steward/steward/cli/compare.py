"""`steward compare`: whether one table has drifted from another, for people, pipelines and programs."""

from pathlib import Path
from typing import Annotated

import typer

from steward.cli.options import Json
from steward.cli.progress import rows_read
from steward.cli.terminal import console
from steward.standalone.compare import compare
from steward.standalone.summary import show


def compare_tables(
    reference: Annotated[Path, typer.Argument(help="The data to compare with: Parquet, CSV or JSON Lines.")],
    current: Annotated[Path, typer.Argument(help="The data to look at.")],
    spec: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A declaration (.yaml).")] = None,
    as_json: Json = False,
    fail_on_drift: Annotated[bool, typer.Option("--fail-on-drift", help="Exit with 1 when there is drift.")] = False,
) -> None:
    """Say whether one table has drifted from another; no deployment is needed. Exits with 2 on bad input."""
    with rows_read() as progress:
        report = compare(reference, current, spec=spec, progress=progress)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        show(report, console)
    raise typer.Exit(1 if fail_on_drift and report.drift.detected else 0)
