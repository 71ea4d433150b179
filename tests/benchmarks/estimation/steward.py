"""Steward's estimates of each window of a world: from its profile and the baseline alone, as a check makes them."""

import numpy as np
import pandas as pd

from steward.baselines.baseline import Baseline
from steward.performance.label_join import count_outcomes
from steward.performance.metrics import METRICS as KNOWN
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.retraining.conditional_fitting import with_conditional
from steward.retraining.profile_inputs import by_window, profile_input
from steward.spec.document import read_spec
from steward.spec.windows import ORIGIN
from tests.benchmarks.estimation.worlds import FEATURES, METRICS, Played

SPEC = read_spec(
    f"""\
model: world
owner: benchmark@example.com
task: binary_classification
columns: {{id: id, time: at, score: score, label: label}}
features: {{{", ".join(f"x{at}: numeric" for at in range(FEATURES))}}}
"""
)


def frame(played: Played, at: int) -> pd.DataFrame:
    """The rows of the holdout or of a window, as records have them."""
    inputs = played.inputs[at]
    ids = [f"{played.name}-{at}-{row}" for row in range(len(inputs))]
    return pd.DataFrame(
        {
            "id": ids,
            "at": pd.Timestamp(ORIGIN),
            **{f"x{column}": inputs[:, column] for column in range(FEATURES)},
            "score": played.scores[at],
            "label": played.labels[at].astype(int).astype(str),
        }
    )


def baseline_of(played: Played) -> Baseline:
    """What the holdout teaches, as when a version is made."""
    held = frame(played, 0)
    outcomes = count_outcomes(held, SPEC, rows=len(held), orphans=0)
    baseline = Baseline.of(by_window(held, SPEC), ProfilingConfig.of(SPEC), holdout=outcomes)
    return with_conditional(baseline, profile_input(held, SPEC), played.scores[0], held, SPEC)


def estimates(played: Played) -> dict[str, list[tuple[float, float]]]:
    """By metric, the estimate of each window and the standard deviation of the realised value about it."""
    baseline = baseline_of(played)
    known = {metric: KNOWN["binary_classification"][metric] for metric in METRICS}
    found: dict[str, list[tuple[float, float]]] = {metric: [] for metric in METRICS}
    for window in range(1, len(played.inputs)):
        profile = Profile.of(profile_input(frame(played, window), SPEC), baseline.bins, SPEC.columns)
        assert baseline.conditional
        expectation = baseline.conditional.expectation(profile)
        for name, metric in known.items():
            before, outlook = metric(baseline.holdout), expectation.forecast(metric)
            assert before
            assert outlook
            found[name].append((before.value + outlook.change, outlook.prediction_std))
    return found


def coverage(truth: list[float], found: list[tuple[float, float]]) -> float:
    """The share of the realised values within the 95 % intervals."""
    values, doubts = np.array(found).T
    return float(np.mean(np.abs(np.array(truth) - values) <= 1.96 * doubts))
