"""whylogs' standard drift call: a profile of the rows and its drift scores against the reference's, made before."""

import pandas as pd
import whylogs
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

from tests.benchmarks.peers.measured import Prepared, measure


def prepare(reference: pd.DataFrame, current: pd.DataFrame) -> Prepared:
    """The reference is profiled once."""
    known = whylogs.log(reference).view()
    return lambda: calculate_drift_scores(whylogs.log(current).view(), known, with_thresholds=True)


if __name__ == "__main__":
    measure(prepare)
