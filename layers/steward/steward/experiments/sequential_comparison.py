"""One challenger on one metric, look by look."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from steward.documents import TolerantModel
from steward.experiments.arm_sums import ArmSums, MetricSums, WindowSums, accumulate_windows
from steward.experiments.boundaries import radius
from steward.experiments.effects import EffectEstimate, difference_of_means, mean_of_pairs
from steward.experiments.experiment_plan import ExperimentMetric, ExperimentPlan
from steward.experiments.sequences import (
    ResidualSums,
    SequenceInterval,
    bounded_sequence,
    effect_residuals,
    pair_residuals,
)
from steward.student_t import student_quantile

Sign = Literal["better", "worse", "open"]


class Look(TolerantModel):
    """The effect as it was known after a window; above 0 the challenger is better, whichever direction the metric has.

    Attributes:
        window: start of the window.
        rows: of both arms, or pairs.
        value: the gain, in the metric's unit.
        standard_error: of it.
        information: in parts of the planned one.
        low, high: the confidence sequence.
        slope: of the covariate that was taken off; 0 without.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    window: AwareDatetime
    rows: int
    value: float
    standard_error: float
    information: float
    low: float
    high: float
    slope: float = 0.0


class Comparison(TolerantModel):
    """The looks at one challenger on one metric, until the planned information is reached.

    Attributes:
        challenger: name of its arm.
        metric: that is compared.
        level: chance that the interval ever misses the effect.
        planned_standard_error: at the planned information.
        looks: in the order of time; the last is the first that reached the planned information, if one did.
    """

    challenger: str
    metric: ExperimentMetric
    level: float
    planned_standard_error: float
    looks: tuple[Look, ...] = ()

    def until(self, window: datetime) -> "Comparison":
        """As it was known after a window."""
        return self.model_copy(update={"looks": tuple(look for look in self.looks if look.window <= window)})

    @property
    def sign(self) -> Sign:
        """Whether a look has shown the challenger to be better or worse; the first that did counts."""
        for look in self.looks:
            if look.low > 0:
                return "better"
            if look.high < 0:
                return "worse"
        return "open"

    @property
    def tolerable(self) -> bool | None:
        """Whether a look has shown the loss to be below the margin, or above it; None while it is open."""
        for look in self.looks:
            if look.low > -self.metric.margin:
                return True
            if look.high < -self.metric.margin:
                return False
        return None

    @property
    def negligible(self) -> bool:
        """Whether a look has shown the gain to be below the margin."""
        return any(look.high < self.metric.margin for look in self.looks)

    @property
    def finished(self) -> bool:
        """Whether the planned information is reached."""
        return bool(self.looks) and self.looks[-1].information >= 1

    @property
    def last(self) -> Look | None:
        """The newest look."""
        return self.looks[-1] if self.looks else None


def compare_arms(
    plan: ExperimentPlan, windows: Sequence[WindowSums], challenger: str, metric: ExperimentMetric
) -> Comparison:
    """Look after every window.

    Args:
        plan: of the experiment.
        windows: closed ones, in any order; parts of one window add up.
        challenger: name of its arm.
        metric: of the plan.

    Raises:
        ExperimentInvalid: the sums show figures beyond the metric's bounds.
    """
    level, planned = plan.level_of(metric), plan.standard_error_of(metric)
    reached = accumulate_windows(windows)
    exact = _bounded_intervals(plan, reached, challenger, metric) if metric.bounds else None
    looks: list[Look] = []
    for at, (start, sums) in enumerate(reached):
        found = _estimate(plan, sums, challenger, metric)
        if found is None:
            continue
        information = (planned / found.standard_error) ** 2
        interval = exact[at] if exact else asymptotic_interval(found, planned, level)
        looks.append(_oriented(start, found, information, interval, metric))
        if information >= 1:
            break
    return Comparison(
        challenger=challenger,
        metric=metric,
        level=level,
        planned_standard_error=planned,
        looks=tuple(looks),
    )


def _estimate(
    plan: ExperimentPlan, sums: WindowSums, challenger: str, metric: ExperimentMetric
) -> EffectEstimate | None:
    arms = [sums.arms.get(arm, ArmSums()).metric(metric.name) for arm in (plan.champion, challenger)]
    return mean_of_pairs(arms[1]) if plan.paired else difference_of_means(*arms, adjusted=plan.adjusted)


def asymptotic_interval(found: EffectEstimate, planned: float, level: float) -> SequenceInterval:
    """The interval of `radius`, widened as Student's distribution is.

    Args:
        found: by a look.
        planned: the standard error at the planned information.
        level: chance that the interval of any look misses the effect.
    """
    deviation = radius((planned / found.standard_error) ** 2, level)
    margin = student_quantile(found.degrees, deviation) * found.standard_error
    return SequenceInterval(found.value - margin, found.value + margin)


def _bounded_intervals(
    plan: ExperimentPlan,
    reached: Sequence[tuple[datetime, WindowSums]],
    challenger: str,
    metric: ExperimentMetric,
) -> list[SequenceInterval]:
    """The intervals of a bounded metric after each window."""
    low, high = metric.bounds or (0.0, 1.0)
    width = high - low
    parts = _increments(reached, plan, metric)
    if plan.paired:
        pairs = [sums.get(challenger, MetricSums()) for sums in parts]
        residuals: list[ResidualSums] = pair_residuals(pairs, (low, high))
        reach, spread = width, width**2 / 4
    else:
        weights = plan.weights
        residuals = effect_residuals(((sums, weights) for sums in parts), plan.champion, challenger, (low, high))
        reach = width / min(weights[plan.champion], weights[challenger])
        spread = width**2 / 4 * (1 / weights[plan.champion] + 1 / weights[challenger])
    planned_squares = (spread / plan.standard_error_of(metric)) ** 2
    return bounded_sequence(residuals, reach, plan.level_of(metric), planned_squares)


def _increments(
    reached: Sequence[tuple[datetime, WindowSums]], plan: ExperimentPlan, metric: ExperimentMetric
) -> list[dict[str, MetricSums]]:
    """What each window added, without groups: bounded sequences need rows, totals and squares alone."""
    before = dict.fromkeys(plan.weights, MetricSums())
    found = []
    for _, sums in reached:
        now = {arm: sums.arms.get(arm, ArmSums()).metric(metric.name) for arm in plan.weights}
        found.append(
            {
                arm: MetricSums(
                    rows=now[arm].rows - before[arm].rows,
                    total=now[arm].total - before[arm].total,
                    squares=now[arm].squares - before[arm].squares,
                )
                for arm in plan.weights
            }
        )
        before = now
    return found


def _oriented(
    start: datetime, found: EffectEstimate, information: float, interval: SequenceInterval, metric: ExperimentMetric
) -> Look:
    sign = 1 if metric.better == "higher" else -1
    low, high = sorted((sign * interval.low, sign * interval.high))
    return Look(
        window=start,
        rows=found.rows,
        value=sign * found.value,
        standard_error=found.standard_error,
        information=information,
        low=low,
        high=high,
        slope=found.slope,
    )
