"""Effects in SageMaker's unit and in ours: a distance of cumulative distributions, and a shift in standard deviations.

The data quality monitor measures by how much two cumulative distributions differ at most (Kolmogorov and Smirnov), from
0 to 1. A normal distribution that moves by a number of standard deviations is furthest from where it was half way
between the means: 2 Φ(shift / 2) - 1. The two functions are each other's inverse, and neither changes an order.
"""

from statistics import NormalDist

_NORMAL = NormalDist()


def shift(distance: float) -> float:
    """The shift, in standard deviations, that puts a normal distribution this far from where it was.

    Args:
        distance: at least 0 and below 1.

    >>> round(shift(0.1), 3)
    0.251
    """
    return 2 * _NORMAL.inv_cdf((1 + distance) / 2)


def distance(shift: float) -> float:
    """How far a normal distribution is from where it was after this shift, in standard deviations.

    >>> round(distance(0.2513), 3)
    0.1
    """
    return 2 * _NORMAL.cdf(shift / 2) - 1
