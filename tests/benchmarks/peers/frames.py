"""Rows of the study as the peers take them."""

import numpy as np
import pandas as pd

from tests.benchmarks.study.families import CATEGORICAL_NAMES, NUMERIC_NAMES, Rows


def frame_of(rows: Rows) -> pd.DataFrame:
    """A frame of float and object columns, with NaN and None where missing: what a CSV file read by pandas gives."""
    columns: dict[str, np.ndarray] = dict(zip(NUMERIC_NAMES, rows.numbers, strict=True))
    for name, codes, categories in zip(CATEGORICAL_NAMES, rows.codes, rows.categories, strict=True):
        columns[name] = np.array([*categories, None], dtype=object)[codes]
    return pd.DataFrame(columns)
