"""`steward export`: writes a version as an ONNX model that says the same on its holdout, or for another registry."""

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack, Unreleased, VersionPrefix
from steward.cli.terminal import console
from steward.errors import StewardError

if TYPE_CHECKING:
    import pandas as pd

    from steward.offline.version import Version

_PACKAGES = ("onnx", "onnxruntime", "skl2onnx")


def export(  # noqa: PLR0917 - the options of a command
    model: Model,
    version: VersionPrefix,
    format: Annotated[Literal["onnx", "mlflow", "sagemaker"], typer.Option(help="What to write.")] = "onnx",  # noqa: A002 - as users know it
    to: Annotated[
        Path | None, typer.Option(help="A file or folder that is not there yet; named after the version when left out.")
    ] = None,
    image: Annotated[str, typer.Option(help="For sagemaker: the image of the container that serves it.")] = "",
    unreleased: Unreleased = False,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Write a version as an ONNX model, an MLflow model, or a package of the SageMaker Model Registry.

    ONNX is written once it says the same as the version on its holdout and golden rows, and needs the extra packages of
    `pip install "model-steward[onnx]"`. Predictions may differ by 0.0001, absolutely for probabilities and relative to
    the largest value for a regression; otherwise nothing is written, and the message says why.

    For MLflow a folder is written: the model, and its registry entry with parameters, metrics and tags, which
    `python register.py` in it registers. For SageMaker the request of CreateModelPackage, as JSON.
    """
    if format != "onnx":
        _export_to_registry(stack, model, version, format, to, image, unreleased=unreleased, as_json=as_json)
        return
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise StewardError(
            f'ONNX needs {", ".join(missing)}, which this Python does not have: pip install "model-steward[onnx]"'
        )
    from steward.cli.version_checkout import checkout  # noqa: PLC0415 - other commands need none of it
    from steward.offline import onnx_export  # noqa: PLC0415
    from steward.offline.version import load  # noqa: PLC0415
    from steward.repositories.artifacts import ArtifactCatalogue  # noqa: PLC0415

    catalogue = ArtifactCatalogue(Deployment.of(stack).require(model).data, model)
    manifest = catalogue.manifest_of(catalogue.find(version))
    target = to or Path(f"{model}-{manifest.version}.{format}")
    if target.exists():
        raise StewardError(f"{target} is there already, and nothing is overwritten; say --to another file")
    if manifest.environment != catalogue.data.environment:
        raise StewardError(
            f"version {manifest.version} was trained in {manifest.environment}, where the rows are that judge the "
            f"export; name the stack of {manifest.environment} with --stack"
        )
    with tempfile.TemporaryDirectory(prefix="steward-export-") as scratch:
        folder = Path(scratch) / "version"
        checkout(catalogue.data, model, manifest.version, folder, unreleased=unreleased)
        loaded = load(folder)
        rows = _read_judges(folder, loaded)
    converted = onnx_export.convert(loaded)
    found = onnx_export.compare_predictions(converted, loaded, rows)
    onnx_export.require_agreement(found, manifest.version)
    body = converted.SerializeToString()
    target.write_bytes(body)
    if as_json:
        facts = {"version": manifest.version, "file": str(target), "bytes": len(body)}
        compared = {"rows": found.rows, "largest_difference": found.largest, "tolerance": onnx_export.TOLERANCE}
        typer.echo(json.dumps(facts | compared, indent=2))
        return
    console.print(
        f"{target}: version {manifest.version} as ONNX, {len(body):,} bytes. On {found.rows:,} rows of its holdout and "
        f"golden rows, predictions differ by {found.largest:.1g} at most; {onnx_export.TOLERANCE:g} is allowed.",
        markup=False,
    )


def _export_to_registry(  # noqa: PLR0917 - those of the command
    stack: str,
    model: str,
    version: str,
    registry: Literal["mlflow", "sagemaker"],
    to: Path | None,
    image: str,
    *,
    unreleased: bool,
    as_json: bool,
) -> None:
    from steward.cli.version_registries import export_to_registry  # noqa: PLC0415 - as above
    from steward.repositories.artifacts import ArtifactCatalogue  # noqa: PLC0415

    catalogue = ArtifactCatalogue(Deployment.of(stack).require(model).data, model)
    manifest = catalogue.manifest_of(catalogue.find(version))
    place, files = export_to_registry(catalogue, manifest, registry, to, unreleased=unreleased, image=image)
    if as_json:
        typer.echo(json.dumps({"version": manifest.version, "place": str(place), "files": files}, indent=2))
        return
    after = f"`python {place}/register.py` registers it" if registry == "mlflow" else (
        f"`aws sagemaker create-model-package --cli-input-json file://{place}` registers it"
    )  # fmt: skip
    console.print(f"{place}: version {manifest.version}; {after}", markup=False)


def _read_judges(folder: Path, loaded: "Version") -> "pd.DataFrame":
    """The rows of the holdout, and the golden rows of the declaration."""
    import pandas as pd  # noqa: PLC0415 - other commands need none of it

    from steward.offline.reproduction import read_dataset  # noqa: PLC0415
    from steward.retraining.dataset_split import held_out  # noqa: PLC0415
    from steward.validation.behaviour import row_frame  # noqa: PLC0415

    dataset, rows = read_dataset(folder, loaded)
    golden = loaded.spec.validation.golden_rows
    parts = [held_out(rows, dataset, loaded.spec), *([row_frame(golden.rows, loaded.spec)] if golden else [])]
    return pd.concat(parts, ignore_index=True)
