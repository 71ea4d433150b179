"""Detects ids that a narrow column rounded, so that several rows share one."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from steward.records.canonical import digits_with_exponent
from steward.records.columns import Mask
from steward.records.hashing import Hashes, text_hashes
from steward.records.ids import Ids

_NO_HASHES: Hashes = np.empty(0, np.uint64)


class RoundedIds:
    """Finds the ids of a file that were rounded when they were written, although each alone might be exact.

    `1.4e+06` has two digits where 1400000 has seven. A writer that gives all digits (Go, Java, R) writes so too, but
    then no other row has that id, or another id of as many digits shows that the writer gives them all. The rest was
    rounded. The file is read once more for it, and only if it has such ids.

    Args:
        every: reads the ids of the whole file.
    """

    def __init__(self, every: Callable[[], Iterable[Ids]]) -> None:
        self._every = every
        self._complete = 0
        self._shared: Hashes | None = None

    def where(self, ids: Ids) -> Mask | None:
        """Which ids of some rows were rounded, shape (rows,); None for none."""
        self._complete = max(self._complete, ids.complete)
        if ids.shortened is None or not (ids.shortened > self._complete).any():
            return None
        if self._shared is None:
            self._shared = self._read_all()
        rounded: Mask = ids.shortened > self._complete
        at = np.flatnonzero(rounded)
        rounded[at] = np.isin(text_hashes(ids.values[at]), self._shared)
        return rounded

    def _read_all(self) -> Hashes:
        """The hashes of shortened ids that several rows have; how many digits the writer is known to give is noted."""
        seen, shared = _NO_HASHES, _NO_HASHES
        for ids in self._every():
            self._complete = max(self._complete, ids.complete)
            if ids.shortened is not None:
                hashes, rows = np.unique(text_hashes(ids.values[ids.shortened > 0]), return_counts=True)
                again = hashes[(rows > 1) | np.isin(hashes, seen)]
                seen, shared = np.union1d(seen, hashes), np.union1d(shared, again)
        return shared


def rounded_example(texts: Sequence[str]) -> str:
    """One of the ids in a table's column that were rounded; empty where none was.

    Ids of what rows are about may repeat, so here whole numbers without an exponent, too, show that a writer gives all
    digits: R writes 100000 as `1e+05`, and 123456 as it is.
    """
    rows = Counter(texts)
    written = {text: digits_with_exponent(text) for text in rows}
    complete = max(
        (len(text) if found is None else found[1]
         for text, found in written.items()
         if (text.isdecimal() if found is None else found[0] >= found[1])),
        default=0,
    )  # fmt: skip
    short = (text for text, found in written.items() if found and found[0] < found[1] > complete)
    return next((text for text in short if rows[text] > 1), "")
