"""alibi-detect's detectors; they answer in single precision."""

import numpy as np
from alibi_detect import cd

from tests.independent.data_sets import CATEGORICAL, DataSet
from tests.independent.peers.rows import Values, rows_of

PACKAGES = ("alibi-detect", "scipy", "numpy")


def _value(detector: str, reference: np.ndarray, window: np.ndarray) -> float:
    made = getattr(cd, detector)(reference[:, None], p_val=0.05)
    return float(made.feature_score(reference[:, None], window[:, None])[1][0])


def binned(histogram: dict) -> Values:
    sides = [rows_of(counts) for counts in histogram["counts"]]
    return {
        "kolmogorov_smirnov": _value("KSDrift", *sides),
        "chi_squared_of_pearson": _value("ChiSquareDrift", *sides),
    }


def raw(sample: DataSet, histogram: dict) -> Values:
    if sample.name in CATEGORICAL:
        return {"chi_squared_of_pearson": _value("ChiSquareDrift", *sample.present)}
    return {"kolmogorov_smirnov": _value("KSDrift", *sample.present)}
