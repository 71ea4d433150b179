"""How a validated version takes over: at once, from the shadow, by steps, or after an experiment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from steward.spec.durations import Duration
from steward.spec.monitors import MonitorName
from steward.spec.spec_section import SpecSection, error_at

ReleaseMode = Literal["direct", "shadow", "canary", "ab"]
RowMetric = Literal[
    "log_loss", "brier_score", "accuracy", "mean_absolute_error", "mean_squared_error", "outcome", "latency",
    "error_rate",
]  # fmt: skip
"""Metrics that are the mean of a figure of each row, by which arms can be compared."""

HIGHER_IS_BETTER: frozenset[RowMetric] = frozenset({"accuracy", "outcome"})
OF_LABELS: frozenset[RowMetric] = frozenset(
    {"log_loss", "brier_score", "accuracy", "mean_absolute_error", "mean_squared_error", "outcome"}
)
"""Metrics that are known of a row once its label is."""
_OF_TASK: dict[str, frozenset[RowMetric]] = {
    "binary_classification": frozenset({"log_loss", "brier_score", "accuracy", "outcome"}),
    "multiclass_classification": frozenset({"log_loss", "accuracy"}),
    "regression": frozenset({"mean_absolute_error", "mean_squared_error", "outcome"}),
    "text_generation": frozenset(),
}
_OF_OPERATION: dict[RowMetric, str] = {"latency": "latency", "error_rate": "error"}
_MOST_SHARE = 1.0

StepShare = Annotated[float, Field(gt=0, lt=1)]
Margin = Annotated[float, Field(gt=0)]


class ReleaseGuardrail(SpecSection):
    """A metric on which a challenger must not be worse than the champion by more than a margin."""

    metric: RowMetric = Field(description="The mean of a figure of each row; `outcome` is that of the label.")
    margin: Margin = Field(description="The loss that is tolerated, in the metric's unit.")
    better: Literal["higher", "lower"] | None = Field(
        default=None, description="Of `outcome` alone: which direction is an improvement; unset: higher."
    )

    @property
    def direction(self) -> Literal["higher", "lower"]:
        """Which direction is an improvement."""
        return self.better or ("higher" if self.metric in HIGHER_IS_BETTER else "lower")

    @model_validator(mode="after")
    def _direction_is_known(self) -> Self:
        if self.better and self.metric != "outcome":
            raise ValueError(f"better is for outcome alone: {self.metric} is better {self.direction}; remove it")
        return self


class CanaryRelease(SpecSection):
    """A challenger answers a growing share of the entities."""

    steps: Annotated[list[StepShare], Field(min_length=1, max_length=20)] = Field(
        default=[0.05, 0.25, 0.5], description="The challenger's share at each step, rising; after the last: all."
    )
    bake: Duration = Field(
        default=timedelta(days=1), description="How long each step lasts at least, in the time of the data."
    )
    minimum_rows: Annotated[int, Field(ge=1)] = Field(
        default=200, description="Rows that the challenger must have answered at a step before the next."
    )

    minimum_labels: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Of these rows, how many must have their label. Unset: as many as minimum_rows, so that no share "
        "grows before the challenger's performance is seen; 0 where labels take longer than anybody can wait.",
    )

    @property
    def labels_wanted(self) -> int:
        """Labelled rows that a step takes."""
        return self.minimum_rows if self.minimum_labels is None else self.minimum_labels

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.steps != sorted(set(self.steps)):
            raise ValueError(f"steps {self.steps} must rise, such as [0.05, 0.25, 0.5]")
        return self


class Experiment(SpecSection):
    """What shadow releases and experiments have in common."""

    metric: RowMetric | None = Field(
        default=None,
        description="That decides. Unset: log_loss for classification, mean_absolute_error for regression.",
    )
    better: Literal["higher", "lower"] | None = Field(
        default=None, description="Of `outcome` alone: which direction is an improvement; unset: higher."
    )
    level: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.05, description="Chance that a challenger is ever called better or worse without being so."
    )
    power: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.8, description="Chance of finding an effect of the declared size."
    )
    duration: Duration = Field(description="When it ends at the latest, in the time of the data.")

    @model_validator(mode="after")
    def _finds_more_than_it_invents(self) -> Self:
        if self.level >= self.power:
            raise ValueError(f"power {self.power:g} must be above level {self.level:g}: try 0.8 and 0.05")
        if self.better and self.metric != "outcome":
            raise ValueError("better is for outcome alone: every other metric knows its own direction; remove it")
        return self


class ShadowRelease(Experiment):
    """A challenger scores every row that the champion answers, and answers none."""

    margin: Margin = Field(description="How much worse than the champion it may be, in the metric's unit.")


class ABRelease(Experiment):
    """Challengers answer fixed shares of the entities until one is shown to be better, or none is."""

    smallest_effect: Margin = Field(description="The smallest gain worth finding, in the metric's unit.")
    goal: Literal["superiority", "non_inferiority"] = Field(
        default="superiority",
        description="Whether a challenger must be better, or not worse than the champion by smallest_effect.",
    )
    challengers: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1, description="Versions that are compared with the champion at once; it begins when all are there."
    )
    share: StepShare | None = Field(
        default=None, description="Of each challenger; the champion has the rest. Unset: all arms have the same."
    )
    past: Duration | None = Field(
        default=None,
        description="Take off what the entity's own past explains (CUPED): the metric of its rows in this span before "
        "the experiment.",
    )

    @property
    def challenger_share(self) -> float:
        """Of each challenger."""
        return self.share or round(1 / (self.challengers + 1), 9)

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if self.challenger_share * self.challengers >= _MOST_SHARE:
            raise ValueError(
                f"{self.challengers} challengers with a share of {self.challenger_share:g} each leave nothing for the "
                f"champion; lower share below {1 / self.challengers:g}"
            )
        return self


class ReleasePolicy(SpecSection):
    """How a validated version takes over from the champion; the first version always takes over at once."""

    mode: ReleaseMode = "direct"
    approval: Literal["required"] | None = Field(
        default=None, description="`required`: no version becomes champion before a person approves it."
    )
    shadow: ShadowRelease | None = None
    canary: CanaryRelease | None = None
    ab: ABRelease | None = None
    guardrails: list[ReleaseGuardrail] = Field(
        default_factory=list, description="On which the challenger must not be worse; all share one level."
    )
    roll_back_on: list[MonitorName] | None = Field(
        default=None,
        description="The alerts of the challenger's own windows that end its release. Unset: the performance metrics "
        "with a limit, latency and error_rate.",
    )

    @model_validator(mode="after")
    def _settings_fit_the_mode(self) -> Self:
        for name in ("shadow", "canary", "ab"):
            if name != self.mode and getattr(self, name) is not None:
                raise error_at(f"says nothing with mode: {self.mode}; remove it, or write mode: {name}", name)
        for name, example in (
            ("shadow", "shadow: {margin: 0.01, duration: 14d}"),
            ("ab", "ab: {smallest_effect: 0.01, duration: 28d}"),
        ):
            if name == self.mode and getattr(self, name) is None:
                raise error_at(f"mode: {name} needs its settings, such as {example}", "mode")
        if self.mode == "direct" and (self.guardrails or self.roll_back_on is not None):
            unused = "guardrails" if self.guardrails else "roll_back_on"
            raise error_at("says nothing with mode: direct, where no share is watched; remove it", unused)
        names = [guardrail.metric for guardrail in self.guardrails]
        if len(set(names)) < len(names):
            raise error_at(f"a metric is named twice among {', '.join(names)}; name each once", "guardrails")
        return self

    @property
    def by_steps(self) -> CanaryRelease:
        """The steps of a canary, declared or usual."""
        return self.canary or CanaryRelease()

    @property
    def experiment(self) -> ShadowRelease | ABRelease | None:
        """What decides, where it is an experiment."""
        return self.shadow or self.ab

    def metric_of(self, task: str) -> RowMetric:
        """The metric that decides an experiment."""
        declared = self.experiment.metric if self.experiment else None
        return declared or ("mean_absolute_error" if task == "regression" else "log_loss")

    def problems(
        self, task: str, entity: str | None, measured: frozenset[str]
    ) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """What does not fit the rest of the declaration, and where.

        Args:
            task: of the model.
            entity: the column that says of whom a row is.
            measured: what the columns of operation measure: latency, error.
        """
        if self.mode in {"canary", "ab"} and entity is None:
            why = (
                f"mode: {self.mode} assigns entities to versions; name their column as columns.entity (a customer, a "
                "device, a session), or choose direct or shadow"
            )
            yield why, ("mode",)
        if self.mode != "direct" and task == "text_generation":
            yield "text_generation has no labels to compare versions by; write mode: direct", ("mode",)
        asked: list[tuple[RowMetric, tuple[str | int, ...]]] = [
            (guardrail.metric, ("guardrails", at, "metric")) for at, guardrail in enumerate(self.guardrails)
        ]
        if self.experiment:
            decides = self.metric_of(task)
            asked.append((decides, (self.mode, "metric")))
            if decides in {guardrail.metric for guardrail in self.guardrails}:
                yield f"{decides} decides already; remove it from the guardrails", ("guardrails",)
        for metric, place in asked:
            if why := self._mismatch(metric, task, measured):
                yield why, place

    def _mismatch(self, metric: RowMetric, task: str, measured: frozenset[str]) -> str:
        """Why a metric cannot be compared; empty where it can."""
        if metric in _OF_OPERATION:
            if _OF_OPERATION[metric] not in measured:
                return f"{metric} needs columns.{_OF_OPERATION[metric]}; declare it, or choose another"
            shadow = f"{metric} is not known of a shadow, which answers nothing; choose another"
            return shadow if self.mode == "shadow" else ""
        if metric not in _OF_TASK[task]:
            return f"{metric} does not apply to {task}; choose one of {', '.join(sorted(_OF_TASK[task]))}"
        if metric == "outcome" and self.mode == "shadow":
            return "outcome is the same for all versions of a shadow release; choose another metric"
        return ""
