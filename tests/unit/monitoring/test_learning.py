"""What a version's holdout teaches is the same every time, and finds what the score does not tell."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from steward.baselines.baseline import Baseline
from steward.estimation.boosted_trees import BoostedTrees
from steward.retraining.adoption import adopt
from steward.retraining.residual_trees import fit_residual_trees
from tests.unit.monitoring import synthetic_models


def hidden(seed=1, size=4000):
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 60, (size, 5)).astype(np.uint8)
    return codes, np.where(codes[:, 2] > 30, 1.0, -1.0) * (codes[:, 4] > 20) + generator.normal(size=size)


def test_trees_find_what_is_left():
    codes, rest = hidden()
    trees = fit_residual_trees(codes, rest)
    said = trees(codes)
    assert said[(codes[:, 2] > 30) & (codes[:, 4] > 20)].mean() > 0.7
    assert abs(said[codes[:, 4] <= 20].mean()) < 0.2


def test_trees_say_what_scikit_learns_do():
    codes, rest = hidden()
    trees = fit_residual_trees(codes, rest)
    theirs = HistGradientBoostingRegressor(
        max_iter=len(trees.parts), max_depth=2, max_leaf_nodes=4, learning_rate=0.2, min_samples_leaf=50,
        l2_regularization=5.0, early_stopping=False, random_state=0,
    ).fit(codes.astype(np.float32), rest)  # fmt: skip
    assert trees(codes) + rest.mean() == pytest.approx(theirs.predict(codes.astype(np.float32)), abs=1e-3)


def test_where_nothing_is_left_there_are_next_to_no_trees():
    codes, _ = hidden()
    noise = np.random.default_rng(5).normal(size=len(codes))
    assert np.abs(fit_residual_trees(codes, noise)(codes)).mean() < 0.1


@pytest.mark.parametrize("size", [0, 1, 100])
def test_few_rows_grow_no_trees(size):
    codes, rest = hidden(size=max(size, 1))
    assert fit_residual_trees(codes[:size], rest[:size]) == BoostedTrees()
    assert BoostedTrees()(codes[:size]).tolist() == [0.0] * size


def test_figures_that_do_not_vary_grow_no_trees():
    codes, rest = hidden()
    assert fit_residual_trees(codes, np.zeros_like(rest)) == BoostedTrees()


@pytest.mark.parametrize("task", synthetic_models.TASKS)
def test_the_same_rows_teach_the_same_and_read_back(task):
    known = synthetic_models.baseline(task)
    assert known.conditional is not None
    again = adopt(synthetic_models.rows(task, 1, synthetic_models.ROWS), synthetic_models.spec(task))
    assert again.to_json() == known.to_json()
    assert Baseline.from_json(known.to_json()) == known


def test_a_baseline_from_before_reads_as_one_that_teaches_nothing():
    document = synthetic_models.baseline().model_dump_json(exclude={"conditional"})
    assert Baseline.from_json(document).conditional is None


def test_errors_too_large_for_their_squares_teach_nothing():
    frame = synthetic_models.rows("regression", 1, 500)
    frame.loc[3, "label"] = 1e160
    assert adopt(frame, synthetic_models.spec("regression")).conditional is None


def test_large_errors_are_counted_in_single_precision_all_the_same():
    frame = synthetic_models.rows("regression", 1, 500)
    frame.loc[3, "label"] = 1e60
    known = adopt(frame, synthetic_models.spec("regression"))
    frame = synthetic_models.rows("regression", 2, 500)
    window = synthetic_models.evidence(frame, "regression", known=known).profile
    assert all(np.isfinite(found.change) for found in known.conditional.features.changes(window.features))
