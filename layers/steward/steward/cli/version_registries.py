"""Versions to and from other registries: MLflow's, and SageMaker's Model Registry."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from steward.cli.sagemaker import write
from steward.cli.terminal import console
from steward.errors import StewardError
from steward.governance.model_package import ModelPackageDescription, create_model_package
from steward.offline.registered_version import FeatureType, RegisteredVersion, TaskName, adopting_declaration
from steward.releasing.serving import refuse_unreleased
from steward.repositories import models
from steward.repositories.artifacts import ArtifactCatalogue
from steward.retraining.versions import VersionManifest
from steward.store import keys

Registry = Literal["mlflow", "sagemaker"]


def export_to_registry(
    catalogue: ArtifactCatalogue, manifest: VersionManifest, registry: Registry, to: Path | None, *, unreleased: bool,
    image: str,
) -> tuple[Path, list[str]]:  # fmt: skip
    """Write a version for a registry; where, and the names of the files.

    Raises:
        StewardError: there is something already.
        NotReleased: it is not released in this environment.
        ObjectMissing, ObjectChanged: a part of it is not what its manifest says.
    """
    data, model = catalogue.data, catalogue.model
    evaluation = catalogue.evaluation(manifest.version)
    if not unreleased and evaluation is not None:
        refuse_unreleased(models.routing(data, model), manifest, evaluation, data.environment)
    elif not unreleased:
        raise StewardError(f"version {manifest.version} was never judged; write it all the same with --unreleased")
    spec = catalogue.revision(manifest.spec).spec
    ending = "" if registry == "mlflow" else ".json"
    target = to or Path(f"{model}-{manifest.version}-{registry}{ending}")
    if target.exists():
        raise StewardError(f"{target} is there already, and nothing is overwritten; say --to another")
    if registry == "mlflow":
        from steward.offline.mlflow_model import mlflow_files  # noqa: PLC0415 - scikit-learn takes a second

        artifact = data.get_verified(manifest.artifact) if manifest.artifact else None
        files = mlflow_files(spec, manifest, evaluation, artifact, data.name)
        target.mkdir(parents=True)
        for name, body in files.items():
            (target / name).write_bytes(body)
        return target, sorted(files)
    judged = data.find(keys.version(model, manifest.version, "evaluation.json"))
    stored = judged.stored if judged else None
    request = create_model_package(spec, manifest, evaluation, stored, bucket=data.name, image=image)
    target.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")
    return target, [target.name]


def import_version(  # noqa: PLR0917 - the options of a command
    source: Annotated[
        Path,
        typer.Argument(exists=True, help="The folder of an MLflow model, or a model package of SageMaker as JSON."),
    ],
    model: Annotated[str, typer.Option(help="What to call the model: lower-case letters, digits and hyphens.")],
    owner: Annotated[str, typer.Option(help="Who answers for it: a person or a team.")],
    format: Annotated[Registry, typer.Option(help="Whose registry it comes from.")] = "mlflow",  # noqa: A002 - as users know it
    task: Annotated[TaskName, typer.Option(help="What it predicts.")] = "binary_classification",
    id_column: Annotated[str, typer.Option("--id", help="The column that identifies a prediction.")] = "id",
    time: Annotated[str, typer.Option(help="The column with the time of a prediction.")] = "time",
    label: Annotated[str, typer.Option(help="The column with the ground truth.")] = "label",
    score: Annotated[str, typer.Option(help="The column with the score, or with the predicted value.")] = "score",
    feature: Annotated[
        list[str] | None,
        typer.Option(help="NAME:TYPE of a feature that the registry does not know, or knows otherwise."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it to this file, which must not be there yet.")
    ] = None,
) -> None:
    """Write the declaration under which a version of another registry is adopted. Exits with 2 on bad input.

    Its artifact is never loaded, whatever it is: a pickle could do anything. The version is adopted by reference rows
    that have its scores: review the declaration, `steward push` it, and then the rows (--kind reference). Tags, metrics
    and parameters stand under `documentation`, from which model cards are made.
    """
    found = _read(source, format)
    found = found.model_copy(update={"features": found.features | dict(_features(feature or []))})
    said = "prediction" if task == "regression" else "score"
    columns = {"id": id_column, "time": time, "label": label, said: score}
    text = adopting_declaration(found, model=model, owner=owner, task=task, columns=columns)
    if output is None:
        sys.stdout.write(text)
        return
    write(output, text)
    console.print(
        f"{found.sentence}.\n{output} is written: read it through, then `steward push {output}`", markup=False
    )


def _read(source: Path, registry: Registry) -> RegisteredVersion:
    if registry == "mlflow":
        from steward.offline.mlflow_model import read_mlflow  # noqa: PLC0415 - as above

        return read_mlflow(source)
    try:
        package = ModelPackageDescription.read(source.read_bytes())
    except OSError as error:
        raise StewardError(f"{source} cannot be read ({error.strerror}); name the JSON of a model package") from error
    metrics = {name: value for name, value in package.properties.items() if name.startswith("metric.")}
    return RegisteredVersion(
        registry="SageMaker",
        name=package.group or package.name or package.arn,
        version=str(package.number or package.properties.get("steward.version") or package.arn or package.name),
        status=package.approval,
        description=package.description,
        tags={**{k: v for k, v in package.properties.items() if k not in metrics}, **package.evidence},
        metrics=dict(_numbers(metrics)),
        artifact=package.artifact or package.properties.get("steward.artifact", ""),
    )


def _numbers(metrics: dict[str, str]) -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        try:
            yield name.removeprefix("metric."), float(value)
        except ValueError:
            continue


def _features(named: list[str]) -> Iterator[tuple[str, FeatureType]]:
    """The features that options name.

    Raises:
        StewardError: one has another form.
    """
    for one in named:
        name, _, kind = one.rpartition(":")
        if not name or kind not in get_args(FeatureType):
            raise StewardError(f"--feature {one}: write NAME:TYPE, with a type of {', '.join(get_args(FeatureType))}")
        yield name, kind  # type: ignore[misc] # seen to be one of them
