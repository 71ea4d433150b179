"""Text files, plain or compressed, as numbered lines in bounded memory."""

import gzip
import io
import weakref
import zlib
from collections.abc import Buffer, Iterator
from pathlib import Path
from typing import Literal, Protocol

import zstandard

from steward.errors import BatchInvalid
from steward.records.raw import Limits

Compression = Literal["gzip", "zstd"]

CHUNK_ROWS = 4096
"""Rows of text taken apart at a time: as Python objects they take some kilobytes each, and more are no faster."""

CHUNK_BYTES = 8 * 1024**2
"""Bytes of text taken apart at a time: as Python objects they take ten times as much."""

_BLOCK = 1 << 18
_ZSTD_PIECE = 1 << 8
"""Compressed bytes fed at a time: a block of 128 KiB can take four bytes, so this much gives 8 MiB at most."""
_ZSTD_WINDOW = 1 << 27
"""What the zstd command itself accepts by default."""
_BLANK_LINES = 10_000
_UNDECODABLE = "surrogateescape"


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _ZstdFile:
    """Decompressed bytes of one or more frames; EOFError when the last is cut off, which stream_reader lets pass."""

    def __init__(self, source: _Readable) -> None:
        self._source = source
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ready = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        while not self._ready:
            piece = self._source.read(_ZSTD_PIECE)
            if not piece:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._feed(piece)
        block, self._ready = self._ready[:size], self._ready[size:]
        return bytes(block)

    def _feed(self, piece: bytes) -> None:
        parts = []
        while piece:
            frame = self._frame or zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            parts.append(frame.decompress(piece))
            self._frame = None if frame.eof else frame
            piece = frame.unused_data if frame.eof else b""
        self._ready = memoryview(b"".join(parts))


class _Bounded(io.RawIOBase):
    """Counts what it hands out, and turns the errors of decompressors into the domain's."""

    def __init__(self, source: _Readable, name: str, limit: int) -> None:
        self._source = source
        self._name = name
        self._limit = limit
        self._total = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        try:
            block = self._source.read(len(view))
        except EOFError as error:
            raise BatchInvalid(
                "truncated", f"{self._name} ends in the middle of its compressed data; upload the whole file again"
            ) from error
        except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise BatchInvalid(
                "corrupt", f"{self._name} cannot be decompressed ({error}); compress and upload the file again"
            ) from error
        self._total += len(block)
        if self._total > self._limit:
            raise BatchInvalid(
                "expands_too_far",
                f"{self._name} expands to more than {self._limit:,} bytes; split it into smaller files",
            )
        view[: len(block)] = block
        return len(block)


class _Returnable:
    """A stream whose last bytes can be given back."""

    def __init__(self, stream: io.BufferedReader) -> None:
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


class Lines:
    """The lines of a text file, decoded as UTF-8 with or without a byte order mark, with their line ends.

    A line that is not UTF-8 is still given, and its number kept in `undecodable`, so that only its row is lost.

    Attributes:
        name: what the user called the file.
        number: the line given last, from 1.
        taken: bytes of the lines given so far.
        undecodable: numbers of lines given so far that hold bytes that are not UTF-8 text.
    """

    def __init__(self, path: Path, name: str, compression: Compression | None, limits: Limits) -> None:
        self.name = name
        self.number = 0
        self.taken = 0
        self.undecodable: set[int] = set()
        self._limits = limits
        self._blank = 0
        if compression:
            _measure(path, name, compression, limits)
        file = path.open("rb")
        weakref.finalize(self, file.close)  # however reading ends, also when it is given up half way
        bounded = _Bounded(_decompressed(file, compression), name, limits.maximum_expanded_bytes)
        self._stream = _Returnable(io.BufferedReader(bounded, _BLOCK))
        self._pushed_back: list[str] = []

    @property
    def head(self) -> bytes:
        """The first bytes, left unread; empty for an empty file."""
        return self._stream.head

    def ahead(self, size: int) -> bytes:
        """About so many bytes that come next, not given yet; the last line of the file ends like all others.

        Raises:
            BatchInvalid: they cannot be decompressed, or expand too far.
        """
        if self._pushed_back or not self.number:
            return b""
        content = self._stream.read(size)
        self._stream.unread(content)
        return content if len(content) == size or not content or content.endswith(b"\n") else content + b"\n"

    def skip(self, size: int, lines: int) -> None:
        """Go past so many bytes of what is ahead, which are so many whole lines, none of them blank."""
        self._stream.read(size)
        self.number += lines
        self.taken += size
        self._blank = 0

    def push_back(self, lines: list[str]) -> None:
        """Give these lines, which were the last ones given, again."""
        self._pushed_back = lines[::-1] + self._pushed_back
        self.number -= len(lines)

    def __iter__(self) -> Iterator[str]:
        """Line by line.

        Raises:
            BatchInvalid: the rest cannot be decompressed, expands too far, or has a line longer than the limit.
        """
        return self

    def __next__(self) -> str:
        self.number += 1
        if self._pushed_back:
            return self._pushed_back.pop()
        line = self._stream.readline(self._limits.maximum_line_bytes + 1)
        if not line:
            self.number -= 1
            raise StopIteration
        if len(line) > self._limits.maximum_line_bytes:
            raise BatchInvalid(
                "line_too_long",
                f"line {self.number} of {self.name} is longer than {self._limits.maximum_line_bytes:,} bytes; "
                "write one record a line",
            )
        self.taken += len(line)
        self._blank = self._blank + 1 if line.isspace() else 0
        if self._blank > _BLANK_LINES:
            raise BatchInvalid(
                "malformed",
                f"{self.name} has more than {_BLANK_LINES:,} blank lines in a row, up to line {self.number}; "
                "write one record a line and nothing between",
            )
        return self._decoded(line)

    def _decoded(self, line: bytes) -> str:
        if self.number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in line:
            self.undecodable.add(self.number)
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.undecodable.add(self.number)
            return line.decode(errors=_UNDECODABLE)


def _measure(path: Path, name: str, compression: Compression, limits: Limits) -> None:
    """Decompress once to nowhere: a bomb is refused in seconds, before its rows cost the time to take them apart."""
    with path.open("rb") as file:
        bounded = io.BufferedReader(
            _Bounded(_decompressed(file, compression), name, limits.maximum_expanded_bytes), _BLOCK
        )
        while bounded.read(_BLOCK):
            pass


def printable(text: str) -> str:
    r"""The text with every undecodable byte written out, so that it can be stored.

    >>> printable(b"caf\xe9".decode(errors="surrogateescape"))
    'caf\\xe9'
    """
    return text.encode(errors=_UNDECODABLE).decode(errors="backslashreplace")


def _decompressed(file: io.BufferedReader, compression: Compression | None) -> _Readable:
    match compression:
        case "gzip":
            return gzip.GzipFile(fileobj=file)
        case "zstd":
            return _ZstdFile(file)
        case None:
            return file
