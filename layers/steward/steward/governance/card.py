"""Model cards after Mitchell et al., made of manifest, evaluation and declaration."""

from collections.abc import Sequence
from typing import Literal

from steward.documents import VersionedModel
from steward.events import ObjectRef
from steward.retraining.versions import VersionManifest
from steward.spec.data_description import DataDescription
from steward.spec.model import ModelSpec
from steward.spec.model_description import ModelDescription
from steward.validation.evaluation import Evaluation

CARD_TEMPLATE = 2
"""Counted up when a card gets other sections: cards of an older template are made anew."""


class ModelCard(VersionedModel):
    """What a reader should know of one version.

    Source: Mitchell et al. (2019), Model cards for model reporting, whose nine sections it has.

    Attributes:
        template: by which its Markdown was written; 1 in cards of releases that did not say.
        answers: the columns in which files have what the model says: score, scores of the classes, or predicted value.
        positive_label, threshold: what is decided; None where the task has no such thing.
        segments, protected: the groups that are declared.
        documentation, data: what the team says of model and data; None where it says nothing.
        sources: the objects that a later revision was made of; the first is made of what its manifest names.
    """

    schema_version: Literal[1] = 1
    template: int = 1
    description: str
    owner: str
    task: str
    answers: list[str] = []
    positive_label: str | None = None
    threshold: float | None = None
    segments: list[str] = []
    protected: list[str] = []
    documentation: ModelDescription | None = None
    data: DataDescription | None = None
    manifest: VersionManifest
    evaluation: Evaluation
    sources: list[ObjectRef] = []

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        manifest: VersionManifest,
        evaluation: Evaluation,
        *,
        texts: ModelSpec | None = None,
        sources: Sequence[ObjectRef] = (),
    ) -> "ModelCard":
        """The card of a version that has been judged.

        Args:
            spec: the declaration that it was trained under.
            manifest: what it is made of.
            evaluation: how it was judged.
            texts: the declaration in force, whose texts are newer; that of the version when None.
            sources: what all this was read from.
        """
        newest = texts or spec
        binary = spec.task == "binary_classification"
        return cls(
            template=CARD_TEMPLATE,
            description=newest.description,
            owner=newest.owner,
            task=spec.task,
            answers=answers_of(spec),
            positive_label=spec.positive_label if binary else None,
            threshold=spec.threshold if binary else None,
            segments=[segment.name for segment in spec.segments],
            protected=list(spec.fairness.protected) if spec.fairness else [],
            documentation=newest.documentation,
            data=newest.data,
            manifest=manifest,
            evaluation=evaluation,
            sources=list(sources),
        )


def answers_of(spec: ModelSpec) -> list[str]:
    """The columns in which files have what a model says."""
    outputs = list(spec.columns.outputs.values())
    return [spec.columns.prediction] if spec.task == "regression" and spec.columns.prediction else outputs
