"""The bill of materials of a version: CycloneDX 1.6 with a model card (ML-BOM), as JSON."""

import json
import math
import uuid
from typing import Any

from steward.governance.provenance_statement import package_url
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"

type BomPart = dict[str, Any]


def bill_of_materials(spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation | None, bucket: str) -> bytes:
    """The model, the dataset that it was trained on, and the libraries that it was trained with."""
    libraries = [_library(name, version) for name, version in sorted(manifest.libraries.items())]
    content: BomPart = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": manifest.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "steward", "version": manifest.release}]},
            "component": _model(spec, manifest, evaluation),
        },
        "components": [_dataset(manifest, bucket), *libraries],
        "dependencies": [
            {"ref": "model", "dependsOn": ["dataset", *(one["bom-ref"] for one in libraries)]},
            {"ref": "dataset"},
            *({"ref": one["bom-ref"]} for one in libraries),
        ],
    }
    named = json.dumps(content, sort_keys=True)
    content["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, named)}"
    return json.dumps(content, indent=1).encode()


def _model(spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation | None) -> BomPart:
    made: BomPart = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": manifest.model,
        "version": manifest.version,
        "description": spec.description or f"{spec.task.replace('_', ' ')}, owned by {spec.owner}",
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": spec.task.replace("_", " "),
                "modelArchitecture": manifest.recipe.estimator if manifest.recipe else "trained elsewhere",
                "datasets": [{"ref": "dataset"}],
                "inputs": [{"format": name} for name in manifest.features],
                "outputs": [{"format": name} for name in spec.columns.outputs.values()],
            },
        },
    }
    if manifest.artifact:
        made["hashes"] = [{"alg": "SHA-256", "content": manifest.artifact.sha256}]
    if evaluation:
        metrics = [
            {"type": name, "value": f"{value:.6g}"}
            for name, value in evaluation.metrics.items()
            if math.isfinite(value)
        ]
        made["modelCard"]["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    return made


def _dataset(manifest: VersionManifest, bucket: str) -> BomPart:
    stored = manifest.dataset
    return {
        "type": "data",
        "bom-ref": "dataset",
        "name": f"{manifest.model}, rows until {manifest.holdout_until:%Y-%m-%dT%H:%M:%SZ}",
        "hashes": [{"alg": "SHA-256", "content": stored.sha256}],
        "data": [
            {
                "type": "dataset",
                "name": stored.key,
                "contents": {"url": f"s3://{bucket}/{stored.key}?versionId={stored.version_id}"},
            }
        ],
    }


def _library(name: str, version: str) -> BomPart:
    purl = package_url(name, version)
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
