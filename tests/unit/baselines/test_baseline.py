"""Baselines fix the bins and know how their own windows differ."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.errors import IncomparableProfiles
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.profiles.bins import MISSING
from steward.profiles.design_effect import DesignEffect
from steward.profiles.embeddings import EmbeddingSums
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, EmbeddingColumn, NumericColumn
from steward.spec.columns import Columns
from steward.spec.features import CategoricalFeature, EmbeddingFeature, NumericFeature
from steward.spec.windows import Window

WEEK = timedelta(days=7)
FEATURES = {"x": NumericFeature(type="numeric"), "c": CategoricalFeature(type="categorical")}
SCOPE = ProfilingConfig(FEATURES, names=Columns(id="id", time="time", score="score"))


def parts(generator, weeks=8, rows=1000, spread=0.0):
    for week in range(weeks):
        window = Window(datetime(2024, 1, 1, tzinfo=UTC) + week * WEEK, WEEK)
        x = generator.normal(spread * generator.normal(), 1, rows)
        c = CategoricalColumn(generator.integers(0, 3, rows).astype(np.int32), ("a", "b", "c"))
        for half in (slice(None, rows // 2), slice(rows // 2, None)):
            yield (
                window,
                Chunk(rows // 2, {"x": NumericColumn(x[half]), "c": CategoricalColumn(c.codes[half], c.categories)}),
            )


def baseline(generator, **settings):
    scores = generator.random(500)
    holdout = BinaryOutcomes.of(scores, generator.random(500) < scores, scores >= 0.5)
    return Baseline.of(
        list(parts(generator, **settings)), SCOPE, held=Chunk(500, {"score": NumericColumn(scores)}), holdout=holdout
    )


def test_a_baseline_reads_back_as_written():
    one = baseline(np.random.default_rng(0))
    assert Baseline.from_json(one.to_json()).to_json() == one.to_json()
    assert Baseline.from_json(one.to_json()).bins.digest == one.bins.digest
    assert (one.reference.rows, one.reference.outputs["score"].rows, one.holdout.labelled) == (8000, 500, 500)


def test_independent_rows_have_a_design_effect_near_one():
    effects = [baseline(np.random.default_rng(seed)).design_effects["x"] for seed in range(20)]
    assert 1 <= np.mean([effect.value for effect in effects]) < 1.15
    assert sum(effect.clustered for effect in effects) <= 2
    assert all(effect.known and effect.chunks == 8 for effect in effects)


def test_windows_that_differ_show_in_the_design_effect():
    effects = [baseline(np.random.default_rng(seed), spread=0.3).design_effects["x"] for seed in range(20)]
    assert all(effect.clustered for effect in effects)
    # A common shift of sd 0.3 per window of 1,000 rows: location effect 1 + 1,000 x 0.3 squared, up to the rank's 3/pi.
    assert np.mean([effect.location for effect in effects]) == pytest.approx(1 + 1000 * 0.09 * 3 / np.pi, rel=0.4)


def test_two_windows_are_too_few_to_know():
    effect = baseline(np.random.default_rng(0), weeks=2, spread=1.0).design_effects["x"]
    assert (effect.known, effect.value, effect.chunks) == (False, 1.0, 2)


def test_no_reference_rows_give_an_unknown_effect():
    assert DesignEffect.of([]).known is False
    assert DesignEffect.of([[0, 0], [0, 0]]).known is False


def test_a_column_that_is_not_as_declared_is_refused():
    bad = [
        (
            Window(datetime(2024, 1, 1, tzinfo=UTC), WEEK),
            Chunk(1, {"x": CategoricalColumn(np.zeros(1, np.int32), ("1",))}),
        )
    ]
    with pytest.raises(IncomparableProfiles, match="feature x is declared numeric"):
        Baseline.of(bad, SCOPE, holdout=BinaryOutcomes())


def test_what_a_version_says_of_rows_it_was_trained_on_is_no_reference():
    generator = np.random.default_rng(1)
    scored = [
        (window, Chunk(chunk.rows, {**chunk.columns, "score": NumericColumn(np.ones(chunk.rows))}))
        for window, chunk in parts(generator)
    ]
    held = Chunk(500, {"score": NumericColumn(generator.random(500))})
    one = Baseline.of(scored, SCOPE, held=held, holdout=BinaryOutcomes())
    assert (one.reference.outputs["score"].rows, one.reference.features["x"].rows) == (500, 8000)
    position = one.bins.sampled.index(("outputs", "score"))
    assert set(one.sample.table[:, position].tolist()) == {MISSING}
    assert not one.output_design_effects["score"].known
    adopted = Baseline.of(scored, SCOPE, holdout=BinaryOutcomes())
    assert adopted.reference.outputs["score"].rows == 8000
    only = adopted.bins.outputs["score"].codes(np.ones(1))
    assert set(adopted.sample.table[:, position].tolist()) == set(only.tolist())
    assert adopted.output_design_effects["score"].known


def test_the_effect_of_outputs_of_a_holdout_is_that_of_the_median_feature():
    one = baseline(np.random.default_rng(0), spread=0.3)
    x, c, score = (one.design_effect(name) for name in ("x", "c", "score"))
    assert score.value == np.median([x.value, c.value])
    assert score.clustered
    assert one.output_design_effect("score") == score


def test_what_holds_for_all_parts_together_is_what_holds_for_the_one_that_varies_most():
    one = baseline(np.random.default_rng(0), spread=0.3)
    x = one.design_effects["x"]
    assert one.joint_design_effect.value == max(x.value, x.location)
    assert one.joint_design_effect.clustered
    assert one.joint_design_effect.at(10 * x.rows).value > one.joint_design_effect.value


def test_the_sample_of_the_reference_is_larger_than_that_of_a_profile():
    one = baseline(np.random.default_rng(0))
    assert (len(one.sample), len(one.reference.sample)) == (4000, 1000)
    assert one.sample.truncate(1000) == one.reference.sample
    shares = np.bincount(one.sample.table[:, 0], minlength=64) / 4000
    expected = np.array(one.reference.features["x"].counts) / 8000
    assert np.abs(shares - expected).max() < 0.01


def windows(one, generator, count, **changed):
    profiles = {}
    for window, chunk in parts(generator, weeks=count, **changed):
        columns = {**chunk.columns, "score": NumericColumn(generator.random(chunk.rows))}
        found = Profile.of(ProfileInput(Chunk(chunk.rows, columns)), one.bins, SCOPE.names)
        profiles[window] = profiles[window] + found if window in profiles else found
    return list(profiles.values())


def test_earlier_windows_stand_in_for_the_reference():
    one = baseline(np.random.default_rng(0))
    earlier = windows(one, np.random.default_rng(1), 4, rows=600, spread=0.3)
    other = one.against(earlier)
    assert other.bins == one.bins
    assert other.holdout == one.holdout
    assert (other.reference.rows, other.reference.outputs["score"].rows) == (2400, 2400)
    assert other.reference == sum(earlier[1:], start=earlier[0])
    assert (other.design_effects["x"].chunks, other.design_effects["x"].clustered) == (4, True)
    assert other.output_design_effects["score"].known
    assert (other.missing_design_effects["c"].chunks, len(other.sample)) == (4, 1000)
    assert Baseline.from_json(other.to_json()) == other


def test_there_is_no_comparison_with_no_windows_or_with_those_of_another_version():
    one, other = baseline(np.random.default_rng(0)), baseline(np.random.default_rng(1))
    with pytest.raises(IncomparableProfiles, match="no earlier windows"):
        one.against([])
    with pytest.raises(IncomparableProfiles, match="of different versions"):
        one.against(windows(other, np.random.default_rng(1), 1))


def test_the_most_important_features_lead_the_sample():
    importances = {"c": 0.9, "x": 0.1}
    one = Baseline.of(parts(np.random.default_rng(0)), SCOPE, holdout=None, importances=importances)
    assert one.bins.leading == ("c", "x")
    assert one.importances == importances


@pytest.mark.parametrize("document", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_damaged_baseline_says_so(document):
    with pytest.raises(IncomparableProfiles, match=r"not a baseline: .*; train or adopt the version again"):
        Baseline.from_json(document)


def of_vectors(draw, weeks=8):
    moments = [Window(datetime(2024, 1, 1, tzinfo=UTC) + week * WEEK, WEEK) for week in range(weeks)]
    scope = ProfilingConfig({"image": EmbeddingFeature(type="embedding", dimensions=8)})
    columns = [EmbeddingColumn(draw().astype(np.float32)) for _ in moments]
    chunks = [Chunk(column.rows, {"image": column}) for column in columns]
    return Baseline.of(zip(moments, chunks, strict=True), scope, holdout=None)


def test_the_distance_of_two_means_of_embeddings_is_as_large_as_chance_makes_it():
    generator = np.random.default_rng(0)
    one = of_vectors(lambda: generator.normal(size=(500, 8)))
    spread, bins = one.embedding_spreads["image"], one.bins.composites["image"]
    reference = one.reference.embeddings["image"].feature_mean
    distances = [
        np.sum((EmbeddingSums.of(EmbeddingColumn(generator.normal(size=(200, 8)).astype(np.float32)), bins).feature_mean
                - reference) ** 2)
        for _ in range(100)
    ]  # fmt: skip
    assert np.mean(distances) == pytest.approx((1 / 200 + 1 / 4000) * sum(spread.eigenvalues), rel=0.1)
    variance = 2 * (1 / 200 + 1 / 4000) ** 2 * sum(value**2 for value in spread.eigenvalues)
    assert np.var(distances) == pytest.approx(variance, rel=0.6)
    assert (spread.design_effect.known, spread.design_effect.clustered) == (True, False)
    assert spread.design_effect.value < 1.3


def test_embeddings_that_differ_between_windows_show_it():
    generator = np.random.default_rng(0)
    effect = of_vectors(lambda: generator.normal(size=(500, 8)) + 0.3 * generator.normal(size=8)).embedding_spreads[
        "image"
    ]
    assert effect.design_effect.clustered
    assert effect.design_effect.value > 5
    assert (
        not of_vectors(lambda: generator.normal(size=(500, 8)), weeks=2).embedding_spreads["image"].design_effect.known
    )


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_embeddings_have_no_spread(rows):
    assert of_vectors(lambda: np.ones((rows, 8)), weeks=1).embedding_spreads["image"].eigenvalues == ()
