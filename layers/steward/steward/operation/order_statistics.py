"""Ranks of a sample that enclose a percentile of its distribution with confidence."""

import math

from steward.performance.intervals import Z95

CONFIDENCE = 0.95

_TAIL = (1 - CONFIDENCE) / 2
_FEW = 25.0
"""The binomial variance below which its distribution is summed up exactly."""


def enclosing_ranks(probability: float, count: int) -> tuple[int | None, int | None]:
    """The ranks, from 0 in ascending order, of a 95 % interval of a quantile, whatever the distribution is.

    The number of values at or below the quantile is binomial, so the interval from the value of rank `low` to that of
    rank `high` misses it on either side with a chance of at most 2.5 %. It rests on independent draws: where slow
    requests come in bursts it is too narrow.

    Args:
        probability: of the quantile, strictly between 0 and 1.
        count: values.

    Returns:
        Ranks from 0 to `count` - 1; None where even the smallest, or the largest, value does not bound it surely.

    Source: H. A. David and H. N. Nagaraja (2003), Order Statistics, third edition, section 7.1.

    >>> enclosing_ranks(0.95, 20), enclosing_ranks(0.5, 20), enclosing_ranks(0.95, 1)
    ((16, None), (5, 14), (None, None))
    """
    if not count:
        return None, None
    low, high = _quantiles(count, probability)
    return (low - 1 if low > 0 else None), (high if high < count else None)


def _quantiles(count: int, probability: float) -> tuple[int, int]:
    """The 2.5 % and 97.5 % quantiles of the binomial distribution, or one further out where they are approximated.

    From a variance of 25 on by the expansion of R. A. Fisher and E. A. Cornish (1960, Technometrics 2, 209-225) with
    the term of the skewness, and one further out on each side, which covers what the expansion leaves out.
    """
    variance = count * probability * (1 - probability)
    if variance >= _FEW:
        middle = count * probability + (1 - 2 * probability) * (Z95**2 - 1) / 6 - 0.5
        spread = Z95 * math.sqrt(variance)
        return max(0, math.floor(middle - spread) - 1), min(count, math.ceil(middle + spread) + 1)
    if probability <= 0.5:  # noqa: PLR2004
        return _exact(count, probability, _TAIL), _exact(count, probability, 1 - _TAIL)
    # counted from the other side, where the numbers are small
    return count - _exact(count, 1 - probability, 1 - _TAIL), count - _exact(count, 1 - probability, _TAIL)


def _exact(count: int, probability: float, share: float) -> int:
    """The smallest number that a binomial variable does not exceed with at least this probability, summed up."""
    odds = probability / (1 - probability)
    mass = cumulated = math.exp(count * math.log1p(-probability))
    for number in range(count):
        if cumulated >= share:
            return number
        mass *= (count - number) / (number + 1) * odds
        cumulated += mass
    return count
