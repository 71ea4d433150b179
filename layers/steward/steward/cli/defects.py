"""`steward defects`: the defects of a model, one defect in full, and a burn-down."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table
from steward.defects.defect import Defect
from steward.defects.ordering import DayLeft, by_deadline
from steward.defects.ordering import burn_down as burned_down
from steward.errors import ObjectMissing, StewardError
from steward.repositories import models
from steward.repositories.replay import replayed_until
from steward.store import keys
from steward.store.bucket import Bucket

_STATES = {"wont_fix": "won't fix"}


def show_defects(  # noqa: PLR0917 - the options of a command
    model: Annotated[str, typer.Argument(help="Whose data.")],
    defect: Annotated[str | None, typer.Argument(help="One defect, shown whole.")] = None,
    burn_down: Annotated[bool, typer.Option("--burn-down", help="How many are left at the end of each day.")] = False,
    days: Annotated[int, typer.Option(min=1, help="With --burn-down: the last days that are shown.")] = 14,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """List the defects in a model's data, by deadline. Exits with 1 when one is overdue."""
    data = Deployment.of(stack).require(model).data
    spec, _ = models.current_spec(data, model, or_removed=True)
    now, replayed = datetime.now(UTC), replayed_until(data, spec)
    found = [find(data, model, defect)] if defect else read(data, model)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    elif defect:
        for line in describe(found[0]):
            console.print(line, soft_wrap=True)
    elif not found:
        console.print(f"no defects of {model}: none was found so far")
    else:
        console.print(
            burn_down_table(burned_down(found, now, days)) if burn_down else table(model, found, now, replayed)
        )
    raise typer.Exit(1 if any(one.overdue(now, replayed) for one in found) else 0)


def read(data: Bucket, model: str) -> list[Defect]:
    """Every defect of a model, what is due first before the others."""
    listing = data.list(keys.defects(model))
    return by_deadline([data.load(listed.key, Defect) for listed in listing])


def find(data: Bucket, model: str, identity: str) -> Defect:
    """One defect.

    Raises:
        StewardError: there is none of this id.
    """
    try:
        return data.load(keys.defect(model, identity), Defect)
    except ObjectMissing as error:
        raise StewardError(
            f"{model} has no defect {identity!r}; `steward defects {model}` lists those it has"
        ) from error


def table(model: str, defects: Sequence[Defect], at: datetime, replayed: datetime | None = None) -> Table:
    """One row a defect; see `Defect.overdue` for both moments."""
    waiting = sum(not defect.finished for defect in defects)
    drawn = draw_table(f"Defects of {model}: {waiting} to be done", "defect", "what is wrong", whole=("defect",))
    for defect in defects:
        state = f"{defect.severity}, {_STATES.get(defect.state, defect.state)}, owned by {defect.owner}"
        trained = f"bad rows are in versions {', '.join(defect.impact.trained)}" if defect.impact.trained else ""
        due = Text.from_markup(f"due {_due(defect, at, replayed)}")
        drawn.add_row(defect.defect, console.stack(defect.title, due, state, trained))
    return drawn


def burn_down_table(days: Sequence[DayLeft]) -> Table:
    """One row a day, with a bar of what is left."""
    headings = ("day", "found", "finished", "left", "overdue", "")
    drawn = draw_table(
        "Defects that are left at the end of each day", *headings, whole=headings[:1], figures=headings[1:-1]
    )
    for day in days:
        figures = (day.opened, day.finished, day.left, day.overdue)
        drawn.add_row(f"{day.day:%Y-%m-%d}", *map(str, figures), "#" * day.left)
    return drawn


def describe(defect: Defect) -> Iterator[str]:
    """Everything that is known of a defect, line by line, as Rich markup."""
    yield f"[bold]{defect.defect}[/]  {escape(defect.title)}"
    yield (
        f"{defect.severity}, {_STATES.get(defect.state, defect.state)}, owned by {escape(defect.owner)}, due by "
        + _time(defect.deadline)
    )
    yield ""
    yield "History"
    for step in defect.steps:
        note = f": {step.note}" if step.note else ""
        state = _STATES.get(step.state, step.state)
        yield f"  {_time(step.at)}  {state:<10}  {escape(step.author)}{escape(note)}"
    yield "Found by"
    for report in defect.reports:
        yield f"  {_time(report.as_of)}  {report.source:<10}  {report.severity}: {escape(report.title)}"
    if defect.corrections:
        yield "Corrections"
    for correction in defect.corrections:
        done = "withdrawn" if correction.withdrawn else "replaced"
        yield f"  {_time(correction.at)}  {correction.rows:,} rows of {correction.kind} {done}: {correction.batch}"
    touched = defect.impact
    yield f"Windows touched: {len(touched.windows)}; objects: {len(touched.objects)}"
    for item in touched.objects:
        rows = "all under suspicion" if item.rows is None else f"{item.rows:,} rows"
        yield f"  {item.stored.key}  version {item.stored.version_id}  sha256 {item.stored.sha256[:12]}  {rows}"
    for dataset in touched.datasets:
        yield f"  dataset {dataset.dataset}"
    for version in touched.versions:
        yield f"  [bold]version {version.version}[/]  bad rows in its {version.use}, by dataset {version.dataset}"


def _due(defect: Defect, at: datetime, replayed: datetime | None) -> str:
    due = _time(defect.deadline)
    return f"[bold red]{due} OVERDUE[/]" if defect.overdue(at, replayed) else due


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
