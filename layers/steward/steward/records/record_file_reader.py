"""Reads and validates the rows of a file."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from steward.errors import BatchInvalid
from steward.records.cell_types import CellType, column_types
from steward.records.formats import open_rows
from steward.records.ids import Ids, identifiers
from steward.records.panics import refuse_panics
from steward.records.raw import ColumnExpectation, RawChunk, ReadLimits, RowReader
from steward.records.rounded_ids import RoundedIds
from steward.records.row_validation import RowValidator, ValidatedChunk
from steward.records.schema import ExpectedColumns, RecordKind
from steward.records.time_columns import TimeColumns
from steward.spec.features import EmbeddingFeature, NumericFeature, TextFeature
from steward.spec.model import ModelSpec

Opener = Callable[[Path, str, ModelSpec, ReadLimits, Collection[str]], RowReader | None]
"""Opens a file of a format that not every model has: path, name, declaration, limits, expected columns.

None if the file is of another format.
"""


class ChunkInspector(Protocol):
    """Looks at the rows of a file before they are judged, and has the last word on them."""

    def unlisted(self, chunk: RawChunk | None) -> None:
        """Look at some rows of the columns that the declaration does not name."""

    def look_at(self, chunk: RawChunk) -> None:
        """Look at some rows of the columns that are read."""

    def handle(self, judged: ValidatedChunk) -> ValidatedChunk:
        """What may be stored of the rows."""


_EVENTS = frozenset({"captureData", "groundTruthData"})
"""Keys of the event files of SageMaker, whose reader is loaded for models with a capture section."""

_ROWS_OF_TEXT = 4096
_NUMBERS_AT_A_TIME = 2**22


class RecordFileReader:
    """Reads the rows of a file of one kind after a check of its columns.

    Attributes:
        notes: what the user may want to know about the file as a whole, one sentence each.
        types: what the cells of its columns are, once its first rows were read; empty for CSV, which does not say.
    """

    def __init__(  # noqa: PLR0917 - the file, what it should hold, and what that may cost
        self,
        path: Path,
        name: str,
        spec: ModelSpec,
        kind: RecordKind,
        now: datetime,
        limits: ReadLimits | None = None,
        *,
        opener: Opener | None = None,
        inspector: ChunkInspector | None = None,
    ) -> None:
        """Open it.

        Args:
            path: where the file lies.
            name: what the user called it; an object key will do.
            spec: the declaration.
            kind: what the file holds.
            now: the present, timezone-aware.
            limits: what reading may cost.
            opener: tried before CSV, JSON Lines and Parquet.
            inspector: sees each row before and after it is judged; of columns that are not declared, the first rows.

        Raises:
            BatchInvalid: it is not what its name says, is empty or damaged, or lacks columns.
        """
        self._name = name
        self._inspector = inspector
        narrowed = _narrow_limits(limits or ReadLimits(), spec)
        expected = ExpectedColumns.of(spec, kind)

        def opened() -> tuple[RowReader, bool]:
            special = opener(path, name, spec, narrowed, expected.names) if opener else None
            return special or open_rows(path, name, narrowed, _expectation(spec, expected)), special is not None

        self._rows, special = opened()
        self._times = TimeColumns.of(spec, kind, formatted=not special)

        def every_id() -> Iterator[Ids]:
            for chunk in opened()[0].chunks([spec.columns.id]):
                yield identifiers(chunk.columns[spec.columns.id], spec.columns.id)

        self._judge = RowValidator(spec, kind, now, self._times, RoundedIds(every_id))
        if not special and not _EVENTS.isdisjoint(expected.undeclared(self._rows.names)):
            raise BatchInvalid(
                "capture_undeclared",
                f"the file holds events of SageMaker, and the declaration of {spec.model} does not say how to read "
                "them; add a capture section with the inputs and outputs in their order",
            )
        self.notes = expected.check(self._rows.names, self._rows.format)
        self.types: Mapping[str, CellType] = {}
        self._reopen: Callable[[], RowReader] = lambda: opened()[0]

    @property
    def columns_added(self) -> tuple[str, ...]:
        """The columns met so far that the declaration does not name, in the file's order."""
        return self._judge.expected.undeclared(self._rows.names)

    @property
    def columns_missing(self) -> tuple[str, ...]:
        """The declared columns that the file could do without, and does."""
        return self._judge.expected.absent(self._rows.names)

    @property
    def time_notes(self) -> tuple[str, ...]:
        """How its times were written, where that is not ISO 8601, and their placeholders; once all chunks were read."""
        return self._times.notes

    @property
    def times_without_zone(self) -> tuple[str, ...]:
        """The columns whose times say no zone, so that they are taken to be UTC; once all chunks were read."""
        return self._times.without_zone

    def __iter__(self) -> Iterator[ValidatedChunk]:
        """Read and judge it, once, chunk by chunk.

        Raises:
            BatchInvalid: at any chunk, when the rest proves unreadable; then nothing of the file may be kept.
        """
        expected, found = self._judge.expected, set(self._rows.names)
        nulls = expected.nullable if self._rows.format == "jsonl" else frozenset()
        wanted = [name for name in expected.names if name in found or name in nulls]
        self._look_at_unlisted()
        chunks = self._times.look_ahead(self._rows.chunks(wanted))
        while (judged := self._next(chunks)) is not None:
            yield judged

    def _next(self, chunks: Iterator[RawChunk]) -> ValidatedChunk | None:
        with refuse_panics(self._name):
            raw = next(chunks, None)
            if raw is None:
                return None
            if not self.types:
                self.types = column_types(raw, self._rows.format)
            if self._inspector is None:
                return self._judge.validate(raw)
            self._inspector.look_at(raw)
            return self._inspector.handle(self._judge.validate(raw))

    def _look_at_unlisted(self) -> None:
        """Show the inspector the first rows of the columns that are not declared, which are not read otherwise."""
        unlisted = self.columns_added
        if self._inspector is None or not unlisted:
            return
        with refuse_panics(self._name):
            self._inspector.unlisted(next(self._reopen().chunks(unlisted), None))


def _expectation(spec: ModelSpec, expected: ExpectedColumns) -> ColumnExpectation:
    declared, columns = spec.declared, spec.columns
    numbers = {name for name, feature in declared.items() if isinstance(feature, NumericFeature)}
    numbers.update((*columns.outputs.values(), *columns.operation.values(), *columns.attributions.values()))
    if spec.task == "regression":
        numbers.update(filter(None, (columns.prediction, columns.label)))
    lists = [name for name, feature in declared.items() if isinstance(feature, EmbeddingFeature)]
    return ColumnExpectation(expected.names, numbers, lists)


def _narrow_limits(limits: ReadLimits, spec: ModelSpec) -> ReadLimits:
    """Fewer rows at a time where each is long: some thousands with free text, 16 MiB of embeddings."""
    declared = spec.declared.values()
    rows = [limits.chunk_rows, *(_ROWS_OF_TEXT for feature in declared if isinstance(feature, TextFeature))]
    numbers = sum(feature.dimensions for feature in declared if isinstance(feature, EmbeddingFeature))
    return replace(limits, chunk_rows=min(*rows, max(_NUMBERS_AT_A_TIME // max(numbers, 1), 1)))
