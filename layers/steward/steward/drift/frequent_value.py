"""Separates the most frequent value from the rest; each part has tests of its own."""

from dataclasses import dataclass
from typing import Self

from steward.drift.histograms import Counts, shares
from steward.drift.proportion_tests import change_p_value

_MOST = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class FrequentValue:
    """Two histograms without the bins that hold most of the rows.

    Where one bin holds more than half of all rows, the mean rank says little but how many rows lie in it, and is far
    from normal where few do not. So that bin's share is tested exactly, and ranks are taken of the other rows alone. Of
    these again one bin may hold more than half (small counts), and so on: each share is tested among the rows that
    the bins before it left.

    Attributes:
        expected, observed: counts per bin, without those bins, shape (bins,).
        rows, baseline_rows: effective ones that are left.
        tests: how many shares were tested.
        p_value: the chance of so large a change of any of them; 1 where there is none.

    Sources: the parts of a hurdle model in J. Mullahy (1986), Specification and testing of some modified count data
    models, Journal of Econometrics 33, 341-365; the tests as in `change_p_value`.
    """

    expected: Counts
    observed: Counts
    rows: float
    baseline_rows: float
    tests: int
    p_value: float

    @classmethod
    def split(cls, expected: Counts, observed: Counts, rows: float, baseline_rows: float) -> Self:
        """Take the bins out, the fullest first.

        Args:
            expected: counts per bin of the baseline, shape (bins,).
            observed: counts per bin of the window, shape (bins,).
            rows: effective rows of the window.
            baseline_rows: effective rows of the baseline.

        Raises:
            IncomparableProfiles: the histograms differ in shape, or one is empty.

        >>> import numpy as np
        >>> found = FrequentValue.split(np.array([90, 4, 3, 3]), np.array([45, 2, 2, 1]), 50, 100)
        >>> found.tests, found.rows, found.p_value
        (1, 5.0, 1.0)
        """
        p, q = shares(expected, observed)
        p *= baseline_rows
        q *= rows
        together = p + q
        if together.max() <= _MOST * (rows + baseline_rows):
            return cls(expected, observed, rows, baseline_rows, 0, 1.0)
        left, tests, smallest = float(together.sum()), 0, 1.0
        taken: list[int] = []
        while left > 0:
            most = int(together.argmax())
            if together[most] <= _MOST * left:
                break
            here, there = float(q.sum()), float(p.sum())
            if min(here, there) >= 1 and together[most] < left * (1 - 1e-12):
                tests += 1
                smallest = min(smallest, change_p_value(float(q[most]), here, float(p[most]), there))
            taken.append(most)
            p[most] = q[most] = together[most] = 0.0
            left = float(together.sum())
        before, after = expected.copy(), observed.copy()
        before[taken] = after[taken] = 0
        return cls(before, after, float(q.sum()), float(p.sum()), tests, min(1.0, max(1, tests) * smallest))

    @property
    def comparable(self) -> bool:
        """Whether both sides have rows left."""
        if not self.tests and min(self.rows, self.baseline_rows) >= 1:
            return True
        return min(self.rows, self.baseline_rows) >= 1 and bool(self.expected.any() and self.observed.any())
