"""`steward compare`: detects drift between two tables."""

from pathlib import Path
from typing import Annotated

import typer

from steward.cli.options import Json
from steward.cli.progress import rows_read
from steward.offline.compare import compare
from steward.offline.comparison_report import ComparisonReport
from steward.offline.findings import Drift
from steward.results import REMEDY

_NAMED = 6


def compare_tables(
    reference: Annotated[Path, typer.Argument(help="The data to compare with: Parquet, CSV or JSON Lines.")],
    current: Annotated[Path, typer.Argument(help="The data to look at.")],
    spec: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A declaration (.yaml).")] = None,
    as_json: Json = False,
    fail_on_drift: Annotated[
        bool,
        typer.Option(
            "--fail-on-drift",
            help="Exit with 1 when there is drift, and with 2 when there is none and yet not every column could be "
            "compared, or many rows not be read.",
        ),
    ] = False,
) -> None:
    """Test whether one table has drifted from another, without a deployment. Exits with 2 on bad input."""
    with rows_read() as progress:
        report = compare(reference, current, spec=spec, progress=progress)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _show(report)
    if not fail_on_drift or report.drift.verdict == "no_drift":
        return
    if report.drift.verdict == "unknown":
        typer.secho(f"--fail-on-drift: no drift was found, and yet {_doubt(report.drift)}", err=True, fg="red")
    raise typer.Exit(1 if report.drift.detected else 2)


def _show(report: ComparisonReport) -> None:
    from steward.cli.terminal import console  # noqa: PLC0415 - a program that reads JSON needs no Rich
    from steward.offline.comparison_summary import show  # noqa: PLC0415

    show(report, console)


def _doubt(drift: Drift) -> str:
    """Which columns and rows keep the absence of drift from being known, and what to do."""
    parts = (
        ("could not be compared", drift.not_compared, "mend them in the file, or declare with --spec what to compare"),
        ("cannot be told", drift.cannot_tell, f"{REMEDY}, or set `monitored: false` for them in --spec"),
    )
    said = [f"{_join_names(names)} {what}: {remedy}" for what, names, remedy in parts if names]
    said += [f"{lost}: mend them in the file" for lost in drift.not_read]
    return "; ".join(said)


def _join_names(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(f'`{name}`' for name in names[:_NAMED])}{more}"
