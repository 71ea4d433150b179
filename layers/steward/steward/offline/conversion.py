"""Converts Arrow columns to the types of a declaration and reports mismatches."""

from collections.abc import Mapping

import numpy as np
from arro3 import compute
from arro3.core import Array

from steward.errors import BatchInvalid
from steward.offline.event_times import EventTimes
from steward.records import arrays, flags
from steward.records.columns import Column, Mask, TextColumn, TimeColumn
from steward.records.embedding_cells import embeddings
from steward.records.ids import canonical_categories
from steward.records.quantities import Quantity, looks_like, read_quantities
from steward.records.time_reader import TimeReader
from steward.spec.features import DatetimeFeature, Feature

_SHOWN = 20

UNREADABLE = 0.5
"""From this share of unreadable cells on, a column is of another type."""


class Converter:
    """Reads the declared columns of one table, chunk by chunk.

    Attributes:
        features: the declared type of each column that is wanted.
        times: what reads each column of moments.
        quantities: how text is read as numbers, where that is not digits with a point.
        present: rows in which each column had a cell with content.
        unread: of these, cells that are not of the type; they count as missing.
        changed: columns whose storage can hold nothing of the type, and why.
    """

    def __init__(
        self,
        features: Mapping[str, Feature],
        *,
        time: str | None = None,
        quantities: Mapping[str, Quantity] | None = None,
    ) -> None:
        self.features = features
        self.quantities = quantities or {}
        self._time = time
        self._looks: dict[str, str] = {}
        self.times = {
            name: EventTimes(name, feature.format)
            if name == time
            else TimeReader(name, time_format=feature.format, setting=f"the format of {name}")
            for name, feature in features.items()
            if isinstance(feature, DatetimeFeature)
        }
        self.present = dict.fromkeys(features, 0)
        self.unread = dict.fromkeys(features, 0)
        self.changed: dict[str, str] = {}

    def read(self, columns: Mapping[str, Array]) -> dict[str, Column]:
        """The columns that are there and can be read."""
        found: dict[str, Column] = {}
        for name, feature in self.features.items():
            if name not in columns or name in self.changed:
                continue
            try:
                column, unread = self._convert(columns[name], name, feature)
            except BatchInvalid as error:
                self.changed[name] = str(error).replace("Parquet type", "type")
                continue
            empty = column.absent if unread is None else column.absent & ~unread
            self.unread[name] += 0 if unread is None else int(np.count_nonzero(unread))
            self.present[name] += column.rows - int(np.count_nonzero(empty))
            found[name] = column
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """How times were written, where that is not ISO 8601, and which of them count as missing."""
        lost = tuple(f"event times are left out: {why}" for name, why in self.changed.items() if name == self._time)
        return lost + tuple(note for reader in self.times.values() for note in reader.notes)

    def mistyped(self) -> dict[str, str]:
        """Columns that are of another type than declared, and how that shows."""
        shares = {
            name: f"{self.unread[name]:,} of its {count:,} cells are not {self.features[name].type}{self._hint(name)}"
            for name, count in self.present.items()
            if count and self.unread[name] > UNREADABLE * count
        }
        return self.changed | shares

    def _hint(self, name: str) -> str:
        """What the cells look like that are not of the type."""
        reader = self.times.get(name)
        return f": none is {reader.expected}" if isinstance(reader, TimeReader) else self._looks.get(name, "")

    def _numbers(self, array: Array, name: str) -> tuple[Column, Mask | None]:
        text = arrays.plain(array)
        if not arrays.is_text(text.type):
            return arrays.numbers(array, name)
        quantity = self.quantities.get(name)
        read, unread = read_quantities(array, quantity) if quantity else arrays.numbers(array, name)
        if unread is not None and name not in self._looks:
            first = Array.from_numpy(np.flatnonzero(unread)[:_SHOWN])
            self._looks[name] = looks_like(list(map(str, compute.take(text, first).to_pylist())))
        return read, unread

    def _convert(self, array: Array, name: str, feature: Feature) -> tuple[Column, Mask | None]:
        """A column as it is declared, and a mask of the cells that hold something else.

        Raises:
            BatchInvalid: its storage can hold nothing of the declared type.
        """
        match feature.type:
            case "numeric":
                return self._numbers(array, name)
            case "categorical":
                written, unread = arrays.categories(array, name)
                return canonical_categories(written), unread
            case "boolean":
                return flags.flags(array, name, flags.truth)
            case "datetime":
                times = self.times[name].read(array)
                return TimeColumn(times.values), times.unread
            case "text":
                return TextColumn(arrays.texts(array, name)[0]), None
            case "embedding":
                read = embeddings(array, name, feature.dimensions)
                return read.readable, read.unread
