"""Model cards, generated from the manifest and the evaluation."""

import json
from typing import Literal

from steward.documents import VersionedModel
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation

_RANKED = 10


class ModelCard(VersionedModel):
    """What a reader should know of one version (after Mitchell et al., 2019, Model cards for model reporting).

    Attributes:
        answers: the columns in which files have what the model says: score, scores of the classes, or predicted value.
    """

    schema_version: Literal[1] = 1
    description: str
    owner: str
    task: str
    answers: list[str] = []
    manifest: VersionManifest
    evaluation: Evaluation

    @classmethod
    def of(cls, spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation) -> "ModelCard":
        """The card of a version that has been judged."""
        return cls(
            description=spec.description,
            owner=spec.owner,
            task=spec.task,
            answers=answers_of(spec),
            manifest=manifest,
            evaluation=evaluation,
        )

    def markdown(self) -> str:
        """The card for people."""
        manifest, evaluation = self.manifest, self.evaluation
        metrics = [
            f"| {name} | {value:.4f} | {_figure(evaluation.champion_metrics.get(name))} |"
            for name, value in evaluation.metrics.items()
        ]
        gates = [
            f"| {gate.gate} | {'passed' if gate.passed else 'refused'} | {_cell(gate.message)} |"
            for gate in evaluation.gates
        ]
        libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
        platform = "; ".join(f"{name} {said}" for name, said in manifest.platform.items())
        day = "%Y-%m-%d"
        span = f"from {manifest.training_start:{day}} to {manifest.judged_until or manifest.trained_until:{day}}"
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
                f"- {_recipe(manifest)}",
                f"- Rows: {manifest.training_rows:,}, {span}",
                *_span(manifest),
                *([f"- Search: {manifest.search.sentence}"] if manifest.search else []),
                *([f"- Calibration: {manifest.calibration.sentence}"] if manifest.calibration else []),
                f"- Features: {', '.join(manifest.features)}",
                f"- Dataset: `{manifest.dataset.key}` (SHA-256 `{manifest.dataset.sha256}`)",
                f"- {_artifact(manifest)}",
                f"- Libraries: {libraries or 'unknown'}",
                *([f"- Platform: {platform}"] if platform else []),
                *_importances(manifest),
                *self._scoring(),
                "",
                "## Evaluation",
                "",
                f"On {evaluation.holdout_rows:,} rows from {evaluation.holdout_start:{day}} on, {unseen}."
                if manifest.recipe
                else f"On the {evaluation.holdout_rows:,} reference rows that have labels, as its makers scored them.",
                "",
                f"| metric | this version | {evaluation.champion or 'base rate'} |",
                "| --- | --- | --- |",
                *metrics,
                "",
                "| gate | result | grounds |",
                "| --- | --- | --- |",
                *gates,
                "",
                *_findings(evaluation),
            ]
        )

    def _scoring(self) -> list[str]:
        """How to score rows with the artifact; nothing where there is none."""
        if self.manifest.artifact is None or not self.answers:
            return []
        model, version = self.manifest.model, self.manifest.version
        columns = self.answers[0] if len(self.answers) == 1 else self.answers
        said = "predict(rows)" if self.task == "regression" else "predict_proba(rows)"
        one = "[:, 1]" if self.task == "binary_classification" else ""
        return [
            "",
            "## Scoring",
            "",
            f"After `steward checkout {model} {version}`, with the columns as they are uploaded:",
            "",
            "```python",
            "import pandas, steward",
            f'model = steward.load("{model}-{version}")',
            'rows = pandas.read_csv("rows.csv")',
            f"rows[{json.dumps(columns)}] = model.{said}{one}",
            'rows.to_csv("scored.csv", index=False)',
            "```",
        ]


def answers_of(spec: ModelSpec) -> list[str]:
    """The columns in which files have what a model says."""
    outputs = list(spec.columns.outputs.values())
    return [spec.columns.prediction] if spec.task == "regression" and spec.columns.prediction else outputs


def _recipe(manifest: VersionManifest) -> str:
    if manifest.recipe is None:
        return "Trained elsewhere, and adopted from its reference rows"
    parameters = ", ".join(f"{name} = {value}" for name, value in manifest.recipe.parameters.items()) or "defaults"
    more = "".join(f", {setting}" for setting in manifest.recipe.settings)
    return f"Recipe: {manifest.recipe.estimator} ({parameters}), seed {manifest.recipe.seed}{more}"


def _span(manifest: VersionManifest) -> list[str]:
    """Which rows these are, and that others were added once it had passed."""
    lines = [f"- Span: {manifest.span.sentence}"] if manifest.span and manifest.span.sentence else []
    if manifest.judged:
        lines.append(
            f"- Refitted: what serves was fitted on the holdout too, up to {manifest.trained_until:%Y-%m-%d}; "
            f"what was judged is `{manifest.judged.key}` (SHA-256 `{manifest.judged.sha256}`)"
        )
    return lines


def _artifact(manifest: VersionManifest) -> str:
    if manifest.artifact is None:
        return "Artifact: not kept here"
    return f"Artifact: `{manifest.artifact.key}` (SHA-256 `{manifest.artifact.sha256}`)"


def _importances(manifest: VersionManifest) -> list[str]:
    """The features that carry most, by what shuffling each of them costs."""
    ranked = sorted(manifest.importances.items(), key=lambda item: -item[1])[:_RANKED]
    shown = ", ".join(f"{name} {share:.0%}" for name, share in ranked if share > 0)
    return [f"- Importance, by shuffling: {shown}"] if shown else []


def _findings(evaluation: Evaluation) -> list[str]:
    """What each gate found of the several things that it looked at."""
    return [
        line
        for gate in evaluation.gates
        if gate.findings
        for line in (
            f"### {gate.gate}",
            "",
            *(f"- {'passed' if found.passed else 'refused'}: {found.message}" for found in gate.findings),
            "",
        )
    ]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _cell(text: str) -> str:
    """Text that stays within its cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
