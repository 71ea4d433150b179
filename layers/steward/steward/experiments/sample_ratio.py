"""Sequential test of the sample ratio: whether the arms have the shares that the weights say."""

import math
from collections.abc import Mapping
from typing import Literal

from steward.documents import TolerantModel
from steward.experiments.arm_sums import GROUPS, ArmSums
from steward.experiments.boundaries import NORMAL
from steward.student_t import student_quantile

LEVEL = 0.001
"""Chance that an experiment with the right shares is ever stopped."""
PLANNED = 100_000
"""Entities by which a share that is off by a hundredth is to be found."""
_CONCENTRATION = 100
"""Of the prior around the planned shares, in entities: wide, so that an arm without rows is found soon."""
_HALF = 0.5


class SampleRatio(TolerantModel):
    """The shares of the arms and the evidence against the planned ones.

    Attributes:
        counts: rows of each arm.
        expected: by the weights.
        log_evidence: logarithm of the Bayes factor against the weights; it ever exceeds log(2 / level) with a chance of
            half the level.
        deviation: of the arm that is farthest off, in standard errors at the planned number of entities.
        design_effect: rows of one entity count as one: how many rows that is.
        broken: whether the shares are not the planned ones.
    """

    counts: dict[str, int]
    expected: dict[str, float]
    log_evidence: float
    deviation: float
    design_effect: float
    broken: bool


def multinomial_log_evidence(counts: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The logarithm of the Bayes factor against the weights, a martingale while they are right.

    The prior of the shares is a Dirichlet distribution around the weights.

    Source: M. Lindon and A. Malek (2022), Anytime-valid inference for multinomial count data, Advances in Neural
    Information Processing Systems 35.

    >>> multinomial_log_evidence({"a": 0, "b": 0}, {"a": 0.5, "b": 0.5})
    0.0
    """
    total = math.fsum(counts.values())
    terms = [math.lgamma(_CONCENTRATION) - math.lgamma(_CONCENTRATION + total)]
    for name, weight in weights.items():
        prior, count = _CONCENTRATION * weight, counts.get(name, 0)
        terms.append(math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(weight))
    return math.fsum(terms)


def examine_ratio(
    arms: Mapping[str, ArmSums],
    weights: Mapping[str, float],
    *,
    level: float = LEVEL,
    planned: int = PLANNED,
    unit: Literal["row", "entity"] = "entity",
) -> SampleRatio:
    """Test the shares of the arms at a look, one of any number.

    Two tests share the level: the multinomial one holds for ever; and until `planned` entities no arm's count may be
    farther from its expectation than a random walk ever gets, which finds a small deviation sooner.

    Args:
        arms: sums up to the look.
        weights: the planned shares, of every arm.
        level: chance that an experiment with the right shares is ever stopped.
        planned: entities by which the second test is to have found what it finds.
        unit: what is assigned. Rows of one entity go to one arm together and count for fewer, by the design effect of
            128 random groups of entities.

    Sources: Lindon and Malek (2022) as `multinomial_log_evidence`; `horizon_radius` of `boundaries` for the second.
    """
    counts = {name: arms[name].rows if name in arms else 0 for name in weights}
    total = sum(counts.values())
    effect = _design_effect(arms, counts, total, level) if unit == "entity" else 1.0
    effective = {name: count / effect for name, count in counts.items()}
    entities = total / effect
    evidence = multinomial_log_evidence(effective, weights)
    deviation = max(
        abs(effective[name] - weight * entities) / math.sqrt(planned * weight * (1 - weight)) if weight < 1 else 0.0
        for name, weight in weights.items()
    )
    arm_level = _HALF * level / max(1, len(weights) - (len(weights) == 2))  # noqa: PLR2004 - two arms deviate together
    beyond = entities <= planned and deviation > NORMAL.inv_cdf(1 - arm_level / 4)
    return SampleRatio(
        counts=counts,
        expected={name: weight * total for name, weight in weights.items()},
        log_evidence=evidence,
        deviation=deviation,
        design_effect=effect,
        broken=beyond or evidence > -math.log(_HALF * level),
    )


def _design_effect(arms: Mapping[str, ArmSums], counts: Mapping[str, int], total: int, level: float) -> float:
    """How many rows are worth one that is assigned by itself, at least 1; widened as Student's distribution is.

    The mean of two estimates that are independent while every entity has one row: by how much the sizes of the groups
    vary, and by how much the arms' shares do between groups.
    """
    sizes = [
        math.fsum(group) for group in zip(*(arm.group_rows for arm in arms.values() if arm.group_rows), strict=True)
    ]
    if not sizes or not total:
        return 1.0
    by_size = math.fsum((size - total / GROUPS) ** 2 for size in sizes) / total
    by_share = []
    for name, count in counts.items():
        share = count / total
        if name in arms and arms[name].group_rows and 0 < share < 1:
            squares = math.fsum((n - share * size) ** 2 for n, size in zip(arms[name].group_rows, sizes, strict=True))
            by_share.append(squares / (total * share * (1 - share)))
    found = [by_size, math.fsum(by_share) / len(by_share)] if by_share else [by_size]
    effect = math.fsum(found) / len(found) * GROUPS / (GROUPS - 1)
    multiple = -NORMAL.inv_cdf(_HALF * level / 4)
    widened = (student_quantile(len(found) * (GROUPS - 1), multiple) / multiple) ** 2
    return max(1.0, effect * widened) if effect > 1 else 1.0
