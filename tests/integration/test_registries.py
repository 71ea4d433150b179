"""Versions to and from MLflow and the SageMaker Model Registry."""

import json
import pickle
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

from steward.errors import StewardError
from steward.retraining import artifact, recipe
from steward.spec.document import read_spec
from tests.independent.evidence.environment import register_with_mlflow
from tests.integration import lemons

from .deployment import Deployment
from .test_versions import Run, run

__all__ = ["run"]
ADOPT = (
    "--model",
    "limes",
    "--owner",
    "fruit",
    "--id",
    "sale",
    "--time",
    "sold_at",
    "--label",
    "lemon",
    "--score",
    "risk",
)
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/serve:1"


def export(run: Run, to: Path, registry: str, *more: str) -> Path:
    run("export", "lemons", "champion", "--format", registry, "--to", str(to), *more)
    return to


def test_an_mlflow_folder_has_model_signature_and_registry_entry(trained: Deployment, run: Run, tmp_path: Path) -> None:
    folder = export(run, tmp_path / "mlflow", "mlflow")
    described = yaml.safe_load((folder / "MLmodel").read_text())
    assert [one["name"] for one in json.loads(described["signature"]["inputs"])] == ["age", "mileage", "make"]
    assert described["flavors"]["sklearn"]["serialization_format"] == "skops"
    entry = json.loads((folder / "registry.json").read_text())
    tags = {one["key"]: one["value"] for one in entry["model_version"]["tags"]}
    assert tags["steward.version"] == trained.champion("lemons")
    assert {one["key"] for one in entry["run"]["data"]["metrics"]} >= {"roc_auc", "log_loss"}
    with pytest.raises(StewardError, match="nothing is overwritten"):
        run("export", "lemons", "champion", "--format", "mlflow", "--to", str(folder))


def test_what_was_exported_is_imported_as_a_declaration(trained: Deployment, run: Run, tmp_path: Path) -> None:
    folder = export(run, tmp_path / "mlflow", "mlflow")
    spec = read_spec(run("import", str(folder), *ADOPT).stdout)
    assert {name: feature.type for name, feature in spec.features.items()} == {
        "age": "numeric", "mileage": "numeric", "make": "categorical"
    }  # fmt: skip
    assert spec.retraining.recipe is None
    assert spec.documentation is not None
    assert trained.champion("lemons") in spec.documentation.caveats
    assert "roc_auc" in spec.documentation.metric_choice


def test_a_pickle_is_never_loaded(run: Run, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(Trap()))
    flavour = {"pickled_model": "model.pkl", "serialization_format": "cloudpickle"}
    inputs = json.dumps([{"name": "age", "type": "double"}, {"name": "sale", "type": "string"}])
    described = {"flavors": {"sklearn": flavour}, "signature": {"inputs": inputs}, "model_uuid": "m-1"}
    (folder / "MLmodel").write_text(yaml.safe_dump(described))
    output = tmp_path / "limes.yaml"
    shown = run("import", str(folder), *ADOPT, "--output", str(output)).output
    assert "cloudpickle file model.pkl is not read" in shown.replace("\n", " ")
    assert not (tmp_path / "sprung").exists()
    assert list(read_spec(output.read_text()).features) == ["age"]  # the id is no feature


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("MLmodel", "- a list\n", "no mapping"),
        ("MLmodel", "a: [", "cannot be read"),
        ("other", "", "neither an MLmodel nor a registry.json"),
        ("MLmodel", "signature: {inputs: '[1'}\n", "signature that cannot be read"),
        ("MLmodel", "model_uuid: m-1\n", "does not say which columns"),
    ],
)
def test_a_folder_that_is_none_of_mlflows_is_refused(
    run: Run, tmp_path: Path, file: str, content: str, said: str
) -> None:
    (tmp_path / file).write_text(content)
    with pytest.raises(StewardError, match=said):
        run("import", str(tmp_path), *ADOPT)


def allowed(shape: Any, value: Any) -> None:
    """What botocore's validator leaves out: words of an enumeration, and patterns."""
    if shape.type_name == "structure":
        for name, part in value.items():
            allowed(shape.members[name], part)
    elif shape.type_name == "list":
        for part in value:
            allowed(shape.member, part)
    elif shape.type_name == "map":
        for name, part in value.items():
            allowed(shape.key, name)
            allowed(shape.value, part)
    elif shape.type_name == "string":
        assert value in (getattr(shape, "enum", None) or [value])
        pattern = shape.metadata.get("pattern", "")
        if pattern and r"\p" not in pattern:
            assert re.fullmatch(pattern, value), (shape.name, value)
        assert len(value) <= shape.metadata.get("max", len(value))


@pytest.mark.parametrize("image", ["", IMAGE])
def test_botocore_accepts_the_request_for_a_model_package(
    trained: Deployment, run: Run, tmp_path: Path, image: str
) -> None:
    file = export(run, tmp_path / "package.json", "sagemaker", "--image", image)
    request = json.loads(file.read_text())
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateModelPackage").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()
    allowed(shape, request)
    assert request["ModelApprovalStatus"] == "Approved"
    place = request["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert trained.object(place.removeprefix(f"s3://{trained.data}/"))["version"] == trained.champion("lemons")
    assert ("InferenceSpecification" in request) == bool(image)


def test_a_described_model_package_is_imported(trained: Deployment, run: Run, tmp_path: Path) -> None:
    file = export(run, tmp_path / "package.json", "sagemaker", "--image", IMAGE)
    described = json.loads(file.read_text()) | {"ModelPackageVersion": 7, "ModelPackageStatus": "Completed"}
    described["ModelPackageArn"] = "arn:aws:sagemaker:us-east-1:123456789012:model-package/lemons/7"
    service = botocore.session.get_session().get_service_model("sagemaker")
    known = service.operation_model("DescribeModelPackage").output_shape.members
    assert described.keys() - known.keys() <= {"ClientToken"}
    file.write_text(json.dumps(described))
    said = run("import", str(file), "--format", "sagemaker", *ADOPT, "--feature", "age:numeric").stdout
    spec = read_spec(said)
    assert spec.documentation is not None
    assert "version 7; status Approved" in spec.documentation.caveats
    assert "evaluation.json" in spec.documentation.caveats
    assert "roc_auc" in spec.documentation.metric_choice
    with pytest.raises(StewardError, match="does not say which columns"):
        run("import", str(file), "--format", "sagemaker", *ADOPT)
    file.write_text("{}")
    with pytest.raises(StewardError, match="no model package"):
        run("import", str(file), "--format", "sagemaker", *ADOPT)
    with pytest.raises(StewardError, match="write NAME:TYPE"):
        run("import", str(export(run, tmp_path / "mlflow", "mlflow")), *ADOPT, "--feature", "age")


@pytest.mark.nightly
def test_mlflow_registers_and_loads_an_exported_version(trained: Deployment, run: Run, tmp_path: Path) -> None:
    folder, rows = export(run, tmp_path / "mlflow", "mlflow"), tmp_path / "rows.json"
    sold = lemons.sales(1, first_day=20)[["age", "mileage", "make"]]
    rows.write_text(json.dumps(sold.to_dict(orient="list")))
    found = json.loads(register_with_mlflow(folder, rows))
    assert found["tags"]["steward.version"] == trained.champion("lemons")
    assert found["owner"]["steward.owner"] == "quality@example.com"
    assert {"roc_auc", "log_loss"} <= found["metrics"].keys()
    assert found["params"]["estimator"] == "LogisticRegression"
    assert found["inputs"] == ["age", "mileage", "make"]
    model = artifact.load((folder / "model.skops").read_bytes())
    assert found["says"] == pytest.approx(recipe.score(model, read_spec(lemons.SPEC), sold), abs=1e-12)
