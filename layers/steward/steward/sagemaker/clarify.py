"""`analysis.json`: results and constraints of Clarify's bias and explainability monitors.

Sources: the outputs that the notebooks SageMaker-Monitoring-Bias-Drift-for-Endpoint and SageMaker-Monitoring-Feature-
Attribution-Drift-for-Endpoint of aws/amazon-sagemaker-examples show; Amazon SageMaker developer guide, "Bias drift
violations" and "Model feature attribution drift violations".
"""

import math
from typing import Self

from pydantic import Field, model_validator

from steward.sagemaker.documents import JsonDocument, read_document

MINIMUM_NDCG = 0.9
"""The explainability monitor reports a violation below this; it cannot be set."""


class BiasMetric(JsonDocument):
    """A metric of bias by its short name, such as DI; no value where it could not be computed."""

    name: str
    description: str = ""
    value: float | None = None


class FacetMetrics(JsonDocument):
    """One group of a protected attribute against all others."""

    value_or_threshold: str | None = None
    metrics: tuple[BiasMetric, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """The metrics that have a value, by their short names; one that could not be computed is NaN."""
        values = {metric.name: metric.value for metric in self.metrics if metric.value is not None}
        return {name: value for name, value in values.items() if not math.isnan(value)}

    @property
    def interval(self) -> bool:
        """Whether the group is a range of a number, such as `(0.5, 1.0]`."""
        group = self.value_or_threshold or "()"
        return group[0] in "([" and group[-1] in ")]"


class BiasMetrics(JsonDocument):
    """The protected attributes, here called facets, and their groups."""

    label: str | None = None
    label_value_or_threshold: str | None = None
    facets: dict[str, list[FacetMetrics]] = Field(default_factory=dict)


class GlobalAttributions(JsonDocument):
    """How much each feature contributes over all rows; by default the mean of the absolute SHAP values."""

    global_shap_values: dict[str, float] = Field(default_factory=dict)
    expected_value: float | None = None


class Explanations(JsonDocument):
    """The attributions of each output of the model."""

    kernel_shap: dict[str, GlobalAttributions] = Field(default_factory=dict)


class Analysis(JsonDocument):
    """What an analysis found: bias before and after training, attributions, or both."""

    version: str | float = "1.0"
    pre_training_bias_metrics: BiasMetrics | None = None
    post_training_bias_metrics: BiasMetrics | None = None
    explanations: Explanations | None = None

    @classmethod
    def read(cls, content: bytes | str, name: str = "analysis.json") -> Self:
        """Parse a file.

        Raises:
            DocumentInvalid: it is not such a file.
        """
        return read_document(cls, content, name)

    @property
    def facets(self) -> dict[str, list[FacetMetrics]]:
        """The groups by protected attribute, with metrics of the model's decisions where there are any."""
        known = self.post_training_bias_metrics or self.pre_training_bias_metrics
        return known.facets if known else {}

    @property
    def positive(self) -> str | None:
        """The label that is the favourable one, as the bias monitor was told."""
        known = self.post_training_bias_metrics or self.pre_training_bias_metrics
        return known.label_value_or_threshold if known else None

    @property
    def attributions(self) -> dict[str, float]:
        """How much each feature contributes to the first output."""
        known = self.explanations.kernel_shap if self.explanations else {}
        return next((label.global_shap_values for label in known.values()), {})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.pre_training_bias_metrics or self.post_training_bias_metrics or self.explanations):
            raise ValueError("it has neither bias metrics nor explanations")
        return self
