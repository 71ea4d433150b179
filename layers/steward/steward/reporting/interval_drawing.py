"""Coordinates of an interval beside its limit; the page's template renders them as SVG."""

import math
from dataclasses import dataclass

from steward.reporting.drawing import scale

WIDTH, HEIGHT = 320, 44
_SIDE = 14
_ROOM = 0.12


@dataclass(frozen=True, slots=True)
class IntervalDrawing:
    """Positions from left to right.

    Attributes:
        low, high: ends of the interval.
        value: the figure.
        limit: what it is held to.
        zero: where nothing is; None where that is not in sight.
        ticks: of the scale, each with its figure.
    """

    low: float
    high: float
    value: float
    limit: float
    zero: float | None
    ticks: list[tuple[float, str]]


def draw_interval(
    value: float | None, low: float | None, high: float | None, limit: float | None
) -> IntervalDrawing | None:
    """An interval as coordinates; None where a part of it is not known.

    >>> drawn = draw_interval(0.02, 0.01, 0.03, 0.0)
    >>> drawn.limit < drawn.low < drawn.value < drawn.high
    True
    """
    if value is None or low is None or high is None or limit is None:
        return None
    parts = (value, low, high, limit)
    if not all(map(math.isfinite, parts)):
        return None
    left, right = min(parts), max(parts)
    room = (right - left) * _ROOM or abs(right) * _ROOM or 1.0
    left, right = left - room, right + room

    def x(at: float) -> float:
        return round(_SIDE + (at - left) / (right - left) * (WIDTH - 2 * _SIDE), 1)

    return IntervalDrawing(
        low=x(low),
        high=x(high),
        value=x(value),
        limit=x(limit),
        zero=x(0.0) if left < 0 < right else None,
        ticks=[(x(at), f"{at:.6g}") for at in scale(left, right)],
    )
