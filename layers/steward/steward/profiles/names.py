"""Names of categories, bounded in length and in number."""

import hashlib
from collections.abc import Mapping
from itertools import compress

import numpy as np

from steward.records.hashing import text_hashes

LONGEST = 80
"""Characters of a name that are kept as they are."""


def bound_name(name: str) -> str:
    """The name, or where it is too long its beginning and a hash of the whole.

    >>> bound_name("short"), len(bound_name("long" * 100))
    ('short', 80)
    """
    if len(name) <= LONGEST:
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{name[: LONGEST - 17]}…{digest}"


def smallest_hashes(names: Mapping[str, int], most: int) -> dict[str, int]:
    """The counts of the names with the smallest hashes, in the order of the names.

    Which names are kept depends on the names alone. So a name that is kept of a whole is kept of each part that has
    it, and its counts in the parts add up to that of the whole.
    """
    if len(names) > most:
        hashes = text_hashes(list(names))
        small = hashes <= np.partition(hashes, most - 1)[most - 1]
        kept = sorted(zip(hashes[small].tolist(), compress(names, small.tolist()), strict=True))[:most]
        return {name: names[name] for name in sorted(name for _, name in kept)}
    return {name: names[name] for name in sorted(names)}
