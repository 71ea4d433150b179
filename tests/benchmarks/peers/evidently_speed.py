"""Evidently's standard drift call: a report of the data drift preset."""

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

from tests.benchmarks.peers.measured import Prepared, measure


def prepare(reference: pd.DataFrame, current: pd.DataFrame) -> Prepared:
    """Nothing is done once."""
    return lambda: Report([DataDriftPreset()]).run(current, reference)


if __name__ == "__main__":
    measure(prepare)
