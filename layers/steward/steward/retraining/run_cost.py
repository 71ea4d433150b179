"""What a function's time costs at Lambda's list price."""

from datetime import timedelta

DOLLARS_A_GIGABYTE_SECOND = 1.33334e-05
"""On arm64, as the price list of `steward cost` has it."""


def lambda_dollars(duration: timedelta, megabytes: int) -> float:
    """The price of some time of a function, without requests and the account's free tier.

    >>> round(lambda_dollars(timedelta(minutes=2), 3008), 5)
    0.0047
    """
    return duration.total_seconds() * megabytes / 1024 * DOLLARS_A_GIGABYTE_SECOND
