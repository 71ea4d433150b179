"""Fairness measures and the counts that they are computed from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from steward.fairness.contrasts import Contrast, lowest_ratio, widest_difference
from steward.fairness.rates import Count, Rates
from steward.performance.groups import Confusion
from steward.profiles.segments import Decisions
from steward.spec.monitors import FairnessMonitor


@dataclass(frozen=True, slots=True)
class ModelTreatment:
    """What is known of one group: its decisions, and how they met the truth, as far as labels have come."""

    decisions: Decisions
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class RateDefinition:
    """Something that each group has a share of.

    Attributes:
        name: the statistic of a single group's result.
        description: what sentences say of a group with this share, after the figure.
        rows: what the share rests on, as sentences call it.
        counts: of one group; of two kinds of rows for odds.
        labels: whether it needs labels.
    """

    name: str
    description: str
    rows: str
    counts: Callable[[ModelTreatment], Sequence[Count]]
    labels: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure between the groups of an attribute.

    Attributes:
        name: the statistic of its result.
        title: what sentences call it.
        share: what the groups are compared by.
        contrast: of all groups; None where it is undefined.
        limit: the declared one; None where nobody declared any.
        equal: its value where all groups are treated alike.
    """

    name: str
    title: str
    share: RateDefinition
    contrast: Callable[[Rates], Contrast | None]
    limit: Callable[[FairnessMonitor], float | None]
    equal: float = 0.0


def _no_limit(_: FairnessMonitor) -> None:
    return None


FAVOURABLE = RateDefinition(
    "favourable_share",
    "favourable decisions",
    "decisions",
    lambda group: [(group.decisions.favourable, group.decisions.decided)],
    labels=False,
)
TRUE_POSITIVE_RATE = RateDefinition(
    "true_positive_rate",
    "favourable decisions where the truth is favourable",
    "labelled rows whose truth is favourable",
    lambda group: [(group.confusion.true_positives, group.confusion.positives)],
)
_ODDS = RateDefinition(
    "average_odds",
    "favourable decisions, averaged over rows whose truth is favourable and rows whose truth is not",
    "labelled rows of either truth",
    lambda group: [
        (group.confusion.true_positives, group.confusion.positives),
        (group.confusion.false_positives, group.confusion.negatives),
    ],
)
_PRECISION = RateDefinition(
    "precision",
    "right favourable decisions",
    "labelled rows with a favourable decision",
    lambda group: [(group.confusion.true_positives, group.confusion.true_positives + group.confusion.false_positives)],
)

SHARES = (FAVOURABLE, TRUE_POSITIVE_RATE)
"""Those that each group has a result of its own for."""

MEASURES = (
    Measure(
        "disparate_impact",
        "disparate impact",
        FAVOURABLE,
        lowest_ratio,
        lambda monitor: monitor.minimum_disparate_impact,
        equal=1.0,
    ),
    Measure(
        "statistical_parity_difference",
        "statistical parity difference",
        FAVOURABLE,
        widest_difference,
        lambda monitor: monitor.maximum_parity_difference,
    ),
    Measure(
        "equal_opportunity_difference",
        "equal opportunity difference",
        TRUE_POSITIVE_RATE,
        widest_difference,
        lambda monitor: monitor.maximum_opportunity_difference,
    ),
    Measure("average_odds_difference", "average odds difference", _ODDS, widest_difference, _no_limit),
    Measure("predictive_parity_difference", "predictive parity difference", _PRECISION, widest_difference, _no_limit),
)
"""Every measure, in the order of results.

Disparate impact is the lowest share of favourable decisions over the highest (Feldman et al., 2015); the four-fifths
rule of the Uniform guidelines on employee selection procedures, 29 CFR 1607.4(D), asks for 0.8. Statistical parity is
their difference (C. Dwork et al., 2012, Fairness through awareness, ITCS, 214-226). Equal opportunity compares the
true-positive rates (M. Hardt, E. Price and N. Srebro, 2016, Equality of opportunity in supervised learning, NeurIPS);
average odds the mean of true-positive and false-positive rates (R. K. E. Bellamy et al., 2018, AI Fairness 360,
arXiv:1810.01943); predictive parity the precisions (A. Chouldechova, 2017, Fair prediction with disparate impact, Big
Data 5, 153-163).
"""
