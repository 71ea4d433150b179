"""Arrow columns as the typed columns of a declaration; a column that is of another type is said to be so."""

from collections.abc import Mapping

import numpy as np
from arro3.core import Array

from steward.errors import BatchInvalid
from steward.records import arrays, flags
from steward.records.columns import Column, Mask, TextColumn, TimeColumn
from steward.records.embeddings import embeddings
from steward.records.ids import canonical_categories
from steward.spec.features import Feature

UNREADABLE = 0.5
"""From this share of unreadable cells on, a column is of another type."""


class Converter:
    """Reads the declared columns of one table, chunk by chunk.

    Attributes:
        features: the declared type of each column that is wanted.
        present: rows in which each column had a cell with content.
        unread: of these, cells that are not of the type; they count as missing.
        changed: columns whose storage can hold nothing of the type, and why.
    """

    def __init__(self, features: Mapping[str, Feature]) -> None:
        self.features = features
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
                column, unread = convert(columns[name], name, feature)
            except BatchInvalid as error:
                self.changed[name] = str(error).replace("Parquet type", "type")
                continue
            empty = column.absent if unread is None else column.absent & ~unread
            self.unread[name] += 0 if unread is None else int(np.count_nonzero(unread))
            self.present[name] += column.rows - int(np.count_nonzero(empty))
            found[name] = column
        return found

    def mistyped(self) -> dict[str, str]:
        """Columns that are of another type than declared, and how that shows."""
        shares = {
            name: f"{self.unread[name]:,} of its {count:,} cells are not {self.features[name].type}"
            for name, count in self.present.items()
            if count and self.unread[name] > UNREADABLE * count
        }
        return self.changed | shares


def convert(array: Array, name: str, feature: Feature) -> tuple[Column, Mask | None]:
    """A column as it is declared, and a mask of the cells that hold something else.

    Raises:
        BatchInvalid: its storage can hold nothing of the declared type.
    """
    match feature.type:
        case "numeric":
            return arrays.numbers(array, name)
        case "categorical":
            written, unread = arrays.categories(array, name)
            return canonical_categories(written), unread
        case "boolean":
            return flags.flags(array, name, flags.truth)
        case "datetime":
            times = arrays.times(array, name)
            return TimeColumn(times.values), times.unread
        case "text":
            return TextColumn(arrays.texts(array, name)[0]), None
        case "embedding":
            read = embeddings(array, name, feature.dimensions)
            return read.readable, read.unread
