"""Suggests window and holdout lengths from a table's rate of rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from steward.spec.durations import parse_duration

_LENGTHS = ("1h", "6h", "1d", "1w", "2w", "4w", "13w", "26w", "52w")
_HOLDOUTS = ("3h", "6h", "12h", "1d", "3d", "1w", "2w", "4w", "8w", "13w", "26w", "52w", "104w")
_BLOCKS = ("1h", "6h", "1d", "1w", "4w", "13w")

_WINDOWS = 10
_ENOUGH_ROWS, _FEW_ROWS, _FEWEST_ROWS = 500, 100, 30
_HELD, _HELD_AT_MOST = 1 / 5, 1 / 2
_LEAST_OF_A_CLASS = 40
"""Twice what a training asks for, since classes are not spread evenly over time."""
_MANY_BLOCKS = 7


@dataclass(frozen=True, slots=True)
class Cadence:
    """How a table's rows lie in time.

    Attributes:
        rows: how many.
        first, last: the times of the first and the last.
    """

    rows: int
    first: datetime
    last: datetime

    @property
    def span(self) -> timedelta:
        """From the first row to the last."""
        return self.last - self.first

    def window(self) -> tuple[str, str]:
        """The length of windows, and why.

        The shortest of which ten fit, with 500 rows each, or 100 where none has as many; else the longest of which ten
        fit. With fewer than 30 rows, which show nothing, the shortest that has as many.

        >>> Cadence(5832, datetime(2021, 1, 1), datetime(2021, 9, 1)).window()[0]
        '1w'
        """
        fitting = [text for text in _LENGTHS if self.span >= _WINDOWS * parse_duration(text)]
        since = f"from {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"
        for rows, caveat in (
            (_ENOUGH_ROWS, ""),
            (_FEW_ROWS, "; so few show large changes only"),
        ):
            for text in fitting:
                if self.rows_in(text) >= rows:
                    return text, f"some {self.rows_in(text):,.0f} rows each, {since}{caveat}"
        if fitting and self.rows_in(fitting[-1]) >= _FEWEST_ROWS:
            few = f"some {self.rows_in(fitting[-1]):,.0f} rows each, {since}"
            return fitting[-1], f"{few}; the longest of which ten fit, but so few show the largest changes only"
        chosen = next((text for text in _LENGTHS if self.rows_in(text) >= _FEWEST_ROWS), _LENGTHS[-1])
        each = f"some {self.rows_in(chosen):,.0f} rows each, {since}"
        return chosen, f"{each}: too few rows for ten windows that show anything; bring a longer reference"

    def holdout(self, share: float) -> tuple[str, str, str]:
        """What a training keeps out, the blocks that its rows are counted in, and why.

        A fifth of the span, or as much more as has 40 rows of the rarest class, half of it at most.

        Args:
            share: of the rarest class among the rows; 1 where there are no classes.
        """
        possible = [text for text in _HOLDOUTS if parse_duration(text) <= self.span * _HELD_AT_MOST] or [_HOLDOUTS[0]]
        usual = [text for text in possible if parse_duration(text) <= self.span * _HELD] or possible[:1]
        held = next(
            (text for text in possible[possible.index(usual[-1]) :] if self.rows_in(text) * share >= _LEAST_OF_A_CLASS),
            possible[-1],
        )
        day = timedelta(days=1)
        blocks = [text for text in _BLOCKS if parse_duration(held) >= _MANY_BLOCKS * parse_duration(text)]
        wide = [text for text in blocks if parse_duration(text) <= day or self.rows * (day / self.span) < 1]
        block = (wide or blocks or ["1h"])[-1]
        count = parse_duration(held) / parse_duration(block)
        return held, block, f"some {self.rows_in(held):,.0f} rows over {count:,.0f} blocks of {block} to judge with"

    def rows_in(self, text: str) -> float:
        """How many rows a span of this length has, on average."""
        return self.rows * min(1.0, parse_duration(text) / self.span) if self.span else float(self.rows)
