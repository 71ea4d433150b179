"""The provenance of a version: an in-toto statement with a predicate of SLSA provenance, version 1."""

from collections.abc import Iterator, Mapping
from typing import Any

import rfc8785

from steward.events import ObjectRef
from steward.ledger import LedgerEntry
from steward.retraining.versions import VersionManifest

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"

type StatementPart = dict[str, Any]


def provenance_of(
    manifest: VersionManifest,
    stored: ObjectRef,
    bucket: str,
    recorded: LedgerEntry | None,
    evaluation: ObjectRef | None,
) -> bytes:
    """The statement of a version, as canonical JSON: dataset, recipe, libraries, locks, function and run.

    Args:
        manifest: of the version.
        stored: where the manifest is.
        bucket: that holds it, and what it names.
        recorded: the ledger's entry of the training; None where it is of another environment.
        evaluation: on which the version was released or refused; None where there is none.
    """
    made = {"artifact": manifest.artifact, "manifest": stored}
    statement: StatementPart = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": one.key, "digest": {"sha256": one.sha256}} for one in made.values() if one is not None],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": _definition(manifest, bucket),
            "runDetails": _run(manifest, bucket, recorded, evaluation),
        },
    }
    return rfc8785.dumps(statement)


def _definition(manifest: VersionManifest, bucket: str) -> StatementPart:
    recipe = manifest.recipe
    return {
        "buildType": "urn:steward:training:v1" if recipe else "urn:steward:adoption:v1",
        "externalParameters": {
            "model": manifest.model,
            "recipe": recipe.model_dump(mode="json") if recipe else None,
            "declaration": manifest.spec.key,
        },
        "internalParameters": {
            "environment": manifest.environment,
            "features": manifest.features,
            "span": manifest.span.span if manifest.span else None,
            "trainingRows": manifest.training_rows,
            "platform": manifest.platform,
        },
        "resolvedDependencies": [
            _resource("dataset", manifest.dataset, bucket),
            _resource("declaration", manifest.spec, bucket),
            *_locks(manifest.locks),
            *({"name": name, "uri": package_url(name, version)} for name, version in manifest.libraries.items()),
        ],
    }


def _run(
    manifest: VersionManifest, bucket: str, recorded: LedgerEntry | None, evaluation: ObjectRef | None
) -> StatementPart:
    function = recorded.function if recorded else "train_model"
    parts = {
        "baseline": manifest.baseline,
        "background": manifest.background,
        "judged": manifest.judged,
        "evaluation": evaluation,
    }
    details: StatementPart = {
        "builder": {
            "id": f"urn:steward:{manifest.environment}:{function}",
            "version": {"steward": manifest.release, "function": recorded.function_version if recorded else ""},
        },
        "metadata": {"invocationId": manifest.run},
        "byproducts": [_resource(name, part, bucket) for name, part in parts.items() if part is not None],
    }
    if recorded:
        details["metadata"]["finishedOn"] = recorded.recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return details


def _resource(name: str, stored: ObjectRef, bucket: str) -> StatementPart:
    return {
        "name": name,
        "uri": f"s3://{bucket}/{stored.key}?versionId={stored.version_id}",
        "digest": {"sha256": stored.sha256},
    }


def _locks(locks: Mapping[str, str]) -> Iterator[StatementPart]:
    for name, digest in locks.items():
        yield {"name": name, "digest": {"sha256": digest}}


def package_url(name: str, version: str) -> str:
    """The name of a package of PyPI, as https://github.com/package-url/purl-spec has it.

    >>> package_url("scikit-learn", "1.9.1")
    'pkg:pypi/scikit-learn@1.9.1'
    """
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
