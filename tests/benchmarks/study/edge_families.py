"""Families of data that large-sample tests are wrong about: sparse, tied, wide, dependent, or with a small reference.

Each draws a window's rows as the library takes them, from seeds alone. No peer is asked about them.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from steward.records.columns import FLAGS, CategoricalColumn, Chunk, Column, NumericColumn, TextColumn
from steward.spec.features import BooleanFeature, CategoricalFeature, Feature, NumericFeature, TextFeature

Generator = np.random.Generator
Draw = Callable[[Generator, int], dict[str, Column]]

COLUMNS = 25
ENTITY = "customer"
"""The column that names the cluster of a row, where rows come in clusters."""

INTRACLASS_CORRELATION = 0.3
AMOUNT, NORMAL, CLAIM = "amount0", "normal0", "claim0"
"""The columns of the mixed family that the power scenarios change."""

_EIGHT = np.array([0.30, 0.25, 0.15, 0.10, 0.08, 0.06, 0.04, 0.02])
_LEAST_REFERENCE_ROWS, _MOST_REFERENCE_ROWS = 10_000, 100_000
_WINDOWS = 40


@dataclass(frozen=True, slots=True)
class EdgeFamily:
    """One kind of data.

    Attributes:
        draw: the columns of one window.
        features: their declared types; the entity is none.
        reference_rows: of a reference without windows; None where it consists of windows like the judged ones.
        windows: of such a reference; 0 where its size follows from the rows of a window.
        least_rows: of such a reference.
        most_rows: of such a reference.
        seasonal: earlier windows that each window is compared with instead, if any.
        part: of the windows of other families; less where one costs more.
    """

    draw: Draw
    features: Mapping[str, Feature]
    reference_rows: int | None = None
    windows: int = 0
    least_rows: int = _LEAST_REFERENCE_ROWS
    most_rows: int = _MOST_REFERENCE_ROWS
    seasonal: int = 0
    part: float = 1.0

    @property
    def many_references(self) -> bool:
        """Whether one reference is so small that its luck must not count for many windows."""
        return self.seasonal > 0 or (self.reference_rows or _LEAST_REFERENCE_ROWS) < _LEAST_REFERENCE_ROWS

    def reference(self, generator: Generator, rows: int) -> Iterator[Chunk]:
        """The reference's windows, in the order of time."""
        if self.reference_rows is not None:
            yield chunk_of(self.draw(generator, self.reference_rows))
            return
        wanted = min(max(_WINDOWS * rows, self.least_rows), self.most_rows) // rows
        for _ in range(self.windows or max(3, wanted)):
            yield chunk_of(self.draw(generator, rows))


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


def _numbers(prefix: str, table: np.ndarray) -> dict[str, Column]:
    """Numeric columns from an array of shape (columns, rows)."""
    return {f"{prefix}{at}": NumericColumn(np.ascontiguousarray(row, np.float64)) for at, row in enumerate(table)}


def _numeric(prefix: str, count: int) -> dict[str, Feature]:
    return {f"{prefix}{at}": NumericFeature(type="numeric") for at in range(count)}


def _categorical(prefix: str, count: int) -> dict[str, Feature]:
    return {f"{prefix}{at}": CategoricalFeature(type="categorical") for at in range(count)}


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
        return _numbers("claim", table)

    return draw


def poisson(rate: float) -> Draw:
    """Small counts."""
    return lambda generator, rows: _numbers("count", generator.poisson(rate, size=(COLUMNS, rows)))


def rare_flags(share: float) -> Draw:
    """Booleans that are hardly ever true."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        table = (generator.random((COLUMNS, rows)) < share).astype(np.int32)
        return {f"flag{at}": CategoricalColumn(row, FLAGS) for at, row in enumerate(table)}

    return draw


def bag_of_words(generator: Generator, rows: int) -> dict[str, Column]:
    """Counts of 100 words, from one in three rows to one in 300."""
    rates = 0.35 / np.arange(1, 101)
    return _numbers("word", generator.poisson(rates[:, None], size=(100, rows)))


def binary_bag(generator: Generator, rows: int) -> dict[str, Column]:
    """Whether each of 100 rare words occurs: from 2 % of the rows to 0.2 %."""
    rates = np.geomspace(0.02, 0.002, 100)
    return _numbers("word", generator.random((100, rows)) < rates[:, None])


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
        _numbers("normal", generator.normal(size=(5, rows)))
        | _numbers("amount", generator.lognormal(size=(5, rows)))
        | _numbers("claim", claims)
        | _numbers("count", generator.poisson(3, size=(5, rows)))
        | _eights("category", _choices(generator, _EIGHT, (5, rows)))
    )


def wide(columns: int) -> Draw:
    """Many columns: normal, counts, and one in five categorical."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        normal, counts, categories = columns * 2 // 5, columns * 2 // 5, columns // 5
        return (
            _numbers("normal", generator.normal(size=(normal, rows)))
            | _numbers("count", generator.poisson(2, size=(counts, rows)))
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
        return _numbers("normal", table[:20]) | _eights("category", codes) | {ENTITY: entity}

    return draw


_NORMAL_BOUNDS = np.quantile(np.random.default_rng(0).normal(size=1_000_000), np.cumsum(_EIGHT)[:-1])


def day_effects(design_effect: float) -> Draw:
    """Each column has a mean of its own in each window, such that a window's mean varies so many times as much as that
    of independent rows. A call is a window."""

    def draw(generator: Generator, rows: int) -> dict[str, Column]:
        of_day = np.sqrt((design_effect - 1) / rows) * generator.normal(size=(COLUMNS, 1))
        return _numbers("normal", of_day + generator.normal(size=(COLUMNS, rows)))

    return draw


def day_effects_of(windows: int, design_effect: float) -> EdgeFamily:
    """Such data, with a reference of some days."""
    return EdgeFamily(day_effects(design_effect), _numeric("normal", COLUMNS), windows=windows)


def at_hour(generator: Generator, rows: int, hour: int) -> dict[str, Column]:
    """Columns whose mean follows a daily sine of one standard deviation, each with a phase of its own."""
    phases = 2 * np.pi * (hour / 24 + np.arange(COLUMNS) / COLUMNS)
    return _numbers("normal", np.sin(phases)[:, None] + generator.normal(size=(COLUMNS, rows)))


_MIXED = (_numeric("normal", 5) | _numeric("amount", 5) | _numeric("claim", 5) | _numeric("count", 5)) | _categorical(
    "category", 5
)


def _wide(columns: int, part: float) -> EdgeFamily:
    features = _numeric("normal", columns * 2 // 5) | _numeric("count", columns * 2 // 5)
    features |= _categorical("category", columns // 5)
    return EdgeFamily(wide(columns), features, least_rows=1_000, most_rows=30_000, part=part)


def _clusters(size: int) -> EdgeFamily:
    return EdgeFamily(clusters(size), _numeric("normal", 20) | _categorical("category", 5), reference_rows=20_000)


EDGE_FAMILIES: dict[str, EdgeFamily] = {
    "zero-inflated-5%": EdgeFamily(zero_inflated(0.05), _numeric("claim", COLUMNS)),
    "zero-inflated-1%": EdgeFamily(zero_inflated(0.01), _numeric("claim", COLUMNS)),
    "zero-inflated-0.1%": EdgeFamily(zero_inflated(0.001), _numeric("claim", COLUMNS)),
    "poisson-0.2": EdgeFamily(poisson(0.2), _numeric("count", COLUMNS)),
    "poisson-0.02": EdgeFamily(poisson(0.02), _numeric("count", COLUMNS)),
    "booleans-0.1%": EdgeFamily(
        rare_flags(0.001), {f"flag{at}": BooleanFeature(type="boolean") for at in range(COLUMNS)}
    ),
    "bag-of-words": EdgeFamily(bag_of_words, _numeric("word", 100)),
    "binary-bag": EdgeFamily(binary_bag, _numeric("word", 100)),
    "texts": EdgeFamily(texts, {f"text{at}": TextFeature(type="text") for at in range(5)}, most_rows=50_000),
    "zipf-1e3": EdgeFamily(zipf(1_000), _categorical("level", 5)),
    "zipf-1e5": EdgeFamily(zipf(100_000), _categorical("level", 5)),
    "ids-and-codes": EdgeFamily(
        ids_and_codes,
        _categorical("key", 3) | _numeric("number", 3) | _numeric("postcode", 3) | _categorical("product", 3),
    ),
    "reference-50": EdgeFamily(mixed, _MIXED, reference_rows=50),
    "reference-200": EdgeFamily(mixed, _MIXED, reference_rows=200),
    "reference-1000": EdgeFamily(mixed, _MIXED, reference_rows=1_000),
    "columns-200": _wide(200, 0.5),
    "columns-1000": _wide(1_000, 0.2),
    "clusters-5": _clusters(5),
    "clusters-10": _clusters(10),
    "day-effects-1.5": day_effects_of(30, 1.5),
    "day-effects-5": day_effects_of(30, 5.0),
    "day-effects-20": day_effects_of(30, 20.0),
    "daily-rhythm": EdgeFamily(
        lambda generator, rows: at_hour(generator, rows, 0), _numeric("normal", COLUMNS), windows=24, seasonal=7
    ),
    "mixed": EdgeFamily(mixed, _MIXED),
}
