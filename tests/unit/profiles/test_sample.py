"""A sample is the same whatever the split and the order, and no row is likelier than another."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import IncomparableProfiles
from steward.profiles.bins import BEYOND, MISSING, CategoricalBins, NumericBins
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.profiles.sample import KEY_BITS, Sample, codes
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.records.hashing import position_hashes, text_hashes

keyed = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2), st.integers(0, 2)), max_size=30)
"""Keys of a few values, so that many are equal."""
BINS = Bins(
    features={"x": NumericBins.of(np.arange(1000.0)), "c": CategoricalBins.of({"a": 3, "b": 2})},
    outputs={"score": NumericBins.of_scores(np.linspace(0, 1, 101))},
)


def sample(rows, size=5) -> Sample:
    table = np.array([row[1:] for row in rows], np.uint8).reshape(-1, 2)
    return Sample.of(np.array([row[0] for row in rows], np.uint64), table, size)


@given(keyed)
def test_the_rows_with_the_smallest_keys_are_kept_and_equal_keys_go_by_their_codes(rows):
    kept = sample(rows)
    found = [(int(key), *map(int, row)) for key, row in zip(kept.row_keys, kept.table, strict=True)]
    assert found == sorted(rows)[:5]


@given(keyed, keyed, keyed)
def test_samples_add_up_exactly(one, two, three):
    a, b, c = sample(one), sample(two), sample(three)
    assert (a + b) + c == a + (b + c) == sample(one + two + three)
    assert a + b == b + a
    assert a + sample([]) == a
    assert (a + b).truncate(3) == sample(one + two, 3)


def test_a_row_that_comes_in_two_batches_counts_twice():
    assert len(sample([(1, 0, 0)]) + sample([(1, 0, 0)])) == 2


def test_samples_of_other_sizes_or_parts_are_refused():
    with pytest.raises(IncomparableProfiles, match="cannot be added"):
        _ = sample([(1, 0, 0)], 5) + sample([(1, 0, 0)], 6)


def test_codes_are_the_bins_of_each_part():
    chunk = Chunk(
        5,
        {
            "x": NumericColumn(np.array([-1.0, 500.0, np.nan, np.inf, 1e9]), np.array([0, 0, 1, 0, 0], bool)),
            "c": CategoricalColumn(np.array([0, 1, -1, 2, 0], np.int32), ("b", "a", "new")),
        },
    )
    found = codes(chunk, BINS)
    assert BINS.sampled == (("features", "x"), ("features", "c"), ("outputs", "score"))
    middle = int(np.searchsorted(BINS.features["x"].cuts, 500.0, side="right"))
    assert found.tolist() == [
        [0, 1, MISSING],
        [middle, 0, MISSING],
        [MISSING, MISSING, MISSING],
        [MISSING, BEYOND, MISSING],
        [len(BINS.features["x"].edges), 1, MISSING],
    ]


def test_more_categories_than_codes_share_the_last_one():
    names = [f"c{at:04d}" for at in range(1000)]
    bins = Bins(features={"c": CategoricalBins.of(dict.fromkeys(names, 1))})
    chunk = Chunk(1000, {"c": CategoricalColumn(np.arange(1000, dtype=np.int32), tuple(names))})
    assert codes(chunk, bins)[:, 0].tolist() == [*range(254), *[BEYOND] * 746]


def test_at_most_64_parts_are_sampled_and_the_most_important_features_come_first():
    names = [f"n{at:03d}" for at in range(200)]
    outputs = {f"scores.{at}": NumericBins.of_scores(np.linspace(0, 1, 101)) for at in range(100)}
    features = {name: NumericBins.of(np.arange(5.0)) for name in names}
    sampled = Bins(features=features, outputs=outputs, leading=("n199", "gone", "n100")).sampled
    assert [side for side, _ in sampled] == ["features"] * 48 + ["outputs"] * 16
    assert [name for _, name in sampled[:48]] == [*names[:46], "n100", "n199"]


def gathered(values, pieces, ids=None, sample_rows=100) -> Sample:
    gathering = ProfileBuilder(BINS, sample_rows=sample_rows)
    first = 0
    for piece in np.array_split(values, pieces):
        here = None if ids is None else ids[first : first + len(piece)]
        gathering.add(ProfileInput(Chunk(len(piece), {"x": NumericColumn(piece)}), here, first=first))
        first += len(piece)
    return gathering.profile().sample


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("pieces", [1, 2, 7, 100])
def test_a_streamed_sample_is_what_sorting_all_rows_gives(named, pieces):
    rows = 20_000
    values = np.random.default_rng(0).permutation(rows) / 20
    ids = np.array([f"id-{at * 37}" for at in range(rows)], object)
    hashes = text_hashes(ids) if named else position_hashes(np.arange(rows, dtype=np.uint64))
    smallest = np.argsort(hashes)[:100]
    found = gathered(values, pieces, ids if named else None)
    assert found.row_keys.tolist() == (hashes[smallest] >> np.uint64(64 - KEY_BITS)).tolist()
    assert found.table[:, 0].tolist() == BINS.features["x"].codes(values[smallest]).tolist()


@pytest.mark.parametrize("ids", [None, "{}", "2024-{:09d}", "é{}"])
def test_no_row_is_likelier_to_be_sampled_than_another(ids):
    rows = 64_000
    names = None if ids is None else np.array([ids.format(at) for at in range(rows)], object)
    values = np.arange(rows) / 64
    found = gathered(values, 1, names, sample_rows=4000)
    # As many groups of neighbouring rows as there are bins, the ends of which hold few rows.
    expected = np.bincount(BINS.features["x"].codes(values)) * (4000 / rows)
    sampled = np.bincount(found.table[:, 0], minlength=len(expected))
    held = expected > 0
    assert sampled[~held].sum() == 0
    surplus = np.square(sampled[held] - expected[held]) / expected[held] / (1 - 4000 / rows)
    degrees = held.sum() - 1
    assert surplus.sum() < degrees + 5 * np.sqrt(2 * degrees)


def test_positions_go_on_over_four_thousand_million():
    edge = np.array([2**32 - 1, 2**32, 2**33], np.uint64)
    assert len(set(position_hashes(edge).tolist())) == 3
    chunk = Chunk(3, {"x": NumericColumn(np.arange(3.0))})
    sampled = Profile.of(ProfileInput(chunk, first=2**32 - 1), BINS).sample
    whole = position_hashes(np.arange(2**32 - 1, 2**32 + 2, dtype=np.uint64)) >> np.uint64(64 - KEY_BITS)
    assert sampled.row_keys.tolist() == sorted(whole.tolist())


def test_as_many_equal_ids_as_there_are_rows_are_sampled_by_their_codes():
    values = np.random.default_rng(0).permutation(3000) / 3
    ids = np.full(3000, "same", object)
    found = gathered(values, 3, ids)
    assert found.table[:, 0].tolist() == sorted(BINS.features["x"].codes(values).tolist())[:100]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"keys": "AAAA"}, "do not fit"),
        ({"codes": "AAAA"}, "do not fit"),
        ({"codes": "no base64!"}, "base64"),
        ({"size": 2}, "do not fit"),
        ({"keys": base64.b64encode(bytes(range(18, 0, -1))).decode()}, "do not ascend"),
    ],
)
def test_a_damaged_sample_says_so(change, reason):
    chunk = Chunk(3, {"x": NumericColumn(np.arange(3.0))})
    document = json.loads(Profile.of(chunk, BINS).to_json())
    document["sample"] |= change
    with pytest.raises(IncomparableProfiles, match=reason):
        Profile.from_json(json.dumps(document))


def test_text_hashes_look_at_every_byte_and_at_nothing_else():
    texts = ["", "a", "a\0", "aaaaaaaa", "aaaaaaaaa", "é", "x" * 256, "x" * 257, "x" * 100_000, "\ud800"]
    together = text_hashes(texts)
    assert len(set(together.tolist())) == len(texts)
    assert [text_hashes([text])[0] for text in texts] == together.tolist()
    assert text_hashes([]).tolist() == []
    assert text_hashes(["Steward"]).tolist() == [text_hashes(["Steward"] * 70_000)[-1]]
