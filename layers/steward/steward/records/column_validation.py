"""Validates the features, outputs and attributes of one chunk, column by column."""

import re
from collections.abc import Callable
from typing import assert_never

import numpy as np
from arro3 import compute
from arro3.core import Array
from numpy.typing import NDArray

from steward.records import arrays
from steward.records.canonical import canonical_category
from steward.records.chunk_violations import Violations, quote
from steward.records.columns import (
    CategoricalColumn,
    Column,
    EmbeddingColumn,
    Mask,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.records.embedding_cells import embeddings
from steward.records.flags import flags, truth
from steward.records.ids import canonical_categories
from steward.records.quantities import looks_like
from steward.records.raw import RawChunk
from steward.records.time_columns import TimeColumns
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    EmbeddingFeature,
    Feature,
    NumericFeature,
    TextFeature,
)

_UNDECLARED = CategoricalFeature(type="categorical")
_LOOKED_AT = 20
_MEND = "correct it, or the declaration"


class ColumnValidator:
    """One chunk under judgement. Each check reads a column and notes which rows fail, and why."""

    def __init__(self, raw: RawChunk, faults: Violations, times: TimeColumns) -> None:
        self._columns = raw.columns
        self._faults = faults
        self._times = times

    def column(self, column: str, declared: Feature) -> Column:
        """A feature, output or attribute as it is declared; whatever is wrong with it, the rest of the row stands."""
        match declared:
            case NumericFeature():
                return self.number(column, declared, mild=True)
            case CategoricalFeature():
                return self.category(column, declared, mild=True)
            case BooleanFeature():
                return self._boolean(column, declared)
            case DatetimeFeature():
                return self._datetime(column, declared)
            case TextFeature():
                return self._text(column, declared)
            case EmbeddingFeature():
                return self._embedding(column, declared)
            case _:
                assert_never(declared)

    def number(
        self, column: str, declared: NumericFeature, *, mild: bool = False, empty: str = "missing_value"
    ) -> NumericColumn:
        """Numbers within bounds; not NaN either, unless they are nullable.

        Args:
            column: its name.
            declared: its bounds, and whether cells may be empty.
            mild: whether a row can be kept without a number that is within the bounds.
            empty: the code of the reason where a cell may not be empty.
        """
        read, unread = arrays.numbers(self._array(column), column)
        if unread is not None:
            written = "a number{}; write digits with a point, or leave it empty"
            expected, rule = (written.format(looks) for looks in self._looks(unread, column))
            self._faults.unread(unread, read.missing, column, expected, rule=rule, mild=mild)
        if not declared.nullable:
            absent = np.isnan(read.values)
            absent = absent if unread is None else absent & ~unread
            note = f"{column} is empty or NaN; give the number"
            self._faults.note(absent, empty, column, lambda _: note, mild=mild)
        for bound, name, beyond in (
            (declared.minimum, "below its minimum", np.less),
            (declared.maximum, "above its maximum", np.greater),
        ):
            if bound is not None:
                sentence = _out_of_range(column, read.values, f"{name} {bound}")
                self._faults.note(beyond(read.values, bound), "out_of_range", column, sentence, mild=mild)
        if mild and unread is not None:
            return NumericColumn(read.values, read.absent | unread)
        return read

    def category(
        self, column: str, declared: CategoricalFeature = _UNDECLARED, *, mild: bool = False
    ) -> CategoricalColumn:
        """Canonical categories, there unless nullable, of the domain; a pattern may match them as written, too."""
        written, unread = arrays.categories(self._array(column), column)
        read = canonical_categories(written)
        self._faults.unread(unread, None, column, "text in UTF-8; write it as text", mild=mild)
        self._present(column, declared, read.absent, unread)
        if declared.domain is not None:
            domain = frozenset(map(canonical_category, declared.domain))
            self._categories(
                read, lambda name: name not in domain, "outside_domain", column, f"none of its domain; {_MEND}"
            )
        if declared.pattern is not None:
            matches = re.compile(declared.pattern).fullmatch
            self._categories(
                written,
                lambda name: not matches(name) and bool(form := canonical_category(name)) and not matches(form),
                "pattern_mismatch",
                column,
                f"which does not match {declared.pattern}; {_MEND}",
            )
        return read

    def _boolean(self, column: str, declared: BooleanFeature) -> CategoricalColumn:
        read, unread = flags(self._array(column), column, truth)
        missing = read.absent & ~unread_mask(unread, read)
        expected = "true or false; write one of them, or leave it empty"
        self._faults.unread(unread, missing, column, expected, mild=True)
        self._present(column, declared, missing)
        return read

    def _datetime(self, column: str, declared: DatetimeFeature) -> TimeColumn:
        read = self._times.read(column, self._array(column))
        values = TimeColumn(read.values)
        missing = values.absent & ~unread_mask(read.unread, values)
        self._faults.unread(read.unread, missing, column, self._times.expected(column), mild=True)
        if not declared.nullable:
            why = "it is declared not nullable"
            self._faults.missing_times(missing, read.placeholders, column, "missing_value", why, mild=True)
        return values

    def _text(self, column: str, declared: TextFeature) -> TextColumn:
        cells, missing = arrays.texts(self._array(column), column)
        if missing is not None:
            self._present(column, declared, missing)
        longest = declared.maximum_length
        if longest is not None:
            lengths = np.fromiter((0 if cell is None else len(cell) for cell in cells), np.int64, len(cells))
            self._faults.note(
                lengths > longest,
                "too_long",
                column,
                lambda at: f"{column} has {lengths[at]:,} characters, and at most {longest:,} are declared; {_MEND}",
                mild=True,
            )
        if declared.pattern is not None:
            matches = re.compile(declared.pattern).fullmatch
            self._faults.note(
                np.fromiter((cell is not None and not matches(cell) for cell in cells), np.bool_, len(cells)),
                "pattern_mismatch",
                column,
                lambda at: f"{column} is {quote(cells[at])}, which does not match {declared.pattern}; {_MEND}",
                mild=True,
            )
        return TextColumn(cells)

    def _embedding(self, column: str, declared: EmbeddingFeature) -> EmbeddingColumn:
        read = embeddings(self._array(column), column, declared.dimensions)
        absent = read.column.absent
        expected = "a list of finite numbers; write [0.25, -0.5, ...]"
        self._faults.unread(read.unread, absent, column, expected, mild=True)
        self._faults.note(
            read.lengths != declared.dimensions,
            "wrong_length",
            column,
            lambda at: (
                f"{column} is a list of {read.lengths[at]:,} numbers, and {declared.dimensions:,} are declared; {_MEND}"
            ),
            mild=True,
        )
        self._present(column, declared, absent)
        return read.readable

    def _present(self, column: str, declared: Feature, missing: Mask, unread: Mask | None = None) -> None:
        """Cells are there, unless nullable."""
        if not declared.nullable:
            empty = missing if unread is None else missing & ~unread
            note = f"{column} is empty; it is declared not nullable"
            self._faults.note(empty, "missing_value", column, lambda _: note, mild=True)

    def _categories(
        self,
        read: CategoricalColumn,
        wrong: Callable[[str], bool],
        code: str,
        column: str,
        what: str,
        *,
        mild: bool = True,
    ) -> None:
        """Rows whose category is wrong; each category is looked at once."""
        strange = np.array([*map(wrong, read.categories), False], np.bool_)
        if strange.any():
            self._faults.note(
                strange[read.codes],
                code,
                column,
                lambda at: f"{column} is {quote(read.categories[read.codes[at]])}, {what}",
                mild=mild,
            )

    def _looks(self, unread: Mask, column: str) -> tuple[str, str]:
        """What the first cells look like that are no numbers, with an example of them and without."""
        array = arrays.plain(self._array(column))
        first = Array.from_numpy(np.flatnonzero(unread)[:_LOOKED_AT])
        if not arrays.is_text(array.type):
            return "", ""
        cells = list(map(str, compute.take(array, first).to_pylist()))
        return looks_like(cells), looks_like(cells, example=False)

    def _array(self, column: str) -> Array:
        return self._columns[column]


def unread_mask(unread: Mask | None, column: Column) -> Mask:
    """Which cells of a column could not be read."""
    return np.zeros(column.rows, np.bool_) if unread is None else unread


def _out_of_range(column: str, values: NDArray[np.float64], beyond: str) -> Callable[[int], str]:
    return lambda at: f"{column} is {float(values[at])}, {beyond}; {_MEND}"
