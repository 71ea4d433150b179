"""What is asked about the edge families: false alarms by size, and changes that touch few rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from steward.records.columns import Chunk, NumericColumn
from tests.benchmarks.study.edge_draws import Generator, chunk_of
from tests.benchmarks.study.edge_families import AMOUNT, CLAIM, EDGE_FAMILIES, NORMAL, EdgeFamily, at_hour

EDGE_SEED = 20_261_129
EDGE_SIZES = (20, 50, 100, 500, 2_500, 10_000)
POWER_ROWS = 5_000

_SMALL = 500
_HOURS = 24


@dataclass(frozen=True, slots=True)
class EdgeScenario:
    """Windows of one family and size, changed in one way or not at all.

    Attributes:
        family: of the data.
        rows: of each window.
        change: by name; None where nothing changes.
    """

    family: str
    rows: int
    change: str | None = None

    @property
    def name(self) -> str:
        """Names its results, and seeds its windows."""
        return f"{self.change or self.family}-{self.rows}"

    @property
    def of(self) -> EdgeFamily:
        """The family itself."""
        return EDGE_FAMILIES[self.family]

    def reference(self, block: int) -> Iterator[Chunk]:
        """The reference's windows, in the order of time."""
        generator = self._generator("reference", f"{self.family}-{self.rows}", block)
        if not self.of.seasonal:
            yield from self.of.reference(generator, self.rows)
            return
        for hour in range(self.of.windows):
            yield chunk_of(at_hour(generator, self.rows, hour % _HOURS))

    def earlier(self, block: int) -> list[Chunk]:
        """The windows at the same hour that a seasonal comparison takes; none where the reference is compared with."""
        generator = self._generator("earlier", self.name, block)
        return [chunk_of(at_hour(generator, self.rows, block % _HOURS)) for _ in range(self.of.seasonal)]

    def window(self, block: int, number: int) -> Chunk:
        """One window; the same for whoever asks."""
        generator = self._generator("window", self.name, block, number)
        if self.of.seasonal:
            return chunk_of(at_hour(generator, self.rows, block % _HOURS))
        columns = self.of.draw(generator, self.rows)
        if self.change:
            name, change = EDGE_CHANGES[self.change]
            column = columns[name]
            assert isinstance(column, NumericColumn)
            columns[name] = NumericColumn(change(column.values, generator))
        return chunk_of(columns)

    def _generator(self, part: str, seed: str, *numbers: int) -> Generator:
        return np.random.default_rng([EDGE_SEED, crc32(f"{part} {seed}".encode()), *numbers])


def _rows(values: np.ndarray, share: float, generator: Generator) -> np.ndarray:
    return generator.random(len(values)) < share


_TOP_PERCENT = float(np.exp(2.3263478740408408))
"""The 99 % quantile of the log-normal amounts."""


def _tail_values(values: np.ndarray, generator: Generator) -> np.ndarray:
    return np.where(values > _TOP_PERCENT, 2 * values, values)


def _tail_share(values: np.ndarray, generator: Generator) -> np.ndarray:
    """Another 1 % of the rows get an amount from the top 1 %, by the inverse of the distribution's tail."""
    drawn = generator.lognormal(size=200 * len(values))
    tail = drawn[drawn > _TOP_PERCENT][: len(values)]
    return np.where(_rows(values, 0.01, generator), tail, values)


def _moved(values: np.ndarray, generator: Generator) -> np.ndarray:
    return values + 2 * _rows(values, 0.05, generator)


def _unit(values: np.ndarray, generator: Generator) -> np.ndarray:
    return np.where(_rows(values, 0.02, generator), 1_000 * values, values)


def _zeros(values: np.ndarray, generator: Generator) -> np.ndarray:
    return np.where(_rows(values, 0.03, generator), 0.0, values)


def _tenfold(values: np.ndarray, generator: Generator) -> np.ndarray:
    return 10 * values


EDGE_CHANGES: dict[str, tuple[str, Callable[[np.ndarray, Generator], np.ndarray]]] = {
    "tail-values-doubled": (AMOUNT, _tail_values),
    "tail-share-doubled": (AMOUNT, _tail_share),
    "five-percent-by-2-sd": (NORMAL, _moved),
    "unit-error-2-percent": (AMOUNT, _unit),
    "zeros-for-3-percent-amounts": (AMOUNT, _zeros),
    "zeros-for-3-percent-normal": (NORMAL, _zeros),
    "claims-of-2-percent-tenfold": (CLAIM, _tenfold),
}
"""The changed column, and what becomes of its values."""

EDGE_WORDS = {
    "tail-values-doubled": "log-normal amounts: the values of the top 1 % doubled",
    "tail-share-doubled": "log-normal amounts: the share of the top 1 % doubled",
    "five-percent-by-2-sd": "normal: 5 % of the rows + 2 sd",
    "unit-error-2-percent": "log-normal amounts: 2 % of the rows × 1,000",
    "zeros-for-3-percent-amounts": "log-normal amounts: 3 % of the rows zero",
    "zeros-for-3-percent-normal": "normal: 3 % of the rows zero, which is the middle",
    "claims-of-2-percent-tenfold": "claims, zero but for 2 % of the rows: those × 10",
}

EDGE_NULLS = [
    EdgeScenario(family, rows)
    for family in EDGE_FAMILIES
    for rows in ((*EDGE_SIZES, POWER_ROWS) if family == "mixed" else EDGE_SIZES)
]
EDGE_POWERS = [EdgeScenario("mixed", POWER_ROWS, change) for change in EDGE_CHANGES]
EDGE_SCENARIOS = {scenario.name: scenario for scenario in (*EDGE_NULLS, *EDGE_POWERS)}
PROMISED_EDGE_POWER = 0.90


def edge_blocks(scenario: EdgeScenario) -> int:
    """How many references: more where each is small, so that one unlucky reference does not speak for all windows."""
    return _windows(scenario) // 10 if scenario.of.many_references else 10


def edge_windows_a_block(scenario: EdgeScenario) -> int:
    """Windows against each reference; in all 1,000 up to 500 rows and 400 beyond; of 200
    columns half as many, of 1,000 columns a fifth."""
    return _windows(scenario) // edge_blocks(scenario)


def _windows(scenario: EdgeScenario) -> int:
    return round((1_000 if scenario.rows <= _SMALL else 400) * scenario.of.part)
