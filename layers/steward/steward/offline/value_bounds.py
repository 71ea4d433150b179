"""Suggests the range of a numeric column from the numbers that it holds."""

import math
from collections.abc import Iterator
from typing import Literal

from steward.offline.column_facts import ColumnFacts

_DIGITS = 2
_WRITTEN_WHOLE = 1e15


def suggest_bounds(facts: ColumnFacts) -> Iterator[tuple[str, float, str]]:
    """The range of the numbers, rounded outwards; zero where nothing is negative."""
    if math.isnan(facts.minimum):
        return
    unit = _unit(facts.maximum - facts.minimum, facts.maximum)
    low, high = _outwards(facts.minimum, unit, -1), _outwards(facts.maximum, unit, 1)
    negative = facts.minimum < 0
    if math.isfinite(low):
        near_zero = not negative and low < facts.maximum - facts.minimum
        seen = f"none of {facts.rows:,} cells is below {facts.minimum:.6g}"
        yield "minimum", 0 if near_zero else low, "nothing is negative" if near_zero else seen
    if math.isfinite(high):
        yield "maximum", high, f"none of {facts.rows:,} cells is above {facts.maximum:.6g}"


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
