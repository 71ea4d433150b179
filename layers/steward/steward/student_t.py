"""Student's t distribution, without a numerical library: functions that only decide load none."""

import math
from statistics import NormalDist

_Z95 = NormalDist().inv_cdf(0.975)


def student_quantile(degrees: float, deviation: float = _Z95) -> float:
    """Student's quantile at the probability where the standard normal one is `deviation`.

    Exact for 1 and 2 degrees of freedom, to which fewer than 3 are rounded down; the Cornish-Fisher expansion beyond,
    within 0.2 % at 95 %.

    Source: R. A. Fisher and E. A. Cornish (1960), The percentile points of distributions having known cumulants,
    Technometrics 2, 209-225; M. Abramowitz and I. A. Stegun (1964), Handbook of Mathematical Functions, 26.7.5.

    >>> round(student_quantile(1), 3), round(student_quantile(10), 3)
    (12.706, 2.228)
    """
    tail = math.erfc(deviation / math.sqrt(2)) / 2
    if degrees < 2:  # noqa: PLR2004
        return 1 / math.tan(math.pi * tail)
    if degrees < 3:  # noqa: PLR2004
        return (1 - 2 * tail) / math.sqrt(2 * tail * (1 - tail))
    z, square = deviation, deviation**2
    terms = (
        (square + 1) * z / 4,
        ((5 * square + 16) * square + 3) * z / 96,
        (((3 * square + 19) * square + 17) * square - 15) * z / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) * z / 92160,
    )
    return z + math.fsum(term / math.pow(degrees, order) for order, term in enumerate(terms, start=1))
