"""Infers what a column of text is: numbers, flags, lists, moments, quantities, categories or prose."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from arro3.core import Array, DataType

from steward.errors import BatchInvalid
from steward.offline.inferred_column import (
    CODE_NAME,
    FEWEST,
    FEWEST_OF_MANY,
    MOSTLY,
    READABLE,
    InferredColumn,
    with_role,
)
from steward.offline.number_columns import infer_numbers
from steward.offline.roles import names_id
from steward.records import arrays, flags
from steward.records.date_formats import date_kind, fitting_formats
from steward.records.embedding_cells import embeddings
from steward.records.quantities import quantity_of, read_quantities
from steward.records.rounded_ids import rounded_example
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

_WORDS = 4.0
_DATES = 1_000
_NONE = re.compile(r"\[\s*\]")


def infer_text(lowered: str, chunks: Sequence[Array]) -> InferredColumn:
    """What cells of text are, by what most of them can be read as."""
    parts = [[str(cell) for cell in arrays.plain(chunk).to_pylist() if cell not in (None, "")] for chunk in chunks]
    cells = [cell for part in parts for cell in part]
    whole = len(cells)
    if not whole:
        return InferredColumn(CategoricalFeature(type="categorical"), "all its cells are empty, so nothing tells")
    numbers = [cell for cell in cells if _is_number(cell)]
    gaps = min(sum(cell.strip().lower() in arrays.MISSING_NUMBERS for cell in cells), whole // 2)
    if len(numbers) >= READABLE * (whole - gaps):
        example = rounded_example(cells) if names_id(lowered) else ""
        if example:
            looks = f"ids that were rounded ({example} in several rows); write whole numbers or text, with all digits"
            return InferredColumn(CategoricalFeature(type="categorical"), "its text is numbers", unreadable=looks)
        values = [np.array([float(cell) for cell in part if _is_number(cell)]) for part in parts]
        mixed = "" if len(numbers) == whole else f"; {1 - len(numbers) / whole:.1%} of its cells are none, and missing"
        return infer_numbers(lowered, values, f"its text is numbers{mixed}")
    if all(_is_flag(cell) for cell in set(cells)):
        return with_role(lowered, BooleanFeature(type="boolean"), "its text says true or false", None)
    if _look_like_lists(cells):
        lengths = [cell.count(",") + 1 for cell in cells]
        dimensions = max(set(lengths), key=lengths.count)
        if dimensions <= MOST_DIMENSIONS and embeddings(chunks[0], lowered, dimensions).unread is None:
            return InferredColumn(*embedding_feature(dimensions))
    return _of_moments(lowered, cells) or _of_quantities(lowered, cells) or _of_words(lowered, cells)


def _of_moments(lowered: str, cells: list[str]) -> InferredColumn | None:
    """Text that says when; None for any other."""
    if not any(character.isdigit() for character in cells[0]):
        return None
    categorical = CategoricalFeature(type="categorical")
    try:
        if _share_of_moments(cells, lowered) >= READABLE:
            return with_role(lowered, DatetimeFeature(type="datetime"), "its text is moments in ISO 8601", None)
    except BatchInvalid as error:
        return InferredColumn(categorical, "its text is times", unreadable=f"times that cannot be read: {error}")
    return _of_dates(lowered, cells)


def _of_dates(lowered: str, cells: list[str]) -> InferredColumn | None:
    """Text of dates that a format reads; None for any other."""
    kinds = Counter(map(date_kind, cells))
    kind, count = kinds.most_common(1)[0]
    if kind is None or count < READABLE * len(cells):
        return None
    dates = [*dict.fromkeys(cell for cell in cells if date_kind(cell) == kind)][:_DATES]
    formats = fitting_formats(dates)
    if not formats and not all(fitting_formats([cell]) for cell in dates[:FEWEST]):
        return None  # codes
    if len(formats) == 1:
        feature = DatetimeFeature(type="datetime", format=formats[0])
        return with_role(lowered, feature, f"its text is {kind}, all of which {formats[0]} reads", None)
    which = f"{kind} that several formats read ({', '.join(formats)})" if formats else f"{kind} that no format reads"
    remedy = "declare the one that is meant as `format`, or write ISO 8601" if formats else "write ISO 8601"
    categorical = CategoricalFeature(type="categorical")
    return InferredColumn(categorical, f"its text is {kind}", unreadable=f"{which}; {remedy}")


def _of_quantities(lowered: str, cells: list[str]) -> InferredColumn | None:
    """Text that says how much; None for any other."""
    found = None if CODE_NAME.search(lowered) else quantity_of(cells)
    if found is None:
        return None
    if isinstance(found, str):
        return InferredColumn(NumericFeature(type="numeric"), f"its text looks like {found}", unreadable=found)
    column, _ = read_quantities(Array(cells, DataType.utf8()), found)
    example = next(cell for cell, value in zip(cells, column.values.tolist(), strict=True) if value == value)  # noqa: PLR0124
    reason = f"its text is {found.name}; files for the inbox write {example} as {found.number(example):.15g}"
    return replace(infer_numbers(lowered, [column.values[~np.isnan(column.values)]], reason), quantity=found)


def _of_words(lowered: str, cells: list[str]) -> InferredColumn:
    whole, distinct = len(cells), len(set(cells))
    words = sum(len(cell.split()) for cell in cells) / whole
    if words >= _WORDS and distinct > MOSTLY * whole:
        return InferredColumn(TextFeature(type="text"), f"its cells differ and have {words:.0f} words on average")
    unique = whole >= FEWEST and distinct == whole
    many = whole >= FEWEST_OF_MANY and distinct > MOSTLY * whole
    reason = f"text with {distinct:,} different values in {whole:,} cells"
    feature = CategoricalFeature(type="categorical")
    return with_role(lowered, feature, reason, None, unique=unique, identifies=unique or many)


def embedding_feature(dimensions: int) -> tuple[Feature, str]:
    """The type of a column of lists, and why."""
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
