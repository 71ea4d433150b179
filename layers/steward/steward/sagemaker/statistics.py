"""`statistics.json`: statistics of the data quality monitor.

Source: Amazon SageMaker developer guide, "Schema for Statistics (statistics.json file)"; which numbers are written as
floats, and which edge of a bucket is its own, from files that the analyser wrote (the test data of
aws/sagemaker-python-sdk): counts of numeric buckets and `distinct_count` are floats, the standard deviation is that of
a population, and a bucket holds its lower bound, the last one both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from steward.sagemaker.bin_formats import Bin, equal_width, levels
from steward.sagemaker.documents import InferredType, JsonDocument, read_document

_SKETCH_C = 0.64
_SKETCH_K = 2048.0


class Common(JsonDocument):
    """How many values there are, and how many are missing."""

    num_present: int
    num_missing: int


class NumericBucket(JsonDocument):
    """A span of values; it holds its lower bound."""

    lower_bound: float
    upper_bound: float
    count: float


class SketchParameters(JsonDocument):
    """How a KLL sketch was made."""

    c: float = _SKETCH_C
    k: float = _SKETCH_K


class Sketch(JsonDocument):
    """A KLL sketch: items of level h stand for 2 to the power of h values each."""

    parameters: SketchParameters = SketchParameters()
    data: tuple[tuple[float, ...], ...] = ()


class Kll(JsonDocument):
    """A numeric distribution."""

    buckets: tuple[NumericBucket, ...] = ()
    sketch: Sketch | None = None


class NumericDistribution(JsonDocument):
    """A numeric distribution, by the name of how it was found."""

    kll: Kll | None = None


class NumericalStatistics(JsonDocument):
    """What is known of a numeric column; the standard deviation is that of a population."""

    common: Common
    mean: float | None = None
    sum: float | None = None
    std_dev: float | None = None
    min: float | None = None
    max: float | None = None
    distribution: NumericDistribution | None = None


class CategoryBucket(JsonDocument):
    """A value of a text column."""

    value: str
    count: int


class Categorical(JsonDocument):
    """The values of a text column."""

    buckets: tuple[CategoryBucket, ...] = ()


class StringDistribution(JsonDocument):
    """The distribution of a text column."""

    categorical: Categorical | None = None


class StringStatistics(JsonDocument):
    """What is known of a text column."""

    common: Common
    distinct_count: float | None = None
    distribution: StringDistribution | None = None


class FeatureStatistics(JsonDocument):
    """What is known of a column."""

    name: str
    inferred_type: InferredType = "Unknown"
    numerical_statistics: NumericalStatistics | None = None
    string_statistics: StringStatistics | None = None

    @property
    def common(self) -> Common | None:
        """How many values there are; None when nothing is known."""
        known = self.numerical_statistics or self.string_statistics
        return known.common if known else None

    @property
    def categories(self) -> tuple[str, ...]:
        """The values of a text column that were counted one by one."""
        known = self.string_statistics.distribution if self.string_statistics else None
        return tuple(bucket.value for bucket in known.categorical.buckets) if known and known.categorical else ()


class Dataset(JsonDocument):
    """How many rows were read."""

    item_count: int


@dataclass(frozen=True, slots=True)
class NumericCounts:
    """What a profile knows of a numeric column.

    Attributes:
        integral: whether all its values are whole numbers.
        present: values.
        missing: rows without one.
        total: sum of the values.
        std_dev: their standard deviation, that of a population.
        minimum: the smallest.
        maximum: the largest.
        bins: the distribution, in ascending order; outer bounds may be infinite.
    """

    name: str
    integral: bool
    present: int
    missing: int
    total: float
    std_dev: float
    minimum: float
    maximum: float
    bins: Sequence[Bin] = ()


@dataclass(frozen=True, slots=True)
class StringCounts:
    """What a profile knows of a column of categories.

    Attributes:
        present: values.
        missing: rows without one.
        distinct: how many different values there are; None where they were not counted.
        values: those counted one by one, with their counts.
    """

    name: str
    present: int
    missing: int
    distinct: int | None
    values: Sequence[tuple[str, int]] = ()


class Statistics(JsonDocument):
    """What the data quality monitor found in a dataset, or in a window of captures."""

    version: float = 0.0
    dataset: Dataset
    features: list[FeatureStatistics]

    @classmethod
    def read(cls, content: bytes | str, name: str = "statistics.json") -> Self:
        """Parse a file.

        Raises:
            DocumentInvalid: it is not such a file.
        """
        return read_document(cls, content, name)

    @classmethod
    def of(cls, rows: int, columns: Iterable[NumericCounts | StringCounts]) -> Self:
        """What the monitor would have written of a window: `write` gives the text."""
        return cls(
            dataset=Dataset(item_count=rows),
            features=[
                _numeric(column) if isinstance(column, NumericCounts) else _categorical(column) for column in columns
            ],
        )


def _numeric(column: NumericCounts) -> FeatureStatistics:
    common = Common(num_present=column.present, num_missing=column.missing)
    if not column.present:
        nothing = NumericalStatistics(common=common)
        return FeatureStatistics(name=column.name, inferred_type="Unknown", numerical_statistics=nothing)
    bins = [
        (max(low, column.minimum), min(max(high, column.minimum), column.maximum), count)
        for low, high, count in column.bins
    ]
    return FeatureStatistics(
        name=column.name,
        inferred_type="Integral" if column.integral else "Fractional",
        numerical_statistics=NumericalStatistics(
            common=common,
            mean=column.total / column.present,
            sum=column.total,
            std_dev=column.std_dev,
            min=column.minimum,
            max=column.maximum,
            distribution=NumericDistribution(
                kll=Kll(
                    buckets=tuple(
                        NumericBucket(lower_bound=low, upper_bound=high, count=count)
                        for low, high, count in equal_width(bins, column.minimum, column.maximum)
                    ),
                    sketch=Sketch(data=levels(bins)),
                )
            )
            if bins
            else None,
        ),
    )


def _categorical(column: StringCounts) -> FeatureStatistics:
    common = Common(num_present=column.present, num_missing=column.missing)
    if column.distinct is None:
        known = StringStatistics(common=common)
        return FeatureStatistics(name=column.name, inferred_type=_text_type(column), string_statistics=known)
    return FeatureStatistics(
        name=column.name,
        inferred_type=_text_type(column),
        string_statistics=StringStatistics(
            common=common,
            distinct_count=float(column.distinct),
            distribution=StringDistribution(
                categorical=Categorical(
                    buckets=tuple(CategoryBucket(value=value, count=count) for value, count in column.values)
                )
            ),
        ),
    )


def _text_type(column: StringCounts) -> InferredType:
    return "String" if column.present else "Unknown"
