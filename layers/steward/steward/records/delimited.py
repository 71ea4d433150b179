"""Comma-separated files, row by row, keeping the raw text of every cell."""

import csv
from collections.abc import Collection, Iterator

import numpy as np
from arro3.core import Array, DataType, Field, Schema
from arro3.io import read_csv

from steward.errors import BatchInvalid
from steward.records.clean import CleanRows, clean_rows
from steward.records.raw import Format, Limits, RawChunk, Reason, RejectedRow, as_json
from steward.records.text import CHUNK_BYTES, CHUNK_ROWS, Lines, printable

_MAXIMUM_RESYNCHRONISATIONS = 1000
"""Each may read the same 128 KiB again: more of them than this is not a file with a few stray quotes."""


_LOOKED_AT = 4 * 1024**2
"""Bytes of which the clean rows are sought at a time."""


class DelimitedRows:
    """A CSV file (RFC 4180) with a header line.

    Rows that mean the same to every reader go through arro3's, which is fast; whatever follows a row that is not so
    clean through Python's own, which can tell what is wrong with it.
    """

    format: Format = "csv"

    def __init__(self, lines: Lines, limits: Limits) -> None:
        self._lines = _Recorded(lines)
        self._limits = limits
        self._chunk_rows = min(limits.chunk_rows, CHUNK_ROWS)
        self._look_at = _LOOKED_AT
        self._rows = csv.reader(self._lines, strict=True)
        self._resynchronisations = 0
        self.names = self._header()

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        row = 0
        while chunk := self._clean(row, wanted) or self._careful(row, wanted):
            row += len(chunk.rows) + len(chunk.rejected)
            yield chunk
            del chunk  # its rows are large: they are let go before the next are read
        if row == 0:
            raise BatchInvalid(
                "no_rows", f"{self._lines.source.name} has a header and no rows; upload a file with rows"
            )

    def _clean(self, before: int, wanted: Collection[str]) -> RawChunk | None:
        """The clean rows that come next; None where none do."""
        source, most = self._lines.source, self._limits.chunk_rows
        content = source.ahead(self._look_at)
        clean = clean_rows(content, len(self.names), longest_line=self._limits.maximum_line_bytes, most=most)
        if clean is None:
            return None
        rows, first_line = len(clean.ends), source.number + 1
        self._look_at = min(_LOOKED_AT, 2 * len(clean.content)) if rows == most else _LOOKED_AT
        source.skip(len(clean.content), clean.line_ends)
        schema = Schema([Field(str(at), DataType.utf8(), nullable=True) for at in range(len(self.names))])
        batch = next(read_csv(clean.content, schema, has_header=False, batch_size=rows))
        return RawChunk(
            rows=np.arange(before + 1, before + rows + 1),
            lines=clean.lines + first_line,
            columns={name: batch.column(at) for at, name in enumerate(self.names) if name in wanted},
            rejected=(),
            content=lambda position: as_json(dict(zip(self.names, _taken_apart(clean, position), strict=True))),
        )

    def _careful(self, before: int, wanted: Collection[str]) -> RawChunk | None:
        """The rows that come next, clean or not; None at the end of the file."""
        rows, numbers, lines, rejected = [], [], [], []
        row, begin = before, self._lines.source.taken
        for line, cells in self._cells():
            row += 1
            if isinstance(cells, Reason):
                content = as_json(printable("".join(self._lines.current)))
                rejected.append(RejectedRow(row, line, (cells,), content))
            elif len(cells) != len(self.names):
                rejected.append(RejectedRow(row, line, (self._wrong_count(cells),), as_json(cells)))
            else:
                rows.append(cells)
                numbers.append(row)
                lines.append(line)
            if row == before + self._chunk_rows or self._lines.source.taken > begin + CHUNK_BYTES:
                break
        return self._chunk(rows, numbers, lines, rejected, wanted) if row > before else None

    def _chunk(
        self,
        rows: list[list[str]],
        numbers: list[int],
        lines: list[int],
        rejected: list[RejectedRow],
        wanted: Collection[str],
    ) -> RawChunk:
        columns = {
            name: Array([cells[position] for cells in rows], DataType.utf8())
            for position, name in enumerate(self.names)
            if name in wanted
        }
        return RawChunk(
            rows=np.array(numbers, np.int64),
            lines=np.array(lines, np.int64),
            columns=columns,
            rejected=tuple(rejected),
            content=lambda position: as_json(dict(zip(self.names, rows[position], strict=True))),
        )

    def _cells(self) -> Iterator[tuple[int, list[str] | Reason]]:
        """Each row's first line with its cells, or with the reason why it has none. Blank lines are not rows."""
        undecodable = self._lines.source.undecodable
        while True:
            line = self._lines.begin()
            try:
                cells = next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, self._malformed(line, str(error))
                continue
            if not cells:
                continue
            if undecodable and not undecodable.isdisjoint(range(line, self._lines.source.number + 1)):
                yield (
                    line,
                    Reason(
                        "not_utf8", None, f"line {line} holds bytes that are not UTF-8 text; save the file as UTF-8"
                    ),
                )
            else:
                yield line, cells

    def _malformed(self, line: int, error: str) -> Reason:
        """Where a quote swallowed the following lines, give them back, so that only this line is lost."""
        self._lines.keep_first()
        self._resynchronisations += 1
        if self._resynchronisations > _MAXIMUM_RESYNCHRONISATIONS:
            raise BatchInvalid(
                "malformed",
                f"{self._lines.source.name} is malformed in more than {_MAXIMUM_RESYNCHRONISATIONS:,} lines, "
                f"the last being {line} ({error}); put text that holds quotes in quotes, and double the quotes in it",
            )
        return Reason(
            "malformed",
            None,
            f"line {line} is not valid CSV ({error}); close every quote, and double the quotes inside quoted text",
        )

    def _wrong_count(self, cells: list[str]) -> Reason:
        found, expected = len(cells), len(self.names)
        return Reason(
            "wrong_field_count",
            None,
            f"the row has {found} field{'s' * (found != 1)} and the header {expected}; put text that holds commas in "
            "quotes, and leave missing cells empty",
        )

    def _header(self) -> tuple[str, ...]:
        name = self._lines.source.name
        _, cells = next(self._cells(), (0, None))
        if cells is None:
            raise BatchInvalid("empty_file", f"{name} holds nothing but blank lines; upload a file with rows")
        if isinstance(cells, Reason):
            raise BatchInvalid(cells.code, f"the header of {name} cannot be read: {cells.message}")
        return tuple(cell.strip() for cell in cells)


def _taken_apart(clean: CleanRows, at: int) -> list[str]:
    return next(csv.reader([clean.row(at)], strict=True))


class _Recorded:
    """Passes lines on to the parser, and remembers those of the row it is at."""

    def __init__(self, source: Lines) -> None:
        self.source = source
        self.current: list[str] = []

    def begin(self) -> int:
        """A new row; the number of the line it will begin on."""
        self.current.clear()
        return self.source.number + 1

    def keep_first(self) -> None:
        """Give every line after the row's first one again."""
        self.source.push_back(self.current[1:])
        del self.current[1:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.source)
        self.current.append(line)
        return line
