"""Policies of checks and retraining."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from steward.documents import FROM_STORE
from steward.spec.cost_aware import CostAwareSettings
from steward.spec.durations import Duration, Lateness, format_duration
from steward.spec.maintenance import TimeZone
from steward.spec.monitors import MonitorName
from steward.spec.quality import Expression
from steward.spec.recipe import Recipe
from steward.spec.scheduling import ScheduleExpression
from steward.spec.spec_section import SpecSection
from steward.spec.split import Split, SplitPolicy


class WindowPolicy(SpecSection):
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


def _within_a_day(span: timedelta) -> timedelta:
    if span % timedelta(minutes=1) or span > timedelta(days=1):
        raise ValueError("write a whole number of minutes, a day at most, such as 15m")
    return span


class Schedules(SpecSection):
    """EventBridge Scheduler expressions, `rate(1 hour)` or `cron(0 3 ? * MON *)`, created when the spec is uploaded."""

    timezone: TimeZone = Field(default="UTC", description="What cron expressions are in.")
    flexible: Annotated[Duration, AfterValidator(_within_a_day)] | None = Field(
        default=None,
        description="How long each may be put off, so that many models do not all begin at once; unset: not at all.",
    )
    check: ScheduleExpression | None = Field(
        default="rate(1 hour)",
        description="Checks windows that have closed; windows with late data are checked at once.",
    )
    test: ScheduleExpression | None = Field(
        default=None,
        description="Tests the champion by the gates, against a constant, on labelled rows newer than all it was made "
        "or judged with; for models that Steward trains.",
    )
    collect: ScheduleExpression | None = Field(
        default="rate(15 minutes)",
        description="Brings in what CloudWatch knows of the declared resources: each hour, or shorter window, a "
        "quarter of an hour after its end.",
    )
    retrain: ScheduleExpression | None = Field(default=None, description="Asks the retraining policy for a run.")
    audit: ScheduleExpression | None = Field(default="rate(1 day)", description="Checks every governance invariant.")
    defects: ScheduleExpression | None = Field(
        default="rate(1 hour)", description="Looks for defects that are overdue, and for versions made of bad rows."
    )
    maintain: ScheduleExpression | None = Field(
        default="rate(1 day)",
        description="Removes what need not be kept, and refuses uploads that waited too long for a version.",
    )
    report: ScheduleExpression | None = Field(
        default=None,
        description="Keeps a dated copy of the model's report, and tells subscribers what changed since the one "
        "before; the report itself is always there, new within minutes.",
    )
    attribute: ScheduleExpression | None = Field(
        default="rate(1 day)",
        description="Attributes a sample of each window that closed lately (2 days, or the last 3 windows) to the "
        "features, by the version's own artifact: some seconds of one processor a window, minutes for large forests.",
    )


class RunBudget(SpecSection):
    """What runs may take in a calendar month (UTC, event time)."""

    runs: Annotated[int, Field(ge=1)] | None = Field(default=None, description="Runs a month.")
    dollars: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Dollars a month at Lambda's list price; a run is expected to cost what the newest one did.",
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.runs is None and self.dollars is None:
            raise ValueError("budget limits nothing without runs or dollars; give one, such as runs: 4, or remove it")
        return self


SpanName = Literal["everything", "trailing", "decaying", "since_change", "reference_and_recent", "auto"]


_CALIBRATION_SHARE = 0.2
"""Of the rows before the holdout, where a recipe calibrates and no split says how many."""


class RetrainingPolicy(CostAwareSettings):
    """What may start a run, what holds it back, and what a run does."""

    recipe: Recipe | None = Field(
        default=None,
        description="How Steward trains. Without one the model is trained elsewhere: a run adopts the reference rows, "
        "with their own scores or predictions, as the version that windows are compared with.",
    )
    on_alerts: list[MonitorName] = Field(
        default=["roc_auc", "log_loss"], description="Firing alerts that may start a run."
    )
    on_correction: bool = Field(
        default=False,
        description="Ask for a run when rows that the champion was trained on are corrected or withdrawn.",
    )
    every: Duration | None = Field(default=None, description="Start a run when the newest one is this old.")
    on_new_labels: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Start a run when so many labelled rows have come since the newest one."
    )
    on_realised_loss: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="Start a run when the newest labelled window is surely (95 %) worse than the champion's holdout by "
        "more than this, in units of validation.metric (not for mean_squared_error, which windows do not have).",
    )
    on_expected_loss: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="Start a run when, by the inputs of the newest window alone, the same metric is expected to be "
        "worse than on the champion's holdout by more than this; needs no labels of that window.",
    )
    cool_down: Duration = Field(default=timedelta(days=7), description="No run sooner than this after the newest one.")
    minimum_labels: Annotated[int, Field(ge=1)] = Field(default=1000, description="Labelled rows a first run needs.")
    minimum_new_labels: Annotated[int, Field(ge=0)] = Field(
        default=500, description="Labelled rows that must have come since the newest run."
    )
    minimum_new_labels_per_class: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Of each class that has come so far, so many of them; not for regression."
    )
    maximum_label_age: Duration | None = Field(
        default=None,
        description="No run while the newest labelled window ended longer ago than this: labels come too late to say "
        "what the model meets now.",
    )
    budget: RunBudget | None = Field(default=None, description="No run beyond it, but for a first version.")
    hold_on: list[Literal["freeze", "critical_defect"]] = Field(
        default=[], description="No run while promotions are frozen, or a critical defect is not closed."
    )
    span: SpanName | None = Field(
        default=None,
        description="Which rows a version is fitted on: `trailing` (training_span), `everything`, `decaying` (all; "
        "those that are half_life older count half), `since_change` (from the first bad window of the alerts that "
        "fire), `reference_and_recent` (the reference and training_span), or `auto`, which tries them on the newest "
        "training rows. Unset: trailing where training_span is set, else everything.",
    )
    training_span: Duration | None = Field(default=None, description="Train on rows this recent; all rows when unset.")
    half_life: Duration | None = Field(default=None, description="Of the weights of `span: decaying`.")
    refit: bool = Field(
        default=False,
        description="Release the recipe fitted on the holdout too, once the version fitted without it has passed.",
    )
    holdout_span: Duration = Field(
        default=timedelta(days=7), description="The most recent labelled rows, kept out of training to judge with."
    )

    split: Split = Field(
        default=SplitPolicy(),
        description="How labelled rows are divided: `time`, `entity`, or the shares of the parts.",
    )
    filters: list[Expression] = Field(
        default=[],
        description="Conditions on features and attributes: rows that do not meet all of them are not fitted on. The "
        "holdout is judged whole.",
    )

    @property
    def split_plan(self) -> SplitPolicy:
        """The split of a run, as its dataset records it."""
        if self.recipe and self.recipe.calibration and self.split.calibration_share is None:
            return self.split.model_copy(update={"calibration_share": _CALIBRATION_SHARE})
        return self.split

    @property
    def chosen_span(self) -> SpanName:
        """The declared span, or the one that follows from `training_span`."""
        return self.span or ("trailing" if self.training_span else "everything")

    @property
    def asks_for_change(self) -> bool:
        """Whether the span depends on when the present trouble began."""
        return self.chosen_span in {"since_change", "auto"}

    @model_validator(mode="after")
    def _calibration_rows_calibrate(self, info: ValidationInfo) -> Self:
        calibrates = self.recipe is not None and self.recipe.calibration is not None
        if self.split.calibration_share and not calibrates and info.context != FROM_STORE:
            raise ValueError(
                "split.calibration_share keeps rows out of the fit to calibrate with, and no calibration is declared: "
                "write recipe.calibration, sigmoid or isotonic, or remove split.calibration_share"
            )
        return self

    @model_validator(mode="after")
    def _span_has_its_lengths(self) -> Self:
        span = self.chosen_span
        if span in {"trailing", "reference_and_recent"} and self.training_span is None:
            raise ValueError(f"span: {span} needs training_span, such as 8w")
        if span == "decaying" and self.half_life is None:
            raise ValueError("span: decaying needs half_life, such as 8w")
        if self.training_span and span not in {"trailing", "reference_and_recent", "auto"}:
            raise ValueError(f"training_span says nothing with span: {span}; remove one of them")
        if self.half_life and span not in {"decaying", "auto"}:
            raise ValueError(f"half_life says nothing with span: {span}; remove it, or write span: decaying")
        if self.refit and self.split.by == "entity":
            raise ValueError(
                "refit fits on the holdout too, whose entities `split: entity` keeps from every version; remove one"
            )
        if self.policy == "cost_aware" and self.recipe is None:
            raise ValueError("policy: cost_aware needs a recipe: only what Steward trains can be trained again")
        if self.refit and self.cool_down < self.holdout_span:
            raise ValueError(
                f"refit needs a cool_down at least as long as holdout_span, so that a version is judged on rows the "
                f"one before it was not fitted on: write cool_down: {format_duration(self.holdout_span)} or more"
            )
        return self
