"""Text files, plain or compressed, as numbered lines in bounded memory."""

import io
import re
import weakref
from collections.abc import Buffer, Iterator
from pathlib import Path
from typing import Any

from steward.errors import BatchInvalid
from steward.records.compressed import BLOCK, Bounded, Compression, decompress, measure
from steward.records.raw import ReadLimits, Reason

CHUNK_ROWS = 4096
"""Rows of text taken apart at a time: as Python objects they take some kilobytes each, and more are no faster."""

CHUNK_BYTES = 8 * 1024**2
"""Bytes of text taken apart at a time: as Python objects they take ten times as much."""

PIECE_BYTES = 1 << 16
"""Bytes of a line read at a time; as many are kept of one that is too long."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK_LINES = 10_000
_SIGNS = re.compile(rb'"|\r+\n?|\n')
_UNDECODABLE = "surrogateescape"


class _NewlineForReturn(io.RawIOBase):
    """A text file whose lines end in carriage returns alone, as one whose lines end in line feeds."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        block = self._stream.read1(len(view))
        view[: len(block)] = block.replace(b"\r", b"\n")
        return len(block)


class _Returnable:
    """A stream whose last bytes can be given back."""

    def __init__(self, stream: "io.BufferedReader[Any]") -> None:
        self._stream = stream
        self._back = io.BytesIO()

    @property
    def head(self) -> bytes:
        return self._stream.peek(1)

    def read(self, size: int) -> bytes:
        content = self._back.read(size)
        return content if len(content) == size else content + self._stream.read(size - len(content))

    def readline(self, size: int) -> bytes:
        line = self._back.readline(size)
        return line if len(line) == size or line.endswith(b"\n") else line + self._stream.readline(size - len(line))

    def unread(self, content: bytes) -> None:
        self._back = io.BytesIO(content + self._back.read())


class NumberedLines:
    """The lines of a text file, decoded as UTF-8 with or without a byte order mark, with their line ends.

    A line that is not UTF-8, or is longer than the limit, is still given, and its number kept, so that only its row is
    lost. Lines end in line feeds, with a carriage return before or not, or, in the whole file, in carriage returns.

    Attributes:
        name: what the user called the file.
        number: the line given last, from 1.
        taken: bytes of the lines given so far.
        undecodable: numbers of lines given so far that hold bytes that are not UTF-8 text.
        too_long: numbers of lines given so far of which only the first 64 KiB were given.
    """

    def __init__(self, path: Path, name: str, compression: Compression | None, limits: ReadLimits) -> None:
        self.name = name
        self.number = 0
        self.taken = 0
        self.undecodable: set[int] = set()
        self.too_long: set[int] = set()
        self._limits = limits
        self._blank = 0
        self._whole = True
        if compression:
            measure(path, name, compression, limits)
        file = path.open("rb")
        weakref.finalize(self, file.close)  # however reading ends, also when it is given up half way
        bounded = Bounded(decompress(file, compression), name, limits.maximum_expanded_bytes)
        stream = io.BufferedReader(bounded, BLOCK)
        if stream.peek(1).startswith(_BYTE_ORDER_MARK):
            stream.read(len(_BYTE_ORDER_MARK))
        if _ends_in_returns(stream.peek(1)):
            self._stream = _Returnable(io.BufferedReader(_NewlineForReturn(stream), BLOCK))
        else:
            self._stream = _Returnable(stream)

    @property
    def head(self) -> bytes:
        """The first bytes, left unread; empty for an empty file."""
        return self._stream.head

    def ahead(self, size: int) -> bytes:
        """About so many bytes that come next, not given yet; the last line of the file ends like all others.

        Raises:
            BatchInvalid: they cannot be decompressed, or expand too far.
        """
        content = self._stream.read(size)
        self._stream.unread(content)
        return content if len(content) == size or not content or content.endswith(b"\n") else content + b"\n"

    def skip(self, size: int, lines: int) -> None:
        """Go past so many bytes of what is ahead, which are so many whole lines, none of them blank."""
        self._stream.read(size)
        self.number += lines
        self.taken += size
        self._blank = 0

    def piece(self) -> bytes:
        """The next line, or at most 64 KiB of it; empty at the end of the file.

        Raises:
            BatchInvalid: the rest cannot be decompressed, or expands too far.
        """
        piece = self._stream.readline(PIECE_BYTES)
        if not piece:
            return piece
        self.number += self._whole
        self._whole = piece.endswith(b"\n")
        self.taken += len(piece)
        return piece

    def count_blank(self, *, blank: bool) -> None:
        """Count blank lines in a row.

        Raises:
            BatchInvalid: there are more than 10,000.
        """
        self._blank = self._blank + 1 if blank else 0
        if self._blank > _BLANK_LINES:
            raise BatchInvalid(
                "malformed",
                f"{self.name} has more than {_BLANK_LINES:,} blank lines in a row, up to line {self.number}; "
                "write one record a line and nothing between",
            )

    def __iter__(self) -> Iterator[str]:
        """Line by line.

        Raises:
            BatchInvalid: the rest cannot be decompressed, or expands too far, or is blank for too long.
        """
        return self

    def __next__(self) -> str:
        line = self._line()
        if not line:
            raise StopIteration
        if self._blank or line.isspace():
            self.count_blank(blank=line.isspace())
        text = decode_text(line)
        if text is None:
            self.undecodable.add(self.number)
            return line.decode(errors=_UNDECODABLE)
        return text

    def _line(self) -> bytes:
        """The next line; of one that is too long, its beginning."""
        line = self.piece()
        if self._whole or not line:
            return line
        pieces, size, ended = [line], len(line), False
        while not ended and size <= self._limits.maximum_line_bytes and (piece := self.piece()):
            pieces.append(piece)
            size += len(piece)
            ended = piece.endswith(b"\n")
        if size <= self._limits.maximum_line_bytes:
            return b"".join(pieces)
        self.too_long.add(self.number)
        while not ended and (piece := self.piece()):
            ended = piece.endswith(b"\n")
        return pieces[0]


def _ends_in_returns(head: bytes) -> bool:
    """Whether the first line end that is not inside quotes is a carriage return without a line feed."""
    quotes = 0
    for sign in _SIGNS.finditer(head):
        if sign[0] == b'"':
            quotes += 1
        elif quotes % 2 == 0:
            return not sign[0].endswith(b"\n") and sign.end() < len(head)
    return False


def too_long(line: int, limit: int) -> Reason:
    """Why a row of which only the beginning was read is refused."""
    return Reason(
        "row_too_long",
        None,
        f"the row that begins in line {line:,} is longer than {limit:,} bytes; its first {PIECE_BYTES:,} bytes at most "
        "are kept here, and all of it in the upload; shorten its text",
    )


def decode_text(content: bytes) -> str | None:
    """The text of some bytes; None where they are not UTF-8 text."""
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def printable(content: bytes | str) -> str:
    r"""The text with every undecodable byte written out, so that it can be stored.

    >>> printable(b"caf\xe9")
    'caf\\xe9'
    """
    raw = content.encode(errors=_UNDECODABLE) if isinstance(content, str) else content
    return raw.decode(errors="backslashreplace")
