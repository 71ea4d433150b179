"""The sections of a declaration, and what follows from each by itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from steward.spec.actions import AlertAction
from steward.spec.alerting import Alerting, AlertRule, usual_severity
from steward.spec.approvals import ApprovalPolicy
from steward.spec.capture import Capture
from steward.spec.columns import Columns
from steward.spec.commands import CommandPolicy
from steward.spec.data_description import DataDescription
from steward.spec.defects import DefectPolicy
from steward.spec.durations import Duration
from steward.spec.features import Feature
from steward.spec.guardrails import Guardrails
from steward.spec.model_description import ModelDescription
from steward.spec.monitors import (
    CLASSIFICATION_METRICS,
    REGRESSION_METRICS,
    MonitorName,
    Monitors,
    PerformanceMetric,
    PerformanceMonitor,
)
from steward.spec.personal_data import PersonalData
from steward.spec.policies import RetrainingPolicy, Schedules, WindowPolicy
from steward.spec.quality import BusinessValue, Fairness, Resource, Rule, Segment
from steward.spec.release import ReleasePolicy
from steward.spec.retention import Retention
from steward.spec.spec_section import ModelName, Share, SpecSection, error_at
from steward.spec.validation_policy import ValidationPolicy
from steward.spec.windows import YEAR

if TYPE_CHECKING:
    from steward.spec.expression_types import ValueType

Task = Literal["binary_classification", "multiclass_classification", "regression", "text_generation"]

_BINARY_ONLY: frozenset[PerformanceMetric] = frozenset({"business_value"})


_FROM_COSTS = "business_value"
Threshold = Annotated[
    Share, BeforeValidator(lambda value: value, json_schema_input_type=Share | Literal["business_value"])
]


def _segment_shorthand(value: object) -> object:
    return {"name": value, "column": value} if isinstance(value, str) else value


class ModelSections(SpecSection):
    """One model: its columns, features, monitors and policies, each right by itself."""

    model: ModelName
    description: str = ""
    owner: str = Field(description="Who answers for the model: a person or a team.")
    data: DataDescription | None = Field(
        default=None, description="Origin, licence, purpose and collection of the data, for auditors and data cards."
    )
    documentation: ModelDescription | None = Field(
        default=None, description="Purpose, users, risks and people of the model, for model cards and technical files."
    )
    task: Task
    positive_label: str = "1"
    threshold: Threshold = Field(
        default=0.5,
        description="The score from which on a row is decided to be positive; `business_value`: the one that is worth "
        "most where scores are probabilities.",
    )
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
    release: ReleasePolicy = Field(default_factory=ReleasePolicy)
    approvals: ApprovalPolicy | None = Field(
        default=None,
        description="With it, no version becomes champion, the first one included, before other people approve it.",
    )
    guardrails: Guardrails | None = Field(
        default=None,
        description="Bounds that every version keeps. They are anchored to the first approved version; a later "
        "declaration that changes them, or `approvals`, is held until other people approve the change.",
    )
    commands: CommandPolicy = Field(default_factory=CommandPolicy)
    personal_data: PersonalData = Field(default_factory=PersonalData)
    defects: DefectPolicy = Field(default_factory=DefectPolicy)
    retention: Retention = Field(default_factory=Retention)

    @model_validator(mode="before")
    @classmethod
    def _threshold_from_costs(cls, content: object) -> object:
        if not isinstance(content, Mapping) or content.get("threshold") != _FROM_COSTS:
            return content
        if content.get("task") != "binary_classification":
            raise error_at("business_value decides between two classes; remove it", "threshold")
        if content.get("business_value") is None:
            raise error_at("business_value is not declared; write what each kind of decision is worth", "threshold")
        try:
            costs = BusinessValue.model_validate(content["business_value"])
        except ValidationError:
            return {**content, "threshold": 0.5}  # its own mistakes are reported where they are
        if costs.threshold is None:
            problem = "says that a wrong decision is worth as much as the right one, or more; correct it"
            raise error_at(problem, "business_value")
        return {**content, "threshold": costs.threshold}

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
    def asks_approval(self) -> bool:
        """Whether a version waits for an approval before it becomes champion."""
        return self.release.approval == "required" or self.approvals is not None

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
