"""Which part of the loss goes with a feature's move, from binned profiles alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.profiles.bins import BEYOND, MISSING, CategoricalBins
from steward.profiles.feature_losses import FeatureLosses
from steward.profiles.summaries import CategoricalSummary
from steward.retraining.adoption import adopt
from tests.unit.monitoring import synthetic_models
from tests.unit.properties import some_examples

BINS = CategoricalBins(categories=("a", "b"))


def losses(codes, loss, wrong=None):
    codes = np.array(codes, np.uint8)
    wrong = np.zeros(len(codes), bool) if wrong is None else np.array(wrong)
    return FeatureLosses.of({"kind": (codes, 2)}, np.array(loss, np.float64), wrong)


def summary(a, b, unseen=0, missing=0):
    return CategoricalSummary(
        rows=a + b + unseen + missing, missing=missing, counts=(a, b), unseen=unseen, unseen_names={}
    )


def test_a_move_to_the_costly_bin_costs_the_difference():
    known = losses([0] * 50 + [1] * 50, [0.0] * 50 + [1.0] * 50, [False] * 50 + [True] * 50)
    (found,) = known.changes({"kind": summary(20, 80)})
    assert found.change == pytest.approx(0.3)
    assert found.wrong == pytest.approx(0.3)
    assert found.rows == 100
    assert found.error > 0


def test_missing_and_unknown_cells_have_bins_of_their_own():
    known = losses([0] * 40 + [BEYOND] * 30 + [MISSING] * 30, [0.0] * 40 + [2.0] * 30 + [1.0] * 30)
    (beyond,) = known.changes({"kind": summary(0, 0, unseen=100)})
    (missing,) = known.changes({"kind": summary(0, 0, missing=100)})
    assert beyond.change == pytest.approx(2 - 0.9)
    assert missing.change == pytest.approx(1 - 0.9)


def test_a_bin_that_the_holdout_never_had_counts_as_the_mean():
    (found,) = losses([0] * 100, [0.5] * 100).changes({"kind": summary(0, 100)})
    assert found.change == 0


@given(
    codes=st.lists(st.sampled_from([0, 1, BEYOND, MISSING]), min_size=5, max_size=60),
    counts=st.tuples(*[st.integers(0, 50)] * 4), seed=st.integers(0, 999),
)  # fmt: skip
def test_it_is_what_reweighting_the_rows_of_each_bin_gives(codes, counts, seed):
    generator = np.random.default_rng(seed)
    loss = generator.random(len(codes)).astype(np.float32).astype(np.float64)
    found = losses(codes, loss).changes({"kind": summary(*counts)})
    if not sum(counts):
        assert found == []
        return
    frame = pd.DataFrame({"code": codes, "loss": loss})
    means = frame.groupby("code")["loss"].mean()
    shares = np.array(counts) / sum(counts)
    expected = sum(
        share * means.get(code, loss.mean())
        for code, share in zip((0, 1, BEYOND, MISSING), shares, strict=True)
    )  # fmt: skip
    assert found[0].change == pytest.approx(expected - loss.mean(), abs=1e-6)


@some_examples(6)
@given(cuts=st.sets(st.integers(1, 699), max_size=4))
def test_it_is_the_same_under_any_split(cuts):
    frame = synthetic_models.rows("binary", 3, 700, moved=0.5)
    whole, parts = (
        synthetic_models.found(frame, splits=splits, more=synthetic_models.QUIET) for splits in ((), sorted(cuts))
    )
    for name in ("x", "y", "kind"):
        assert whole["loss_with_feature", name] == parts["loss_with_feature", name]


def test_the_feature_that_moved_to_where_it_costs_comes_first():
    frame = synthetic_models.rows("regression", 4, 3000, moved=0.7)
    results = synthetic_models.found(frame, "regression", labelled=synthetic_models.everything(frame))
    told = [name[1] for name in results if name[0] == "loss_with_feature"]
    assert told[0] == "x"
    assert sorted(told) == ["kind", "x", "y"]
    most, change = results["loss_with_feature", "x"], results["covariate_shift_effect_mean_absolute_error"]
    assert most.low < most.value < most.high
    assert most.value == pytest.approx(change.value, abs=0.1)
    still = results["loss_with_feature", "y"]
    assert still.low <= 0 <= still.high
    assert most.monitor == "performance_decomposition"
    assert most.status == "measured"
    assert most.message.startswith("with the move of `x` alone goes +0.")
    assert "mean absolute error" in most.message


def test_wrong_decisions_are_told_of_a_classifier():
    frame = synthetic_models.rows("binary", 5, 2000)
    frame["x"] *= 0.3
    result = synthetic_models.found(frame)["loss_with_feature", "x"]
    assert result.value > 0
    assert "of log loss, and +" in result.message
    assert result.message.endswith(" points of wrong decisions")


def test_a_feature_that_records_no_longer_have_is_left_out():
    frame = synthetic_models.rows("binary", 6, 500).drop(columns="y")
    assert ("loss_with_feature", "y") not in synthetic_models.found(frame)


def test_without_labels_in_the_baseline_nothing_is_said():
    known = adopt(synthetic_models.rows("binary", 1, 2000).drop(columns="label"), synthetic_models.spec())
    results = synthetic_models.found(synthetic_models.rows("binary", 7, 500), known=known)
    assert not any(name[0] == "loss_with_feature" for name in results)


def test_damaged_sums_are_refused():
    known = losses([0, 1], [0.0, 1.0])
    with pytest.raises(ValueError, match="do not fit their bins"):
        FeatureLosses.model_validate(known.model_dump() | {"sizes": {"kind": 9}})
