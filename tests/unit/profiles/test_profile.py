"""Profiles add up."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import IncomparableProfiles
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.merging import merge
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.summaries import NAMED_UNSEEN
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.columns import Columns
from tests.unit.properties import some_examples

REFERENCE = np.random.default_rng(1).normal(10, 3, 5000)
BINS = Bins(
    features={
        "x": NumericBins.of(np.sort(np.concatenate((REFERENCE, np.full(2000, 5.0))))),
        "c": CategoricalBins.of({"a": 5, "b": 3}),
    },
    outputs={"score": NumericBins.of_scores(np.linspace(0, 1, 101))},
)
NAMES = Columns(id="id", time="time", score="score")

rows = st.lists(
    st.tuples(
        st.one_of(
            st.none(),
            st.sampled_from([math.nan, math.inf, -math.inf, 5.0, 0.0, -0.0]),
            st.floats(-1e6, 1e6, allow_subnormal=False),
        ),
        st.one_of(st.none(), st.sampled_from("abcdé")),
        st.floats(0, 1),
        st.integers(0, 99).map("record-{}".format),
    ),
    max_size=60,
)
"""A number, a category, a score and an id, some of which come twice."""


def chunk(values) -> Chunk:
    numbers = [math.nan if number is None else number for number, *_ in values]
    missing = np.array([number is None for number, *_ in values], dtype=bool)
    names = tuple(dict.fromkeys(name for _, name, *_ in values if name is not None))
    codes = np.array([-1 if name is None else names.index(name) for _, name, *_ in values], dtype=np.int32)
    return Chunk(
        rows=len(values),
        columns={
            "x": NumericColumn(np.array(numbers, dtype=np.float64), missing if missing.any() else None),
            "c": CategoricalColumn(codes, names),
            "score": NumericColumn(np.array([score for _, _, score, *_ in values], dtype=np.float64)),
        },
    )


def profile(values) -> Profile:
    """The samples of these profiles have room for all rows; `test_sample` has others."""
    ids = np.array([row[3] for row in values], dtype=object)
    return Profile.of(ProfileInput(chunk(values), ids), BINS, NAMES)


def counted(values, bins) -> tuple[int, ...]:
    return Profile.of(Chunk(len(values), {"x": NumericColumn(values)}), Bins(features={"x": bins})).features["x"].counts


def exact(one: Profile) -> str:
    """All that is the same under any split: everything but the floating-point sums."""
    document = json.loads(one.to_json())
    for summary in (document["features"]["x"], document["outputs"]["score"]):
        del summary["total"], summary["squares"]
    return json.dumps(document)


def close(one: Profile, other: Profile) -> bool:
    pairs = ((one.features["x"], other.features["x"]), (one.outputs["score"], other.outputs["score"]))
    return all(
        math.isclose(a.squares, b.squares, rel_tol=1e-12)
        and math.isclose(a.total, b.total, abs_tol=1e-12 * math.sqrt(a.count * a.squares), rel_tol=1e-12)
        for a, b in pairs
    )


@given(rows, rows)
def test_addition_commutes(one, other):
    assert (profile(one) + profile(other)).to_json() == (profile(other) + profile(one)).to_json()


@given(rows, rows, rows)
def test_addition_associates(one, two, three):
    a, b, c = profile(one), profile(two), profile(three)
    assert exact((a + b) + c) == exact(a + (b + c))
    assert close((a + b) + c, a + (b + c))


@given(rows)
def test_the_empty_profile_changes_nothing(values):
    assert (profile(values) + Profile.empty(BINS)).to_json() == profile(values).to_json()


@given(rows, st.integers(0, 60), st.randoms(use_true_random=False))
def test_any_split_in_any_order_gives_the_profile_of_the_whole(values, place, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    parts = profile(shuffled[:place]) + profile(shuffled[place:])
    assert exact(parts) == exact(profile(values))
    assert close(parts, profile(values))


@some_examples(50)
@given(st.lists(rows, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_batches_in_any_order_give_the_same_bytes(batches, random):
    profiles = [profile(values).of_batch(f"batch-{k}") for k, values in enumerate(batches)]
    again = list(profiles)
    random.shuffle(again)
    assert merge(again, BINS).to_json() == merge(profiles, BINS).to_json()
    assert merge(profiles, BINS).batches == tuple(f"batch-{k}" for k in range(len(batches)))


def test_a_batch_that_is_in_two_profiles_is_refused():
    a, b, c = (profile([(1.0, "a", 0.5, "r")]).of_batch(name) for name in "abc")
    with pytest.raises(IncomparableProfiles, match="batch b is in both profiles"):
        merge([a + b, b + c], BINS)


def test_profiles_of_other_bins_are_refused():
    other = Bins(features={"x": NumericBins.of(np.arange(100.0)), "c": CategoricalBins.of({"a": 1})})
    with pytest.raises(IncomparableProfiles, match="cannot be added"):
        _ = profile([]) + Profile.empty(other)


def test_a_column_of_the_wrong_type_is_refused():
    wrong = Chunk(1, {"x": CategoricalColumn(np.zeros(1, np.int32), ("1",))})
    with pytest.raises(IncomparableProfiles, match="column x is CategoricalColumn"):
        Profile.of(wrong, BINS)


@given(rows)
def test_json_reads_back_as_written(values):
    assert Profile.from_json(profile(values).to_json()).to_json() == profile(values).to_json()


@pytest.mark.parametrize("document", ["", "{", "[]", '{"bins": "x"}'])
def test_a_corrupted_profile_says_so(document):
    with pytest.raises(IncomparableProfiles, match="not a profile"):
        Profile.from_json(document)


def test_every_kind_of_cell_is_counted():
    summary = profile(
        [
            (None, "a", 0, "1"),
            (math.nan, None, 0, "2"),
            (math.inf, "z", 0, "3"),
            (-math.inf, "z", 0, "4"),
            (2.0, "b", 1, "5"),
        ]
    )
    x, c = summary.features["x"], summary.features["c"]
    assert (x.rows, x.missing, x.nan, x.infinite, x.count, x.minimum, x.maximum) == (5, 1, 1, 2, 1, 2.0, 2.0)
    assert (c.rows, c.missing, c.counts, c.unseen, c.unseen_names) == (5, 1, (1, 1), 2, {"z": 2})


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(2).normal(size=40_000),
        np.random.default_rng(3).standard_cauchy(size=40_000),
        np.exp(np.random.default_rng(4).normal(0, 8, size=40_000)),
        np.random.default_rng(5).poisson(2, size=40_000).astype(float),
        np.where(np.random.default_rng(6).random(40_000) < 0.7, 0.0, np.random.default_rng(7).normal(size=40_000)),
        np.full(40_000, 1e308) * np.random.default_rng(8).choice([-1, 1], 40_000),
        np.full(40_000, 3.0),
        np.random.default_rng(9).normal(1e9, 1e-6, size=40_000),
    ],
    ids=["normal", "cauchy", "lognormal", "discrete", "zero-inflated", "huge", "constant", "narrow"],
)
def test_fast_counting_gives_what_comparing_each_value_with_each_edge_gives(values):
    bins = NumericBins.of(np.sort(values[:10_000]))
    expected = np.bincount(bins.cuts.searchsorted(values, side="right"), minlength=len(bins.edges) + 1)
    assert counted(values, bins) == tuple(expected.tolist())


@pytest.mark.parametrize("logit", [-8.0, -4.0, 0.0, 8.0])
@pytest.mark.parametrize("spread", [0.01, 1.5, 6.0])
def test_scores_are_counted_as_by_comparing_each_with_each_edge(logit, spread):
    """Also those that are no probabilities, those next to an edge, and those on the last float before 1/2 and 1."""
    scores = 1 / (1 + np.exp(-np.random.default_rng(2).normal(logit, spread, 40_000)))
    bins = NumericBins.of_scores(np.sort(scores[:20_000]))
    odd = np.array([-1e300, -0.5, -0.0, 0.0, 5e-324, 2.0**-33, 0.5, 1.0, 1.5, 1e300])
    at = np.concatenate((odd, bins.cuts, scores[:20_000]))
    values = np.concatenate((np.nextafter(at, -np.inf), at, np.nextafter(at, np.inf), scores))
    expected = np.bincount(bins.cuts.searchsorted(values, side="right"), minlength=len(bins.edges) + 1)
    assert counted(values, bins) == tuple(expected.tolist())


def test_scores_of_a_rare_event_mostly_have_a_cell_without_an_edge():
    scores = 1 / (1 + np.exp(-np.random.default_rng(2).normal(-8, 1.5, 100_000)))
    bins = NumericBins.of_scores(np.sort(scores))
    assert bins.grid.narrowing
    assert len(bins.grid.starts) >= len(bins.edges) - 5


def test_frequent_values_have_a_bin_of_their_own():
    bins = NumericBins.of(np.sort(np.concatenate((np.zeros(700), np.random.default_rng(0).normal(size=300)))))
    counts = counted(np.array([0.0, -0.0, 1e-9, -1e-9]), bins)
    assert max(counts) == 2
    assert len(bins.edges) <= 3 * 64


def test_a_flag_that_is_rarely_set_can_be_profiled():
    flags = np.repeat([0.0, 1.0], [49_500, 500])  # about their mean, both edges of the atom at zero are the same float
    assert [count for count in counted(flags, NumericBins.of(flags)) if count] == [49_500, 500]


def test_unseen_names_are_bounded_and_do_not_depend_on_the_split():
    names = tuple(f"new-{k}" for k in range(500))
    codes = np.random.default_rng(0).integers(0, 500, 3000).astype(np.int32)
    whole = Profile.of(Chunk(3000, {"c": CategoricalColumn(codes, names)}), BINS)
    parts = [Profile.of(Chunk(1000, {"c": CategoricalColumn(part, names)}), BINS) for part in np.split(codes, 3)]
    assert sum(reversed(parts), start=Profile.empty(BINS)).features["c"] == whole.features["c"]
    assert len(whole.features["c"].unseen_names) == NAMED_UNSEEN
    assert whole.features["c"].unseen == 3000


def test_an_absent_column_has_no_rows():
    only = Profile.of(Chunk(2, {"x": NumericColumn(np.array([1.0, 2.0]))}), BINS)
    assert (only.rows, only.features["x"].rows, only.features["c"].rows, only.outputs["score"].rows) == (2, 2, 0, 0)
