"""Boundaries that a standardised effect crosses with small probability, however often one looks.

Time is measured in information: the inverse variance of the effect's estimate, over the planned one. Then the same
boundary holds for rows, entities, paired differences and adjusted effects.
"""

import math
from statistics import NormalDist

NORMAL = NormalDist()
HORIZON_SHARE = 0.9
"""Part of the level that is spent until the planned information is reached; the rest holds for ever."""

OVERSHOOT = 1.1
"""Information of the last look that the horizon's boundary allows for without becoming wider."""

_EARLY = 0.1
"""Information, in parts of the planned one, at which the mixture boundary is narrowest."""

_STEPS = 200


def radius(information: float, level: float) -> float:
    """Half the width of the confidence sequence, in standard errors; two-sided, each side has half the level.

    The narrower of two boundaries: at nine tenths of the level a horizontal one, nearly as good as a test of fixed size
    when the planned information is reached, and at one tenth a mixture, which holds for ever and is narrower early. The
    first one's last look is that at which the planned information is reached or exceeded: a comparison ends with it, or
    goes on with `mixture_radius` alone.

    Args:
        information: of the estimate, in parts of the planned one, above 0.
        level: chance of an interval that ever misses the effect, in (0, 1).

    Sources: `horizon_radius` and `mixture_radius`; the union bound.
    """
    return min(
        horizon_radius(information, HORIZON_SHARE * level), mixture_radius(information, (1 - HORIZON_SHARE) * level)
    )


def horizon_radius(information: float, level: float) -> float:
    """The boundary |W(t)| = c until the planned information, in standard errors.

    A Brownian motion W leaves (-c, c) before time 1 with probability at most 4 (1 - Φ(c)): the reflection principle.
    Estimates of means follow one by the strong approximation. The limit of O'Brien and Fleming's test.

    Sources: P. C. O'Brien and T. R. Fleming (1979), A multiple testing procedure for clinical trials, Biometrics 35,
    549-556; K. K. G. Lan and D. L. DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70,
    659-663; C. R. Mehta and A. A. Tsiatis (2001), Flexible sample size considerations using information-based interim
    monitoring, Drug Information Journal 35, 1095-1112 (information as time); I. Waudby-Smith, D. Arbour, R. Sinha,
    E. H. Kennedy and A. Ramdas (2024), Time-uniform central limit theory and asymptotic confidence sequences, Annals of
    Statistics 52(6), 2613-2640 (the strong approximation of running means).

    >>> round(horizon_radius(1.0, 0.05), 3), round(horizon_radius(0.25, 0.05), 3)
    (2.241, 4.483)
    """
    multiple = crossing_multiple(level)
    if information <= 1:
        return multiple / math.sqrt(information)
    return multiple * math.sqrt(max(1.0, information / OVERSHOOT))


def crossing_multiple(level: float) -> float:
    """The c of `horizon_radius`."""
    return NORMAL.inv_cdf(1 - level / 4)


def mixture_radius(information: float, level: float, narrowest: float = _EARLY) -> float:
    """The boundary of the normal mixture, for ever, in standard errors; an asymptotic confidence sequence.

    Sources: I. Waudby-Smith and others (2024), the asymptotic confidence sequence of a Gaussian mixture; H. Robbins
    (1970), Statistical methods related to the law of the iterated logarithm, Annals of Mathematical Statistics 41,
    1397-1409.

    Args:
        information: of the estimate, in any unit, above 0.
        level: two-sided, in (0, 1).
        narrowest: the information at which it is to be narrowest, in the same unit.
    """
    scaled = mixture_scale(level) * information / narrowest
    return math.sqrt((1 + 1 / scaled) * (math.log1p(scaled) - 2 * math.log(level)))


def mixture_scale(level: float) -> float:
    """Variance of the normal prior times the information at which the mixture is to be narrowest.

    Sources: I. Waudby-Smith and others (2024), their closed form; S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon
    (2021), Time-uniform, nonparametric, nonasymptotic confidence sequences, Annals of Statistics 49(2), 1055-1080, the
    exact one, which it approximates.

    >>> round(mixture_scale(0.05), 4)
    7.9362
    """
    return math.log1p(-2 * math.log(level)) - 2 * math.log(level)


def crossing_probability(drift: float, level: float, information: float = 1.0) -> float:
    """The chance that the horizon's boundary is crossed on the side of the effect by some information.

    Of a Brownian motion with drift: D. Siegmund (1985), Sequential Analysis, chapter III.

    Args:
        drift: the effect over its planned standard error, at least 0.
        level: of the horizon's boundary.
        information: in parts of the planned one, in (0, 1].
    """
    multiple, root = crossing_multiple(level), math.sqrt(information)
    beyond = NORMAL.cdf((drift * information - multiple) / root)
    returned = NORMAL.cdf((-drift * information - multiple) / root)
    return beyond + (math.exp(2 * drift * multiple + math.log(returned)) if returned > 0 else 0.0)


def required_drift(level: float, power: float) -> float:
    """The effect in planned standard errors that is found with a chance of `power` by the planned end.

    Args:
        level: two-sided, of the whole confidence sequence.
        power: in (0, 1).

    >>> round(required_drift(0.05, 0.8), 3)
    2.924
    """
    low, high = 0.0, 40.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if crossing_probability(middle, HORIZON_SHARE * level) < power else (low, middle)
    return high


def expected_information(drift: float, level: float) -> float:
    """The mean information at which an experiment with an effect ends, in parts of the planned one.

    Args:
        drift: the effect over its planned standard error, above 0.
        level: two-sided, of the whole confidence sequence.
    """
    goes_on = [1 - crossing_probability(drift, HORIZON_SHARE * level, (step + 0.5) / _STEPS) for step in range(_STEPS)]
    return math.fsum(goes_on) / _STEPS
