"""Suggests the range of a numeric column from the numbers that it holds."""

import math
from collections.abc import Iterator
from typing import Literal

from steward.offline.column_facts import ColumnFacts

_DIGITS = 2
_NEAR_ZERO = 0.1
_WRITTEN_WHOLE = 1e15


def suggest_bounds(facts: ColumnFacts) -> Iterator[tuple[str, float, str]]:
    """The range of the numbers and as much again on either side; zero where they reach down to it.

    Where nothing is negative and zero is neither reached nor surely out of reach, there is no lower bound. What is
    beyond is wrong rather than new: another unit, a code for a missing value. Seasons and growth stay inside, and drift
    monitors see them.
    """
    if math.isnan(facts.minimum):
        return
    span = facts.maximum - facts.minimum
    unit = _unit(span, facts.maximum)
    low, high = _outwards(facts.minimum - span, unit, -1), _outwards(facts.maximum + span, unit, 1)
    seen = f"the cells reach from {facts.minimum:.6g} to {facts.maximum:.6g}; as far again may be"
    if 0 <= facts.minimum <= _NEAR_ZERO * span:
        yield "minimum", 0, "nothing is negative"
    elif math.isfinite(low) and (facts.minimum < 0 or low >= 0):
        yield "minimum", low, seen
    if math.isfinite(high):
        yield "maximum", high, seen


def _unit(span: float, largest: float) -> float:
    """What bounds are rounded to: two digits of the range."""
    size = span if math.isfinite(span) and span > 0 else abs(largest)
    return 10.0 ** (math.floor(math.log10(size)) - _DIGITS + 1) if size > 0 else 1.0


def _outwards(value: float, unit: float, direction: Literal[-1, 1]) -> float:
    """The next multiple of the unit, downwards or upwards; the number itself where rounding would not hold it."""
    multiples = value / unit if unit > 0 else math.inf
    if not math.isfinite(multiples):
        return value
    multiple = math.floor(multiples) if direction < 0 else math.ceil(multiples)
    found = float(f"{multiple * unit:.12g}")
    if not math.isfinite(found) or (found - value) * direction < 0:
        found = value
    return int(found) if found.is_integer() and abs(found) < _WRITTEN_WHOLE else found
