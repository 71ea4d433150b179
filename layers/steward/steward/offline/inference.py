"""Infers the feature type of each column, with a reason."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from arro3.core import Array, DataType
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.offline.entity_column import choose_entity
from steward.offline.roles import Role, names_id, names_time, role_of, row_counter, words_of
from steward.offline.sampling import sample_cells
from steward.offline.tables import TableBatch
from steward.offline.time_column import choose_time
from steward.records import arrays, flags
from steward.records.date_formats import date_kind, fitting_formats
from steward.records.decoding.plain_types import description
from steward.records.embedding_cells import embeddings, is_list
from steward.records.quantities import Quantity, quantity_of, read_quantities
from steward.records.rounded_ids import rounded_example
from steward.records.time_digits import count_spellings
from steward.records.time_reader import read_times
from steward.spec.features import (
    MOST_DIMENSIONS,
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    EmbeddingFeature,
    Feature,
    NumericFeature,
    TextFeature,
)

READABLE = 0.95
"""The share of the cells that must be readable as numbers or moments."""

_WORDS = 4.0
_FEWEST = 20
_FEWEST_OF_MANY = 100
_MOSTLY = 0.5
_DATES = 1_000
_CODES = re.compile(r"(^|[_\W])(code|type|kind|class|category|zip|zipcode|postcode|status|cluster|id)s?$")
_NONE = re.compile(r"\[\s*\]")


@dataclass(frozen=True, slots=True)
class Inference:
    """What one column is taken for.

    Attributes:
        feature: its type, without bounds.
        reason: why.
        role: what it is for; None for a feature.
        role_reason: why.
        identifies: whether it names rows, or whatever they are about, so that other rows have other values.
        quantity: how its text is read as numbers, where that is not digits with a point.
        unreadable: what its text looks like, and why it cannot be read; empty for most.
        counts: why it only counts the rows of its table; empty for most.
        no_time: why its moments are not taken for those of the rows; empty where nothing speaks against it.
    """

    feature: Feature
    reason: str
    role: Role | None = None
    role_reason: str = ""
    identifies: bool = False
    quantity: Quantity | None = None
    unreadable: str = ""
    counts: str = ""
    no_time: str = ""

    @property
    def compared(self) -> bool:
        """Whether other rows can be expected to have such values."""
        return not (
            self.role in {"id", "time", "entity", "version"} or self.identifies or self.unreadable or self.counts
        )

    @property
    def may_name(self) -> bool:
        """Whether it may say whom rows are about."""
        named = isinstance(self.feature, CategoricalFeature | NumericFeature) and self.role in {None, "id"}
        return named and not (self.unreadable or self.counts or self.quantity)

    @property
    def settings(self) -> tuple[tuple[str, str | int, str], ...]:
        """What a declaration must say beside the type: its name, its value and why."""
        match self.feature:
            case EmbeddingFeature(dimensions=dimensions):
                return (("dimensions", dimensions, "of most lists"),)
            case DatetimeFeature(format=str(time_format)):
                return (("format", time_format, "no other reads all cells"),)
            case _:
                return ()


def infer(batches: Sequence[TableBatch]) -> dict[str, Inference]:
    """Look at some 20,000 cells of each column."""
    return infer_cells(sample_cells(batches))


def infer_cells(columns: Mapping[str, Sequence[Array]]) -> dict[str, Inference]:
    """The same, for cells that were chosen before.

    Args:
        columns: the Arrow arrays of each column, in order.
    """
    found = {name: _column(name, chunks) for name, chunks in columns.items()}
    features = {name: column.feature for name, column in found.items()}
    named = [name for name, column in found.items() if column.role == "time"]
    time, why, against = choose_time(columns, features, named)
    for name in {*named, *against}:
        found[name] = replace(found[name], role=None, role_reason="", no_time=against.get(name, ""))
    if time is not None:
        found[time] = replace(found[time], role="time", role_reason=why)
    entity, reason = choose_entity(columns, [name for name, column in found.items() if column.may_name])
    if entity is not None:
        found[entity] = replace(found[entity], role="entity", role_reason=reason, identifies=True)
    taken: set[Role] = set()
    for name, inferred in found.items():
        if inferred.role in taken:
            found[name] = replace(inferred, role=None, role_reason="")
        elif inferred.role:
            taken.add(inferred.role)
    return found


def _column(name: str, chunks: Sequence[Array]) -> Inference:
    lowered = words_of(name)
    kind: Any = chunks[0].type if chunks else DataType.null()
    if isinstance(kind, DataType) and arrays.TYPES.is_dictionary(kind):
        kind = arrays.plain(chunks[0]).type
    if is_list(kind):
        feature, reason = _of_lists(chunks)
        return Inference(feature, reason)
    if arrays.TYPES.is_boolean(kind):
        return _with_role(lowered, BooleanFeature(type="boolean"), "it holds booleans", None)
    if arrays.TYPES.is_timestamp(kind) or arrays.TYPES.is_date(kind):
        return _with_role(lowered, DatetimeFeature(type="datetime"), "it holds moments", None)
    if arrays.TYPES.is_numeric(kind) or arrays.TYPES.is_decimal(kind):
        return _of_numbers(lowered, _values(chunks, name), "numbers")
    if arrays.TYPES.is_nested(kind):
        return Inference(CategoricalFeature(type="categorical"), f"its type, {description(kind)}, cannot be compared")
    return _of_text(lowered, chunks)


def _values(chunks: Sequence[Array], name: str) -> list[NDArray[np.float64]]:
    """The numbers that are there, a part each."""
    read = [arrays.numbers(chunk, name)[0].values for chunk in chunks]
    return [values[~np.isnan(values)] for values in read]


def _of_numbers(lowered: str, parts: Sequence[NDArray[np.float64]], what: str) -> Inference:
    """What numbers are, or times that are written as such, or codes."""
    parts = [values[np.isfinite(values)] for values in parts]
    finite = np.concatenate(parts) if parts else np.empty(0)
    distinct = np.unique(finite)
    if not len(distinct):
        empty = "all its cells are empty, or no finite numbers, so nothing tells"
        return Inference(NumericFeature(type="numeric"), empty)
    if len(distinct) == 2 and distinct.tolist() == [0.0, 1.0]:  # noqa: PLR2004
        return _with_role(lowered, BooleanFeature(type="boolean"), "it holds 0 and 1 alone", None)
    spellings = count_spellings(finite) if names_time(lowered) else {}
    spelling = max(spellings, key=spellings.__getitem__, default=None)
    if spelling is not None and spellings[spelling] >= READABLE * len(finite):
        return _with_role(lowered, DatetimeFeature(type="datetime"), f"{what}, which are {spelling.name}", None)
    if not np.array_equal(distinct, np.round(distinct)):
        unique = len(finite) >= _FEWEST and len(distinct) == len(finite)
        return _with_role(lowered, NumericFeature(type="numeric"), what, distinct, unique=unique)
    return _of_whole_numbers(lowered, parts, distinct, what)


def _of_whole_numbers(
    lowered: str, parts: Sequence[NDArray[np.float64]], distinct: NDArray[np.float64], what: str
) -> Inference:
    finite, numeric = np.concatenate(parts), NumericFeature(type="numeric")
    unique = len(finite) >= _FEWEST and len(distinct) == len(finite)
    if not _CODES.search(lowered):
        counts = row_counter(lowered, parts)
        if counts is not None:
            return Inference(numeric, counts, counts=counts)
    else:
        many = len(finite) >= _FEWEST_OF_MANY and len(distinct) > _MOSTLY * len(finite)
        if many or unique:
            reason = (
                f"{len(distinct):,} different whole numbers in {len(finite):,} cells, and its name says that they name"
            )
            return _with_role(lowered, numeric, reason, distinct, unique=unique, identifies=True)
        if len(distinct) < len(finite):
            reason = f"whole numbers, {len(distinct):,} different ones, and its name says that they are codes"
            return _with_role(lowered, CategoricalFeature(type="categorical"), reason, distinct)
    reason = what
    if 1 < len(distinct) <= _FEWEST and len(finite) >= 10 * len(distinct):
        reason = f"{what}, whole ones and only {len(distinct)} of them; write categorical if they are codes"
    return _with_role(lowered, numeric, reason, distinct, unique=unique)


def _of_text(lowered: str, chunks: Sequence[Array]) -> Inference:
    parts = [[str(cell) for cell in arrays.plain(chunk).to_pylist() if cell not in (None, "")] for chunk in chunks]
    cells = [cell for part in parts for cell in part]
    whole = len(cells)
    if not whole:
        return Inference(CategoricalFeature(type="categorical"), "all its cells are empty, so nothing tells")
    numbers = [cell for cell in cells if _is_number(cell)]
    gaps = min(sum(cell.strip().lower() in arrays.MISSING_NUMBERS for cell in cells), whole // 2)
    if len(numbers) >= READABLE * (whole - gaps):
        example = rounded_example(cells) if names_id(lowered) else ""
        if example:
            looks = f"ids that were rounded ({example} in several rows); write whole numbers or text, with all digits"
            return Inference(CategoricalFeature(type="categorical"), "its text is numbers", unreadable=looks)
        values = [np.array([float(cell) for cell in part if _is_number(cell)]) for part in parts]
        mixed = "" if len(numbers) == whole else f"; {1 - len(numbers) / whole:.1%} of its cells are none, and missing"
        return _of_numbers(lowered, values, f"its text is numbers{mixed}")
    if all(_is_flag(cell) for cell in set(cells)):
        return _with_role(lowered, BooleanFeature(type="boolean"), "its text says true or false", None)
    if _look_like_lists(cells):
        lengths = [cell.count(",") + 1 for cell in cells]
        dimensions = max(set(lengths), key=lengths.count)
        if dimensions <= MOST_DIMENSIONS and embeddings(chunks[0], lowered, dimensions).unread is None:
            return Inference(*_embedding(dimensions))
    return _of_moments(lowered, cells) or _of_quantities(lowered, cells) or _of_words(lowered, cells)


def _of_moments(lowered: str, cells: list[str]) -> Inference | None:
    """Text that says when; None for any other."""
    if not any(character.isdigit() for character in cells[0]):
        return None
    categorical = CategoricalFeature(type="categorical")
    try:
        if _share_of_moments(cells, lowered) >= READABLE:
            return _with_role(lowered, DatetimeFeature(type="datetime"), "its text is moments in ISO 8601", None)
    except BatchInvalid as error:
        return Inference(categorical, "its text is times", unreadable=f"times that cannot be read: {error}")
    return _of_dates(lowered, cells)


def _of_dates(lowered: str, cells: list[str]) -> Inference | None:
    """Text of dates that a format reads; None for any other."""
    kinds = Counter(map(date_kind, cells))
    kind, count = kinds.most_common(1)[0]
    if kind is None or count < READABLE * len(cells):
        return None
    dates = [*dict.fromkeys(cell for cell in cells if date_kind(cell) == kind)][:_DATES]
    formats = fitting_formats(dates)
    if not formats and not all(fitting_formats([cell]) for cell in dates[:_FEWEST]):
        return None  # codes
    if len(formats) == 1:
        feature = DatetimeFeature(type="datetime", format=formats[0])
        return _with_role(lowered, feature, f"its text is {kind}, all of which {formats[0]} reads", None)
    which = f"{kind} that several formats read ({', '.join(formats)})" if formats else f"{kind} that no format reads"
    remedy = "declare the one that is meant as `format`, or write ISO 8601" if formats else "write ISO 8601"
    categorical = CategoricalFeature(type="categorical")
    return Inference(categorical, f"its text is {kind}", unreadable=f"{which}; {remedy}")


def _of_quantities(lowered: str, cells: list[str]) -> Inference | None:
    """Text that says how much; None for any other."""
    found = None if _CODES.search(lowered) else quantity_of(cells)
    if found is None:
        return None
    if isinstance(found, str):
        return Inference(NumericFeature(type="numeric"), f"its text looks like {found}", unreadable=found)
    column, _ = read_quantities(Array(cells, DataType.utf8()), found)
    example = next(cell for cell, value in zip(cells, column.values.tolist(), strict=True) if value == value)  # noqa: PLR0124
    reason = f"its text is {found.name}; files for the inbox write {example} as {found.number(example):.15g}"
    return replace(_of_numbers(lowered, [column.values[~np.isnan(column.values)]], reason), quantity=found)


def _of_words(lowered: str, cells: list[str]) -> Inference:
    whole, distinct = len(cells), len(set(cells))
    words = sum(len(cell.split()) for cell in cells) / whole
    if words >= _WORDS and distinct > _MOSTLY * whole:
        return Inference(TextFeature(type="text"), f"its cells differ and have {words:.0f} words on average")
    unique = whole >= _FEWEST and distinct == whole
    many = whole >= _FEWEST_OF_MANY and distinct > _MOSTLY * whole
    reason = f"text with {distinct:,} different values in {whole:,} cells"
    feature = CategoricalFeature(type="categorical")
    return _with_role(lowered, feature, reason, None, unique=unique, identifies=unique or many)


def _with_role(
    lowered: str,
    feature: Feature,
    reason: str,
    distinct: NDArray[np.float64] | None,
    *,
    unique: bool = False,
    identifies: bool = False,
) -> Inference:
    span = (float(distinct[0]), float(distinct[-1])) if distinct is not None and len(distinct) else None
    role, why = role_of(lowered, feature, span, unique=unique, identifies=identifies)
    return Inference(feature, reason, role, why, identifies)


def _of_lists(chunks: Sequence[Array]) -> tuple[Feature, str]:
    lengths = [len(cell) for chunk in chunks for cell in arrays.plain(chunk).to_pylist() if cell is not None]
    if not lengths:
        return CategoricalFeature(type="categorical"), "all its cells are empty, so nothing tells"
    return _embedding(max(set(lengths), key=lengths.count))


def _embedding(dimensions: int) -> tuple[Feature, str]:
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        return CategoricalFeature(type="categorical"), "lists that are too long, or empty"
    return EmbeddingFeature(type="embedding", dimensions=dimensions), f"lists of {dimensions} numbers"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _look_like_lists(cells: list[str]) -> bool:
    return all(cell.lstrip()[:1] == "[" and not _NONE.match(cell.strip()) for cell in cells[:100])


def _is_flag(cell: str) -> bool:
    try:
        flags.truth(cell.strip().lower())
    except ValueError:
        return False
    return True


def _share_of_moments(cells: list[str], name: str) -> float:
    sample = cells[:1000]
    read = read_times(Array(sample, DataType.utf8()), name)
    unread = 0 if read.unread is None else int(read.unread.sum())
    return 1 - unread / len(sample)
