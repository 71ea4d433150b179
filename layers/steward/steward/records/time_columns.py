"""The columns of times of one file, each read in the spelling that the file's first rows have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Self

from arro3.core import Array

from steward.records.placeholders import DOUBTFUL
from steward.records.raw import RawChunk
from steward.records.schema import RecordKind
from steward.records.time_hints import TimeHints
from steward.records.time_reader import TimeReader, Times
from steward.records.time_spelling import LOOKED_AT
from steward.spec.features import DatetimeFeature
from steward.spec.model import ModelSpec

_AHEAD_BYTES = 8 * 1024**2
"""Of the rows that are looked at before any is judged; with more than that, fewer rows tell."""


class TimeColumns:
    """Reads the columns of times of one file.

    Args:
        readers: by column.
    """

    def __init__(self, readers: Mapping[str, TimeReader]) -> None:
        self._readers = readers

    @classmethod
    def of(cls, spec: ModelSpec, kind: RecordKind, *, formatted: bool = True) -> Self:
        """Those of a declaration.

        Args:
            spec: the declaration.
            kind: what the file holds. Telemetry has no format of its own, as Steward writes some itself.
            formatted: whether the event times are in the declared format, as all but SageMaker's are.
        """
        time, declared = spec.columns.time, spec.columns.time_format
        own = declared if formatted and kind != "telemetry" else None
        reader = TimeHints if kind == "labels" else TimeReader
        events = reader(time, time_format=own, setting="columns.time_format", doubtful=DOUBTFUL)
        features = {
            name: TimeReader(name, time_format=feature.format, setting=f"the format of {name}")
            for name, feature in spec.declared.items()
            if isinstance(feature, DatetimeFeature)
        }
        return cls({**features, time: events})

    def look(self, chunks: Sequence[RawChunk]) -> None:
        """Decide by the first rows of the file how each column is written.

        Raises:
            BatchInvalid: a column is written in more than one way.
        """
        for name, reader in self._readers.items():
            found = [chunk.columns[name] for chunk in chunks if name in chunk.columns]
            if found:
                reader.look(found)

    def look_ahead(self, chunks: Iterable[RawChunk]) -> Iterator[RawChunk]:
        """The chunks of a file in order, after a look at the first 4,096 rows.

        Raises:
            BatchInvalid: a column of times is written in more than one way.
        """
        rest = iter(chunks)
        first: list[RawChunk] = []
        rows = size = 0
        for chunk in rest:
            first.append(chunk)
            rows += len(chunk.rows)
            size += sum(array.nbytes for array in chunk.columns.values())
            if rows >= LOOKED_AT or size >= _AHEAD_BYTES:
                break
        self.look(first)
        while first:
            yield first.pop(0)
        yield from rest

    def read(self, column: str, array: Array) -> Times:
        """The moments in some rows of a column.

        Raises:
            BatchInvalid: the array's type can hold no times.
        """
        return self._readers[column].read(array)

    def expected(self, column: str) -> str:
        """What a cell of a column that is no time should have been, and how to mend it."""
        return self._readers[column].expected

    @property
    def without_zone(self) -> tuple[str, ...]:
        """The columns whose times say no zone."""
        return tuple(name for name, reader in self._readers.items() if reader.without_zone)

    @property
    def notes(self) -> tuple[str, ...]:
        """How the columns were written, where it is not ISO 8601, and which placeholders they had."""
        return tuple(chain.from_iterable(reader.notes for reader in self._readers.values()))
