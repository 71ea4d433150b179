"""Vanished categories."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from steward.profiles.bins import CategoricalBins
from steward.profiles.summaries import CategoricalSummary

LEAST_EXPECTED = 5.0
"""Rows that a category must lead one to expect in the window before its absence says anything."""

_MOST_FACTORS = 10_000


@dataclass(frozen=True, slots=True)
class VanishedCategories:
    """The categories of the baseline that should have occurred in the window and did not.

    Attributes:
        share: of the baseline's values, all of them together, from 0 to 1.
        names: their own shares of the baseline's values, the largest first, ties by name.
        tested: categories that lead one to expect enough rows, vanished or not.
        p_value: the chance that any of the tested ones is missing from as many rows of unchanged data, where it is as
            rare as the most surprising one here; 1 where none vanished.
    """

    share: float
    names: dict[str, float]
    tested: int
    p_value: float

    @classmethod
    def between(
        cls,
        reference: CategoricalSummary,
        window: CategoricalSummary,
        bins: CategoricalBins,
        rows: float,
        baseline_rows: float,
    ) -> Self:
        """Find them; a category is tested where its share of the baseline leads one to expect 5 effective rows.

        The chance of each absence is exact given how often the category occurs in both samples together; Bonferroni's
        factor for those tested makes it hold for the smallest of them.

        Sources: the chance of each as in `absence_p_value`; O. J. Dunn (1961), Multiple comparisons among means,
        Journal of the American Statistical Association 56, 52-64 (the factor).

        Args:
            reference: of the baseline.
            window: of the window.
            bins: of both.
            rows: effective rows of the window: its values over the design effect.
            baseline_rows: effective rows of the baseline.

        >>> sides = {"rows": 200, "missing": 0, "unseen": 0, "unseen_names": {}}
        >>> one, other = (CategoricalSummary(counts=counts, **sides) for counts in ((150, 50), (200, 0)))
        >>> VanishedCategories.between(one, other, CategoricalBins(categories=("a", "b")), 200, 200).names
        {'b': 0.25}
        """
        hits = np.array(reference.counts, dtype=np.float64)
        expected = hits * (rows / max(1, reference.count))
        tested = expected >= LEAST_EXPECTED
        gone = np.flatnonzero(tested & (np.array(window.counts, dtype=np.int64) == 0)).tolist()
        names = {bins.categories[i]: float(hits[i]) / reference.count for i in gone}
        most = max(names.values(), default=0.0)
        chance = absence_p_value(most * baseline_rows, rows, baseline_rows) if gone else 1.0
        ordered = dict(sorted(names.items(), key=lambda item: (-item[1], item[0])))
        number = int(np.count_nonzero(tested))
        return cls(math.fsum(names.values()), ordered, number, min(1.0, max(1, number) * chance))


def absence_p_value(baseline_hits: float, rows: float, baseline_rows: float) -> float:
    """The chance of no hit in the window, given those of the baseline, were the proportion the same in both.

    All hits of both samples fell into the baseline: of `n + m` rows, the `n` of the window were drawn from the others
    (Fisher's test at its edge). Numbers that a design effect made fractional are rounded against the finding. Beyond
    10,000 factors the product is taken from gamma functions, good to 1e-5 for a thousand million rows.

    Args:
        baseline_hits: in the baseline, at most `baseline_rows`.
        rows: of the window.
        baseline_rows: of the baseline.

    Source: R. A. Fisher (1935), The logic of inductive inference, Journal of the Royal Statistical Society 98, 39-82.

    >>> round(absence_p_value(3, 3, 3), 12)
    0.05
    """
    hits, n, m = math.floor(baseline_hits + 1e-9), math.floor(rows + 1e-9), math.ceil(baseline_rows - 1e-9)
    factors, others = min(hits, n), max(hits, n)
    if factors <= _MOST_FACTORS:
        return math.exp(float(np.sum(np.log1p(-others / (n + m - np.arange(factors, dtype=np.float64))))))
    whole = math.lgamma(n + m - hits + 1) - math.lgamma(m - hits + 1) + math.lgamma(m + 1) - math.lgamma(n + m + 1)
    return math.exp(min(0.0, whole))
