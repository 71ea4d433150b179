"""CSV files, row by row, keeping the raw text of every cell."""

from collections.abc import Collection, Iterator

import numpy as np
from arro3.core import Array, DataType, Field, Schema
from arro3.io import read_csv

from steward.errors import BatchInvalid
from steward.records.backslash_quotes import BackslashQuotes
from steward.records.csv_rows import CsvRow, RowSplitter, split_cells, unbalanced_quotes_error
from steward.records.decimal_commas import DecimalCommas
from steward.records.dialect import read_header
from steward.records.fast_csv import FastRows, split_fast_rows
from steward.records.raw import ColumnExpectation, Format, RawChunk, ReadLimits, Reason, RejectedRow, as_json
from steward.records.text import CHUNK_BYTES, CHUNK_ROWS, NumberedLines, decode_text, printable, too_long

_LOOKED_AT = 4 * 1024**2
"""Bytes of which the clean rows are sought at a time."""


class DelimitedRows:
    """A CSV file (RFC 4180) with a header line, its fields separated by commas, semicolons, tabs or bars.

    Rows that mean the same to every reader go through arro3's, which is fast; what follows a row that is not so clean
    is taken apart row by row, which tells what is wrong with it.

    Args:
        lines: the file.
        limits: what reading may cost.
        expected: the columns that the file should have: their names tell the delimiter.
    """

    format: Format = "csv"

    def __init__(self, lines: NumberedLines, limits: ReadLimits, expected: ColumnExpectation) -> None:
        self._lines = lines
        self._limits = limits
        self._chunk_rows = min(limits.chunk_rows, CHUNK_ROWS)
        self._look_at = _LOOKED_AT
        self._splitter = RowSplitter(lines, limits.maximum_line_bytes)
        header = read_header(lines, self._splitter, expected.names)
        self.names = header.names
        self._delimiter = header.delimiter
        self._padded = header.padded
        self._backslashes = BackslashQuotes(lines.name, header.delimiter)
        self._decimals = None if header.delimiter == "," else DecimalCommas(lines.name, expected.numbers)
        self._needed = max((at for at, name in enumerate(self.names, start=1) if name), default=len(self.names))

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        row = 0
        while chunk := self._clean(row, wanted) or self._careful(row, wanted):
            row += len(chunk.rows) + len(chunk.rejected)
            yield chunk
            del chunk  # its rows are large: they are let go before the next are read
        self._backslashes.verify()
        if row == 0:
            raise BatchInvalid("no_rows", f"{self._lines.name} has a header and no rows; upload a file with rows")

    def _clean(self, before: int, wanted: Collection[str]) -> RawChunk | None:
        """The clean rows that come next; None where none do."""
        if self._padded:
            return None
        lines, most = self._lines, self._limits.chunk_rows
        content = lines.ahead(self._look_at)
        longest = self._limits.maximum_line_bytes
        clean = split_fast_rows(content, len(self.names), self._delimiter, longest=longest, most=most)
        if clean is None:
            return None
        rows, first_line = len(clean.ends), lines.number + 1
        self._look_at = min(_LOOKED_AT, 2 * len(clean.content)) if rows == most else _LOOKED_AT
        lines.skip(len(clean.content), clean.line_ends)
        self._backslashes.add(clean.content, first_line)
        schema = Schema([Field(str(at), DataType.utf8(), nullable=True) for at in range(len(self.names))])
        batch = next(read_csv(clean.content, schema, has_header=False, batch_size=rows, delimiter=self._delimiter))
        return RawChunk(
            rows=np.arange(before + 1, before + rows + 1),
            lines=clean.lines + first_line,
            columns={
                name: self._column(name, batch.column(at)) for at, name in enumerate(self.names) if name in wanted
            },
            rejected=(),
            content=lambda position: self._json(self._cells_at(clean, position)),
        )

    def _cells_at(self, clean: FastRows, position: int) -> list[str]:
        return split_cells(clean.row(position), self._delimiter) or []

    def _column(self, name: str, array: Array) -> Array:
        return self._decimals.column(name, array) if self._decimals else array

    def _json(self, cells: list[str]) -> str:
        row = dict(zip(self.names, cells, strict=True))
        return as_json(self._decimals.row(row) if self._decimals else row)

    def _careful(self, before: int, wanted: Collection[str]) -> RawChunk | None:
        """The rows that come next, clean or not; None at the end of the file."""
        rows, numbers, lines, rejected = [], [], [], []
        row, begin = before, self._lines.taken
        while raw := self._splitter.next_row():
            cells = self._cells(raw)
            if cells is None:
                continue
            row += 1
            if not isinstance(cells, list):
                self._backslashes.count_unfit()
            if isinstance(cells, Reason):
                rejected.append(RejectedRow(row, raw.line, (cells,), as_json(printable(raw.content))))
            elif isinstance(cells, tuple):
                reason, found = cells
                rejected.append(RejectedRow(row, raw.line, (reason,), as_json(found)))
            else:
                rows.append(cells)
                numbers.append(row)
                lines.append(raw.line)
            if row == before + self._chunk_rows or self._lines.taken > begin + CHUNK_BYTES:
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
            name: self._column(name, Array([cells[position] for cells in rows], DataType.utf8()))
            for position, name in enumerate(self.names)
            if name in wanted
        }
        return RawChunk(
            rows=np.array(numbers, np.int64),
            lines=np.array(lines, np.int64),
            columns=columns,
            rejected=tuple(rejected),
            content=lambda position: self._json(rows[position]),
        )

    def _cells(self, row: CsvRow) -> list[str] | tuple[Reason, list[str]] | Reason | None:
        """As many cells as the header has; or why there are not; None where the row is nothing but blanks.

        Raises:
            BatchInvalid: its quotes do not tell where it ends.
        """
        if row.too_long:
            self._backslashes.add_long(row.line, escaped=row.escaped)
            return too_long(row.line, self._limits.maximum_line_bytes)
        self._backslashes.add(row.content, row.line)
        text = decode_text(row.content)
        if text is None:
            return Reason(
                "not_utf8", None, f"line {row.line} holds bytes that are not UTF-8 text; save the file as UTF-8"
            )
        cells = split_cells(text, self._delimiter)
        if cells is None:
            if row.lines > 1:
                raise unbalanced_quotes_error(self._lines.name, row.line, self._lines.number)
            return Reason(
                "malformed",
                None,
                f"line {row.line} is not valid CSV; put text that holds quotes in quotes, double the quotes in it, "
                "and write nothing between a closing quote and what separates two fields",
            )
        if self._padded:
            cells = [cell.lstrip(" ") for cell in cells]
        if len(cells) == 1 < len(self.names) and not cells[0].strip():
            return None
        return self._fit(cells) or (self._wrong_count(cells), cells)

    def _fit(self, cells: list[str]) -> list[str] | None:
        """The cells of a row, without empty ones at its end that have no column, and with those that are left out."""
        columns, found = len(self.names), len(cells)
        if found == columns:
            return cells
        if found > columns:
            return None if any(cells[columns:]) else cells[:columns]
        return cells + [""] * (columns - found) if found >= self._needed else None

    def _wrong_count(self, cells: list[str]) -> Reason:
        found, expected = len(cells), len(self.names)
        return Reason(
            "wrong_field_count",
            None,
            f"the row has {found} field{'s' * (found != 1)} and the header {expected}; put text that holds "
            f"{'commas' if self._delimiter == ',' else 'what separates fields'} in quotes, and leave missing cells "
            "empty",
        )
