"""Facts about each column from all rows: ranges, domains, gaps."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from steward.offline.conversion import Converter
from steward.offline.labelled_rows import LabelledRows
from steward.offline.tables import TableBatch
from steward.records.columns import CategoricalColumn, Column, NumericColumn, TextColumn, TimeColumn
from steward.records.quantities import Quantity
from steward.spec.features import Feature

MOST_CATEGORIES = 50
"""A domain is suggested for at most so many."""

_COUNTED = 1_000


@dataclass(slots=True)
class ColumnFacts:
    """What is known of one column after all rows.

    Attributes:
        rows: looked at.
        missing: cells that are empty.
        unread: cells that hold something that is not of the column's type.
        infinite: numbers that are infinite, or none.
        minimum, maximum: of its finite numbers; NaN without any.
        whole: whether all of them are whole.
        categories: how often each category comes; None once there are more than 1,000.
        first, last: of its moments; NaT without any.
        longest: characters of its longest text.
    """

    rows: int = 0
    missing: int = 0
    unread: int = 0
    infinite: int = 0
    minimum: float = math.nan
    maximum: float = math.nan
    whole: bool = True
    categories: dict[str, int] | None = field(default_factory=dict)
    first: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "us"))
    last: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "us"))
    longest: int = 0

    @property
    def complete(self) -> bool:
        """Whether every cell holds something."""
        return self.rows > 0 and self.missing == self.unread == self.infinite == 0

    @property
    def domain(self) -> tuple[str, ...]:
        """Its categories, the most frequent first; none where there are too many."""
        counts = self.categories or {}
        return tuple(sorted(counts, key=lambda name: (-counts[name], name))) if len(counts) <= MOST_CATEGORIES else ()

    @property
    def met_once(self) -> int:
        """Categories that came just once."""
        return sum(count == 1 for count in (self.categories or {}).values())

    def add(self, column: Column, present: int, unread: int) -> None:
        """Take in some rows, of which so many have a cell with content, and so many one of another type."""
        self.rows += column.rows
        self.missing += column.rows - present
        self.unread += unread
        match column:
            case NumericColumn():
                self._add_numbers(column)
            case CategoricalColumn():
                self._add_categories(column)
            case TimeColumn():
                moments = column.values[~np.isnat(column.values)].astype("datetime64[us]")
                if len(moments):
                    self.first = np.fmin(self.first, moments.min())
                    self.last = np.fmax(self.last, moments.max())
            case TextColumn():
                self.longest = max(self.longest, max((len(text) for text in column.values if text), default=0))
            case _:
                pass

    def _add_numbers(self, column: NumericColumn) -> None:
        usable = np.isfinite(column.values)
        finite = column.values[usable]
        self.infinite += int(np.count_nonzero(~usable & ~column.absent))
        if not len(finite):
            return
        self.minimum = float(np.fmin(self.minimum, finite.min()))
        self.maximum = float(np.fmax(self.maximum, finite.max()))
        self.whole = self.whole and bool(np.all(finite == np.round(finite)))

    def _add_categories(self, column: CategoricalColumn) -> None:
        if self.categories is None:
            return
        counts = np.bincount(column.codes + np.int32(1), minlength=len(column.categories) + 1)[1:].tolist()
        for name, count in zip(column.categories, counts, strict=True):
            if count:
                self.categories[name] = self.categories.get(name, 0) + count
        if len(self.categories) > _COUNTED:
            self.categories = None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is known of a table after all rows.

    Attributes:
        columns: the facts of each.
        labelled: where in time the labels lie; empty without a label or a time.
        notes: how times were written.
    """

    columns: Mapping[str, ColumnFacts]
    labelled: LabelledRows
    notes: tuple[str, ...]


def collect_facts(
    batches: Iterable[TableBatch],
    features: Mapping[str, Feature],
    time: str | None = None,
    label: str | None = None,
    quantities: Mapping[str, Quantity] | None = None,
) -> TableFacts:
    """Read all rows once.

    Args:
        batches: of the table.
        features: what its columns are taken for.
        time: the column of event times.
        label: the column of labels.
        quantities: how text is read as numbers.
    """
    converter = Converter(features, time=time, quantities=quantities)
    found = {name: ColumnFacts() for name in features}
    labelled = LabelledRows()
    for batch in batches:
        present, unread = dict(converter.present), dict(converter.unread)
        columns = converter.read(batch.columns)
        for name, column in columns.items():
            found[name].add(column, converter.present[name] - present[name], converter.unread[name] - unread[name])
        labels, times = columns.get(label or ""), columns.get(time or "")
        if labels is not None and isinstance(times, TimeColumn):
            labelled.add(labels, times)
    return TableFacts(found, labelled, converter.notes)
