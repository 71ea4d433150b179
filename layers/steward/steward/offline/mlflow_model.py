"""Versions as MLflow models and registry entries, written and read without MLflow.

Source: "Storage Format" in MLflow's documentation of models (https://mlflow.org/docs/latest/ml/model/), and the
`sklearn` flavour of MLflow 3.17, which knows skops. `registry.json` has the shapes of MLflow's REST API:
`RegisteredModel`, `ModelVersion` and `Run`.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from steward.errors import StewardError
from steward.offline.registered_version import FeatureType, RegisteredVersion
from steward.retraining.artifact import TRUSTED
from steward.retraining.recipe import columns_of
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation

ARTIFACT = "model.skops"
_TYPES: dict[str, FeatureType] = {
    "double": "numeric", "float": "numeric", "long": "numeric", "integer": "numeric", "string": "categorical",
    "boolean": "boolean", "datetime": "datetime",
}  # fmt: skip
_OWN_TYPES = "steward."


def mlflow_files(
    spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation | None, artifact: bytes | None, bucket: str
) -> dict[str, bytes]:
    """The files of an MLflow model folder, by name.

    One that was trained elsewhere has no artifact, and so no `MLmodel`: its registry entry alone.

    Args:
        spec: the declaration it was trained under.
        manifest: of the version.
        evaluation: the evidence on it; None for one that was not judged.
        artifact: its skops file; None for one that was trained elsewhere.
        bucket: that holds it.
    """
    found = {"registry.json": _json(_registry(spec, manifest, evaluation, bucket))}
    if artifact is not None:
        found[ARTIFACT] = artifact
        found["MLmodel"] = yaml.safe_dump(_mlmodel(spec, manifest), sort_keys=False).encode()
        found["requirements.txt"] = "".join(f"{line}\n" for line in _requirements(manifest, artifact)).encode()
        found["python_env.yaml"] = yaml.safe_dump(
            {"python": _python(manifest), "build_dependencies": ["pip"], "dependencies": ["-r requirements.txt"]}
        ).encode()
        found["register.py"] = files("steward.offline").joinpath("register_mlflow.py").read_bytes()
    return found


def read_mlflow(folder: Path) -> RegisteredVersion:
    """What an MLflow model folder, and a `registry.json` in it, say of a version; the artifact is not opened.

    Raises:
        StewardError: there is neither, or one cannot be read.
    """
    described, registered = _read_yaml(folder / "MLmodel"), _read_yaml(folder / "registry.json")
    if not described and not registered:
        raise StewardError(f"{folder} has neither an MLmodel nor a registry.json; name the folder of a logged model")
    version, run = registered.get("model_version", {}), registered.get("run", {}).get("data", {})
    flavour = described.get("flavors", {}).get("sklearn", {})
    pyfunc = described.get("flavors", {}).get("python_function", {})
    signature = described.get("signature") or {}
    return RegisteredVersion(
        registry="MLflow",
        name=str(version.get("name") or described.get("artifact_path") or folder.name),
        version=str(version.get("version") or described.get("model_uuid") or ""),
        status=str(version.get("current_stage") or ""),
        description=str(version.get("description") or ""),
        features=dict(_features(signature.get("inputs"), folder)),
        tags=_pairs(version.get("tags", [])) | _pairs(run.get("tags", [])),
        metrics={name: float(value) for name, value in _pairs(run.get("metrics", [])).items()},
        params=_pairs(run.get("params", [])),
        artifact=str(flavour.get("pickled_model") or pyfunc.get("model_path") or version.get("source") or ""),
        artifact_format=str(flavour.get("serialization_format") or ""),
    )


def _mlmodel(spec: ModelSpec, manifest: VersionManifest) -> dict[str, Any]:
    artifact = manifest.artifact
    predict = "predict" if spec.task == "regression" else "predict_proba"
    return {
        "artifact_path": manifest.model,
        "flavors": {
            "python_function": {
                "env": {"virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.sklearn",
                "model_path": ARTIFACT,
                "predict_fn": predict,
                "python_version": _python(manifest),
            },
            "sklearn": {
                "code": None,
                "pickled_model": ARTIFACT,
                "serialization_format": "skops",
                "skops_trusted_types": list(TRUSTED),
                "sklearn_version": manifest.libraries.get("scikit-learn", ""),
            },
        },
        "metadata": {"steward_model": manifest.model, "steward_version": manifest.version},
        "model_uuid": artifact.sha256[:32] if artifact else "",
        "signature": {
            "inputs": json.dumps(list(_inputs(spec))),
            "outputs": json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": _shape(spec)}}]),
            "params": None,
        },
        "utc_time_created": f"{manifest.as_of:%Y-%m-%d %H:%M:%S.%f}",
    }


def _inputs(spec: ModelSpec) -> Iterator[dict[str, Any]]:
    """The columns that recipes learn from; of an embedding each dimension."""
    for name, columns in columns_of(spec).items():
        numeric = spec.features[name].type in {"numeric", "embedding"}
        for column in columns:
            yield {"type": "double" if numeric else "string", "name": column, "required": False}


def _shape(spec: ModelSpec) -> list[int]:
    return [-1] if spec.task == "regression" else [-1, len(spec.classes) if spec.task != "binary_classification" else 2]


def _requirements(manifest: VersionManifest, artifact: bytes) -> Iterator[str]:
    for name, version in sorted(manifest.libraries.items()):
        if name != "python":
            yield f"{name}=={version}"
    if _OWN_TYPES.encode() in artifact and manifest.release:
        yield f"model-steward=={manifest.release}"  # the artifact has a type of it


def _python(manifest: VersionManifest) -> str:
    return manifest.libraries.get("python") or manifest.platform.get("python") or "3.13"


def _registry(spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation | None, bucket: str) -> dict[str, Any]:
    at = round(manifest.as_of.timestamp() * 1000)
    recipe = manifest.recipe
    params = {"estimator": recipe.estimator, "seed": recipe.seed, **recipe.parameters} if recipe else {}
    tags = {
        "steward.version": manifest.version,
        "steward.environment": manifest.environment,
        "steward.run": manifest.run,
        "steward.dataset": manifest.dataset.key,
        "steward.declaration": manifest.spec.key,
        "steward.artifact_sha256": manifest.artifact.sha256 if manifest.artifact else "",
        "steward.release": manifest.release,
        "steward.verdict": evaluation.verdict if evaluation else "not judged",
        "steward.champion_before": (evaluation.champion or "") if evaluation else "",
    }
    metrics = evaluation.metrics if evaluation else {}
    source = manifest.artifact.key if manifest.artifact else ""
    return {
        "registered_model": {"name": manifest.model, "description": spec.description,
                             "tags": _entries({"steward.owner": spec.owner, "steward.task": spec.task})},
        "model_version": {
            "name": manifest.model,
            "version": manifest.version,
            "source": f"s3://{bucket}/{source}" if source else "",
            "description": evaluation.summary if evaluation else "",
            "tags": _entries(tags),
        },
        "run": {
            "data": {
                "params": _entries(params),
                "metrics": [{"key": key, "value": value, "timestamp": at, "step": 0} for key, value in metrics.items()],
                "tags": _entries({"mlflow.runName": manifest.version, "mlflow.source.name": "steward"}),
            }
        },
    }  # fmt: skip


def _entries(values: Mapping[str, object]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)} for key, value in values.items() if value not in ("", None)]


def _pairs(entries: Any) -> dict[str, str]:
    """The values of a list of keys and values, or of a mapping."""
    if isinstance(entries, Mapping):
        return {str(key): str(value) for key, value in entries.items()}
    return {str(one["key"]): str(one["value"]) for one in entries if isinstance(one, Mapping) and "key" in one}


def _features(inputs: str | None, folder: Path) -> Iterator[tuple[str, FeatureType]]:
    try:
        columns = json.loads(inputs) if inputs else []
        for column in columns:
            if "name" in column and column["type"] in _TYPES:
                yield column["name"], _TYPES[column["type"]]
    except (TypeError, ValueError, KeyError) as error:
        raise StewardError(f"{folder}/MLmodel has a signature that cannot be read: {error}") from error


def _read_yaml(path: Path) -> dict[str, Any]:
    """A document; JSON is YAML. Empty where there is no such file."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StewardError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise StewardError(f"{path} holds no mapping, so it is none of MLflow's")
    return found


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=2).encode() + b"\n"
