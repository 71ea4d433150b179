"""alibi-detect's `TabularDrift` with its defaults: Kolmogorov-Smirnov and chi-squared at 5 %, Bonferroni-corrected.

It cannot leave out missing numbers: a column that has any gets no p-value, and so no alarm.
"""

from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
from alibi_detect.cd import TabularDrift

from tests.benchmarks.study.detector import Alarms
from tests.benchmarks.study.families import CATEGORICAL, CATEGORICAL_NAMES, NUMERIC, NUMERIC_NAMES, Rows


class AlibiDetectDetector:
    """An alarm is its own `is_drift`; categories go in as their codes, and -1 is one of them."""

    version = version("alibi-detect")

    def learn(self, reference: Iterator[Rows], window_rows: int) -> None:
        """See `Detector`."""
        known = np.concatenate([_matrix(rows) for rows in reference])
        categories = {NUMERIC + at: None for at in range(CATEGORICAL)}
        self._detector = TabularDrift(known, categories_per_feature=categories)

    def judge(self, window: Rows) -> Alarms:
        """See `Detector`."""
        found = self._detector.predict(_matrix(window))["data"]
        names = (*NUMERIC_NAMES, *CATEGORICAL_NAMES)
        columns = [name for name, p in zip(names, found["p_val"], strict=True) if p < found["threshold"]]
        return {"alibi-detect": columns if found["is_drift"] else []}


def _matrix(rows: Rows) -> np.ndarray:
    return np.concatenate((rows.numbers, rows.codes)).T
