"""NannyML's methods, fitted on the baseline; those that may estimate are told to be exact."""

import nannyml
import numpy as np
from nannyml.chunk import CountBasedChunker
from nannyml.drift.univariate.methods import FeatureType, MethodFactory
from nannyml.thresholds import ConstantThreshold
from pandas import DataFrame, Series

from tests.independent.data_sets import CATEGORICAL, DataSet, category
from tests.independent.joint_sets import JointSet
from tests.independent.peers.rows import Values, rows_of

PACKAGES = ("nannyml", "scipy", "numpy", "pandas", "statsmodels")


def _value(method: str, reference: np.ndarray, window: np.ndarray, kind: str) -> float:
    fitted = MethodFactory.create(
        method,
        getattr(FeatureType, kind),
        chunker=CountBasedChunker(1),
        threshold=ConstantThreshold(),
        computation_params={method: {}, "calculation_method": "exact"},
    )
    fitted._fit(Series(reference, name="x"))
    return float(fitted.calculate(Series(window, name="x")))


def binned(histogram: dict) -> Values:
    sides = [rows_of(counts) for counts in histogram["counts"]]
    return {
        "jensen_shannon_distance": _value("jensen_shannon", *sides, "CATEGORICAL"),
        "hellinger_distance": _value("hellinger", *sides, "CATEGORICAL"),
        "l_infinity_distance": _value("l_infinity", *sides, "CATEGORICAL"),
        "kolmogorov_smirnov": _value("kolmogorov_smirnov", *sides, "CONTINUOUS"),
        "chi_squared_of_pearson": _value("chi2", *sides, "CATEGORICAL"),
    }


def raw(sample: DataSet, histogram: dict) -> Values:
    if sample.name in CATEGORICAL:
        sides = [np.array([category(code) for code in side], dtype=object) for side in sample.present]
        return _shares(sample) | {
            "jensen_shannon_distance": _value("jensen_shannon", *sides, "CATEGORICAL"),
            "hellinger_distance": _value("hellinger", *sides, "CATEGORICAL"),
            "l_infinity_distance": _value("l_infinity", *sides, "CATEGORICAL"),
            "chi_squared_of_pearson": _value("chi2", *sides, "CATEGORICAL"),
        }
    return {
        "jensen_shannon_distance": _value("jensen_shannon", *sample.present, "CONTINUOUS"),
        "hellinger_distance": _value("hellinger", *sample.present, "CONTINUOUS"),
        "kolmogorov_smirnov": _value("kolmogorov_smirnov", *sample.present, "CONTINUOUS"),
        "wasserstein_distance": _value("wasserstein", *sample.present, "CONTINUOUS"),
    }


def _shares(sample: DataSet) -> Values:
    """Missing and unseen shares of the window, by NannyML's data quality calculators."""
    reference, window = (
        DataFrame({"x": [category(code) if code >= 0 else None for code in side]})
        for side in (sample.reference, sample.window)
    )
    found = {}
    for name, calculator in (("missing", "MissingValuesCalculator"), ("new", "UnseenValuesCalculator")):
        fitted = getattr(nannyml, calculator)(column_names=["x"], normalize=True, chunk_number=1)
        fitted.fit(reference)
        table = fitted.calculate(window).filter(period="analysis").to_df()
        found[f"{name}_share"] = float(table[("x", "value")].iloc[0])
    return found


def joint(sample: JointSet) -> Values:
    """The reconstruction error, fitted on every other row of the baseline."""
    names = [f"x{at}" for at in range(sample.reference.shape[1])]
    fitted, held, window = (
        DataFrame(rows, columns=names) for rows in (sample.reference[::2], sample.reference[1::2], sample.window)
    )
    calculator = nannyml.DataReconstructionDriftCalculator(column_names=names, n_components=0.65, chunk_number=1)
    calculator.fit(fitted)
    found = {}
    for name, rows in (("before", held), ("after", window)):
        table = calculator.calculate(rows).filter(period="analysis").to_df()
        found[f"reconstruction_error_{name}"] = float(table[("reconstruction_error", "value")].iloc[0])
    return found
