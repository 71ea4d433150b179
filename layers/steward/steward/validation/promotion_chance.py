"""Shares out one chance of promoting by luck a year among the runs of the year."""

from collections.abc import Iterable
from datetime import datetime, timedelta

_YEAR = timedelta(days=365)
_RESERVE = timedelta(weeks=8)
"""As much as accrues in this time is kept for a run at most."""
_SPENT = 0.5
"""The part of the reserve that a run spends."""


def run_chance(yearly: float, earlier: Iterable[datetime], now: datetime) -> float:
    """The chance by which a run may promote a version that is no better than the champion.

    A chance accrues as time passes, up to a reserve of eight weeks, and a run spends half of what there is (a token
    bucket). So all runs within any year together spend at most the yearly chance, however many they are and whenever
    they come: the reserve at the year's beginning, and what accrues in it (Bonferroni). With a run a week, each spends
    a sixtieth; with one every eight weeks, a fifteenth.

    Args:
        yearly: the chance of all runs of a year.
        earlier: the moments that the runs before speak for, in any order.
        now: the moment that this run speaks for.

    Source: alpha-spending, K. K. G. Lan and D. L. DeMets (1983), Discrete sequential boundaries for clinical trials,
    Biometrika 70(3), 659-663.

    >>> from datetime import UTC
    >>> begin, week = datetime(2024, 1, 1, tzinfo=UTC), timedelta(weeks=1)
    >>> weekly = [begin + number * week for number in range(50)]
    >>> round(run_chance(0.05, [], begin), 5), round(run_chance(0.05, weekly, begin + 50 * week), 5)
    (0.00333, 0.00083)
    """
    full = yearly * (_RESERVE / (_YEAR + _RESERVE))
    reserve = full
    spent, before = 0.0, None
    for moment in [*sorted(earlier), now]:
        if before is not None:
            reserve = min(full, reserve - spent + full * max(0.0, (moment - before) / _RESERVE))
        spent, before = _SPENT * reserve, moment
    return spent
