"""Small worlds of every task, whose inputs and whose truth can be moved apart from each other."""

import functools
from itertools import pairwise

import numpy as np
import pandas as pd

from steward.baselines.baseline import Baseline
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.evaluate import evaluate
from steward.performance.label_join import count_outcomes
from steward.profiles.profile import Profile
from steward.retraining.adoption import adopt
from steward.retraining.profile_inputs import profile_input
from steward.spec.windows import ORIGIN, Window
from tests.unit import examples

COMMON = """\
model: world
owner: world@example.com
features: {x: numeric, y: numeric, kind: categorical}
window: {length: 1d}
"""
TASKS = {
    "binary": "task: binary_classification\ncolumns: {id: id, time: at, label: label, score: score}\n",
    "multiclass": (
        "task: multiclass_classification\n"
        "columns: {id: id, time: at, label: label, scores: {red: p_red, green: p_green, blue: p_blue}}\n"
    ),
    "regression": "task: regression\ncolumns: {id: id, time: at, label: label, prediction: offer}\n",
}
CLASSES = ("red", "green", "blue")
ROWS = 6000
QUIET = "monitors: {feature_drift: null, joint_drift: null, score_drift: null}\n"


@functools.cache
def spec(task="binary", more=""):
    return examples.spec(COMMON + TASKS[task] + more)


def rows(task, seed, size, *, moved=0.0, turned=0.0):
    """Labelled rows with what the model says of them.

    Args:
        task: of the model.
        seed: of the draw.
        size: how many.
        moved: how far the inputs are from the holdout's, in standard deviations of `x`.
        turned: how far the truth is from the holdout's, given the inputs.
    """
    generator = np.random.default_rng([seed, size])
    x, y = generator.normal(size=size) + moved, generator.normal(size=size)
    kind = generator.choice(["a", "b", "c"], size)
    frame = pd.DataFrame({"id": [f"{seed}-{row}" for row in range(size)], "x": x, "y": y, "kind": kind})
    frame["at"] = pd.Timestamp(ORIGIN) + pd.to_timedelta(np.arange(size) * 86_000 // max(size, 1), unit="s")
    if task == "regression":
        frame["offer"] = 10 + x
        spread = np.exp(0.5 * x + 0.3 * (kind == "a") + turned)
        return frame.assign(label=frame["offer"] + spread * generator.normal(size=size))
    if task == "binary":
        odds = 1.5 * x * (1 - turned) + 0.8 * y * (kind == "a")
        frame["score"] = 1 / (1 + np.exp(-1.2 * x))
        return frame.assign(label=np.where(generator.random(size) < 1 / (1 + np.exp(-odds)), "1", "0"))
    odds = np.column_stack([x, -x, y]) * (1 - turned)
    chances = _shares(odds)
    frame[["p_red", "p_green", "p_blue"]] = _shares(np.column_stack([x, -x, 0.5 * y]))
    codes = (generator.random(size)[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)
    return frame.assign(label=np.array(CLASSES)[codes])


def _shares(odds):
    powers = np.exp(odds)
    return powers / powers.sum(axis=1, keepdims=True)


@functools.cache
def baseline(task="binary", seed=1, size=ROWS) -> Baseline:
    return adopt(rows(task, seed, size), spec(task))


def windows(task, **how):
    """What checks would find of many windows against several holdouts, so that no single one's luck decides."""
    for seed in range(60):
        known = baseline(task, 1000 + seed // 10, 2000)
        frame = rows(task, 2000 + seed, 1000, moved=how.get("moved", 0.0) * (seed % 5 - 2))
        yield found(frame, task, known=known, labelled=everything(frame), more=QUIET)


def evidence(
    frame, task="binary", *, labelled=None, more="", known=None, splits=(), history=(), declared=None
) -> WindowEvidence:
    """What a check would know of some rows as one window.

    Args:
        frame: the rows.
        task: of the model.
        labelled: which rows have their labels; None where no labels came.
        more: of the declaration.
        known: the baseline; the task's own when None.
        splits: where one batch ends and the next begins.
        history: the version's earlier windows.
        declared: the declaration, where it is none of a task's.
    """
    declared, reference = declared or spec(task, more), known or baseline(task)
    ends = [0, *splits, len(frame)]
    batches = [
        Profile.of(profile_input(frame.iloc[start:end], declared), reference.bins, declared.columns).of_batch(
            f"b{start}"
        )
        for start, end in pairwise(ends)
    ]
    realised = None
    if labelled is not None:
        outcomes = count_outcomes(frame[labelled], declared, rows=len(frame), orphans=0)
        realised = WindowOutcomes(version="v", window="w", prediction_batches=[], label_batches=[], outcomes=outcomes)
    return WindowEvidence(
        spec=declared,
        window=Window(ORIGIN, declared.window.length),
        baseline=reference,
        profile=sum(batches, start=Profile.empty(reference.bins)),
        realised=realised,
        history=history,
    )


def found(frame, task="binary", **how):
    """The results that a check would have of some rows, by statistic; those of a column by both."""
    results = evaluate(evidence(frame, task, **how))
    return {(result.statistic, result.column) if result.column else result.statistic: result for result in results}


def everything(frame):
    return np.ones(len(frame), dtype=bool)
