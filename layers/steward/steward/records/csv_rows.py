"""Splits CSV text into rows, respecting quotes.

In a file that RFC 4180 allows, this finds the rows whatever their cells hold. Decision record 0022 says what becomes of
a file that has other quotes.
"""

from dataclasses import dataclass

import numpy as np

from steward.errors import BatchInvalid
from steward.records.text import PIECE_BYTES, NumberedLines

_QUOTE = b'"'
_BESIDE = np.frombuffer(b' ,;\t|\n\r"', np.uint8)
"""What may stand before an opening quote or after a closing one, in any dialect."""
_LOOKED_AT = 1 << 18


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row.

    Attributes:
        line: the line that it begins on, from 1.
        lines: how many it spans.
        content: its bytes with the line end; of a row that is too long, its first 64 KiB.
        too_long: whether it is longer than the limit.
        escaped: whether it is so, and a backslash comes before one of its quotes.
    """

    line: int
    lines: int
    content: bytes
    too_long: bool = False
    escaped: bool = False


class RowSplitter:
    """Reads the rows of a CSV file one by one, in bounded memory. Blank lines are not rows.

    Args:
        lines: the file.
        longest: bytes that a row may have.
    """

    def __init__(self, lines: NumberedLines, longest: int) -> None:
        self._lines = lines
        self._longest = longest

    def next_row(self) -> CsvRow | None:
        """The next row; None at the end of the file.

        Raises:
            BatchInvalid: a quote is never closed, so that nothing after it can be told apart.
        """
        while row := self._next():
            blank = not row.content.strip(b"\r\n")
            self._lines.count_blank(blank=blank)
            if not blank:
                return row
        return None

    def _next(self) -> CsvRow | None:
        pieces: list[bytes] = []
        size = quotes = 0
        first = self._lines.number + 1
        escaped, last = False, b""
        places: _QuotePlaces | None = None
        while piece := self._lines.piece():
            size += len(piece)
            quotes += piece.count(_QUOTE)
            pieces.append(piece)
            escaped |= b'\\"' in piece or (last == b"\\" and piece.startswith(_QUOTE))
            last = piece[-1:]
            if places:
                places.add(pieces.pop())
            elif size > self._longest:
                places = _QuotePlaces()
                places.add(b"".join(pieces))
                pieces = [b"".join(pieces)[:PIECE_BYTES]]
            if quotes % 2 == 0 and piece.endswith(b"\n"):
                break
        if not pieces:
            return None
        if quotes % 2:
            raise unbalanced_quotes_error(self._lines.name, first, self._lines.number)
        long = places is not None
        row = CsvRow(first, self._lines.number - first + 1, b"".join(pieces), too_long=long, escaped=long and escaped)
        if places and row.lines > 1 and places.misplaced:
            raise unbalanced_quotes_error(self._lines.name, first, self._lines.number)
        return row


def unbalanced_quotes_error(name: str, first: int, last: int) -> BatchInvalid:
    """The error of a file whose rows cannot be told apart."""
    return BatchInvalid(
        "unbalanced_quotes",
        f"the row of {name} that begins in line {first:,} goes on to line {last:,}, since it has a quote that is not "
        "closed, or quotes inside a field that are not doubled; so no one can tell which lines are rows and which are "
        "text inside quotes, and none is taken in. Put text that holds quotes in quotes, double the quotes in it, and "
        "upload the whole file again",
    )


def split_cells(row: str, delimiter: str) -> list[str] | None:
    """The cells of one row; None where its quotes are not placed as RFC 4180 asks.

    Blanks around a cell in quotes do not count. Quotes inside a cell that has none around it are taken as they are.

    >>> split_cells('1, "two, or 2",4" x 3"', ",")
    ['1', 'two, or 2', '4" x 3"']
    >>> split_cells('1,"two" or 2', ",") is None
    True
    """
    text = row.rstrip("\r\n")
    if '"' not in text:
        return None if "\r" in text else text.split(delimiter)
    cells: list[str] = []
    pending: list[str] = []
    quotes = 0
    for part in text.split(delimiter):
        pending.append(part)
        quotes += part.count('"')
        if quotes % 2 == 0:
            cell = _unquote(delimiter.join(pending), parts=len(pending))
            if cell is None:
                return None
            cells.append(cell)
            pending = []
    return None if pending else cells


def _unquote(cell: str, parts: int) -> str | None:
    bare = cell.strip(" ")
    if not bare.startswith('"'):
        alone = parts == 1 and "\n" not in cell and "\r" not in cell
        return cell if alone else None
    inside = bare[1:-1]
    if len(bare) == 1 or not bare.endswith('"') or '"' in inside.replace('""', ""):
        return None
    return inside.replace('""', '"')


class _QuotePlaces:
    """Whether the quotes of a long row stand where they open or close a cell, or are doubled; piece by piece."""

    def __init__(self) -> None:
        self._misplaced = False
        self._open = False
        self._unseen = bytearray(b"\n")

    def add(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._unseen += piece
        if len(self._unseen) > _LOOKED_AT:
            self._look()

    @property
    def misplaced(self) -> bool:
        """Whether one does not, once all pieces were taken in."""
        self._unseen += b"\n"
        self._look()
        return self._misplaced

    def _look(self) -> None:
        """Look at all bytes but the first, which was looked at, and the last, which is looked at with what follows."""
        signs = np.frombuffer(bytes(self._unseen), np.uint8)
        at = np.flatnonzero(signs[1:-1] == _QUOTE[0]) + 1
        opening, closing = at[int(self._open) :: 2], at[int(not self._open) :: 2]
        fit = np.isin(signs[opening - 1], _BESIDE).all() and np.isin(signs[closing + 1], _BESIDE).all()
        self._misplaced |= not fit
        self._open ^= bool(len(at) % 2)
        self._unseen = self._unseen[-2:]
