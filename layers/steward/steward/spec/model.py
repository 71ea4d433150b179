"""The declaration of a model: what a user writes in `specs/<model>.yaml`."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from steward.documents import FROM_STORE
from steward.spec.actions import AlertAction
from steward.spec.alerting import Alerting, AlertRule, usual_severity
from steward.spec.capture import Capture
from steward.spec.columns import Columns
from steward.spec.commands import CommandPolicy
from steward.spec.defects import DefectPolicy
from steward.spec.durations import Duration, format_duration
from steward.spec.features import BooleanFeature, CategoricalFeature, Feature
from steward.spec.monitors import (
    CLASSIFICATION_METRICS,
    NOT_ESTIMATED,
    REGRESSION_METRICS,
    MonitorName,
    Monitors,
    PerformanceMetric,
    PerformanceMonitor,
    SeasonalBaseline,
)
from steward.spec.policies import RetrainingPolicy, Schedules, ValidationPolicy, WindowPolicy
from steward.spec.quality import BusinessValue, Fairness, Resource, Rule, Segment
from steward.spec.retention import Retention
from steward.spec.spec_section import ModelName, Share, SpecSection, error_at
from steward.spec.windows import YEAR

if TYPE_CHECKING:
    from steward.spec.expression_types import ValueType

Task = Literal["binary_classification", "multiclass_classification", "regression", "text_generation"]

_BINARY_ONLY: frozenset[PerformanceMetric] = frozenset({"business_value"})
_FEWEST_CLASSES = 2


def _segment_shorthand(value: object) -> object:
    return {"name": value, "column": value} if isinstance(value, str) else value


class ModelSpec(SpecSection):
    """One model: its columns, features, monitors and policies."""

    model: ModelName
    description: str = ""
    owner: str = Field(description="Who answers for the model: a person or a team.")
    task: Task
    positive_label: str = "1"
    threshold: Share = 0.5
    columns: Columns
    features: Annotated[dict[str, Feature], Field(min_length=1)]
    outputs: dict[str, Feature] = Field(
        default_factory=dict, description="What the model gives beside its score: generated text, scores of a judge."
    )
    attributes: dict[str, Feature] = Field(
        default_factory=dict, description="Columns that are no features: what segments, rules and fairness look at."
    )
    rules: list[Rule] = Field(default_factory=list, description="Conditions between columns that every row meets.")
    on_invalid: Literal["quarantine", "count"] = Field(
        default="quarantine",
        description="Rows in which something is wrong with a feature, output or attribute (outside its range, domain "
        "or pattern, of another type, empty although not nullable), or that break a rule, are set aside, or kept and "
        "counted; what cannot be read is then empty. A row without usable id, time, version, score, prediction or "
        "label is set aside in either way.",
    )
    segments: list[Annotated[Segment, BeforeValidator(_segment_shorthand, json_schema_input_type=str | Segment)]] = (
        Field(default_factory=list)
    )
    maximum_segment_values: Annotated[int, Field(ge=1, le=100)] = Field(
        default=20, description="The most frequent values of a segment's column that are watched; the rest is one more."
    )
    fairness: Fairness | None = None
    business_value: BusinessValue | None = None
    resources: list[Resource] = Field(default_factory=list)
    capture: Capture | None = Field(
        default=None,
        description="The layout of SageMaker data-capture files; with it, each check is "
        "also written as the reports of SageMaker's monitors, under `reports/<model>/sagemaker/`.",
    )
    window: WindowPolicy = Field(default_factory=WindowPolicy)
    label_horizon: Duration = Field(
        default=timedelta(days=30), description="How far back a late label looks for its prediction."
    )
    monitors: Monitors = Field(default_factory=Monitors)
    alerting: Alerting = Field(default_factory=Alerting)
    actions: list[AlertAction] = Field(
        default_factory=list, description="What is done by itself when an alert fires, resolves or flaps."
    )
    schedules: Schedules = Field(default_factory=Schedules)
    retraining: RetrainingPolicy = Field(default_factory=RetrainingPolicy)
    validation: ValidationPolicy = Field(default_factory=ValidationPolicy)
    commands: CommandPolicy = Field(default_factory=CommandPolicy)
    defects: DefectPolicy = Field(default_factory=DefectPolicy)
    retention: Retention = Field(default_factory=Retention)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of a model with several, in the order of the declaration."""
        return tuple(self.columns.scores)

    @property
    def metrics(self) -> tuple[PerformanceMetric, ...]:
        """The performance metrics that the task has."""
        match self.task:
            case "binary_classification":
                return CLASSIFICATION_METRICS if self.business_value else _without_value()
            case "multiclass_classification":
                return _without_value()
            case "regression":
                return REGRESSION_METRICS
            case "text_generation":
                return ()

    @property
    def performance_monitors(self) -> dict[PerformanceMetric, PerformanceMonitor]:
        """The performance monitors with a limit that the task has."""
        return self.monitors.performance(self.metrics)

    @property
    def judged_by(self) -> PerformanceMetric:
        """The metric that decides what a version is worth."""
        usual: PerformanceMetric = "mean_absolute_error" if self.task == "regression" else "log_loss"
        return self.validation.metric or usual  # type: ignore[return-value]

    @property
    def labels_within(self) -> timedelta:
        """How late labels may be."""
        declared = self.monitors.no_data.labels_within if self.monitors.no_data else None
        return declared or self.label_horizon

    def alert_rule(self, monitor: MonitorName) -> AlertRule:
        """How the alert of one monitor moves."""
        watched = tuple(self.performance_monitors)
        rate = self.alerting.false_alarms
        if rate is not None and watched:
            rate *= self.window.length / YEAR / len(watched)
        return self.alerting.rule(
            monitor,
            severity=usual_severity(monitor, watched),
            false_alarm_rate=min(rate, 0.025) if rate and monitor in watched else None,
        )

    @model_validator(mode="after")
    def _maintenance_covers_windows(self) -> Self:
        for at, problem in self.alerting.too_short(self.window.length):
            raise error_at(problem, "alerting", "maintenance", at)
        return self

    @model_validator(mode="after")
    def _columns_fit_the_task(self) -> Self:
        columns = self.columns
        if self.task == "binary_classification" and not columns.score:
            raise error_at(
                "score is needed for binary_classification: the probability of the positive label", "columns"
            )
        if self.task == "multiclass_classification" and len(columns.scores) < _FEWEST_CLASSES:
            raise error_at(
                "scores is needed for multiclass_classification, with two classes or more: "
                "{class: column of its probability}",
                "columns",
                "scores",
            )
        if self.task == "regression" and not columns.prediction:
            raise error_at("prediction is needed for regression: the predicted value", "columns")
        if columns.score and self.task != "binary_classification":
            raise error_at(f"is for binary_classification, not for {self.task}; remove it", "columns", "score")
        if columns.scores and self.task != "multiclass_classification":
            raise error_at(f"is for multiclass_classification, not for {self.task}; remove it", "columns", "scores")
        if self.task == "text_generation" and not self.outputs:
            raise ValueError("outputs is needed for text_generation: the response (text), and scores of it, if any")
        if self.task == "text_generation" and self.retraining.recipe:
            raise error_at("a recipe cannot train a text_generation model; remove it", "retraining", "recipe")
        return self

    @model_validator(mode="after")
    def _monitors_fit_the_task(self, info: ValidationInfo) -> Self:
        others = {*CLASSIFICATION_METRICS, *REGRESSION_METRICS}.difference(self.metrics)
        foreign = sorted(
            name
            for name in others.intersection(self.monitors.model_fields_set)
            # a stored declaration has all defaults of its release in it, those that do not apply to its task too
            if info.context != FROM_STORE
            and getattr(self.monitors, name) not in (None, Monitors.model_fields[name].default)
        )
        if "business_value" in foreign and self.task == "binary_classification":
            problem = "needs business_value beside the monitors: what each kind of decision is worth"
            raise error_at(problem, "monitors", "business_value")
        if foreign:
            raise error_at(f"does not apply to {self.task}; remove it", "monitors", foreign[0])
        for name in ("estimated_performance", "performance_decomposition", "segment_performance"):
            monitor = getattr(self.monitors, name)
            if monitor is not None and monitor.metric not in self.metrics:
                raise error_at(f"{monitor.metric} does not apply to {self.task}", "monitors", name, "metric")
            if monitor is not None and monitor.metric in NOT_ESTIMATED and name != "segment_performance":
                problem = f"{monitor.metric} cannot be estimated before the labels come; choose another"
                raise error_at(problem, "monitors", name, "metric")
        return self

    @model_validator(mode="after")
    def _recipe_fits_the_task(self) -> Self:
        recipe = self.retraining.recipe
        regression = self.task == "regression"
        if recipe and regression != (recipe.estimator.endswith("Regressor") or recipe.estimator == "Ridge"):
            problem = f"{recipe.estimator} is no estimator for {self.task}; choose another"
            raise error_at(problem, "retraining", "recipe", "estimator")
        metric = self.validation.metric
        if metric and regression != metric.startswith("mean_"):
            raise error_at(f"{metric} does not apply to {self.task}", "validation", "metric")
        if metric == "roc_auc" and self.task != "binary_classification":
            raise error_at(f"roc_auc does not apply to {self.task}", "validation", "metric")
        return self

    @model_validator(mode="after")
    def _holdout_has_blocks(self) -> Self:
        fewest = 3 * self.validation.block
        if self.retraining.recipe and self.retraining.holdout_span < fewest:
            raise error_at(
                "must hold at least three of validation.block, or no gain can be proved: "
                f"lengthen it to {format_duration(fewest)}, or shorten the block",
                "retraining",
                "holdout_span",
            )
        return self

    @model_validator(mode="after")
    def _seasons_hold_whole_windows(self) -> Self:
        drift = self.monitors.feature_drift
        if drift and isinstance(drift.compared_with, SeasonalBaseline):
            every, length = drift.compared_with.every, self.window.length
            if every % length or every <= length:
                problem = f"{format_duration(every)} must be several whole windows of {format_duration(length)}"
                raise error_at(problem, "monitors", "feature_drift", "compared_with", "every")
        return self

    @model_validator(mode="after")
    def _columns_are_not_features(self) -> Self:
        taken = dict.fromkeys(self.columns.roles, "a column with a role")
        taken.pop(self.columns.entity or "", None)
        for group, kind in (("features", "a feature"), ("outputs", "an output"), ("attributes", "an attribute")):
            for name in getattr(self, group):
                if name in taken:
                    raise error_at(f"{name} is both {taken[name]} and {kind}; give it one part to play", group, name)
                taken[name] = kind
        for name in self.columns.attributions:
            if name not in self.features:
                raise error_at(f"{name} is no feature", "columns", "attributions", name)
        return self

    @model_validator(mode="after")
    def _weights_are_usable(self) -> Self:
        weights = [feature.importance for feature in self.features.values() if feature.importance is not None]
        if weights and not sum(weights) > 0:
            raise error_at("the importances sum to zero; give one of them weight, or leave them out", "features")
        return self

    @model_validator(mode="after")
    def _groups_are_categories(self) -> Self:
        groups: list[tuple[str | None, tuple[str | int, ...]]] = []
        for at, segment in enumerate(self.segments):
            if segment.name in {before.name for before in self.segments[:at]}:
                raise error_at("another segment has this name; give each its own", "segments", at, "name")
            if (segment.column is None) == (segment.where is None):
                raise error_at("a segment needs either a column or a condition (where)", "segments", at)
            groups.append((segment.column, ("segments", at, "column")))
        if self.fairness:
            groups += [(name, ("fairness", "protected", at)) for at, name in enumerate(self.fairness.protected)]
        for name, place in groups:
            if name is not None and not isinstance(self.column(name), CategoricalFeature | BooleanFeature):
                problem = f"{name} is no categorical or boolean feature or attribute; declare it under attributes"
                raise error_at(problem, *place)
        return self

    @model_validator(mode="after")
    def _fairness_has_decisions(self) -> Self:
        if self.fairness is None or self.task == "binary_classification":
            return self
        if self.task != "multiclass_classification":
            problem = (
                f"compares who gets the favourable decision, and {self.task} decides nothing; "
                "remove it, and watch the groups as segments, by drift and performance"
            )
            raise error_at(problem, "fairness")
        if self.fairness.favourable not in self.classes:
            classes = ", ".join(self.classes)
            raise error_at(f"must be the class that is good to get, one of {classes}", "fairness", "favourable")
        return self

    @model_validator(mode="after")
    def _conditions_fit_the_columns(self) -> Self:
        for at, rule in enumerate(self.rules):
            if rule.name in {before.name for before in self.rules[:at]}:
                raise error_at("another rule has this name; give each its own", "rules", at, "name")
            self._check(rule.check, "rules", at, "check")
        for at, segment in enumerate(self.segments):
            if segment.where is not None:
                self._check(segment.where, "segments", at, "where")
        return self

    def _check(self, condition: str, *place: str | int) -> None:
        # most declarations have no condition, and most functions would load all of this for nothing
        from steward.spec.expression_types import check_condition  # noqa: PLC0415
        from steward.spec.expressions import ExpressionInvalid  # noqa: PLC0415

        try:
            check_condition(condition, self.value_types)
        except ExpressionInvalid as error:
            raise error_at(str(error), *place) from None

    @property
    def value_types(self) -> "dict[str, ValueType]":
        """What conditions find in the columns that they may look at."""
        from steward.spec.expression_types import VALUE_TYPES  # noqa: PLC0415 - as above

        columns = self.columns
        prediction: dict[str, ValueType] = {}
        if columns.prediction:
            prediction[columns.prediction] = "number" if self.task == "regression" else "text"
        return {
            **{name: VALUE_TYPES[declared.type] for name, declared in self.declared.items()},
            **dict.fromkeys(columns.outputs.values(), VALUE_TYPES["numeric"]),
            **prediction,
        }

    @property
    def declared(self) -> dict[str, Feature]:
        """What the columns of the features, outputs and attributes hold, in this order."""
        return {**self.features, **self.outputs, **self.attributes}

    def column(self, name: str) -> Feature | None:
        """What a column of the features, outputs or attributes holds; None where none has this name."""
        return self.declared.get(name)


def _without_value() -> tuple[PerformanceMetric, ...]:
    return tuple(name for name in CLASSIFICATION_METRICS if name not in _BINARY_ONLY)
