"""`steward lineage`: what a version, a prediction or a file came from, and what came of it."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, print_json
from steward.errors import ObjectMissing, UnknownModel
from steward.lineage.lineage_trace import LineageTrace, TracedThing
from steward.repositories import models
from steward.repositories.trace_records import RecordsTraced
from steward.repositories.trace_versions import VersionsTraced
from steward.store import keys

_LISTED = 10
"""Things of one kind that the table shows; `--json` has all."""
_BEGINNING = re.compile(r"\d{8}(-[0-9a-f]{0,8})?")


def trace_lineage(
    subject: Annotated[
        str,
        typer.Argument(help="A version or how it begins, `champion`, the id of a prediction, or the key of a file."),
    ],
    model: Annotated[str, typer.Option(help="Whose; not needed for a file, nor where one model is declared.")] = "",
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show what a version, a prediction or a file came from, and what came of it.

    Of a version the training set and its objects, the champion that it was judged against, evaluations, releases and
    windows; of a prediction the version, the file, the label and the versions that were trained on it; of a file the
    windows, the rejected rows, corrections, erasures and the versions that were trained on it. Exits with 2 when
    nothing is called so.
    """
    deployment = Deployment.of(stack)
    name = subject.removeprefix(f"s3://{deployment.data.name}/")
    model = model or keys.model_of_rows(name) or _only_model(deployment, name)
    found = _trace(deployment.require(model), model, name)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _show(found)


def _trace(deployment: Deployment, model: str, name: str) -> LineageTrace:
    versions = VersionsTraced(deployment.data, model)
    if version := _version(deployment, model, name):
        return versions.trace(version)
    spec, _ = models.current_spec(deployment.data, model, or_removed=True)
    records = RecordsTraced(deployment.data, spec, versions)
    return records.trace_file(name) if keys.model_of_rows(name) else records.trace_prediction(name)


def _version(deployment: Deployment, model: str, name: str) -> str | None:
    """The version that is called so, or begins so as no other does."""
    if name == "champion":
        return models.routing(deployment.data, model).champion
    if not _BEGINNING.fullmatch(name):
        return None
    found = [one for one in models.version_names(deployment.data, model) if one.startswith(name)]
    made = [one for one in found if models.version_exists(deployment.data, model, one)]
    return made[0] if len(made) == 1 else None


def _only_model(deployment: Deployment, name: str) -> str:
    """The model that is meant where none was named: the only one, or the one that has a version of this name."""
    declared = deployment.models()
    if len(declared) == 1:
        return declared[0]
    for model in declared if _BEGINNING.fullmatch(name) else []:
        try:
            return models.manifest(deployment.data, model, name).model
        except ObjectMissing:
            continue
    raise UnknownModel(f"say whose {name!r} is with --model; declared are {', '.join(declared) or 'none'}")


def _show(found: LineageTrace) -> None:
    subject = found.subject
    console.print(Text.assemble((f"{subject.kind} ", "bold"), (subject.id, "bold cyan"), f" of {found.model}"))
    if subject.detail:
        console.print(Text(subject.detail, style="dim"))
    for title, things in (("came from", found.came_from), ("led to", found.led_to)):
        console.print(_table(title, things))
    for note in found.notes:
        console.print(Text(note, style="yellow"))


def _table(title: str, things: Sequence[TracedThing]) -> Table:
    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_header=False)
    drawn.add_column("", no_wrap=True, style="dim")
    drawn.add_column("", overflow="fold")
    drawn.add_column("", overflow="fold")
    shown: Counter[str] = Counter()
    for thing in things:
        shown[thing.kind] += 1
        if shown[thing.kind] <= _LISTED:
            drawn.add_row(thing.kind, Text(thing.id), Text(thing.detail))
    for kind, number in shown.items():
        if number > _LISTED:
            drawn.add_row(kind, Text(f"and {number - _LISTED:,} more"), Text("--json has all"))
    if not things:
        drawn.add_row("", Text("nothing"), Text(""))
    return drawn
