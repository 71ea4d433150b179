"""Association of a feature with a protected column: how well one tells the other, from 0 to 1."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def cramers_v(table: NDArray[np.float64]) -> float:
    """Cramér's V of a contingency table, corrected for its bias in small samples.

    Source: W. Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T, Journal of the Korean Statistical
    Society 42(3), 323-328.

    Args:
        table: counts, shape (categories, groups).

    Returns:
        0 for independent columns, 1 where one tells the other; 0 where either has a single value.

    >>> cramers_v(np.array([[500.0, 0.0], [0.0, 500.0]]))
    1.0
    >>> cramers_v(np.array([[250.0, 250.0], [250.0, 250.0]]))
    0.0
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    total, (rows, columns) = table.sum(), table.shape
    if min(rows, columns) < 2 or total < 2:  # noqa: PLR2004 - one value tells nothing
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    phi_squared = float(((table - expected) ** 2 / expected).sum() / total)
    unbiased = max(0.0, phi_squared - (rows - 1) * (columns - 1) / (total - 1))
    r = rows - (rows - 1) ** 2 / (total - 1)
    k = columns - (columns - 1) ** 2 / (total - 1)
    smaller = min(r, k) - 1
    return min(1.0, float(np.sqrt(unbiased / smaller))) if smaller > 0 else 0.0


def correlation_ratio(values: NDArray[np.float64], groups: NDArray[np.intp]) -> float:
    """The correlation ratio (eta): the share of a number's spread that its group explains, as a root.

    Source: R. A. Fisher (1925), Statistical methods for research workers, section 45.

    Args:
        values: finite numbers, shape (rows,).
        groups: of each row, from 0, shape (rows,).

    >>> correlation_ratio(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    1.0
    """
    spread = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    if spread <= 0:
        return 0.0
    counts = np.bincount(groups)
    means = np.bincount(groups, weights=values) / np.maximum(counts, 1)
    between = float((counts * (means - values.mean()) ** 2).sum())
    return min(1.0, float(np.sqrt(between / spread)))


def association(feature: pd.Series, protected: pd.Series) -> float | None:
    """How well a feature tells a protected column, over the rows in which both are known.

    Args:
        feature: numbers, or anything else that is taken as categories.
        protected: categories.

    Returns:
        The correlation ratio of a number, Cramér's V of a category; None where no row has both.
    """
    known = feature.notna() & protected.notna()
    if not known.any():
        return None
    groups, _ = pd.factorize(protected[known].astype(str))
    if pd.api.types.is_numeric_dtype(feature) and not pd.api.types.is_bool_dtype(feature):
        values = feature[known].to_numpy(dtype=np.float64)
        finite = np.isfinite(values)
        return correlation_ratio(values[finite], groups[finite]) if finite.any() else None
    categories, _ = pd.factorize(feature[known].astype(str))
    table = np.zeros((categories.max() + 1, groups.max() + 1))
    np.add.at(table, (categories, groups), 1)
    return cramers_v(table)
