"""Merkle trees of RFC 9162, section 2.1, with SHA-256: the root of a list, and the proof that an entry is in it."""

import hashlib
from collections.abc import Sequence


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The hash of a tree over these leaves, in this order.

    >>> root_hash([]).hex()[:16]
    'e3b0c44298fc1c14'
    """
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = _split(len(leaves))
    return node_hash(root_hash(leaves[:split]), root_hash(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that prove the leaf at an index to be in the tree: the siblings, from the leaf to the root."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), root_hash(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root_hash(leaves[:split])]


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a proof leads to; the leaf is in the tree if that is the tree's root (RFC 9162, 2.1.3.2).

    Args:
        leaf: its content.
        index: its place in the list.
        size: how many leaves the tree has.
        path: the siblings, from the leaf to the root.

    Raises:
        ValueError: the proof has too many or too few hashes for a tree of this size.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has none at index {index}")
    number, last, found = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if last == 0:
            raise ValueError(f"the proof has more hashes than a tree of {size} leaves is high")
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise ValueError(f"the proof has fewer hashes than a tree of {size} leaves is high")
    return found


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf: a prefix keeps it apart from that of an inner node."""
    return hashlib.sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
