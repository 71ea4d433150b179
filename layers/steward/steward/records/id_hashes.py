"""Sorted hashes of a batch's ids by window, eight bytes each, for comparison with other batches.

A file of 64-bit words, little-endian: the hashes of each window in ascending order; for each window its start
(microseconds since 1970) and the number of its hashes; the number of windows; and a word that says what this is. So it
is written in one pass, and read from its end without loading the hashes.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np

from steward.records.hashing import Hashes

_FORMAT = int.from_bytes(b"IDHASH\x00\x01", "big")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAIL = 2
_PIECE = 1 << 20


class NoIdHashes(ValueError):
    """A file is none of these, or was cut off."""


class IdHashes:
    """The id hashes of one batch, on disk."""

    def __init__(self, words: Hashes, places: dict[datetime, slice]) -> None:
        self._words = words
        self._places = places

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open what `write` wrote.

        Raises:
            NoIdHashes: it is something else.
        """
        size = path.stat().st_size
        if size < 8 * _TAIL or size % 8:
            raise NoIdHashes(f"{path} has {size} bytes")
        words: Hashes = np.memmap(path, "<u8", "r")
        windows, written = (int(word) for word in words[-_TAIL:])
        if written != _FORMAT or 2 * windows + _TAIL > len(words):
            raise NoIdHashes(f"{path} holds something else")
        index = np.asarray(words[len(words) - _TAIL - 2 * windows : len(words) - _TAIL]).view(np.int64).reshape(-1, 2)
        ends = np.cumsum(index[:, 1]).tolist()
        if (ends[-1] if ends else 0) != len(words) - _TAIL - 2 * windows:
            raise NoIdHashes(f"{path} was cut off")
        begins = [0, *ends]
        return cls(
            words,
            {
                _EPOCH + timedelta(microseconds=start): slice(begin, end)
                for start, begin, end in zip(index[:, 0].tolist(), begins, ends, strict=False)
            },
        )

    def __len__(self) -> int:
        """How many there are."""
        return sum(place.stop - place.start for place in self._places.values())

    def of_window(self, start: datetime) -> Hashes:
        """Those of the window that begins then, ascending; none where the batch has nothing in it."""
        return self._words[self._places.get(start, slice(0))]

    def windows_with(self, wanted: np.uint64) -> list[datetime]:
        """The starts of the windows that have a hash."""
        return [start for start in self._places if is_in(np.array([wanted]), self.of_window(start))[0]]


def write_id_hashes(path: Path, windows: Iterable[tuple[datetime, Hashes]]) -> None:
    """Write the hashes of each window, which need not be sorted; the same hashes give the same bytes.

    Args:
        path: the file.
        windows: the start of each, with the hashes of the batch's ids in it, shape (rows,).
    """
    index: list[tuple[int, int]] = []
    with path.open("wb") as file:
        for start, hashes in windows:
            file.write(np.sort(hashes).astype("<u8", copy=False).data)
            index.append(((start - _EPOCH) // timedelta(microseconds=1), len(hashes)))
        file.write(np.array(index, "<i8").tobytes() + np.array([len(index), _FORMAT], "<u8").tobytes())


def common(hashes: Hashes, ascending: Hashes) -> Hashes:
    """Those of some hashes that are among others.

    Args:
        hashes: in any order, shape (n,); may be a file's.
        ascending: shape (m,).
    """
    if not len(ascending):
        return np.empty(0, np.uint64)
    pieces = (hashes[at : at + _PIECE] for at in range(0, len(hashes), _PIECE))
    return np.concatenate([np.empty(0, np.uint64), *(piece[is_in(piece, ascending)] for piece in pieces)])


def overlap(one: Hashes, other: Hashes) -> bool:
    """Whether two have any in common; both ascend."""
    if not len(one) or not len(other) or one[-1] < other[0] or other[-1] < one[0]:
        return False
    few, many = (one, other) if len(one) < len(other) else (other, one)
    return bool(is_in(few, many).any())


def is_in(hashes: Hashes, ascending: Hashes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each of some hashes is among others that ascend, shape (n,)."""
    if not len(ascending):
        return np.zeros(len(hashes), np.bool_)
    at = np.searchsorted(ascending, hashes)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = ascending[at.clip(max=len(ascending) - 1)] == hashes
    return found
