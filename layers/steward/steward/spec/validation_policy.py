"""When a version is good enough to take over: the metric that decides, margins, and what else the gates ask."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from steward.spec.durations import Duration
from steward.spec.gate_settings import CalibrationBounds, Expectation, GoldenRows, Robustness, ServingBudgets
from steward.spec.monitors import FairnessMonitor
from steward.spec.spec_section import SpecSection, Tolerance

ValidationMetric = Literal["log_loss", "roc_auc", "mean_absolute_error", "mean_squared_error"]


class ValidationPolicy(SpecSection):
    """When a version is good enough: the gain on the holdout, paired row by row, with a confidence bound."""

    metric: ValidationMetric | None = Field(
        default=None, description="Unset: log_loss for classification, mean_absolute_error for regression."
    )
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.95, description="Of each bound by itself; of the gain over the champion unless chance_a_year is set."
    )
    chance_a_year: Annotated[float, Field(gt=0, le=0.5)] | None = Field(
        default=None,
        description="The chance that any version that is no better than the champion takes over within a year, shared "
        "among the runs of the year, however many. Unset: every run has the chance that confidence leaves.",
    )
    minimum_gain: float = 0.0
    non_inferiority_margin: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="A version may take over that is proved to lose less than this against the champion, in the "
        "metric's unit, instead of one that is proved to gain.",
    )
    first_version_margin: Tolerance | None = Field(
        default=None,
        description="How much worse than the first approved version a version may be, in the metric's unit, so that "
        "small losses cannot add up. Unset: as much as one step may lose (non_inferiority_margin, or -minimum_gain); "
        "not compared where every step must gain.",
    )
    segment_margin: Tolerance | None = Field(
        default=None,
        description="How much worse than the champion, and than the first approved version, a version may be in any of "
        "the declared segments, in the metric's unit; refused where a larger loss is proved.",
    )
    fairness: FairnessMonitor | None = Field(
        default=None,
        description="Limits of the differences between the groups that `fairness` declares, on the holdout; refused "
        "where the whole interval is beyond one.",
    )
    calibration: CalibrationBounds | None = None
    budgets: ServingBudgets | None = None
    golden_rows: GoldenRows | None = None
    robustness: Robustness | None = None
    expectations: list[Expectation] = Field(
        default_factory=list,
        description="How predictions answer when one feature of the holdout's rows is moved: more rain never lowers "
        "the delay.",
    )
    block: Duration = Field(
        default=timedelta(days=1),
        description="Rows of one block of time share their circumstances: confidence counts blocks, not rows.",
    )

    @model_validator(mode="after")
    def _one_margin_of_a_step(self) -> Self:
        if self.non_inferiority_margin is not None and self.minimum_gain:
            raise ValueError(
                "minimum_gain and non_inferiority_margin say both what a step needs; remove minimum_gain where a "
                "version may lose a little, or non_inferiority_margin where it must gain"
            )
        return self

    @property
    def loss_margin(self) -> float | None:
        """How much worse than the first approved version a version may be; None where they are not compared.

        >>> ValidationPolicy(minimum_gain=-0.002).loss_margin, ValidationPolicy().loss_margin
        (0.002, None)
        """
        if self.first_version_margin is not None:
            return self.first_version_margin
        if self.non_inferiority_margin is not None:
            return self.non_inferiority_margin
        return -self.minimum_gain if self.minimum_gain < 0 else None

    @property
    def required_gain(self) -> float:
        """What the lower bound of the gain over the champion must exceed.

        >>> ValidationPolicy(non_inferiority_margin=0.002).required_gain
        -0.002
        """
        return self.minimum_gain if self.non_inferiority_margin is None else -self.non_inferiority_margin

    @property
    def asks_first_version(self) -> bool:
        """Whether any gate compares a version with the first approved one."""
        rise = self.calibration.maximum_rise if self.calibration else None
        return any(margin is not None for margin in (self.loss_margin, self.segment_margin, rise))
