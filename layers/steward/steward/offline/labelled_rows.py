"""Counts the labelled rows of each class by the hour, to see which of them a holdout would have."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from steward.records.canonical import canonical_label
from steward.records.columns import CategoricalColumn, Column, NumericColumn, TimeColumn

ALL = ""
"""The class of every row of a regression."""

_HOUR = timedelta(hours=1)
_MOST_CLASSES = 1_000


@dataclass(slots=True)
class LabelledRows:
    """How the rows with a label and a time lie in time.

    Attributes:
        hours: of each class, how many of its rows each hour since 1970 has; empty where the classes are too many.
    """

    hours: dict[str, dict[int, int]] = field(default_factory=dict)

    def add(self, label: Column, time: TimeColumn) -> None:
        """Count some rows: their labels, text or numbers, and their times."""
        match label:
            case CategoricalColumn():
                codes, names = label.codes, [canonical_label(name) for name in label.categories]
            case NumericColumn():
                codes, names = np.where(np.isfinite(label.values), 0, -1), [ALL]
            case _:
                return
        known = (codes >= 0) & ~np.isnat(time.values)
        pairs = np.stack([codes[known].astype(np.int64), time.values[known].astype("M8[h]").astype(np.int64)])
        found, counts = np.unique(pairs, axis=1, return_counts=True)
        for code, hour, count in zip(*found.tolist(), counts.tolist(), strict=True):
            held = self.hours.setdefault(names[code], {})
            held[hour] = held.get(hour, 0) + count
        if len(self.hours) > _MOST_CLASSES:
            self.hours.clear()

    @property
    def totals(self) -> dict[str, int]:
        """Rows of each class."""
        return {name: sum(held.values()) for name, held in self.hours.items()}

    @property
    def reach(self) -> timedelta:
        """From the first hour with a labelled row to the end of the last."""
        return (self._last() - self._first() + 1) * _HOUR

    def newest(self, span: timedelta) -> dict[str, int]:
        """Rows of each class in the whole hours of the newest such span."""
        first = self._last() - span // _HOUR + 1
        return {name: sum(rows for hour, rows in held.items() if hour >= first) for name, held in self.hours.items()}

    def fewest(self, span: timedelta) -> dict[str, int]:
        """Rows of each class in that span as long, between the first row and the last, that has the fewest of it."""
        first, last = self._first(), self._last()
        length = span // _HOUR
        starts = np.arange(first, max(first, last - length + 1) + 1)
        return {name: int(_between(held, starts, length).min()) for name, held in self.hours.items()}

    def _first(self) -> int:
        return min(min(held) for held in self.hours.values())

    def _last(self) -> int:
        return max(max(held) for held in self.hours.values())


def _between(held: dict[int, int], starts: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Rows in `length` hours from each start on, shape (starts,)."""
    hours = np.array(sorted(held), np.int64)
    before = np.concatenate([[0], np.cumsum([held[hour] for hour in hours.tolist()])])
    counts: NDArray[np.int64] = before[np.searchsorted(hours, starts + length)] - before[np.searchsorted(hours, starts)]
    return counts
