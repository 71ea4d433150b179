"""alibi-detect's standard drift call: a prediction of its tabular detector, made before; categories as codes."""

import numpy as np
import pandas as pd
from alibi_detect.cd import TabularDrift

from tests.benchmarks.peers.measured import Prepared, measure


def prepare(reference: pd.DataFrame, current: pd.DataFrame) -> Prepared:
    """The detector is made once, and both frames become matrices."""
    text = [at for at, name in enumerate(reference.columns) if not pd.api.types.is_numeric_dtype(reference[name])]
    codes = {at: sorted(reference.iloc[:, at].unique()) for at in text}

    def matrix(frame: pd.DataFrame) -> np.ndarray:
        columns = [
            pd.Categorical(frame.iloc[:, at], codes[at]).codes if at in codes else frame.iloc[:, at]
            for at in range(len(frame.columns))
        ]
        return np.column_stack(columns)

    detector = TabularDrift(matrix(reference), categories_per_feature=dict.fromkeys(text))
    rows = matrix(current)
    return lambda: detector.predict(rows)


if __name__ == "__main__":
    measure(prepare)
