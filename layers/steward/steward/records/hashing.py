"""64-bit hashes of texts and of positions, the same on every machine and for ever.

Bottom-k samples and vocabularies are kept by these, so they are part of the stored format: a change of a constant here
makes stored samples incomparable.
"""

from collections.abc import Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh64_intdigest

Hashes = NDArray[np.uint64]

_SPARK_SEED = 42
_HALF = np.uint64(32)


def text_hashes(texts: NDArray[np.object_] | Sequence[str]) -> Hashes:
    """The XXH64 hash of each text's UTF-8 bytes, with seed 42: what `xxhash64` of Spark SQL gives, read as unsigned.

    Args:
        texts: str, shape (rows,); half of a surrogate pair, which JSON may hold, counts as its three bytes.

    Returns:
        uint64, shape (rows,); equal texts have equal hashes, wherever they stand.

    Source: Y. Collet, xxHash fast digest algorithm, specification 0.1.1.

    >>> text_hashes(["ABC", "a", "ABC"]).tolist()
    [4105715581806190027, 9864288744972464332, 4105715581806190027]
    """
    cells: list[str] = texts.tolist() if isinstance(texts, np.ndarray) else list(texts)
    try:
        return np.fromiter(map(xxh64_intdigest, map(str.encode, cells), repeat(_SPARK_SEED)), np.uint64, len(cells))
    except UnicodeEncodeError:
        encoded = (cell.encode("utf-8", "surrogatepass") for cell in cells)
        return np.fromiter(map(xxh64_intdigest, encoded, repeat(_SPARK_SEED)), np.uint64, len(cells))


def hash_names(names: Sequence[str]) -> tuple[str, ...]:
    """The hash of each name, as 16 hexadecimal digits that stand for it where the name itself must not be kept.

    >>> hash_names(["a"])
    ('88e4fe59adf7b0cc',)
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
    upper = mix_short(short)
    lower = mix_short((positions.astype(np.uint64) >> _HALF).astype(np.uint32) ^ upper ^ np.uint32(0x9E3779B9))
    return (upper.astype(np.uint64) << _HALF) | lower


def mix(words: Hashes) -> Hashes:
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


def mix_short(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The same for 32-bit words, several times as fast.

    Source: the finaliser of MurmurHash3 (A. Appleby, 2011, public domain).
    """
    mixture = words ^ (words >> np.uint32(16))
    mixture *= np.uint32(0x85EBCA6B)
    mixture ^= mixture >> np.uint32(13)
    mixture *= np.uint32(0xC2B2AE35)
    mixture ^= mixture >> np.uint32(16)
    return mixture
