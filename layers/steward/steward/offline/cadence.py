"""Suggests a window length from a table's rate of rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from steward.spec.durations import parse_duration

_LENGTHS = ("1h", "6h", "1d", "1w", "2w", "4w", "13w", "26w", "52w")
_WINDOWS = 10
_ENOUGH_ROWS, _FEW_ROWS, _FEWEST_ROWS = 500, 100, 30


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

    def rows_in(self, text: str) -> float:
        """How many rows a span of this length has, on average."""
        return self.rows * min(1.0, parse_duration(text) / self.span) if self.span else float(self.rows)
