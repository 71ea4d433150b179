"""The declaration of one experiment: its arms, metrics, level and end."""

from typing import Literal, Self

from pydantic import AwareDatetime, model_validator

from steward.documents import TolerantModel, VersionedModel
from steward.errors import ExperimentInvalid
from steward.experiments.assignment import Assignment
from steward.experiments.boundaries import required_drift

_HIGHEST_LEVEL = 0.5


class ExperimentMetric(TolerantModel):
    """A metric that arms are compared by: the mean of a figure of each row.

    Attributes:
        name: as in the sums.
        better: which direction is an improvement.
        margin: of the metric that decides: the smallest effect worth finding. Of one that must not get worse: the loss
            that is tolerated. In the metric's unit, above 0.
        bounds: that every figure is within; with them the interval needs no large numbers, and rows of one entity must
            be independent, such as where each entity has one.
    """

    name: str
    better: Literal["higher", "lower"] = "higher"
    margin: float
    bounds: tuple[float, float] | None = None


class ExperimentPlan(VersionedModel):
    """What is fixed before an experiment begins.

    Attributes:
        name: of the experiment, and the salt of its assignment.
        champion: name of its arm.
        weights: share of each arm, the champion's among them; they sum to one.
        metric: that decides.
        goal: `superiority`: the challenger must be better; `non_inferiority`: it must not be worse by the margin.
        guardrails: that must not be worse by their margins.
        level: chance that any challenger is ever called better or worse on the metric without being so. All guardrails
            together have the same once more.
        power: chance of finding an effect of the margin by the planned information.
        adjusted: whether to take off what a covariate from before the experiment explains (CUPED).
        paired: whether every row was scored by all versions (shadow): the sums of a challenger's arm are then those of
            differences, challenger less champion.
        unit: what is assigned: `entity`, whose rows go to one arm together, or `row`.
        ends: no window from then on counts.
    """

    schema_version: Literal[1] = 1
    name: str
    champion: str
    weights: dict[str, float]
    metric: ExperimentMetric
    goal: Literal["superiority", "non_inferiority"] = "superiority"
    guardrails: tuple[ExperimentMetric, ...] = ()
    level: float = 0.05
    power: float = 0.8
    adjusted: bool = False
    paired: bool = False
    unit: Literal["entity", "row"] = "entity"
    ends: AwareDatetime

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse a plan that cannot be carried out.

        Raises:
            ExperimentInvalid: the message says what is wrong with it.
        """
        _ = self.assignment
        if self.champion not in self.weights:
            raise ExperimentInvalid(
                f"the champion {self.champion!r} is none of the arms {', '.join(self.weights)}: give it a weight"
            )
        if not self.challengers:
            raise ExperimentInvalid("there is no challenger: give weights to two arms at least")
        if not 0 < self.level < _HIGHEST_LEVEL or not self.level < self.power < 1:
            raise ExperimentInvalid(
                f"level {self.level:g} must be in (0, 0.5), and power {self.power:g} between it and 1: try 0.05 and 0.8"
            )
        names = [metric.name for metric in self.metrics]
        if len(set(names)) < len(names):
            raise ExperimentInvalid(f"a metric is named twice among {', '.join(names)}: name each once")
        for metric in self.metrics:
            if not metric.margin > 0:
                raise ExperimentInvalid(f"margin {metric.margin:g} of {metric.name} must be above 0")
            if metric.bounds and not metric.bounds[0] < metric.bounds[1]:
                raise ExperimentInvalid(f"bounds {metric.bounds} of {metric.name} must be a lower and a higher one")
        return self

    @property
    def assignment(self) -> Assignment:
        """Which entity has which arm."""
        return Assignment.of(self.name, self.weights)

    @property
    def challengers(self) -> list[str]:
        """Every other arm, in order."""
        return [arm for arm in self.weights if arm != self.champion]

    @property
    def metrics(self) -> tuple[ExperimentMetric, ...]:
        """The one that decides, and the guardrails."""
        return (self.metric, *self.guardrails)

    def level_of(self, metric: ExperimentMetric) -> float:
        """The level of one challenger's interval of a metric; challengers, and guardrails, share theirs."""
        shared = len(self.challengers) * (len(self.guardrails) if metric in self.guardrails else 1)
        return self.level / shared

    def standard_error_of(self, metric: ExperimentMetric) -> float:
        """What the standard error of an effect is when it has the planned information."""
        return metric.margin / required_drift(self.level_of(metric), self.power)
