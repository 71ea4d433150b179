"""`constraint_violations.json`: violations of a baseline's constraints.

Each of the four monitors has an entry of its own shape. Sources: Amazon SageMaker developer guide, "Schema for
Violations (constraint_violations.json file)", "Bias drift violations" and "Model feature attribution drift violations";
for model quality, whose file is not documented, the tests of the project monitoring-custom-metrics of awslabs.
"""

from typing import Literal, Self

from steward.sagemaker.documents import JsonDocument
from steward.sagemaker.model_quality import Operator

FeatureCheck = Literal[
    "data_type_check",
    "completeness_check",
    "baseline_drift_check",
    "missing_column_check",
    "extra_column_check",
    "categorical_values_check",
]


class FeatureViolation(JsonDocument):
    """Data quality: a column that is not as in the baseline."""

    feature_name: str
    constraint_check_type: FeatureCheck
    description: str

    @classmethod
    def completeness(cls, name: str, share: float, required: float) -> Self:
        """Too few rows have a value."""
        sentence = f"{_percent(share)} of the rows have a value; {_percent(required)} are required"
        return cls(feature_name=name, constraint_check_type="completeness_check", description=sentence)

    @classmethod
    def baseline_drift(cls, name: str, distance: float, threshold: float) -> Self:
        """The distribution is too far from the baseline's.

        The words before the two numbers are the monitor's own: scripts find the numbers by them.
        """
        sentence = f"Baseline drift distance: {distance!r} exceeds threshold: {threshold!r}"
        return cls(feature_name=name, constraint_check_type="baseline_drift_check", description=sentence)

    @classmethod
    def missing_column(cls, name: str) -> Self:
        """A column of the baseline is not there."""
        sentence = f"{name} is a column of the baseline, and the window does not have it"
        return cls(feature_name=name, constraint_check_type="missing_column_check", description=sentence)

    @classmethod
    def extra_column(cls, name: str) -> Self:
        """A column is there that the baseline does not have."""
        sentence = f"{name} is a column of the window, and the baseline does not have it"
        return cls(feature_name=name, constraint_check_type="extra_column_check", description=sentence)

    @classmethod
    def categorical_values(cls, name: str, share: float, required: float) -> Self:
        """Too many values are none of the baseline's."""
        sentence = f"{_percent(share)} of the values are among the baseline's; {_percent(required)} are required"
        return cls(feature_name=name, constraint_check_type="categorical_values_check", description=sentence)


class MetricViolation(JsonDocument):
    """Model quality: a metric that is on the wrong side of its threshold."""

    constraint_check_type: Operator
    description: str
    metric_name: str

    @classmethod
    def of(cls, metric: str, value: float, operator: Operator, threshold: float) -> Self:
        """The metric, and the side that it is on."""
        side = "below" if operator == "LessThanThreshold" else "above"
        sentence = f"{metric} is {value!r}, {side} its threshold {threshold!r}"
        return cls(constraint_check_type=operator, description=sentence, metric_name=metric)


class BiasViolation(JsonDocument):
    """Bias drift: a group that is treated more differently than in the baseline."""

    facet: str
    facet_value: str
    metric_name: str
    constraint_check_type: Literal["bias_drift_check"] = "bias_drift_check"
    description: str


class AttributionViolation(JsonDocument):
    """Feature attribution drift: features that are ranked otherwise than in the baseline."""

    label: str
    metric_name: Literal["shap"] = "shap"
    constraint_check_type: Literal["feature_attribution_drift_check"] = "feature_attribution_drift_check"
    description: str

    @classmethod
    def of(cls, ndcg: float, threshold: float, label: str = "label0") -> Self:
        """The rankings' normalised discounted cumulative gain, and the least that is asked."""
        sentence = f"the nDCG of the two rankings is {ndcg!r}, below its threshold {threshold!r}"
        return cls(label=label, description=sentence)


Violation = FeatureViolation | MetricViolation | BiasViolation | AttributionViolation


class ConstraintViolations(JsonDocument):
    """The violations of one window; empty when there are none. Clarify's two monitors give their files a version."""

    version: Literal["1.0"] | None = None
    violations: tuple[Violation, ...] = ()


def _percent(share: float) -> str:
    return f"{100 * share:.12g} %"
