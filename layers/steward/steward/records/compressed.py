"""Compressed text files as streams of bytes that expand no further than a limit."""

import gzip
import io
import zlib
from collections.abc import Buffer, Iterator
from pathlib import Path
from typing import Literal, Protocol

import zstandard

from steward.errors import BatchInvalid
from steward.records.raw import ReadLimits

Compression = Literal["gzip", "zstd"]

BLOCK = 1 << 18
"""Bytes read at a time."""

_ZSTD_PIECE = 1 << 8
"""Compressed bytes fed at a time: a block of 128 KiB can take four bytes, so this much gives 8 MiB at most."""
_ZSTD_WINDOW = 1 << 27
"""What the zstd command itself accepts by default."""


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


class Bounded(io.RawIOBase):
    """Counts what it hands out, and turns the errors of decompressors into the domain's."""

    def __init__(self, source: _Readable, name: str, limit: int) -> None:
        self._source = source
        self._name = name
        self._limit = limit
        self._total = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read some bytes; how many."""
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


def blocks(path: Path, name: str, compression: Compression | None, limits: ReadLimits) -> Iterator[bytes]:
    """The bytes of a file, 256 KiB at a time.

    Raises:
        BatchInvalid: it cannot be decompressed, or expands too far.
    """
    with path.open("rb") as file:
        bounded = Bounded(decompress(file, compression), name, limits.maximum_expanded_bytes)
        buffered = io.BufferedReader(bounded, BLOCK)
        while block := buffered.read(BLOCK):
            yield block


def measure(path: Path, name: str, compression: Compression, limits: ReadLimits) -> None:
    """Decompress once to nowhere: a bomb is refused in seconds, before its rows cost the time to take them apart."""
    for _ in blocks(path, name, compression, limits):
        pass


def decompress(file: io.BufferedReader, compression: Compression | None) -> _Readable:
    """The bytes that a file is made of, before it was compressed."""
    match compression:
        case "gzip":
            return gzip.GzipFile(fileobj=file)
        case "zstd":
            return _ZstdFile(file)
        case None:
            return file
