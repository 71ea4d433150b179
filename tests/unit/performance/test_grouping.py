"""Labels meet predictions, of all rows and of each group: the groups add up, and how rows were split is nothing."""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.baselines.baseline import Baseline
from steward.errors import IncomparableProfiles
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.grouping import columns_looked_at
from steward.performance.groups import Confusion, GroupOutcomes
from steward.performance.label_join import join
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.profiles.model_bins import Bins, DecisionRule, SegmentBins
from steward.profiles.profile import Profile
from steward.records.frame_rows import chunk_of
from steward.retraining.adoption import adopt
from tests.unit import examples
from tests.unit.performance import samples

SPEC = examples.spec(
    examples.SPEC.replace("  make: categorical\n", "  make: categorical\n  new: boolean\n")
    + "segments: [make, new, {name: risky, where: risk > 0.6 and age > 5}]\n"
    "fairness: {protected: [make, new], favourable: '0'}\n"
)
BINS = Bins(
    features={},
    segments={
        "make": SegmentBins(column="make", values=("Ford", "Opel")),
        "new": SegmentBins(column="new", values=("false", "true")),
        "risky": SegmentBins(where="risk > 0.6 and age > 5"),
    },
    protected={"new": SegmentBins(column="new", values=("false", "true"))},
    decision=DecisionRule(threshold=0.5, positive="1", favourable="0"),
)


def predictions(rows, seed=0, version="v1", prefix="s"):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sale": pd.Series([f"{prefix}{row}" for row in range(rows)], dtype=object),
            "version": pd.Categorical([version] * rows),
            "risk": random.random(rows),
            "age": random.gamma(4, 2, rows),
            "make": pd.Categorical(random.choice(["Ford", "Opel", "Fiat"], rows)),
            "new": pd.Categorical(random.choice(["false", "true"], rows)),
        }
    )


def labels(frame, seed=0, share=0.8):
    random = np.random.default_rng([seed, 1])
    known = frame[random.random(len(frame)) < share].sample(frac=1, random_state=seed)
    truth = (random.random(len(known)) < known["risk"]).astype(int).astype(str)
    return pd.DataFrame({"sale": known["sale"], "lemon": pd.Categorical(truth, categories=["0", "1"])})


def total(groups):
    return reduce(add, groups.values())


def without_orphans(outcomes):
    return samples.counts(outcomes.model_copy(update={"orphans": 0}))


@given(st.integers(0, 300), st.integers(0, 1000))
def test_the_groups_of_a_partition_add_up_to_the_whole(rows, seed):
    frame = predictions(rows, seed)
    whole, groups = join(frame, labels(frame, seed), SPEC, "v1", BINS)
    for name in ("make", "new"):
        assert without_orphans(total(groups.segments[name])) == without_orphans(whole)
        assert samples.close(total(groups.segments[name]).log_loss_sum, whole.log_loss_sum)
    confusions = groups.protected["new"].values()
    assert sum(found.labelled for found in confusions) == whole.labelled
    assert sum(found.true_positives for found in confusions) == whole.true_negatives, "0 is the favourable class"
    assert sum(found.false_positives for found in confusions) == whole.false_negatives


@given(st.integers(2, 200), st.integers(0, 1000), st.randoms())
def test_the_order_of_rows_and_their_split_into_files_change_nothing(rows, seed, random):
    frame = predictions(rows, seed)
    truth = labels(frame, seed)
    order = random.sample(range(rows), rows)
    cut = random.randrange(rows)
    parts = [frame.iloc[order[:cut]], frame.iloc[order[cut:]]]
    mixed = pd.concat(parts, ignore_index=True)
    one = join(frame, truth, SPEC, "v1", BINS)
    other = join(mixed, truth.sample(frac=1, random_state=seed), SPEC, "v1", BINS)
    assert samples.counts(one[0]) == samples.counts(other[0])
    assert samples.close(one[1], other[1])


def test_each_row_is_counted_in_the_groups_that_it_is_profiled_in():
    frame = predictions(500, 3)
    _, groups = join(frame, labels(frame, 3), SPEC, "v1", BINS)
    profile = Profile.of(chunk_of(frame, SPEC), BINS, SPEC.columns)
    for name, counted in groups.segments.items():
        assert {group: found.rows for group, found in counted.items()} == {
            group: found.rows for group, found in profile.segments[name].items()
        }
    risky = frame[(frame["risk"] > 0.6) & (frame["age"] > 5)]
    alone, _ = join(risky, labels(frame, 3), SPEC, "v1", BINS)
    assert without_orphans(groups.segments["risky"]["true"]) == without_orphans(alone)


def test_predictions_of_other_versions_and_labels_of_nobody_are_in_no_group():
    mine, other = predictions(200, 4), predictions(100, 5, "v2", "t")
    truth = pd.concat([labels(mine, 4), labels(other, 5)], ignore_index=True)
    both = pd.concat([mine, other], ignore_index=True)
    found = join(both, truth, SPEC, "v1", BINS)
    alone = join(mine, labels(mine, 4), SPEC, "v1", BINS)
    assert found[1] == alone[1]
    assert found[0] == alone[0]
    nobody = pd.DataFrame({"sale": ["x"], "lemon": pd.Categorical(["1"])})
    assert join(mine, nobody, SPEC, "v1", BINS)[0].orphans == 1
    assert total(join(mine, nobody, SPEC, "v1", BINS)[1].segments["make"]).orphans == 0


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_window_of_hardly_any_row_has_all_its_groups(rows):
    frame = predictions(rows, 6)
    _, groups = join(frame, labels(frame, 6, share=1.1), SPEC, "v1", BINS)
    assert {name: list(counted) for name, counted in groups.segments.items()} == {
        name: list(bins.groups) for name, bins in BINS.segments.items()
    }
    assert total(groups.segments["make"]).labelled == rows


def test_a_column_that_is_not_there_and_empty_cells_are_in_no_group():
    frame = predictions(200, 7)
    truth = labels(frame, 7)
    _, groups = join(frame.drop(columns="new"), truth, SPEC, "v1", BINS)
    assert "new" not in groups.segments
    assert groups.protected == {}
    empty = frame.assign(make=frame["make"].where(frame["make"] != "Ford"))
    whole, groups = join(empty, truth, SPEC, "v1", BINS)
    ford = int((frame["make"] == "Ford").sum())
    assert total(groups.segments["make"]).rows == whole.rows - ford
    assert groups.segments["make"]["Ford"] == BinaryOutcomes()
    unseen = frame.assign(make=pd.Categorical(["Lada"] * 200))
    _, groups = join(unseen, truth, SPEC, "v1", BINS)
    assert groups.segments["make"]["other"].rows == 200


def test_only_the_columns_that_groups_go_by_are_asked_for():
    assert columns_looked_at(BINS) == {"make", "new", "risk", "age"}
    assert columns_looked_at(Bins(features={})) == set()


def test_without_bins_no_group_is_counted():
    frame = predictions(50, 8)
    assert join(frame, labels(frame, 8), SPEC, "v1")[1] == GroupOutcomes()
    undecided = BINS.model_copy(update={"decision": None})
    assert join(frame, labels(frame, 8), SPEC, "v1", undecided)[1].protected == {}


def test_of_several_classes_the_favourable_one_counts_against_the_rest():
    outcomes = samples.multiclass_outcomes(np.random.default_rng(9), 300)
    found = Confusion.of(outcomes, "cat", None)
    assert found.labelled == outcomes.labelled
    assert found.true_positives == outcomes.by_class["cat"].true_positives
    with pytest.raises(ValueError, match="fox is none of the classes"):
        Confusion.of(outcomes, "fox", None)
    with pytest.raises(ValueError, match="no favourable decision"):
        Confusion.of(RegressionOutcomes(), "cat", None)
    assert Confusion.of(MulticlassOutcomes.empty(("a", "b")), "a", None) == Confusion()


def test_an_adopted_version_keeps_the_outcomes_of_its_reference_by_group():
    frame = predictions(600, 10).drop(columns="version")
    truth = labels(frame, 10)
    frame["sold_at"] = pd.Timestamp(examples.START) + pd.to_timedelta(np.arange(600), unit="min")
    rows = frame.merge(truth, on="sale", how="left")
    baseline = adopt(rows.sort_values("sold_at"), SPEC)
    known = baseline.holdout_groups
    assert samples.counts(total(known.segments["make"])) == samples.counts(baseline.holdout)
    assert list(known.segments) == ["make", "new", "risky"]
    assert sum(found.labelled for found in known.protected["make"].values()) == baseline.holdout.labelled
    assert Baseline.from_json(baseline.to_json()) == baseline
    bins = Baseline.bins_of(baseline.to_json())
    assert bins == baseline.bins
    assert (
        bins.digest
        == Baseline.from_json(baseline.to_json()).bins.digest
        == type(bins).model_validate(bins.model_dump()).digest
    )
    unlabelled = adopt(rows.drop(columns="lemon"), SPEC)
    assert unlabelled.holdout_groups == GroupOutcomes()
    unscored = adopt(rows.drop(columns="risk"), SPEC)
    assert unscored.holdout_groups == GroupOutcomes()


def test_bins_of_something_else_are_refused():
    with pytest.raises(IncomparableProfiles, match="not a baseline"):
        Baseline.bins_of(b"{}")


def test_baselines_and_outcomes_stored_before_groups_were_counted_are_read():
    frame = predictions(200, 11).assign(
        sold_at=pd.Timestamp(examples.START) + pd.to_timedelta(np.arange(200), unit="min")
    )
    baseline = adopt(frame.drop(columns="version"), SPEC)
    old = baseline.model_dump_json(exclude={"holdout_groups", "distinct_values"})
    known = Baseline.from_json(old)
    assert known.holdout_groups == GroupOutcomes()
    assert known.bins.digest == baseline.bins.digest
