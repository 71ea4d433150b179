"""Rows of one entity do not count as independent; profiles know how often they come, and of whom they do not."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.profiles.clusters import Clusters, clusters_of
from steward.profiles.entities import GROUPS, EntityCounts, entity_hashes
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, EmbeddingColumn, NumericColumn
from steward.records.hashing import mix
from steward.spec.features import CategoricalFeature, EmbeddingFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.windows import ORIGIN, Window
from tests.nightly import nightly
from tests.unit.properties import some_examples

DAY = Window(ORIGIN, timedelta(days=1))
SCOPE = ProfilingConfig({"x": NumericFeature(type="numeric"), "kind": CategoricalFeature(type="categorical")})


def entities(names) -> CategoricalColumn:
    distinct, codes = np.unique(np.asarray(names), return_inverse=True)
    return CategoricalColumn(codes.astype(np.int32), tuple(map(str, distinct.tolist())))


def rows(each: int, count: int, alike: float, seed: int, first: int = 0) -> ProfileInput:
    """So many entities with so many rows each; values of two rows of one correlate that much."""
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(count), each)
    shared, level = random.normal(size=count), random.integers(0, 4, count)
    values = np.sqrt(alike) * shared[owner] + np.sqrt(1 - alike) * random.normal(size=len(owner))
    own = random.random(len(owner)) < np.sqrt(alike)
    kinds = np.where(own, level[owner], random.integers(0, 4, len(owner))).astype(np.int32)
    chunk = Chunk(len(owner), {"x": NumericColumn(values), "kind": CategoricalColumn(kinds, ("a", "b", "c", "d"))})
    return ProfileInput(chunk, entities=entities(owner + first))


counts = st.lists(st.integers(0, 2**64 - 1), max_size=40).map(
    lambda hashes: EntityCounts.of_hashes(np.array(hashes, np.uint64)) if hashes else EntityCounts()
)


@given(counts, counts, counts)
def test_counts_of_entities_add_up_in_any_order(a, b, c) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + EntityCounts() == a


@some_examples(20)
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_a_profile_is_the_same_however_the_rows_of_an_entity_are_spread_over_batches(seed, parts) -> None:
    portion = rows(5, 40, 0.3, seed)
    bins = Baseline.of([(DAY, portion)], SCOPE, holdout=None).bins
    where = np.random.default_rng(seed).integers(0, parts, portion.chunk.rows)
    taken = []
    for part in range(parts):
        at = np.flatnonzero(where == part)
        chunk = Chunk(len(at), {name: column.take(at) for name, column in portion.chunk.columns.items()})
        gathering = ProfileBuilder(bins)
        gathering.add(ProfileInput(chunk, entities=portion.entities.take(at)))
        taken.append(gathering.profile())
    total = sum(taken[1:], start=taken[0])
    whole = Profile.of(portion, bins)
    assert total.entities == whole.entities
    assert Profile.from_json(total.to_json()).entities == whole.entities


@pytest.mark.parametrize(("each", "count"), [(1, 3000), (5, 600), (10, 2000), (200, 20), (7, 3)])
def test_repeats_are_the_rows_of_the_entity_of_a_row(each, count) -> None:
    hashes = np.repeat(mix(np.arange(count, dtype=np.uint64)), each)
    assert EntityCounts.of_hashes(hashes).repeats == pytest.approx(each, rel=0.25)


def test_a_profile_holds_no_name_of_an_entity() -> None:
    portion = rows(3, 50, 0.3, 1)
    named = ProfileInput(portion.chunk, entities=entities([f"somebody-{at // 3}" for at in range(150)]))
    baseline = Baseline.of([(DAY, named)], SCOPE, holdout=None)
    profile = Profile.of(named, baseline.bins)
    for document in (profile.to_json(), baseline.to_json()):
        assert b"somebody" not in document
    assert len(profile.entities.counts) == GROUPS


@pytest.mark.parametrize("alike", [0.0, 0.1, 0.3, 0.9])
def test_the_intraclass_correlation_is_found(alike) -> None:
    bins = Baseline.of([(DAY, rows(5, 99, 0, 1))], SCOPE, holdout=None).bins
    found = clusters_of([(DAY, rows(5, 3000, alike, 3))], bins, None)
    ranks = 6 / np.pi * np.arcsin(alike / 2)  # of the ranks of two normal variables (Pearson, 1907)
    assert found.features["x"].location == pytest.approx(ranks, abs=0.04)
    assert found.features["kind"].spectrum[0] == pytest.approx(alike, abs=0.06)
    assert found.missing_features["x"].location == 0.0


def test_nothing_is_known_of_entities_that_come_once() -> None:
    assert Clusters.of(np.eye(5)) == Clusters(location=1.0, spectrum=(1.0,))
    assert Clusters.of(np.zeros((0, 4))) == Clusters()


@pytest.mark.parametrize("each", [1, 5, 10])
def test_the_design_effect_counts_the_rows_of_an_entity_in_the_window(each) -> None:
    """Kish: 1 + (m - 1) correlation, with the m of the window and the correlation of the reference."""
    baseline = Baseline.of([(DAY, rows(5, 1000, 0.3, 2))], SCOPE, holdout=None)
    window = Profile.of(rows(each, 400, 0.3, 5, first=10**6), baseline.bins)
    here = baseline.facing(window.entities).design_effects["x"].at(window.rows)
    assert here.location == pytest.approx(1 + (each - 1) * 0.31, rel=0.25)
    assert baseline.design_effects["x"].location == pytest.approx(1 + 4 * 0.31, rel=0.2)


def test_windows_that_differ_only_by_their_entities_do_not_differ_beyond_them() -> None:
    """What entities explain does not grow with the rows of a window."""
    parts = [(Window(ORIGIN + timedelta(days=day), timedelta(days=1)), rows(10, 60, 0.3, day, first=day * 1000))
             for day in range(25)]  # fmt: skip
    known = Baseline.of(parts, SCOPE, holdout=None).design_effects["x"]
    unknown = Baseline.of([(window, ProfileInput(portion.chunk)) for window, portion in parts], SCOPE, holdout=None)
    large = known.model_copy(update={"window_repeats": 10.0}).at(60_000)
    assert unknown.design_effects["x"].clustered
    assert not known.clustered
    assert large.location < unknown.design_effects["x"].at(60_000).location / 1.5


def drifts(feature: Feature, column, *, known: bool) -> int:
    """How many of 30 unchanged windows of 15 entities with 10 rows each show drift."""
    scope = ProfilingConfig({"x": feature})
    watched = DriftScope(Monitors(attribution_drift=None), {"x": feature})

    def portion(entities_: int, seed: int) -> ProfileInput:
        owner = np.repeat(np.arange(entities_), 10)
        chunk = Chunk(len(owner), {"x": column(np.random.default_rng(seed), owner)})
        return ProfileInput(chunk, entities=entities(owner + 1000 * seed) if known else None)

    baseline = Baseline.of([(DAY, portion(300, 0))], scope, holdout=None)
    windows = [Profile.of(portion(15, seed), baseline.bins) for seed in range(1, 31)]
    found = [evaluate_drift(baseline, window, watched) for window in windows]
    return sum(any(result.status == "drift" for result in results) for results in found)


def vectors(random, owner) -> EmbeddingColumn:
    shared = random.normal(size=(owner[-1] + 1, 8))[owner]
    return EmbeddingColumn((0.8 * shared + 0.6 * random.normal(size=shared.shape)).astype(np.float32))


@pytest.mark.parametrize("alike", [0.0, 0.64])
def test_vectors_of_one_entity_correlate_as_much_as_what_they_share(alike) -> None:
    owner = np.repeat(np.arange(400), 5)
    random = np.random.default_rng(0)
    shared, own = random.normal(size=(400, 8))[owner], random.normal(size=(2000, 8))
    column = EmbeddingColumn((np.sqrt(alike) * shared + np.sqrt(1 - alike) * own).astype(np.float32))
    portion = ProfileInput(Chunk(len(owner), {"photo": column}), entities=entities(owner))
    scope = ProfilingConfig({"photo": EmbeddingFeature(type="embedding", dimensions=8)})
    found = clusters_of([(DAY, portion)], scope.bins([portion], [portion]), None)
    assert found is not None
    assert found.embeddings["photo"].location == pytest.approx(alike, abs=0.25)


def own_categories(random, owner) -> CategoricalColumn:
    """Each entity has its category, of which a tenth are of no other."""
    rare = random.random(owner[-1] + 1) < 0.1
    name = np.where(rare, random.integers(0, 10**9, len(rare)), random.integers(0, 5, len(rare)))
    return entities(name[owner])


@pytest.mark.parametrize(("feature", "column"), [
    (CategoricalFeature(type="categorical"), own_categories),
    *nightly((EmbeddingFeature(type="embedding", dimensions=8), vectors)),
])  # fmt: skip
def test_unchanged_entities_alarm_only_where_nothing_says_that_they_are(feature, column) -> None:
    assert drifts(feature, column, known=True) <= 1
    assert drifts(feature, column, known=False) >= 5


def test_numbers_name_entities_too() -> None:
    hashes, known = entity_hashes(NumericColumn(np.array([1.0, 2.0, 1.0, np.nan, -0.0, 0.0])))
    assert known.tolist() == [True, True, True, False, True, True]
    assert hashes[0] == hashes[2] != hashes[1]
    assert hashes[4] == hashes[5]


def test_a_window_of_few_entities_cannot_be_judged_and_says_so() -> None:
    baseline = Baseline.of([(DAY, rows(5, 1000, 0.9, 2))], SCOPE, holdout=None)
    watched = DriftScope(Monitors(attribution_drift=None), SCOPE.features)
    few = evaluate_drift(baseline, Profile.of(rows(5, 4, 0.9, 5, first=10**6), baseline.bins), watched)
    (found,) = [result for result in few if result.column == "x" and result.monitor == "feature_drift"]
    assert found.status == "unknown"
    assert "the 20 rows of the window are of few entities, and count as 3 independent ones" in found.message
    many = evaluate_drift(baseline, Profile.of(rows(5, 40, 0.9, 5, first=10**6), baseline.bins), watched)
    assert {result.status for result in many if result.column == "x" and result.monitor == "feature_drift"} == {"ok"}
