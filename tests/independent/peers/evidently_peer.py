"""Evidently's tests, called as its reports call them."""

import numpy as np
from evidently.legacy.calculations import stattests
from evidently.legacy.core import ColumnType
from evidently.legacy.metrics.data_drift.embedding_drift_methods import MMD2u, distance
from pandas import DataFrame, Series
from sklearn.metrics import pairwise_kernels

from tests.independent.data_sets import CATEGORICAL, DataSet
from tests.independent.joint_sets import JointSet
from tests.independent.peers.rows import Values, doubled, rows_of

PACKAGES = ("evidently", "scipy", "numpy", "pandas", "scikit-learn")


def _value(test: str, reference: np.ndarray, window: np.ndarray, kind: str, **options: float) -> float:
    function = getattr(stattests, f"{test}_stat_test").func
    return function(Series(reference), Series(window), getattr(ColumnType, kind), 0.1, **options)[0]


def binned(histogram: dict) -> Values:
    sides = [rows_of(counts) for counts in histogram["counts"]]
    return {
        "population_stability_index": _value("psi", *map(doubled, histogram["counts"]), "Categorical"),
        "jensen_shannon_distance": _value("jensenshannon", *sides, "Categorical", base=2),
        "hellinger_distance": _value("hellinger", *sides, "Categorical"),
    }


def raw(sample: DataSet, histogram: dict) -> Values:
    kind = "Categorical" if sample.name in CATEGORICAL else "Numerical"
    found = {
        "population_stability_index": _value("psi", *sample.present, kind),
        "jensen_shannon_distance": _value("jensenshannon", *sample.present, kind, base=2),
        "hellinger_distance": _value("hellinger", *sample.present, kind),
    }
    if kind == "Categorical":
        return found | {"chi_squared_p_value": _value("chi", *sample.present, kind)}
    return found | {
        "wasserstein_distance": _value("wasserstein", *sample.present, kind),
        "kolmogorov_smirnov_p_value": _value("ks", *sample.present, kind),
    }


def joint(sample: JointSet) -> Values:
    rows, sides = np.concatenate((sample.reference, sample.window)), (len(sample.reference), len(sample.window))
    gaussian = pairwise_kernels(rows, metric="rbf", gamma=1 / (2 * sample.bandwidth**2))
    shifted = [DataFrame(side + 1) for side in (sample.window, sample.reference)]
    return {
        "linear_discrepancy": MMD2u(pairwise_kernels(rows, metric="linear"), *sides),
        "gaussian_discrepancy": MMD2u(gaussian, *sides),
        "mean_cosine_shift": distance(dist="cosine")(*shifted)[0],
    }
