"""64-bit hashes of texts and of positions, the same on every machine and for ever.

Bottom-k samples and vocabularies are kept by these, so they are part of the stored format: a change of a constant here
makes stored samples incomparable.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_BLOCK = 65_536
"""Texts laid out at a time."""

_LONGEST = 256
"""Bytes of a text that are looked at one by one; a longer one stands for its BLAKE2b digest."""

_SEED = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)


def text_hashes(texts: NDArray[np.object_] | Sequence[str]) -> Hashes:
    """A hash of each text.

    The UTF-8 bytes, filled up with zeros to whole words of eight, little-endian; from the length on, each word is
    joined in by exclusive or, multiplied by an odd constant, and the upper half folded into the lower; then `mixed`.
    A text of more than 256 bytes is hashed as the 32 hexadecimal digits of its BLAKE2b digest of 16 bytes.

    Args:
        texts: str, shape (rows,).

    Returns:
        uint64, shape (rows,); equal texts have equal hashes, wherever they stand.

    >>> [f"{value:016x}" for value in text_hashes(["a", "b", "a"]).tolist()]
    ['6b80a427cd562ab5', 'c5a2fb2e41adf6b9', '6b80a427cd562ab5']
    """
    cells: list[str] = texts.tolist() if isinstance(texts, np.ndarray) else list(texts)
    parts = [_hashed(cells[start : start + _BLOCK]) for start in range(0, len(cells), _BLOCK)]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def hashed_names(names: Sequence[str]) -> tuple[str, ...]:
    """The hash of each name, as 16 hexadecimal digits that stand for it where the name itself must not be kept.

    >>> hashed_names(["a"])
    ('6b80a427cd562ab5',)
    """
    return tuple(f"{value:016x}" for value in text_hashes(names).tolist())


def position_hashes(positions: NDArray[np.unsignedinteger]) -> Hashes:
    """A hash of each position, for rows that have no name.

    The upper half is `mixed_short` of the position's lower 32 bits, so that a reader who wants only small hashes can
    leave out most rows early; the lower half that of the upper 32 bits and the first half together.

    Args:
        positions: at least 0, any shape.
    """
    short = positions.astype(np.uint32)
    upper = mixed_short(short)
    lower = mixed_short((positions.astype(np.uint64) >> _HALF).astype(np.uint32) ^ upper ^ np.uint32(0x9E3779B9))
    return (upper.astype(np.uint64) << _HALF) | lower


def mixed(words: Hashes) -> Hashes:
    """A bijection of 64-bit words whose every output bit depends on every input bit.

    Source: the finaliser of splitmix64: G. L. Steele, D. Lea and C. H. Flood (2014), Fast splittable pseudorandom
    number generators, OOPSLA, 453-472, with the constants of D. Stafford's variant 13.
    """
    mixture = words ^ (words >> np.uint64(30))
    mixture *= np.uint64(0xBF58476D1CE4E5B9)
    mixture ^= mixture >> np.uint64(27)
    mixture *= np.uint64(0x94D049BB133111EB)
    mixture ^= mixture >> np.uint64(31)
    return mixture


def mixed_short(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The same for 32-bit words, several times as fast.

    Source: the finaliser of MurmurHash3 (A. Appleby, 2011, public domain).
    """
    mixture = words ^ (words >> np.uint32(16))
    mixture *= np.uint32(0x85EBCA6B)
    mixture ^= mixture >> np.uint32(13)
    mixture *= np.uint32(0xC2B2AE35)
    mixture ^= mixture >> np.uint32(16)
    return mixture


def _hashed(cells: list[str]) -> Hashes:
    content = "".join(cells).encode("utf-8", "surrogatepass")
    lengths = np.fromiter(map(len, cells), np.int64, len(cells))
    if len(content) != lengths.sum() or lengths.max() > _LONGEST:
        encoded = [_bounded(cell.encode("utf-8", "surrogatepass")) for cell in cells]
        content = b"".join(encoded)
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    words = _words(content, lengths)
    hashes = lengths.astype(np.uint64) * _SEED
    for at, column in enumerate(words.T):
        reaches = lengths > 8 * at
        if reaches.all():
            hashes = _joined(hashes, column)
        else:
            hashes[reaches] = _joined(hashes[reaches], column[reaches])
    return mixed(hashes)


def _words(content: bytes, lengths: NDArray[np.int64]) -> Hashes:
    """The bytes of each text as whole words, shape (rows, words of the longest)."""
    width = -(-int(lengths.max()) // 8) * 8
    laid = np.zeros((len(lengths), width), np.uint8)
    if lengths.min() == lengths.max():
        laid[:, : lengths[0]] = np.frombuffer(content, np.uint8).reshape(len(lengths), -1)
    else:
        laid[np.arange(width) < lengths[:, None]] = np.frombuffer(content, np.uint8)
    return laid.view("<u8").astype(np.uint64, copy=False)


def _joined(hashes: Hashes, words: Hashes) -> Hashes:
    joined = hashes ^ words
    joined *= _STEP
    joined ^= joined >> _HALF
    return joined


def _bounded(text: bytes) -> bytes:
    return text if len(text) <= _LONGEST else hashlib.blake2b(text, digest_size=16).hexdigest().encode()
