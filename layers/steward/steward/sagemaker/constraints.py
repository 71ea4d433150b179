"""`constraints.json`: constraints of the data quality monitor.

Source: Amazon SageMaker developer guide, "Schema for Constraints (constraints.json file)"; `enable_comparisons` and
`monitoring_config_overrides` from older files (the test data of aws/sagemaker-python-sdk).
"""

from typing import Any, Literal, Self

from pydantic import model_validator

from steward.sagemaker.documents import InferredType, JsonDocument, Switch, read_document

_OVERRIDES = ("monitoringConfigOverrides", "monitoring_config_overrides")


class NumConstraints(JsonDocument):
    """What is asked of numbers."""

    is_non_negative: bool | None = None


class StringConstraints(JsonDocument):
    """What is asked of text: with few different values, they are listed."""

    domains: list[str] | None = None


class DistributionConstraints(JsonDocument):
    """How far a distribution may be from the baseline's: the largest difference of their cumulative distributions."""

    perform_comparison: Switch = "Enabled"
    enable_comparisons: bool = True
    comparison_threshold: float | None = None
    comparison_method: str | None = None
    categorical_comparison_threshold: float | None = None
    categorical_drift_method: Literal["LInfinity", "ChiSquared"] | None = None

    @property
    def compared(self) -> bool:
        """Whether distributions are compared at all."""
        return self.perform_comparison == "Enabled" and self.enable_comparisons


class MonitoringConfig(JsonDocument):
    """What is checked, and how strictly; None where the file says nothing."""

    evaluate_constraints: Switch = "Enabled"
    emit_metrics: Switch = "Enabled"
    datatype_check_threshold: float | None = None
    domain_content_threshold: float | None = None
    distribution_constraints: DistributionConstraints | None = None


class FeatureConstraints(JsonDocument):
    """What is asked of a column; `completeness` is the share of rows that have a value."""

    name: str
    inferred_type: InferredType = "Unknown"
    completeness: float | None = None
    num_constraints: NumConstraints | None = None
    string_constraints: StringConstraints | None = None
    overrides: MonitoringConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _rename_overrides(cls, found: Any) -> Any:
        if not isinstance(found, dict):
            return found
        return found | {"overrides": next((found[key] for key in _OVERRIDES if found.get(key)), None)}

    @property
    def domains(self) -> tuple[str, ...]:
        """The values that are allowed; empty when any is."""
        return tuple(self.string_constraints.domains or ()) if self.string_constraints else ()

    @property
    def non_negative(self) -> bool:
        """Whether a negative number is a violation."""
        return bool(self.num_constraints and self.num_constraints.is_non_negative)


class Constraints(JsonDocument):
    """What the data quality monitor asks of a dataset."""

    version: float = 0.0
    features: list[FeatureConstraints]
    monitoring_config: MonitoringConfig = MonitoringConfig()

    @classmethod
    def read(cls, content: bytes | str, name: str = "constraints.json") -> Self:
        """Parse a file.

        Raises:
            DocumentInvalid: it is not such a file.
        """
        return read_document(cls, content, name)

    @model_validator(mode="before")
    @classmethod
    def _asks_something(cls, found: Any) -> Any:
        if isinstance(found, dict) and "dataset" in found and "monitoring_config" not in found:
            raise ValueError("it says what was found in a dataset, as statistics.json does, and asks nothing of one")
        return found
