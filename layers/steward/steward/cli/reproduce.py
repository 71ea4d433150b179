"""`steward reproduce`: trains a version again from what is stored, and compares the artifacts."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from steward.cli.command_delivery import build_command, wait_for_effect, wait_for_result
from steward.cli.deployment import Deployment
from steward.cli.lineage import changes_table
from steward.cli.options import Json, Model, Stack, VersionPrefix
from steward.cli.terminal import console, errors, print_json
from steward.cli.version_checkout import checkout
from steward.commands import requests
from steward.errors import ObjectMissing, StewardError
from steward.lineage.fields import changed_fields
from steward.lineage.repeated_training import refuse_foreign
from steward.lineage.reproduction_result import Reproduction, ReproductionResult
from steward.repositories import training_data
from steward.repositories.artifacts import ArtifactCatalogue
from steward.results import count_of
from steward.retraining import recipe
from steward.retraining.platform import choosable_instructions, describe_platform, platform_environment
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.store import keys

_LISTED = 10


def reproduce(  # noqa: PLR0917 - the options of a command
    model: Model,
    version: VersionPrefix,
    in_deployment: Annotated[
        bool,
        typer.Option("--in-deployment", help="Train in the function that trained it; the ledger keeps the result."),
    ] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the deployment; then exits with 2.")
    ] = 960,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Train a version again from its stored rows, recipe and seed, and compare. Exits with 1 when it differs.

    Trains on this computer, or with --in-deployment in the deployment, where no version is made of it. Says whether the
    artifact is identical; otherwise which libraries, settings, rows, code paths of the processor and fields of the
    model differ, and how far the predictions for the holdout are apart.
    """
    deployment = Deployment.of(stack).require(model)
    catalogue = ArtifactCatalogue(deployment.data, model)
    made = catalogue.manifest_of(catalogue.find(version))
    refuse_foreign(made, catalogue.data.environment)
    found = _reproduce_there(deployment, made, patience) if in_deployment else _reproduce_here(catalogue, made)
    if as_json:
        print_json(found)
    else:
        _show(found)
    raise typer.Exit(0 if found.identical else 1)


def _reproduce_there(deployment: Deployment, made: VersionManifest, patience: float) -> Reproduction:
    """Ask the deployment, and wait for what comes of it.

    Raises:
        StewardError: the command is refused, there is no result in time, or the version cannot be trained.
    """
    command = build_command(requests.ReproduceCommand, made.model, version=made.version)
    after = deployment.ledger.length(made.model)
    answer = wait_for_result(deployment, command, patience)
    if answer.verdict == "refused":
        raise StewardError(f"the command is refused: {answer.reason}")
    entry = wait_for_effect(deployment, command, after, patience)
    if entry is None or not entry.evidence:
        raise StewardError(entry.summary if entry else f"nothing came of it for version {made.version}")
    return _completed(made, deployment.data.load(entry.evidence[0], ReproductionResult))


def _completed(made: VersionManifest, result: ReproductionResult) -> Reproduction:
    """The comparison of a result.

    Raises:
        StewardError: there is none; the message says why.
    """
    if result.reproduction is None:
        raise StewardError(f"version {made.version} cannot be trained again: {result.refused}")
    return result.reproduction


def _reproduce_here(catalogue: ArtifactCatalogue, made: VersionManifest) -> Reproduction:
    """Train on this computer, in a process of its own."""
    others = changed_fields(made.libraries, recipe.libraries())
    if others:
        errors.print(_describe_libraries(made), markup=False)
    with tempfile.TemporaryDirectory(prefix="steward-reproduce-") as scratch:
        folder = Path(scratch) / "version"
        try:
            checkout(catalogue.data, catalogue.model, made.version, folder, unreleased=True)
        except ObjectMissing as error:
            raise ObjectMissing(
                f"version {made.version} cannot be trained again: {error}; rows that were erased, or that are older "
                "than `retention` keeps them, do not come back"
            ) from error
        found = _train(folder, made, catalogue.data.load(keys.run(catalogue.model, made.run), Run).since)
    later = training_data.corrected_since(catalogue.data, catalogue.dataset(made.dataset))
    return found.model_copy(update={"corrected_since": list(later)})


def _train(folder: Path, made: VersionManifest, since: datetime | None) -> Reproduction:
    """Train in a process that computes as the version's platform did.

    Raises:
        StewardError: it cannot be trained; the message says why.
    """
    environment = platform_environment(made.platform, describe_platform(), choosable_instructions(), os.environ)
    command = [sys.executable, "-P", "-m", "steward.offline.reproduction", str(folder)]
    command += [since.isoformat()] if since else []
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise StewardError(
            f"the process that trains version {made.version} again ended with code {done.returncode}: "
            f"{last or 'it was stopped'}. It needs memory for {made.training_rows:,} rows, and a processor that has "
            f"what the version's `platform` names ({made.platform.get('numpy', 'unknown')})"
        )
    return _completed(made, ReproductionResult.model_validate_json(done.stdout))


def _describe_libraries(made: VersionManifest) -> str:
    here = recipe.libraries()
    others = [
        f"{name} {there}, and {here.get(name, 'none')} is here"
        for name, there in made.libraries.items()
        if here.get(name) != there
    ]
    wanted = " ".join(f"{name}=={there}" for name, there in made.libraries.items())
    return (
        f"version {made.version} was trained with {'; '.join(others)}, so its artifact will differ; for the same one, "
        f"install {wanted}"
    )


def _show(found: Reproduction) -> None:
    head = f"{found.model} {found.version} trained again on {found.training_rows:,} rows: "
    if found.identical:
        console.print(Text.assemble(head, ("identical", "bold green"), f" (SHA-256 {found.sha256[0]})"))
    else:
        console.print(Text.assemble(head, ("differs", "bold red"), f" (SHA-256 {' → '.join(found.sha256)})"))
        if found.judged_sha256:
            console.print(
                f"The artifact that the gates judged has SHA-256 {' → '.join(found.judged_sha256)}", markup=False
            )
        for table in _tables(found):
            console.print()
            console.print(table)
        console.print()
        console.print(_describe_distance(found), markup=False)
    if found.corrected_since:
        console.print(
            f"Rows of {count_of(len(found.corrected_since), 'object')} were corrected or withdrawn since this dataset "
            "was fixed; both trainings read the rows as they were before.",
            markup=False,
        )


def _tables(found: Reproduction) -> Iterator[Table]:
    for title in ("libraries", "recipe", "dataset", "platform", "artifact"):
        changes = getattr(found, title)
        if changes:
            yield changes_table(title, changes[:_LISTED])


def _describe_distance(found: Reproduction) -> str:
    sentences = ""
    if len(found.artifact) > _LISTED:
        sentences = f"{len(found.artifact) - _LISTED:,} more fields of the artifact differ; --json has them all. "
    if not (found.libraries or found.recipe or found.dataset or found.platform):
        sentences += (
            "Libraries, recipe, dataset and platform agree: another release of Steward trained it, or code differs. "
        )
    distance = found.predictions
    if distance is None or not distance.differ:
        return f"{sentences}The predictions for the holdout are the same."
    return (
        f"{sentences}{distance.differ:,} of {distance.rows:,} predictions for the holdout differ, by "
        f"{distance.largest:.2g} at most and {distance.mean:.2g} on average."
    )
