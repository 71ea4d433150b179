"""The declaration of a model: what a user writes in `specs/<model>.yaml`."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from steward.spec.durations import Duration, Lateness, format_duration

MODEL_NAME = r"^[a-z][a-z0-9-]{0,55}$"
ModelName = Annotated[str, StringConstraints(pattern=MODEL_NAME)]
"""Lower case, digits and hyphens, beginning with a letter: safe in object keys and topics. At most 56 characters: a
schedule's name is the model's and up to 8 more, and EventBridge Scheduler takes 64."""

MonitorName = Literal[
    "feature_drift", "score_drift", "missing_values", "unseen_categories", "accuracy", "roc_auc", "log_loss"
]
PerformanceMetric = Literal["accuracy", "roc_auc", "log_loss"]
Share = Annotated[float, Field(ge=0, le=1)]


class Declared(BaseModel):
    """Anything written by hand: unknown keys are mistakes, and so are numbers that are infinite or none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Columns(Declared):
    """The names that the user's files give to the parts of a record."""

    id: str = Field(description="Identifies one prediction; labels find it by this.")
    time: str = Field(description="When the prediction was made, or its event took place.")
    score: str = Field(description="The probability of the positive label, from 0 to 1.")
    label: str = Field(description="The ground truth, in label, correction and reference files.")
    prediction: str | None = Field(default=None, description="The decided class; without it, score >= threshold.")
    version: str = Field(default="version", description="The version that made the prediction.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [name for name in self.model_dump().values() if name is not None]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"column {', '.join(repeated)} is given two roles; each role needs a column of its own")
        return self


def _feature_shorthand(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


class NumericFeature(Declared):
    """A number; values outside the bounds, where given, are quarantined with their row."""

    type: Literal["numeric"]
    minimum: float | None = None
    maximum: float | None = None
    nullable: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class CategoricalFeature(Declared):
    """A category, compared as text."""

    type: Literal["categorical"]
    nullable: bool = True


Feature = Annotated[
    NumericFeature | CategoricalFeature,
    Field(discriminator="type"),
    BeforeValidator(
        _feature_shorthand,
        json_schema_input_type=Literal["numeric", "categorical"] | NumericFeature | CategoricalFeature,
    ),
]


class WindowPolicy(Declared):
    """Windows that metrics are computed over, and how long to wait for late records."""

    length: Duration = timedelta(hours=1)
    allowed_lateness: Lateness = timedelta(0)

    @model_validator(mode="after")
    def _minutes_or_hours(self) -> Self:
        hour, minute = timedelta(hours=1), timedelta(minutes=1)
        if self.length % (hour if self.length >= hour else minute):
            raise ValueError(
                "length must be a whole number of hours, or of minutes below an hour, such as 1h, 1d or 15m"
            )
        return self


class DriftMonitor(Declared):
    """Drift needs both: beyond chance at this family-wise rate, and an effect of at least this size."""

    false_alarm_rate: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.01, description="The chance of any drift result in one window of unchanged data, over all columns."
    )
    minimum_effect: Annotated[float, Field(ge=0)] = Field(
        default=0.1, description="The population stability index below which a real change does not matter."
    )


class ShareMonitor(Declared):
    """A share of the rows that may exceed the baseline's by this much, beyond chance."""

    maximum_increase: Share


class PerformanceMonitor(Declared):
    """How much worse than the version's own holdout a metric may get; its whole interval must be beyond this."""

    tolerance: Annotated[float, Field(ge=0)]


class Monitors(Declared):
    """What is watched. Every monitor has a default; set one to null to switch it off."""

    feature_drift: DriftMonitor | None = DriftMonitor()
    score_drift: DriftMonitor | None = DriftMonitor()
    missing_values: ShareMonitor | None = ShareMonitor(maximum_increase=0.02)
    unseen_categories: ShareMonitor | None = ShareMonitor(maximum_increase=0.01)
    accuracy: PerformanceMonitor | None = PerformanceMonitor(tolerance=0.03)
    roc_auc: PerformanceMonitor | None = PerformanceMonitor(tolerance=0.02)
    log_loss: PerformanceMonitor | None = PerformanceMonitor(tolerance=0.03)


ScheduleExpression = Annotated[str, StringConstraints(pattern=r"^(rate|cron|at)\(.+\)$")]


class Schedules(Declared):
    """EventBridge Scheduler expressions, `rate(1 hour)` or `cron(0 3 ? * MON *)`, created when the spec is uploaded."""

    timezone: str = "UTC"
    check: ScheduleExpression | None = Field(
        default="rate(1 hour)",
        description="Checks windows that have closed; windows with late data are checked at once.",
    )
    retrain: ScheduleExpression | None = Field(default=None, description="Asks the retraining policy for a run.")
    audit: ScheduleExpression | None = Field(default="rate(1 day)", description="Checks every governance invariant.")


class Recipe(Declared):
    """A scikit-learn estimator from the allow-list, and its parameters."""

    estimator: Literal["HistGradientBoostingClassifier", "LogisticRegression", "RandomForestClassifier"]
    parameters: dict[str, float | int | str | bool | None] = Field(default_factory=dict)
    seed: int = 0

    @model_validator(mode="after")
    def _one_seed(self) -> Self:
        if "random_state" in self.parameters:
            raise ValueError("random_state is set by seed; write `seed: 7` in the recipe instead")
        return self


class RetrainingPolicy(Declared):
    """What may start a run, what holds it back, and what a run does."""

    recipe: Recipe
    on_alerts: list[MonitorName] = Field(
        default=["roc_auc", "log_loss"], description="Firing alerts that may start a run."
    )
    every: Duration | None = Field(default=None, description="Start a run when the newest one is this old.")
    cool_down: Duration = Field(default=timedelta(days=7), description="No run sooner than this after the newest one.")
    minimum_labels: Annotated[int, Field(ge=1)] = Field(default=1000, description="Labelled rows a first run needs.")
    minimum_new_labels: Annotated[int, Field(ge=0)] = Field(
        default=500, description="Labelled rows that must have come since the newest run."
    )
    training_span: Duration | None = Field(default=None, description="Train on rows this recent; all rows when unset.")
    holdout_span: Duration = Field(
        default=timedelta(days=7), description="The most recent labelled rows, kept out of training to judge with."
    )


class ValidationPolicy(Declared):
    """When a version is good enough: the gain on the holdout, paired row by row, with a confidence bound."""

    metric: Literal["log_loss", "roc_auc"] = "log_loss"
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    minimum_gain: float = 0.0
    block: Duration = Field(
        default=timedelta(days=1),
        description="Rows of one block of time share their circumstances: confidence counts blocks, not rows.",
    )


class ReleasePolicy(Declared):
    """How a version that passed its gates reaches traffic."""

    mode: Literal["direct"] = "direct"


class ModelSpec(Declared):
    """One model: its columns, features, monitors and policies."""

    model: ModelName
    description: str = ""
    owner: str = Field(description="Who answers for the model: a person or a team.")
    task: Literal["binary_classification"]
    positive_label: str = "1"
    threshold: Share = 0.5
    columns: Columns
    features: Annotated[dict[str, Feature], Field(min_length=1)]
    window: WindowPolicy = Field(default_factory=WindowPolicy)
    label_horizon: Duration = Field(
        default=timedelta(days=30), description="How far back a late label looks for its prediction."
    )
    monitors: Monitors = Field(default_factory=Monitors)
    schedules: Schedules = Field(default_factory=Schedules)
    retraining: RetrainingPolicy
    validation: ValidationPolicy = Field(default_factory=ValidationPolicy)
    release: ReleasePolicy = Field(default_factory=ReleasePolicy)

    @model_validator(mode="after")
    def _holdout_has_blocks(self) -> Self:
        fewest = 3 * self.validation.block
        if self.retraining.holdout_span < fewest:
            raise ValueError(
                "retraining.holdout_span must hold at least three of validation.block, or no gain can be proved: "
                f"lengthen it to {format_duration(fewest)}, or shorten the block"
            )
        return self

    @model_validator(mode="after")
    def _columns_are_not_features(self) -> Self:
        roles = set(self.columns.model_dump().values())
        clash = sorted(roles & set(self.features))
        if clash:
            raise ValueError(f"{', '.join(clash)} is both a feature and a column with a role; remove it from features")
        return self
