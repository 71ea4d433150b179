"""`steward log`, `show`, `diff` and `checkout`: specs, datasets, versions and releases."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack, Unreleased, VersionPrefix
from steward.cli.terminal import console

_HISTORY = 50


def log(
    model: Model,
    last: Annotated[int, typer.Option(help="Show this many, counted from the newest.", min=1)] = _HISTORY,
    checks: Annotated[bool, typer.Option("--checks", help="Show the checks of its windows instead.")] = False,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show the history of a model's specs, datasets, versions and releases, newest first."""
    from steward.cli import lineage  # noqa: PLC0415 - other commands need none of it
    from steward.lineage.artifact_history import artifact_history  # noqa: PLC0415
    from steward.repositories import models  # noqa: PLC0415

    deployment = Deployment.of(stack).require(model, for_history=True)
    promotions = models.routing(deployment.data, model).promotions
    history = artifact_history(deployment.ledger.entries(model), promotions, checks=checks)[:last]
    if as_json:
        typer.echo(json.dumps([entry.model_dump(mode="json") for entry in history], indent=2))
    elif history:
        console.print(lineage.story_table(model, history))
    else:
        what = "no window was checked yet" if checks else "nothing happened yet"
        console.print(f"{model}: {what}; `steward watch {model}` shows what happens", markup=False)


def show(
    model: Model,
    identity: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="An id of anything or its beginning, `champion`, or a window or a monitor, for their newest check.",
        ),
    ],
    version: Annotated[str | None, typer.Argument(help="With a window: whose check, where it has several.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show a spec revision, dataset, version, baseline, run, check or release. Exits with 2 when the ID is unknown."""
    from steward.cli import lineage  # noqa: PLC0415 - as above
    from steward.repositories.artifacts import ArtifactCatalogue  # noqa: PLC0415

    catalogue = ArtifactCatalogue(Deployment.of(stack).require(model).data, model)
    found = catalogue.find(identity, version)
    document, stored = catalogue.document(found)
    if as_json:
        head = {"kind": found.kind, "id": found.id, "stored": stored.model_dump(), "document": document}
        typer.echo(json.dumps(head, indent=2))
    else:
        lineage.show(found, document, stored)


def diff(
    model: Model,
    before: Annotated[str, typer.Argument(help="An id, how it begins, or `champion`.")],
    after: Annotated[str, typer.Argument(help="Another.")],
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Compare two specs, datasets, versions, baselines or releases.

    Data by objects, rows, columns, and the drift statistics of the rows' profiles; versions by recipe, parameters,
    metrics and importances; specs by every field.
    """
    from steward.cli import lineage  # noqa: PLC0415 - as above
    from steward.cli.artifact_differences import difference  # noqa: PLC0415
    from steward.repositories.artifacts import ArtifactCatalogue  # noqa: PLC0415

    catalogue = ArtifactCatalogue(Deployment.of(stack).require(model).data, model)
    found = difference(catalogue, catalogue.find(before), catalogue.find(after))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        lineage.show_difference(found)


def checkout(  # noqa: PLR0917 - the options of a command
    model: Model,
    version: VersionPrefix,
    to: Annotated[
        Path | None, typer.Option(help="A folder that is not there yet; MODEL-VERSION when left out.")
    ] = None,
    unreleased: Unreleased = False,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Download a version's artifact, dataset and baseline, and verify every hash. Nothing is overwritten."""
    from steward.cli.version_checkout import checkout as bring  # noqa: PLC0415
    from steward.repositories.artifacts import ArtifactCatalogue  # noqa: PLC0415 - as above

    catalogue = ArtifactCatalogue(Deployment.of(stack).require(model).data, model)
    manifest = catalogue.manifest_of(catalogue.find(version))
    folder = to or Path(f"{model}-{manifest.version}")
    files = bring(catalogue.data, model, manifest.version, folder, unreleased=unreleased)
    if as_json:
        typer.echo(json.dumps({"version": manifest.version, "folder": str(folder), "files": files}, indent=2))
        return
    console.print(f"{manifest.version} is in {folder}: {len(files)} files, every hash verified", markup=False)
    if manifest.environment != catalogue.data.environment:
        console.print(f"It was trained in {manifest.environment}, where its rows are.", markup=False)


COMMANDS: dict[str, Callable[..., None]] = {"log": log, "show": show, "diff": diff, "checkout": checkout}
"""By name, in the order in which help lists them."""
