"""How many entities an experiment needs, and what looking early costs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from steward.errors import ExperimentInvalid
from steward.experiments.boundaries import NORMAL, expected_information, required_drift

MOST_ENTITIES = 10**12
"""No experiment has more: that is over a hundred times as many as there are people."""


@dataclass(frozen=True, slots=True)
class ArmsDesign:
    """What is planned.

    Attributes:
        weights: share of each arm, the champion first.
        variances: of the metric, of one entity of each arm.
        smallest: effect worth finding, in the metric's unit, above 0.
        level: chance that any challenger without effect is ever found better or worse.
        power: chance of finding the smallest effect by the planned end.
        correlation: of the metric with a covariate from before the experiment, which is taken off (CUPED); 0 without.
    """

    weights: Mapping[str, float]
    variances: Mapping[str, float]
    smallest: float
    level: float = 0.05
    power: float = 0.8
    correlation: float = 0.0


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What an experiment takes.

    Attributes:
        entities: in all arms, until the planned end.
        by_arm: of these.
        fixed: entities of a test of fixed size with one look at the end, at the same level and power.
        expected: entities on average until the smallest effect is found or the plan has ended.
        expected_without: the same where there is no effect: nearly always the planned end.
        level: of each challenger's comparison.
        standard_error: of the effect at the planned end.
    """

    entities: int
    by_arm: dict[str, int]
    fixed: int
    expected: int
    expected_without: int
    level: float
    standard_error: float


def plan_size(design: ArmsDesign) -> SampleSize:
    """Plan an experiment whose interval is `boundaries.radius` wide, and may be looked at any time.

    Several challengers share the level (Bonferroni). The one with the least weight decides the size.

    Raises:
        ExperimentInvalid: a figure is out of its range; the message names it.

    Source: `required_drift` and `expected_information` of `boundaries`; for the fixed size J. M. Lachin (1981),
    Introduction to sample size determination and power analysis for clinical trials, Controlled Clinical Trials 2,
    93-113.

    >>> halves = {"champion": 0.5, "challenger": 0.5}
    >>> size = plan_size(ArmsDesign(halves, dict.fromkeys(halves, 0.09), smallest=0.01))
    >>> size.fixed, size.entities, size.expected
    (28256, 30788, 22481)
    """
    _check(design)
    champion, *challengers = design.weights
    level = design.level / len(challengers)
    left = 1 - design.correlation**2
    spread = max(
        left * (design.variances[name] / design.weights[name] + design.variances[champion] / design.weights[champion])
        for name in challengers
    )
    drift = required_drift(level, design.power)
    fixed_drift = NORMAL.inv_cdf(1 - level / 2) + NORMAL.inv_cdf(design.power)
    exact = spread * (drift / design.smallest) ** 2
    if exact > MOST_ENTITIES:
        raise ExperimentInvalid(
            f"to find an effect of {design.smallest:g} takes {exact:.1e} users, and no experiment has more than "
            f"{MOST_ENTITIES:.0e}; give a larger smallest effect, or a metric that varies less between users"
        )
    by_arm = {name: math.ceil(exact * weight) for name, weight in design.weights.items()}
    return SampleSize(
        entities=sum(by_arm.values()),
        by_arm=by_arm,
        fixed=math.ceil(spread * (fixed_drift / design.smallest) ** 2),
        expected=math.ceil(exact * expected_information(drift, level)),
        expected_without=math.ceil(exact * expected_information(0.0, level)),
        level=level,
        standard_error=design.smallest / drift,
    )


def proportion_variances(rate: float, smallest: float, arms: Mapping[str, float]) -> dict[str, float]:
    """Variances of a proportion: the champion's rate, and the challengers' with the smallest effect.

    Raises:
        ExperimentInvalid: the rate, or the rate with the effect, is not between 0 and 1.
    """
    champion, *challengers = arms
    for what, value in (("the rate", rate), ("the rate with the smallest effect", rate + smallest)):
        if not 0 < value < 1:
            raise ExperimentInvalid(f"{what} is {value:g} and must be between 0 and 1: give a share")
    effect = rate + smallest
    return {champion: rate * (1 - rate)} | dict.fromkeys(challengers, effect * (1 - effect))


def _check(design: ArmsDesign) -> None:
    for name, value, low, high in (
        ("level", design.level, 0.0, 0.5),
        ("power", design.power, design.level, 1.0),
        ("smallest effect", design.smallest, 0.0, math.inf),
        ("variance of the metric", min(design.variances.values(), default=0.0), 0.0, math.inf),
    ):
        if not low < value < high:
            below = f" and below {high:g}" if math.isfinite(high) else ""
            raise ExperimentInvalid(f"the {name} is {value:g} and must be above {low:g}{below}")
    if not -1 < design.correlation < 1:
        raise ExperimentInvalid(f"correlation is {design.correlation:g} and must be above -1 and below 1")
    if len(design.weights) < 2:  # noqa: PLR2004
        raise ExperimentInvalid("an experiment needs a champion and a challenger: give the weights of both")
