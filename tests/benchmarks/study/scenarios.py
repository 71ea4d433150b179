"""What is asked of every tool: windows of unchanged data, and windows with one known change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from tests.benchmarks.study.families import CORRELATION, FAMILIES, REFERENCE_ROWS, Generator, Rows

SEED = 20_251_123
SIZES = (100, 500, 5_000, 50_000, 1_000_000)
FEWEST_CHUNKS = 8
BLOCKS = 10
"""A block has a reference of its own, so that one lucky or unlucky reference does not speak for all windows."""

_FIVE_POINTS_OF_B = 0.05 / 0.25


@dataclass(frozen=True, slots=True)
class Scenario:
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
    def chunk_rows(self) -> int:
        """Rows of each of the reference's chunks: as many as a window has, but at least eight chunks in all."""
        return min(self.rows, REFERENCE_ROWS // FEWEST_CHUNKS)

    def reference(self, block: int) -> Iterator[Rows]:
        """The reference's 100,000 rows in its chunks, in the order of time."""
        for chunk in range(REFERENCE_ROWS // self.chunk_rows):
            yield FAMILIES[self.family](self._generator("reference", block, chunk), self.chunk_rows)

    def window(self, block: int, number: int) -> Rows:
        """One window; the same for whoever asks."""
        generator = self._generator("window", block, number)
        rows = FAMILIES[self.family](generator, self.rows)
        if self.change:
            CHANGES[self.change](rows, generator)
        return rows

    def _generator(self, part: str, block: int, number: int) -> Generator:
        seed = f"{self.family}-{self.chunk_rows}" if part == "reference" else self.name
        return np.random.default_rng([SEED, crc32(f"{part} {seed}".encode()), block, number])


def _shift_of_a_quarter(rows: Rows, generator: Generator) -> None:
    rows.numbers[0] += 0.25


def _shift_of_a_tenth(rows: Rows, generator: Generator) -> None:
    rows.numbers[0] += 0.1


def _five_points_more(rows: Rows, generator: Generator) -> None:
    """The first category from 30 % to 35 %, at the cost of the second."""
    rows.codes[0][(rows.codes[0] == 1) & (generator.random(rows.rows) < _FIVE_POINTS_OF_B)] = 0


def _missing(rows: Rows, generator: Generator) -> None:
    rows.numbers[0][generator.random(rows.rows) < 0.05] = np.nan


def _variance(rows: Rows, generator: Generator) -> None:
    rows.numbers[0] *= np.sqrt(1.5)


def _uncorrelated(rows: Rows, generator: Generator) -> None:
    """The last column leaves the one before it, and keeps its distribution."""
    own = (rows.numbers[-1] - CORRELATION * rows.numbers[-2]) / np.sqrt(1 - CORRELATION**2)
    rows.numbers[-1] = own


CHANGES: dict[str, Callable[[Rows, Generator], None]] = {
    "shift-0.25": _shift_of_a_quarter,
    "shift-0.1": _shift_of_a_tenth,
    "share-plus-5-points": _five_points_more,
    "missing-5-percent": _missing,
    "variance-times-1.5": _variance,
    "correlation-gone": _uncorrelated,
}

NULLS = [Scenario(family, rows) for rows in SIZES for family in FAMILIES]
POWERS = [
    Scenario("gaussian", 500, "shift-0.25"),
    Scenario("gaussian", 5_000, "shift-0.1"),
    Scenario("gaussian", 5_000, "share-plus-5-points"),
    Scenario("gaussian", 500, "missing-5-percent"),
    Scenario("gaussian", 500, "variance-times-1.5"),
    Scenario("gaussian", 5_000, "correlation-gone"),
]
SCENARIOS = {scenario.name: scenario for scenario in (*NULLS, *POWERS)}

PROMISED_FALSE_ALARMS = 0.01
PROMISED_POWER = {
    "shift-0.25-500": 0.90,
    "shift-0.1-5000": 0.99,
    "share-plus-5-points-5000": 0.99,
    "missing-5-percent-500": 0.95,
    "variance-times-1.5-500": 0.90,
    "correlation-gone-5000": 0.95,
}


def blocks(tool: str, scenario: Scenario) -> int:
    """How many references a tool has to learn: fewer where that takes minutes."""
    if tool == "steward":
        return BLOCKS
    return 2 if tool == "nannyml" and scenario.rows == SIZES[0] else BLOCKS // 2


def windows_a_block(tool: str, scenario: Scenario) -> int:
    """How many windows a tool judges against each reference; every tool begins with the same ones.

    Over six families and ten references Steward's come to 6,000 windows of each size up to 5,000 rows, 2,040 of 50,000
    and 240 of a million, and to 1,000 of each change; a peer's to 600, 120 and 30, and to 500.
    """
    if scenario.change:
        return 100
    steward, peer = {100: (100, 20), 500: (100, 20), 5_000: (100, 20), 50_000: (34, 4), 1_000_000: (4, 1)}[
        scenario.rows
    ]
    if blocks(tool, scenario) == 2:  # NannyML needs minutes to learn a thousand chunks, and no time to judge
        return 50
    return steward if tool == "steward" else peer
