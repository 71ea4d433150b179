"""Model cards, generated from the manifest and the evaluation, never typed in."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation


class ModelCard(BaseModel):
    """What a reader should know of one version (after Mitchell et al., 2019, Model cards for model reporting)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: Literal[1] = 1
    description: str
    owner: str
    task: str
    manifest: VersionManifest
    evaluation: Evaluation

    @classmethod
    def of(cls, spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation) -> "ModelCard":
        """The card of a version that has been judged."""
        return cls(
            description=spec.description,
            owner=spec.owner,
            task=spec.task,
            manifest=manifest,
            evaluation=evaluation,
        )

    def markdown(self) -> str:
        """The card for people."""
        manifest, evaluation = self.manifest, self.evaluation
        parameters = ", ".join(f"{name} = {value}" for name, value in manifest.recipe.parameters.items()) or "defaults"
        metrics = [
            f"| {name} | {value:.4f} | {_figure(evaluation.champion_metrics.get(name))} |"
            for name, value in evaluation.metrics.items()
        ]
        gates = [
            f"| {gate.gate} | {'passed' if gate.passed else 'refused'} | {_cell(gate.message)} |"
            for gate in evaluation.gates
        ]
        libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
        day = "%Y-%m-%d"
        span = f"from {manifest.training_start:{day}} to {manifest.trained_until:{day}}"
        judgement = f"Judgement: **{'passed' if evaluation.passed else 'refused'}**, as of {manifest.as_of:{day}}."
        unseen = f"which neither this version nor {evaluation.champion or 'any version before it'} was fitted on"
        return "\n".join(
            [
                f"# {manifest.model}, version {manifest.version}",
                "",
                self.description or "No description was declared.",
                "",
                f"Owner: {self.owner}. Task: {self.task.replace('_', ' ')}. {judgement}",
                "",
                "## Training",
                "",
                f"- Recipe: {manifest.recipe.estimator} ({parameters}), seed {manifest.recipe.seed}",
                f"- Rows: {manifest.training_rows:,}, {span}",
                f"- Features: {', '.join(manifest.features)}",
                f"- Dataset: `{manifest.dataset.key}` (SHA-256 `{manifest.dataset.sha256}`)",
                f"- Artifact: `{manifest.artifact.key}` (SHA-256 `{manifest.artifact.sha256}`)",
                f"- Libraries: {libraries}",
                "",
                "## Evaluation",
                "",
                f"On {evaluation.holdout_rows:,} rows from {evaluation.holdout_start:{day}} on, {unseen}.",
                "",
                f"| metric | this version | {evaluation.champion or 'base rate'} |",
                "| --- | --- | --- |",
                *metrics,
                "",
                "| gate | result | grounds |",
                "| --- | --- | --- |",
                *gates,
                "",
            ]
        )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _cell(text: str) -> str:
    """Text that stays within its cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
