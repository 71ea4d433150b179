"""NannyML's standard drift call: the univariate calculator, fitted before."""

import nannyml
import pandas as pd

from tests.benchmarks.peers.measured import Prepared, measure


def prepare(reference: pd.DataFrame, current: pd.DataFrame) -> Prepared:
    """The calculator is fitted once."""
    calculator = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns)).fit(reference)
    return lambda: calculator.calculate(current)


if __name__ == "__main__":
    measure(prepare)
