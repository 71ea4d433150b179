"""Output of the model quality monitor: metrics and suggested thresholds.

Sources: Amazon SageMaker developer guide, "Model quality metrics and Amazon CloudWatch monitoring" (statistics); the
test data of aws/sagemaker-python-sdk (constraints). For lack of a baseline of its own, the monitor suggests as the
threshold of each metric the value that it had in the baseline dataset.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from steward.sagemaker.documents import JsonDocument, read_document
from steward.spec.monitors import MonitorName

Operator = Literal["LessThanThreshold", "GreaterThanThreshold"]
ProblemType = Literal["binary_classification", "multiclass_classification", "regression"]
_PROBLEMS: tuple[ProblemType, ...] = ("binary_classification", "multiclass_classification", "regression")

THEIR_METRICS: Mapping[str, Mapping[MonitorName, str]] = {
    "binary_classification": {
        "accuracy": "accuracy",
        "precision": "precision",
        "recall": "recall",
        "f1": "f1",
        "specificity": "true_negative_rate",
        "roc_auc": "auc",
        "average_precision": "au_prc",
    },
    "multiclass_classification": {"accuracy": "accuracy"},
    "regression": {"mean_absolute_error": "mae", "root_mean_squared_error": "rmse", "r_squared": "r2"},
}
"""By task, what the monitor calls our metrics. With several classes it weights them by how frequent they are, where
ours count alike: these are other figures, and keep other names."""


class MetricConstraint(JsonDocument):
    """The threshold of a metric, and the side of it that is a violation."""

    threshold: float
    comparison_operator: Operator


class ModelQualityConstraints(JsonDocument):
    """The `constraints.json` of the model quality monitor: constraints of one problem."""

    version: float = 0.0
    binary_classification_constraints: dict[str, MetricConstraint] | None = None
    multiclass_classification_constraints: dict[str, MetricConstraint] | None = None
    regression_constraints: dict[str, MetricConstraint] | None = None

    @classmethod
    def read(cls, content: bytes | str, name: str = "constraints.json of model quality") -> Self:
        """Parse a file.

        Raises:
            DocumentInvalid: it is not such a file.
        """
        return read_document(cls, content, name)

    @property
    def problem(self) -> ProblemType:
        """What kind of model it is for."""
        return next(problem for problem in _PROBLEMS if getattr(self, f"{problem}_constraints") is not None)

    @property
    def metrics(self) -> Mapping[str, MetricConstraint]:
        """The constraints, by the monitor's names of the metrics."""
        found: dict[str, MetricConstraint] = getattr(self, f"{self.problem}_constraints")
        return found

    @model_validator(mode="after")
    def _of_a_problem(self) -> Self:
        if all(getattr(self, f"{problem}_constraints") is None for problem in _PROBLEMS):
            raise ValueError(f"it has none of {', '.join(f'{problem}_constraints' for problem in _PROBLEMS)}")
        return self


class Evaluated(JsonDocument):
    """What the metrics speak of: labelled records, between two moments in UTC."""

    item_count: int
    start_time: str | None = None
    end_time: str | None = None
    evaluation_time: str | None = None


class ModelQualityStatistics(JsonDocument):
    """The `statistics.json` of the model quality monitor; beside metrics it has curves and a confusion matrix."""

    version: float = 0.0
    dataset: Evaluated | None = None
    binary_classification_metrics: dict[str, Any] | None = None
    multiclass_classification_metrics: dict[str, Any] | None = None
    regression_metrics: dict[str, Any] | None = None

    @classmethod
    def read(cls, content: bytes | str, name: str = "statistics.json of model quality") -> Self:
        """Parse a file.

        Raises:
            DocumentInvalid: it is not such a file.
        """
        return read_document(cls, content, name)

    @property
    def values(self) -> Mapping[str, float]:
        """The metrics that are one number."""
        found = self.binary_classification_metrics or self.multiclass_classification_metrics or self.regression_metrics
        return {
            name: float(metric["value"])
            for name, metric in (found or {}).items()
            if isinstance(metric, dict) and isinstance(metric.get("value"), int | float)
        }
