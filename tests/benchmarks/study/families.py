"""Six families of data with 20 numeric and 5 categorical columns, from seeds alone.

Only numpy is used, and only what gives the same bits in every version of it that the peers need (1.26 to 2.5), so that
each tool draws for itself the same rows; a digest with each result proves it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

NUMERIC, CATEGORICAL = 20, 5
NUMERIC_NAMES = tuple(f"n{at}" for at in range(NUMERIC))
CATEGORICAL_NAMES = tuple(f"c{at}" for at in range(CATEGORICAL))
REFERENCE_ROWS = 100_000

FLIGHTS = Path(__file__).resolve().parents[3] / ".local" / "study" / "flights.npz"

_EIGHT = np.array([0.30, 0.25, 0.15, 0.10, 0.08, 0.06, 0.04, 0.02])
_THREE = np.array([0.6, 0.3, 0.1])
_SIXTY = 1 / np.arange(1, 61)
_SHARES = (_EIGHT, _EIGHT, _EIGHT, _THREE, _SIXTY / _SIXTY.sum())
_NAMES = tuple(tuple(f"category-{at:02d}" for at in range(len(shares))) for shares in _SHARES)

CORRELATION = 0.8
"""Of the last two columns of the Gaussian family."""

_AUTOCORRELATION = 0.9
_MEMORY = 128
_WINDOW_EFFECT = 0.3


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, column by column.

    Attributes:
        numbers: float64, shape (20, rows); NaN where missing.
        codes: int32, shape (5, rows): positions in `categories`; -1 where missing.
        categories: the names, one tuple a categorical column.
    """

    numbers: np.ndarray
    codes: np.ndarray
    categories: tuple[tuple[str, ...], ...]

    @property
    def rows(self) -> int:
        """How many."""
        return self.numbers.shape[1]

    @property
    def digest(self) -> str:
        """Tells whether two environments drew the same."""
        return hashlib.sha256(self.numbers.tobytes() + self.codes.tobytes()).hexdigest()[:16]


Generator = np.random.Generator
Draw = Callable[[Generator, int], Rows]


def gaussian(generator: Generator, rows: int) -> Rows:
    """Independent normal columns, but that the last two are correlated by 0.8."""
    numbers = generator.normal(size=(NUMERIC, rows))
    numbers[-1] = CORRELATION * numbers[-2] + np.sqrt(1 - CORRELATION**2) * numbers[-1]
    return Rows(numbers, _categories(generator, rows), _NAMES)


def heavy_tailed(generator: Generator, rows: int) -> Rows:
    """Student's t with 1.5 degrees of freedom: no variance to speak of."""
    return Rows(generator.standard_t(1.5, size=(NUMERIC, rows)), _categories(generator, rows), _NAMES)


def discrete(generator: Generator, rows: int) -> Rows:
    """Counts, flags, marks and rounded measurements."""
    kinds = (
        lambda: generator.poisson(2, size=rows),
        lambda: generator.binomial(1, 0.3, size=rows),
        lambda: generator.binomial(10, 0.4, size=rows),
        lambda: generator.geometric(0.3, size=rows),
        lambda: np.round(generator.normal(size=rows), 1),
    )
    numbers = np.array([kinds[at % len(kinds)]() for at in range(NUMERIC)], dtype=np.float64)
    return Rows(numbers, _categories(generator, rows), _NAMES)


def zero_inflated(generator: Generator, rows: int) -> Rows:
    """Seven cells in ten are zero, the others log-normal: sales, rain, claims."""
    numbers = generator.lognormal(size=(NUMERIC, rows))
    numbers[generator.random((NUMERIC, rows)) < 0.7] = 0.0
    return Rows(numbers, _categories(generator, rows), _NAMES)


def autocorrelated(generator: Generator, rows: int) -> Rows:
    """Rows that resemble their neighbours, and windows that differ by nature.

    Even columns are autoregressive with a lag-one correlation of 0.9; odd ones have a mean of their own in each window,
    which varies by 0.3 standard deviations; categories stay as in the row before nine times in ten. A call is a window.
    """
    numbers = np.empty((NUMERIC, rows))
    for at in range(NUMERIC):
        if at % 2:
            numbers[at] = generator.normal(_WINDOW_EFFECT * generator.normal(), 1, rows)
        else:
            numbers[at] = _autoregressive(generator.normal(size=rows + _MEMORY))[_MEMORY:]
    renewed = generator.random((CATEGORICAL, rows)) >= _AUTOCORRELATION
    renewed[:, 0] = True
    kept = np.maximum.accumulate(np.where(renewed, np.arange(rows), 0), axis=1)
    return Rows(numbers, np.take_along_axis(_categories(generator, rows), kept, axis=1), _NAMES)


def flights(generator: Generator, rows: int) -> Rows:
    """Rows of all flights of 2013 from New York, drawn at random with replacement: real, and without any time."""
    year = _all_flights()
    drawn = generator.integers(0, year.rows, rows)
    return Rows(np.take(year.numbers, drawn, axis=1), np.take(year.codes, drawn, axis=1), year.categories)


FAMILIES: dict[str, Draw] = {
    "gaussian": gaussian,
    "heavy-tailed": heavy_tailed,
    "discrete": discrete,
    "zero-inflated": zero_inflated,
    "autocorrelated": autocorrelated,
    "flights": flights,
}


@cache
def _all_flights() -> Rows:
    with np.load(FLIGHTS) as stored:
        names = [tuple(column.split("\n")) for column in stored["categories"].tolist()]
        return Rows(stored["numbers"], stored["codes"], tuple(names))


def _categories(generator: Generator, rows: int) -> np.ndarray:
    codes = np.empty((CATEGORICAL, rows), dtype=np.int32)
    for at, shares in enumerate(_SHARES):
        codes[at] = np.searchsorted(np.cumsum(shares)[:-1], generator.random(rows), side="right")
    return codes


def _autoregressive(noise: np.ndarray) -> np.ndarray:
    """Each value 0.9 times the one before plus noise, with a variance of one; by doubling, so without a loop."""
    values = noise * np.sqrt(1 - _AUTOCORRELATION**2)
    step = 1
    while step < _MEMORY:
        values[step:] = values[step:] + _AUTOCORRELATION**step * values[:-step]
        step *= 2
    return values
