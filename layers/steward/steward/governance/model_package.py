"""Versions as model packages of the SageMaker Model Registry: the JSON of its API, written and read.

Source: CreateModelPackage and DescribeModelPackage in the Amazon SageMaker API Reference; a test has botocore validate
what is written by its own model of the service.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from steward.documents import InputHidingModel, first_problem
from steward.errors import StewardError
from steward.events import ObjectRef
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation

_PROPERTIES = 50
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_NOT_IN_PROPERTIES = re.compile(r"[^\w\s.:/=+\-@]")
_DESCRIPTION = 1024
_TASKS = {"regression": "REGRESSION", "text_generation": "TEXT_GENERATION"}

type Request = dict[str, Any]


def create_model_package(
    spec: ModelSpec,
    manifest: VersionManifest,
    evaluation: Evaluation | None,
    evaluated: ObjectRef | None,
    *,
    bucket: str,
    image: str = "",
) -> Request:
    """The request of CreateModelPackage for a version, for `aws sagemaker create-model-package --cli-input-json`.

    Args:
        spec: the declaration.
        manifest: of the version.
        evaluation: the evidence on it, which decides the approval; None leaves it pending.
        evaluated: where that is stored.
        bucket: that holds all parts.
        image: of the container that serves it; without one, there is no inference specification.
    """
    judged = {} if evaluated is None else {"ModelQuality": {"Statistics": _source(evaluated, bucket)}}
    baseline = {"ModelDataQuality": {"Statistics": _source(manifest.baseline, bucket)}}
    metrics = evaluation.metrics if evaluation else {}
    properties = {
        "steward.version": manifest.version,
        "steward.environment": manifest.environment,
        "steward.run": manifest.run,
        "steward.dataset": manifest.dataset.key,
        "steward.declaration": manifest.spec.key,
        "steward.estimator": manifest.recipe.estimator if manifest.recipe else "trained elsewhere",
        "steward.artifact": manifest.artifact.key if manifest.artifact else "",
        "steward.artifact_sha256": manifest.artifact.sha256 if manifest.artifact else "",
        **{f"metric.{name}": f"{value:.9g}" for name, value in metrics.items()},
    }
    request: Request = {
        "ModelPackageGroupName": manifest.model,
        "ModelPackageDescription": f"{spec.description} (version {manifest.version})"[:_DESCRIPTION],
        "ModelApprovalStatus": _approval(evaluation),
        "ModelMetrics": {**judged, **baseline},
        "DriftCheckBaselines": {**judged, **baseline},
        "MetadataProperties": {"GeneratedBy": f"steward {manifest.release}".strip(), "ProjectId": manifest.environment},
        "CustomerMetadataProperties": _allowed(properties),
        "Domain": "MACHINE_LEARNING",
        "Task": _TASKS.get(spec.task, "CLASSIFICATION"),
        "ClientToken": re.sub(r"[^A-Za-z0-9-]", "-", manifest.version)[:36],
    }
    if image:
        request["InferenceSpecification"] = _inference(manifest, bucket, image)
    return request


class ModelPackageDescription(InputHidingModel):
    """What DescribeModelPackage answers, or CreateModelPackage is asked, as far as it is used here."""

    model_config = ConfigDict(frozen=True, extra="allow")

    group: str = Field(default="", alias="ModelPackageGroupName")
    name: str = Field(default="", alias="ModelPackageName")
    arn: str = Field(default="", alias="ModelPackageArn")
    number: int | None = Field(default=None, alias="ModelPackageVersion")
    description: str = Field(default="", alias="ModelPackageDescription")
    approval: str = Field(default="", alias="ModelApprovalStatus")
    task: str = Field(default="", alias="Task")
    properties: dict[str, str] = Field(default={}, alias="CustomerMetadataProperties")
    metrics: dict[str, Any] = Field(default={}, alias="ModelMetrics")
    baselines: dict[str, Any] = Field(default={}, alias="DriftCheckBaselines")
    inference: dict[str, Any] = Field(default={}, alias="InferenceSpecification")

    @classmethod
    def read(cls, body: bytes) -> "ModelPackageDescription":
        """Read the JSON of either.

        Raises:
            StewardError: it is of neither.
        """
        try:
            found = cls.model_validate_json(body)
        except ValidationError as error:
            raise StewardError(f"this is no model package: {first_problem(error)}") from error
        if not (found.group or found.name or found.arn):
            raise StewardError("this is no model package: it has neither a group, nor a name, nor an ARN")
        return found

    @property
    def artifact(self) -> str:
        """Where the model data of its first container are."""
        containers = self.inference.get("Containers") or [{}]
        source = containers[0].get("ModelDataSource", {}).get("S3DataSource", {})
        return str(containers[0].get("ModelDataUrl") or source.get("S3Uri") or "")

    @property
    def evidence(self) -> dict[str, str]:
        """The objects that its metrics and baselines name, by what they are."""
        parts = {"ModelMetrics": self.metrics, "DriftCheckBaselines": self.baselines}
        return {
            f"{whole}.{part}.{file}": str(place["S3Uri"])
            for whole, found in parts.items()
            for part, held in found.items()
            for file, place in (held or {}).items()
            if isinstance(place, Mapping) and "S3Uri" in place
        }


def _approval(evaluation: Evaluation | None) -> str:
    if evaluation is None:
        return "PendingManualApproval"
    return "Approved" if evaluation.passed else "Rejected"


def _source(stored: ObjectRef, bucket: str) -> Request:
    return {
        "ContentType": "application/json",
        "ContentDigest": f"sha256:{stored.sha256}",
        "S3Uri": f"s3://{bucket}/{stored.key}",
    }


def _inference(manifest: VersionManifest, bucket: str, image: str) -> Request:
    container: Request = {"Image": image, "Framework": "SKLEARN"}
    if manifest.artifact:
        place = {"S3Uri": f"s3://{bucket}/{manifest.artifact.key}", "S3DataType": "S3Object", "CompressionType": "None"}
        container["ModelDataSource"] = {"S3DataSource": place}
    return {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv", "application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }


def _allowed(properties: Mapping[str, str]) -> dict[str, str]:
    """Properties as the registry takes them: letters, digits, spaces and `_.:/=+-@`, and no empty value."""
    kept = {
        _NOT_IN_PROPERTIES.sub("-", name)[:_LONGEST_KEY]: _NOT_IN_PROPERTIES.sub("-", value)[:_LONGEST_VALUE]
        for name, value in properties.items()
        if value
    }
    return dict(list(kept.items())[:_PROPERTIES])
