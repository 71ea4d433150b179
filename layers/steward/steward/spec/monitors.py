"""Monitors and their limits."""

from datetime import timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from steward.documents import AnyText
from steward.spec.arrival_monitors import FreshnessMonitor, NoDataMonitor, UnmatchedLabelsMonitor
from steward.spec.drift_monitors import (
    AttributionMonitor,
    DriftMonitor,
    FeatureDriftMonitor,
    JointMonitor,
    SegmentMonitor,
    ShareMonitor,
)
from steward.spec.poisoning_monitors import ContradictedLabelsMonitor, RepeatedRowsMonitor
from steward.spec.spec_section import Share, SpecSection, Tolerance, error_at
from steward.spec.windows import YEAR

DriftName = Literal[
    "feature_drift",
    "score_drift",
    "joint_drift",
    "missing_values",
    "unseen_categories",
    "segment_drift",
    "attribution_drift",
]
QualityName = Literal[
    "validity",
    "schema_consistency",
    "scale_consistency",
    "uniqueness",
    "freshness",
    "volume",
    "constant_columns",
    "label_leakage",
    "no_data",
    "unmatched_labels",
    "repeated_rows",
    "contradicted_labels",
]
ClassificationMetric = Literal[
    "accuracy",
    "precision",
    "recall",
    "f1",
    "specificity",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
    "expected_calibration_error",
    "business_value",
]
RegressionMetric = Literal[
    "mean_absolute_error",
    "root_mean_squared_error",
    "mean_absolute_percentage_error",
    "r_squared",
    "bias",
]
PerformanceMetric = Literal[ClassificationMetric, RegressionMetric]
EstimateName = Literal["estimated_performance", "performance_decomposition", "segment_performance", "fairness"]
OperationName = Literal["latency", "error_rate", "throughput", "cpu", "gpu", "memory"]
MonitorName = Literal[DriftName, QualityName, PerformanceMetric, EstimateName, OperationName]

StoredMetric = Annotated[PerformanceMetric, AnyText()]
StoredMonitor = Annotated[MonitorName, AnyText()]
"""The names in what is stored or sent, where a newer release may have written others."""

CLASSIFICATION_METRICS: tuple[ClassificationMetric, ...] = get_args(ClassificationMetric)
REGRESSION_METRICS: tuple[RegressionMetric, ...] = get_args(RegressionMetric)

NOT_ESTIMATED: frozenset[PerformanceMetric] = frozenset(
    ("expected_calibration_error", "mean_absolute_percentage_error", "r_squared", "bias")
)
"""Metrics that nothing can be said of before the labels come: a calibrated estimate knows no error of calibration, and
the size of an error tells neither its sign nor the truth."""


_SHARES: tuple[PerformanceMetric, ...] = (
    "accuracy", "precision", "recall", "f1", "specificity", "roc_auc", "average_precision", "brier_score",
    "expected_calibration_error",
)  # fmt: skip
"""Metrics between 0 and 1."""


class LimitMonitor(SpecSection):
    """An upper limit on a share."""

    maximum: Share


class SchemaMonitor(SpecSection):
    """Columns that appear, disappear or change their type between files."""


class ScaleMonitor(SpecSection):
    """A numeric column whose scale changes by a power of ten, usually a change of unit."""

    agreement: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.1, description="How near to a power of ten the jump must be, in powers of ten."
    )


def usual_rate(window: timedelta) -> float:
    """The chance of a false alarm in a window of this length: one in ten years, and 0.001 at most."""
    return min(0.001, 0.1 * window / YEAR)


class VolumeMonitor(SpecSection):
    """The number of rows in a window, compared with the same hour of the week or with earlier windows."""

    false_alarm_rate: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="Of one window. Unset: one false alarm in ten years, and 0.001 a window at most."
    )
    minimum_change: Tolerance = Field(
        default=0.3, description="The relative change that matters; below 1, since rows drop by 100 % at most."
    )

    def rate(self, window: timedelta) -> float:
        """The false-alarm rate of a window of this length.

        >>> VolumeMonitor().rate(timedelta(hours=1)) < 1.2e-5
        True
        """
        return self.false_alarm_rate or usual_rate(window)


class ConstantMonitor(SpecSection):
    """A column that varies in the baseline and is constant in the window."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100


class LeakageMonitor(SpecSection):
    """A feature that alone predicts the label implausibly well."""

    maximum_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.99


class PerformanceMonitor(SpecSection):
    """Tolerated loss against the version's own holdout; a breach needs the whole interval beyond it."""

    tolerance: Tolerance


class EstimateMonitor(PerformanceMonitor):
    """Tolerated loss of an estimated metric while labels are missing."""

    metric: PerformanceMetric


class SegmentPerformanceMonitor(EstimateMonitor):
    """The performance of each segment, compared with the same segment of the holdout."""

    minimum_labels: Annotated[int, Field(ge=10)] = 100


class FairnessMonitor(SpecSection):
    """Differences between the groups of each protected attribute; the whole interval must be beyond a limit."""

    minimum_rows: Annotated[int, Field(ge=10)] = Field(
        default=30, description="Decisions that a group needs in the window to be compared; of those with labels, too."
    )
    minimum_disparate_impact: Share | None = Field(
        default=0.8, description="Lowest over highest share of positive decisions (the four-fifths rule)."
    )
    maximum_parity_difference: Share | None = Field(
        default=None, description="Highest less lowest share of positive decisions."
    )
    maximum_opportunity_difference: Share | None = Field(
        default=None, description="Highest less lowest true-positive rate; needs labels."
    )


class LatencyMonitor(SpecSection):
    """A percentile of the latency, in milliseconds."""

    percentile: Annotated[float, Field(gt=0, lt=100)] = 95.0
    maximum: Annotated[float, Field(gt=0)] = Field(description="Milliseconds.")


class ThroughputMonitor(SpecSection):
    """Requests a second, over the whole window."""

    minimum: Annotated[float, Field(gt=0)] | None = None
    maximum: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("needs a minimum, a maximum, or both, in requests a second")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}; exchange them")
        return self


class UseMonitor(SpecSection):
    """A percentile of the use of a resource, in percent."""

    percentile: Annotated[float, Field(gt=0, lt=100)] = 95.0
    maximum: Annotated[float, Field(gt=0)] = Field(description="Percent.")


class Monitors(SpecSection):
    """Every monitor. Null switches one off; monitors that default to null need a limit."""

    # defaults are taken as they stand: validating them would build a validator for each kind at every cold start
    feature_drift: FeatureDriftMonitor | None = FeatureDriftMonitor.model_construct()
    score_drift: DriftMonitor | None = DriftMonitor.model_construct()
    joint_drift: JointMonitor | None = JointMonitor.model_construct()
    missing_values: ShareMonitor | None = ShareMonitor.model_construct(maximum_increase=0.02)
    unseen_categories: ShareMonitor | None = ShareMonitor.model_construct(maximum_increase=0.01)
    segment_drift: SegmentMonitor | None = SegmentMonitor.model_construct()
    attribution_drift: AttributionMonitor | None = AttributionMonitor.model_construct()

    validity: LimitMonitor | None = LimitMonitor.model_construct(maximum=0.05)
    schema_consistency: SchemaMonitor | None = SchemaMonitor.model_construct()
    scale_consistency: ScaleMonitor | None = ScaleMonitor.model_construct()
    uniqueness: LimitMonitor | None = LimitMonitor.model_construct(maximum=0.01)
    freshness: FreshnessMonitor | None = None
    volume: VolumeMonitor | None = VolumeMonitor.model_construct()
    constant_columns: ConstantMonitor | None = ConstantMonitor.model_construct()
    label_leakage: LeakageMonitor | None = LeakageMonitor.model_construct()
    no_data: NoDataMonitor | None = NoDataMonitor.model_construct()
    unmatched_labels: UnmatchedLabelsMonitor | None = UnmatchedLabelsMonitor.model_construct()
    repeated_rows: RepeatedRowsMonitor | None = None
    contradicted_labels: ContradictedLabelsMonitor | None = None

    accuracy: PerformanceMonitor | None = PerformanceMonitor.model_construct(tolerance=0.03)
    precision: PerformanceMonitor | None = None
    recall: PerformanceMonitor | None = None
    f1: PerformanceMonitor | None = None
    specificity: PerformanceMonitor | None = None
    roc_auc: PerformanceMonitor | None = PerformanceMonitor.model_construct(tolerance=0.02)
    average_precision: PerformanceMonitor | None = None
    log_loss: PerformanceMonitor | None = PerformanceMonitor.model_construct(tolerance=0.03)
    brier_score: PerformanceMonitor | None = None
    expected_calibration_error: PerformanceMonitor | None = None
    business_value: PerformanceMonitor | None = None
    mean_absolute_error: PerformanceMonitor | None = None
    root_mean_squared_error: PerformanceMonitor | None = None
    mean_absolute_percentage_error: PerformanceMonitor | None = None
    r_squared: PerformanceMonitor | None = PerformanceMonitor.model_construct(tolerance=0.05)
    bias: PerformanceMonitor | None = None

    estimated_performance: EstimateMonitor | None = None
    performance_decomposition: EstimateMonitor | None = Field(
        default=None,
        description="The change of a metric that changed inputs alone explain, under the baseline's conditional "
        "performance: in breach when features have drifted and the expected loss is beyond the tolerance.",
    )
    segment_performance: SegmentPerformanceMonitor | None = None
    fairness: FairnessMonitor | None = FairnessMonitor.model_construct()

    latency: LatencyMonitor | None = None
    error_rate: LimitMonitor | None = None
    throughput: ThroughputMonitor | None = None
    cpu: UseMonitor | None = None
    gpu: UseMonitor | None = None
    memory: UseMonitor | None = None

    @model_validator(mode="after")
    def _can_be_exceeded(self) -> Self:
        limits: dict[str, tuple[str, PerformanceMonitor]] = {
            name: (name, monitor) for name, monitor in self.performance(_SHARES).items()
        }
        forecasts = ("estimated_performance", "performance_decomposition", "segment_performance")
        limits |= {name: (found.metric, found) for name in forecasts if (found := getattr(self, name)) is not None}
        for name, (metric, monitor) in limits.items():
            if metric in _SHARES and monitor.tolerance > 1:
                raise error_at(
                    f"{monitor.tolerance:g} is never exceeded, since {metric} lies between 0 and 1; write "
                    f"{monitor.tolerance / 100:g} for {monitor.tolerance:g} points",
                    name,
                    "tolerance",
                )
        if self.volume is not None and self.volume.minimum_change >= 1:
            change = self.volume.minimum_change
            share = f"write {change / 100:g} for {change:g} %" if change > 1 else "write 0.5 for 50 %"
            raise error_at(
                f"{change:g} is never exceeded by a drop, which is at most 100 %; {share}",
                "volume",
                "minimum_change",
            )
        return self

    def performance(self, metrics: tuple[PerformanceMetric, ...]) -> dict[PerformanceMetric, PerformanceMonitor]:
        """The performance monitors with a limit, of these metrics."""
        limits: dict[PerformanceMetric, PerformanceMonitor | None] = {name: getattr(self, name) for name in metrics}
        return {name: monitor for name, monitor in limits.items() if monitor is not None}
