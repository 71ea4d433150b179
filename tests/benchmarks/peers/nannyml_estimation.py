"""NannyML's confidence-based estimates of each window of some worlds.

.local/peers/nannyml/bin/python -m tests.benchmarks.peers.nannyml_estimation .local/estimation/linear-0.npz
"""

import json
import sys

import nannyml
import numpy as np
import pandas as pd

METRICS = ["roc_auc", "accuracy", "f1"]


def frame_of(scores: np.ndarray) -> pd.DataFrame:
    """Scores, and the decisions at one half."""
    return pd.DataFrame({"score": scores, "prediction": (scores >= 0.5).astype(int)})


def estimates(path: str) -> dict[str, list[float]]:
    """By metric, one a window."""
    with np.load(path) as world:
        reference = frame_of(world["holdout_scores"]).assign(label=world["holdout_labels"].astype(int))
        windows = world["window_scores"]
    estimator = nannyml.CBPE(
        y_pred_proba="score",
        y_pred="prediction",
        y_true="label",
        metrics=METRICS,
        chunk_size=windows.shape[1],
        problem_type="classification_binary",
    ).fit(reference)
    found = estimator.estimate(frame_of(windows.ravel())).filter(period="analysis").to_df()
    return {metric: found[metric, "value"].tolist() for metric in METRICS}


def main() -> None:
    """Print the estimates as JSON, by file."""
    print(json.dumps({path: estimates(path) for path in sys.argv[1:]}))


if __name__ == "__main__":
    main()
