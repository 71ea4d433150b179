"""Evidence that a version gives: its manifest, dataset and evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass

from steward.events import ObjectRef
from steward.governance.frameworks.requirement import Evidence
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.validation.evaluation import Evaluation

_OF_GATES = {
    "fairness": ("fairness",),
    "segments": ("segments", "segments_not_worse_than_first"),
    "robustness": ("robustness",),
    "calibration": ("calibration",),
    "behaviour": ("golden_rows", "expectations"),
}
"""Kinds of evidence that gates give."""


@dataclass(frozen=True, slots=True)
class VersionDocuments:
    """The documents of a version, and where they are; None for what is not there."""

    manifest: VersionManifest
    manifest_stored: ObjectRef
    evaluation: Evaluation | None = None
    evaluation_stored: ObjectRef | None = None
    dataset: DatasetManifest | None = None


def version_evidence(documents: VersionDocuments) -> dict[str, Evidence]:
    """What the version's documents say, by kind."""
    manifest = documents.manifest
    found = {kind: Evidence(said, (documents.manifest_stored,)) for kind, said in _read_manifest(manifest)}
    if documents.dataset:
        found |= dict(_read_dataset(documents.dataset, manifest))
    if documents.evaluation and documents.evaluation_stored:
        stored = (documents.evaluation_stored,)
        found |= {kind: Evidence(said, stored) for kind, said in _read_evaluation(documents.evaluation)}
    if manifest.calibration:
        found["calibration"] = Evidence(manifest.calibration.sentence, (documents.manifest_stored,))
    if manifest.background:
        said = "Predictions are attributed to features against stored background rows."
        found["attributions"] = Evidence(said, (manifest.background,))
    if manifest.artifact:
        said = "The artifact can be downloaded (`steward checkout`), exported as ONNX, and asked by HTTP."
        found["serving"] = Evidence(said, (manifest.artifact,))
    return found


def _read_manifest(manifest: VersionManifest) -> Iterator[tuple[str, str]]:
    span = f"{manifest.training_start:%Y-%m-%d} to {manifest.trained_until:%Y-%m-%d}"
    yield "champion", f"Version {manifest.version}: {manifest.training_rows:,} rows of {span}"
    if manifest.recipe:
        parameters = ", ".join(f"{name} = {value}" for name, value in manifest.recipe.parameters.items()) or "defaults"
        yield "recipe", f"{manifest.recipe.estimator} ({parameters}), seed {manifest.recipe.seed}"
    if manifest.search:
        yield "search", manifest.search.sentence
    if manifest.importances:
        ranked = sorted(manifest.importances.items(), key=lambda item: -item[1])[:5]
        yield "importances", ", ".join(f"{name} {share:.0%}" for name, share in ranked)
    if manifest.libraries:
        yield "libraries", ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
    if manifest.platform:
        yield "platform", "; ".join(f"{name} {said}" for name, said in manifest.platform.items())
    if manifest.locks:
        yield "locks", f"Digests of the pinned requirements: {', '.join(manifest.locks)}"


def _read_dataset(dataset: DatasetManifest, manifest: VersionManifest) -> Iterator[tuple[str, Evidence]]:
    stored = (manifest.dataset,)
    objects = f"{len(dataset.objects):,} objects, each with its SHA-256"
    until = f"holdout from {dataset.holdout_start:%Y-%m-%d} to {dataset.end:%Y-%m-%d}"
    yield "dataset", Evidence(f"Dataset {dataset.dataset}: {objects}; {until}", stored)
    yield "data_card", Evidence("Croissant 1.0, made of the dataset's manifest (`steward checkout`).", stored)
    if manifest.split:
        said = f"Training and holdout are divided by {dataset.split.by}; nothing is in two parts."
        yield "dataset_split", Evidence(said, (manifest.split,))
    if dataset.profile:
        said = "Counts, distributions and missing values of the rows."
        yield "dataset_profile", Evidence(said, (dataset.profile,))


def _read_evaluation(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    against = evaluation.champion or "a constant"
    yield (
        "evaluation",
        f"{evaluation.holdout_rows:,} rows from {evaluation.holdout_start:%Y-%m-%d} on, against {against}",
    )
    if evaluation.metrics:
        yield "metrics", ", ".join(f"{name} {value}" for name, value in evaluation.metric_texts.items())
    if evaluation.gates:
        refused = [gate.gate for gate in evaluation.gates if not gate.passed]
        names = ", ".join(gate.gate for gate in evaluation.gates)
        yield "gates", f"{names}: {'all passed' if not refused else 'refused by ' + ', '.join(refused)}"
    for kind, gates in _OF_GATES.items():
        if said := [gate.message for gate in evaluation.gates if gate.gate in gates]:
            yield kind, "; ".join(said)
