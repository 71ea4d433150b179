"""Guardrails: bounds that every version of a model keeps, from its first approved one on."""

from collections.abc import Collection, Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from steward.spec.gate_settings import GoldenRows, SettingPath
from steward.spec.monitors import FairnessMonitor, PerformanceMetric
from steward.spec.spec_section import Share, SpecSection, Tolerance
from steward.spec.validation_policy import ValidationMetric


class MetricBound(SpecSection):
    """A bound of a metric on unseen rows, of the figure itself: no confidence stretches it."""

    metric: PerformanceMetric
    at_least: float | None = None
    at_most: float | None = None
    every_segment: bool = Field(default=False, description="In every group of the declared segments too.")
    minimum_rows: Annotated[int, Field(ge=1)] = Field(
        default=30, description="Rows that a group of a segment needs to be looked at."
    )

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least, at_most, or both, such as at_least: 0.7")
        return self


class LossBound(SpecSection):
    """How much of a metric may be lost against the first approved version, on the same unseen rows."""

    metric: ValidationMetric
    maximum: Tolerance = Field(description="In the metric's unit.")
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.95, description="With which the loss must be proved to be less."
    )


class ProxyBound(SpecSection):
    """How strongly a feature may be associated with a protected column, so that it cannot stand in for it."""

    protected: Annotated[list[str], Field(min_length=1)] = Field(
        description="Categorical or boolean columns; those among the features are looked at too."
    )
    maximum_association: Share = Field(
        description="Cramér's V (bias-corrected) of a category, the correlation ratio of a number; 0 is none, 1 all."
    )


class PopulationColumn(SpecSection):
    """The values of one column for which the model is meant."""

    minimum: float | None = None
    maximum: float | None = None
    categories: Annotated[list[str], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.minimum is None and self.maximum is None and self.categories is None:
            raise ValueError("needs minimum, maximum or categories: for which values the model is meant")
        return self


class IntendedPopulation(SpecSection):
    """The rows for which the model may be used."""

    columns: Annotated[dict[str, PopulationColumn], Field(min_length=1)]
    maximum_outside: Share = Field(default=0.0, description="The share of unseen rows that may be of others.")


class Guardrails(SpecSection):
    """Bounds that every version keeps; compared with the first approved version, and changed by approval alone."""

    floors: list[MetricBound] = Field(default_factory=list)
    loss: LossBound | None = None
    fairness: FairnessMonitor | None = Field(
        default=None, description="Limits of the differences between the groups that the section fairness declares."
    )
    allowed_features: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="The only features that a version may take."
    )
    forbidden_proxies: ProxyBound | None = None
    golden_rows: GoldenRows | None = Field(
        default=None,
        description="Rows whose predictions must not move; one without a declared prediction is held to what the first "
        "approved version says.",
    )
    population: IntendedPopulation | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("bounds nothing; declare floors, allowed_features or another guardrail, or remove it")
        return self

    @property
    def asks_first_version(self) -> bool:
        """Whether a version is compared with the first approved one."""
        return self.loss is not None or self.golden_rows is not None

    def problems(
        self, features: Collection[str], columns: Collection[str], groups: Collection[str], metrics: Collection[str]
    ) -> Iterator[tuple[str, SettingPath]]:
        """What does not fit the rest of the declaration, and where.

        Args:
            features: of the model.
            columns: features and attributes.
            groups: those of them that are categories.
            metrics: that the task has.
        """
        for at, bound in enumerate(self.floors):
            if bound.metric not in metrics:
                yield f"{bound.metric} does not apply to this task; choose another", ("floors", at, "metric")
        if self.allowed_features is not None:
            for name in features:
                if name not in self.allowed_features:
                    yield f"does not name the feature {name}; no version could pass", ("allowed_features",)
        for at, name in enumerate(self.forbidden_proxies.protected if self.forbidden_proxies else ()):
            if name not in groups:
                problem = f"{name} is no categorical or boolean feature or attribute; declare it under attributes"
                yield problem, ("forbidden_proxies", "protected", at)
        for name in self.population.columns if self.population else ():
            if name not in columns:
                yield f"{name} is neither a feature nor an attribute", ("population", "columns", name)
