"""Numeric and categorical features derived from composite columns: `<column>.<feature>`.

Where a column is itself called as such a part would be (`review.length` beside a text `review`), the parts of the
composite column have one dot more: `review..length`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from steward.documents import TolerantModel
from steward.errors import IncomparableProfiles
from steward.profiles.embeddings import EmbeddingBins
from steward.profiles.packing import PackedArrays, pack, unpack
from steward.profiles.text_statistics import text_statistics
from steward.records.columns import CategoricalColumn, Column, EmbeddingColumn, NumericColumn, TextColumn, TimeColumn
from steward.records.hashing import Hashes
from steward.spec.features import Feature

TIME_FEATURES = ("age", "weekday", "hour")
TEXT_FEATURES = ("length", "words", "non_letters", "out_of_vocabulary")
EMBEDDING_FEATURES = ("norm", "cosine")

VOCABULARY = 10_000
"""The most frequent words of the reference that are known; a word that it has only once is not."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = tuple(f"{hour:02d}" for hour in range(24))

_UNSIGNED = "<u8"
_THURSDAY = 3
"""The weekday of 1 January 1970, Monday being 0."""


class TimeBins(TolerantModel):
    """What a baseline fixes for a column of moments: nothing.

    Its derived features are `age` (seconds from the moment to the record's event time), `weekday` and `hour`, in UTC.

    Attributes:
        separator: what stands between the column and the derived feature in the name of a part.
    """

    type: Literal["datetime"] = "datetime"
    separator: str = "."


class TextBins(PackedArrays):
    """What a baseline fixes for a column of text.

    Its derived features are `length` (characters), `words`, `non_letters` (share of the characters, white space left
    out, that are no letters) and `out_of_vocabulary` (share of the words that are not known).

    Attributes:
        separator: what stands between the column and the derived feature in the name of a part.
        vocabulary: hashes of the reference's most frequent words, ascending, as packed unsigned integers.
    """

    type: Literal["text"] = "text"
    separator: str = "."
    vocabulary: str

    @field_validator("vocabulary")
    @classmethod
    def _ascending(cls, text: str) -> str:
        hashes: Hashes = unpack(text, _UNSIGNED)
        if not (hashes[1:] > hashes[:-1]).all():
            msg = "the hashes of a vocabulary must ascend"
            raise ValueError(msg)
        return text

    @classmethod
    def of(cls, columns: Sequence[TextColumn], separator: str = ".") -> Self:
        """From the reference's texts: the words that come at least twice, ties in the count by the hash."""
        hashes, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
        for column in columns:
            found, times = np.unique(text_statistics(_present(column)).tokens, return_counts=True)
            hashes, counts = _count_hashes(np.concatenate((hashes, found)), np.concatenate((counts, times)))
        frequent = hashes[np.lexsort((hashes, -counts))][:VOCABULARY] if len(hashes) else hashes
        repeated = frequent[counts[np.searchsorted(hashes, frequent)] > 1]
        return cls(separator=separator, vocabulary=pack(np.sort(repeated), _UNSIGNED))

    @cached_property
    def known(self) -> Hashes:
        """The hashes, ascending, shape (words,)."""
        return unpack(self.vocabulary, _UNSIGNED)

    def unknown(self, tokens: Hashes) -> NDArray[np.bool_]:
        """Which words are not in the vocabulary, shape (words,)."""
        if not len(self.known):
            return np.ones(len(tokens), np.bool_)
        place = np.minimum(self.known.searchsorted(tokens), len(self.known) - 1)
        unknown: NDArray[np.bool_] = self.known[place] != tokens
        return unknown


Composite = Annotated[TimeBins | TextBins | EmbeddingBins, Field(discriminator="type")]


DERIVED_FEATURES: Mapping[str, tuple[str, ...]] = {
    "datetime": TIME_FEATURES,
    "text": TEXT_FEATURES,
    "embedding": EMBEDDING_FEATURES,
}


def separator(column: str, derived: Iterable[object], names: Collection[str]) -> str:
    """The separator between a column and its derived features: enough dots to collide with no other column.

    >>> separator("review", TEXT_FEATURES, ["review", "review.length"])
    '..'
    """
    derived, dots = tuple(derived), "."
    while any(f"{column}{dots}{derived}" in names for derived in derived):
        dots += "."
    return dots


def part_names(column: str, type_: str, names: Collection[str] = ()) -> tuple[str, ...]:
    """The parts that a column of a declared type is profiled as.

    >>> part_names("sold_at", "datetime")
    ('sold_at.age', 'sold_at.weekday', 'sold_at.hour')
    >>> part_names("price", "numeric")
    ('price',)
    """
    derived = DERIVED_FEATURES.get(type_)
    if derived is None:
        return (column,)
    dots = separator(column, derived, names)
    return tuple(f"{column}{dots}{derived}" for derived in derived)


def columns_by_part(declared: Mapping[str, Feature]) -> dict[str, str]:
    """The column that each part is taken from."""
    return {part: name for name, column in declared.items() for part in part_names(name, column.type, declared)}


def derive(
    columns: Mapping[str, Column], composites: Mapping[str, Composite], times: NDArray[np.datetime64] | None = None
) -> dict[str, NumericColumn | CategoricalColumn]:
    """The parts of the composite columns that are there.

    Args:
        columns: of a chunk, by name.
        composites: what the baseline fixed for each composite column.
        times: the event time of each record, shape (rows,); without them no age is known.

    Raises:
        IncomparableProfiles: a column is of another type than in the baseline.
    """
    parts: dict[str, NumericColumn | CategoricalColumn] = {}
    for name, bins in composites.items():
        column = columns.get(name)
        match bins, column:
            case _, None:
                continue
            case TimeBins(), TimeColumn():
                found = derive_time_features(column, times)
            case TextBins(), TextColumn():
                found = derive_text_features(column, bins)
            case EmbeddingBins(), EmbeddingColumn():
                found = derive_embedding_features(column, bins)
            case _:
                msg = (
                    f"column {name} is {type(column).__name__} but the baseline has it {bins.type}; "
                    "declare one type for both"
                )
                raise IncomparableProfiles(msg)
        parts |= {f"{name}{bins.separator}{derived}": part for derived, part in found.items()}
    return parts


def derive_time_features(
    column: TimeColumn, times: NDArray[np.datetime64] | None
) -> dict[str, NumericColumn | CategoricalColumn]:
    """Age, weekday and hour of moments."""
    values = column.values.astype("datetime64[us]", copy=False)
    missing = np.isnat(values)
    hours = values.astype("datetime64[h]").astype(np.int64)
    weekdays = (hours // 24 + _THURSDAY) % 7
    parts: dict[str, NumericColumn | CategoricalColumn] = {}
    if times is not None:
        ages = (times.astype("datetime64[us]", copy=False) - values).astype(np.int64) / 1e6
        without = missing | np.isnat(times)
        ages[without] = np.nan
        parts["age"] = NumericColumn(ages, _some(without))
    parts["weekday"] = CategoricalColumn(np.where(missing, -1, weekdays).astype(np.int32), WEEKDAYS)
    parts["hour"] = CategoricalColumn(np.where(missing, -1, hours % 24).astype(np.int32), HOURS)
    return parts


def derive_text_features(column: TextColumn, bins: TextBins) -> dict[str, NumericColumn | CategoricalColumn]:
    """Length, words and shares of texts; a share is NaN where a text has no characters or words to take it of."""
    missing = column.absent
    found = text_statistics(_present(column))
    values = {
        "length": found.length.astype(np.float64),
        "words": found.words.astype(np.float64),
        "non_letters": found.non_letters,
        "out_of_vocabulary": found.share(bins.unknown(found.tokens)),
    }
    parts: dict[str, NumericColumn | CategoricalColumn] = {}
    for derived, present in values.items():
        whole = np.full(column.rows, np.nan)
        whole[~missing] = present
        parts[derived] = NumericColumn(whole, _some(missing))
    return parts


def derive_embedding_features(
    column: EmbeddingColumn, bins: EmbeddingBins
) -> dict[str, NumericColumn | CategoricalColumn]:
    """Norm of vectors, and cosine to the reference's mean."""
    if column.rows and column.values.shape[1] != len(bins.centre):
        msg = f"vectors of {column.values.shape[1]} dimensions, where the baseline has {len(bins.centre)}"
        raise IncomparableProfiles(msg)
    norms, cosines = bins.norms_and_cosines(column)
    return {"norm": NumericColumn(norms, column.missing), "cosine": NumericColumn(cosines, column.missing)}


def _present(column: TextColumn) -> list[str]:
    return [text for text in column.values.tolist() if text is not None]


def _count_hashes(hashes: Hashes, counts: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.int64]]:
    distinct, place = np.unique(hashes, return_inverse=True)
    return distinct, np.bincount(place, weights=counts, minlength=len(distinct)).astype(np.int64)


def _some(missing: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return missing if missing.any() else None
