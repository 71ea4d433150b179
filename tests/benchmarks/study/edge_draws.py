"""Draws of sparse, tied, wide and dependent data."""

import hashlib
from collections.abc import Callable

import numpy as np

from steward.records.columns import FLAGS, CategoricalColumn, Chunk, Column, NumericColumn, TextColumn

Generator = np.random.Generator
Draw = Callable[[Generator, int], dict[str, Column]]
COLUMNS = 25
ENTITY = "customer"
"""The column that names the cluster of a row, where rows come in clusters."""
INTRACLASS_CORRELATION = 0.3
_EIGHT = np.array([0.30, 0.25, 0.15, 0.10, 0.08, 0.06, 0.04, 0.02])
_NORMAL_BOUNDS = np.quantile(np.random.default_rng(0).normal(size=1_000_000), np.cumsum(_EIGHT)[:-1])


def chunk_of(columns: dict[str, Column]) -> Chunk:
    """Columns of one length."""
    return Chunk(next(iter(columns.values())).rows, columns)


def digest_of(chunk: Chunk) -> str:
    """Tells whether two tools drew the same."""
    found = hashlib.sha256()
    for name, column in chunk.columns.items():
        found.update(name.encode())
        match column:
            case NumericColumn(values=values):
                found.update(values.tobytes())
            case CategoricalColumn(codes=codes, categories=categories):
                found.update(codes.tobytes() + "\n".join(categories).encode())
            case TextColumn(values=values):
                found.update("\n".join(values).encode())
    return found.hexdigest()[:16]


def numbers(prefix: str, table: np.ndarray) -> dict[str, Column]:
    """Numeric columns from an array of shape (columns, rows)."""
    return {f"{prefix}{at}": NumericColumn(np.ascontiguousarray(row, np.float64)) for at, row in enumerate(table)}


def _named(codes: np.ndarray, prefix: str) -> CategoricalColumn:
    """Codes as a column whose categories are those that occur."""
    found, places = np.unique(codes, return_inverse=True)
    return CategoricalColumn(places.astype(np.int32), tuple(f"{prefix}{code}" for code in found.tolist()))


def _choices(generator: Generator, shares: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    bounds = np.cumsum(shares / shares.sum())[:-1]
    return np.searchsorted(bounds, generator.random(shape), side="right")


def _eights(prefix: str, codes: np.ndarray) -> dict[str, Column]:
    names = tuple(f"category-{at}" for at in range(len(_EIGHT)))
    return {f"{prefix}{at}": CategoricalColumn(row.astype(np.int32), names) for at, row in enumerate(codes)}


def zero_inflated(share: float) -> Draw:
    """Amounts that are zero but for this share of the rows, log-normal there."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        table = generator.lognormal(size=(COLUMNS, rows))
        table[generator.random((COLUMNS, rows)) >= share] = 0.0
        return numbers("claim", table)

    return draw


def poisson(rate: float) -> Draw:
    """Small counts."""
    return lambda generator, rows: numbers("count", generator.poisson(rate, size=(COLUMNS, rows)))


def rare_flags(share: float) -> Draw:
    """Booleans that are hardly ever true."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        table = (generator.random((COLUMNS, rows)) < share).astype(np.int32)
        return {f"flag{at}": CategoricalColumn(row, FLAGS) for at, row in enumerate(table)}

    return draw


def bag_of_words(generator: Generator, rows: int) -> dict[str, Column]:
    """Counts of 100 words, from one in three rows to one in 300."""
    rates = 0.35 / np.arange(1, 101)
    return numbers("word", generator.poisson(rates[:, None], size=(100, rows)))


def binary_bag(generator: Generator, rows: int) -> dict[str, Column]:
    """Whether each of 100 rare words occurs: from 2 % of the rows to 0.2 %."""
    rates = np.geomspace(0.02, 0.002, 100)
    return numbers("word", generator.random((100, rows)) < rates[:, None])


def texts(generator: Generator, rows: int) -> dict[str, Column]:
    """Five columns of texts of some twelve words, from a vocabulary of 1,000 with Zipf's shares."""
    shares = 1 / np.arange(1, 1001)
    columns: dict[str, Column] = {}
    for at in range(5):
        lengths = 1 + generator.poisson(11, size=rows)
        words = _choices(generator, shares, (1, int(lengths.sum())))[0]
        names = np.array([f"{'abcdefgh'[code % 8]}{'klmnop'[code % 6]}w{code}" for code in range(1000)])[words]
        parts = np.split(names, np.cumsum(lengths)[:-1])
        columns[f"text{at}"] = TextColumn(np.array([" ".join(part) for part in parts], dtype=object))
    return columns


def zipf(levels: int) -> Draw:
    """Five categorical columns whose k-th level has a share in proportion to 1 / k."""
    shares = 1 / np.arange(1, levels + 1)

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        return {f"level{at}": _named(row, "level-") for at, row in enumerate(_choices(generator, shares, (5, rows)))}

    return draw


def ids_and_codes(generator: Generator, rows: int) -> dict[str, Column]:
    """Random identifiers as text and as numbers, postal codes as numbers, and product codes as text."""
    columns: dict[str, Column] = {}
    for at in range(3):
        columns[f"key{at}"] = _named(generator.integers(0, 2**62, rows), "id-")
        columns[f"number{at}"] = NumericColumn(generator.integers(1, 10**9, rows).astype(np.float64))
        towns = np.linspace(1_000, 99_999, 5_000).astype(np.int64)
        columns[f"postcode{at}"] = NumericColumn(towns[(5_000 * generator.random(rows) ** 2).astype(int)] * 1.0)
        columns[f"product{at}"] = _named((10_000 * generator.random(rows) ** 3).astype(int), "P-")
    return columns


def mixed(generator: Generator, rows: int) -> dict[str, Column]:
    """What a table often has: 5 normal, 5 log-normal and 5 sparse amounts, 5 counts, 5 categories."""
    claims = generator.lognormal(size=(5, rows))
    claims[generator.random((5, rows)) >= 0.02] = 0.0
    return (
        numbers("normal", generator.normal(size=(5, rows)))
        | numbers("amount", generator.lognormal(size=(5, rows)))
        | numbers("claim", claims)
        | numbers("count", generator.poisson(3, size=(5, rows)))
        | _eights("category", _choices(generator, _EIGHT, (5, rows)))
    )


def wide(columns: int) -> Draw:
    """Many columns: normal, counts, and one in five categorical."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        normal, counts, categories = columns * 2 // 5, columns * 2 // 5, columns // 5
        return (
            numbers("normal", generator.normal(size=(normal, rows)))
            | numbers("count", generator.poisson(2, size=(counts, rows)))
            | _eights("category", _choices(generator, _EIGHT, (categories, rows)))
        )

    return draw


def clusters(size: int) -> Draw:
    """Rows that come `size` to a customer, each customer in one window only; in every column the correlation of two
    rows of one customer is 0.3 (of the variable behind it, where the column is a category)."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        customer = np.arange(rows) // size
        own = generator.normal(size=(COLUMNS, int(customer[-1]) + 1))[:, customer]
        rest = generator.normal(size=(COLUMNS, rows))
        table = np.sqrt(INTRACLASS_CORRELATION) * own + np.sqrt(1 - INTRACLASS_CORRELATION) * rest
        first = int(generator.integers(2**40))
        codes = np.searchsorted(_NORMAL_BOUNDS, table[20:], side="right")
        entity = CategoricalColumn(
            customer.astype(np.int32), tuple(f"c{first + at}" for at in range(int(customer[-1]) + 1))
        )
        return numbers("normal", table[:20]) | _eights("category", codes) | {ENTITY: entity}

    return draw


def day_effects(design_effect: float) -> Draw:
    """Each column has a mean of its own in each window, such that a window's mean varies so many times as much as that
    of independent rows. A call is a window."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        of_day = np.sqrt((design_effect - 1) / rows) * generator.normal(size=(COLUMNS, 1))
        return numbers("normal", of_day + generator.normal(size=(COLUMNS, rows)))

    return draw
