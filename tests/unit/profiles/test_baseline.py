"""Baselines fix the bins and know how their own windows differ."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.errors import IncomparableProfiles
from steward.performance import Outcomes
from steward.profiles import Baseline, DesignEffect
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.model import CategoricalFeature, NumericFeature
from steward.spec.windows import Window

WEEK = timedelta(days=7)
FEATURES = {"x": NumericFeature(type="numeric"), "c": CategoricalFeature(type="categorical")}


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
    holdout = Outcomes.of(scores, generator.random(500) < scores, scores >= 0.5)
    return Baseline.of(list(parts(generator, **settings)), FEATURES, scores=scores, holdout=holdout)


def test_a_baseline_reads_back_as_written():
    one = baseline(np.random.default_rng(0))
    assert Baseline.from_json(one.to_json()).to_json() == one.to_json()
    assert Baseline.from_json(one.to_json()).bins.digest == one.bins.digest
    assert (one.reference.rows, one.reference.score.rows, one.holdout.labelled) == (8000, 500, 500)


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
        Baseline.of(bad, FEATURES, scores=np.array([0.5]), holdout=Outcomes())
