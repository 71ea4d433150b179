"""Intervals and gates count the rows of one entity as the dependent rows that they are."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.performance.binary_metrics import BINARY_METRICS
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.entity_figures import (
    binary_entities,
    entities_of,
    multiclass_entities,
    regression_entities,
)
from steward.performance.entity_sums import EntitySums
from steward.records.hashing import mix
from steward.retraining.scored_outcomes import outcomes_of
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.comparisons import BetterThanChampion
from tests.unit.examples import SPEC, sales, spec
from tests.unit.validation.test_gates import contest

hashes = st.lists(st.integers(0, 2**64 - 1), max_size=30).map(lambda found: np.array(found, np.uint64))
sums = hashes.map(lambda found: EntitySums.of(found, {"loss": np.arange(len(found)) % 4, "right": found % 2 == 0}))


@given(sums, sums, sums)
def test_sums_add_up_in_any_order(a, b, c) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + EntitySums() == a


def outcomes(each: int, entities: int, seed: int, *, known: bool = True) -> BinaryOutcomes:
    """All rows of an entity are alike: they are right, or wrong, together."""
    random, owner = np.random.default_rng(seed), np.repeat(np.arange(entities), each)
    scores, labels = random.beta(2, 2, entities)[owner], (random.random(entities) < 0.5)[owner]
    found = BinaryOutcomes.of(scores, labels, scores >= 0.5)
    shared = binary_entities(mix(owner.astype(np.uint64)) if known else None, scores, labels, scores >= 0.5)
    return found.model_copy(update={"entities": shared})


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "brier_score", "roc_auc", "average_precision", "f1"])
def test_ten_rows_that_are_one_widen_every_interval_as_if_there_was_one(metric) -> None:
    wide, narrow, single = (
        BINARY_METRICS[metric](found)
        for found in (outcomes(10, 2000, 1), outcomes(10, 2000, 1, known=False), outcomes(1, 2000, 1, known=False))
    )
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(np.sqrt(10), rel=0.2)
    assert (wide.high - wide.low) / (single.high - single.low) == pytest.approx(1, rel=0.2)


def test_entities_that_come_once_widen_hardly() -> None:
    one, other = (BINARY_METRICS["log_loss"](outcomes(1, 5000, 2, known=known)) for known in (True, False))
    assert (one.high - one.low) / (other.high - other.low) < 1.2


@pytest.mark.parametrize("each", [5, 10])
def test_intervals_of_clustered_rows_cover_what_they_promise(each) -> None:
    """95 % of 300 windows, less three standard errors of such a count (1.26 points)."""
    found = [BINARY_METRICS["accuracy"](outcomes(each, 150, seed)) for seed in range(300)]
    assert np.mean([estimate.low <= 0.5 <= estimate.high for estimate in found]) > 0.91


def test_the_tasks_sum_up_what_their_metrics_rest_on() -> None:
    entity = mix(np.arange(6, dtype=np.uint64) // 2)
    three = multiclass_entities(entity, np.full((6, 3), 1 / 3), np.array([0, 1, 2, 0, 1, -1]), np.zeros(6, int))
    assert sum(three.rows) == 5
    assert set(three.sums) == {"loss", "squared_error", "right", "label_0", "label_1", "label_2"}
    amount = regression_entities(entity, np.arange(6.0), np.zeros(6))
    assert sum(amount.sums["absolute_error"]) == 15
    assert regression_entities(None, np.arange(6.0), np.zeros(6)) == EntitySums()


def test_a_declared_entity_reaches_the_outcomes_and_its_names_do_not() -> None:
    declared = spec(SPEC.replace("  label: lemon", "  label: lemon\n  entity: dealer"))
    rows = sales().assign(dealer=[f"dealer-{at % 40}" for at in range(400)])
    found = outcomes_of(np.full(400, 0.3), rows, declared)
    assert sum(found.entities.rows) == 400
    assert b"dealer-" not in found.to_json()
    assert entities_of(sales(), declared) is None
    alone = entities_of(rows.assign(dealer=[None, *["d"] * 399]), declared)
    assert len(set(alone.tolist())) == 2
    assert entities_of(rows, spec()) is None


def test_a_gain_that_one_entity_made_is_not_proved() -> None:
    random, rows = np.random.default_rng(0), 600
    owner = np.where(np.arange(rows) % 2 == 0, 0, 1 + np.arange(rows) % 7)
    labels = random.random(rows) < 0.5
    champion = np.full(rows, 0.5)
    challenger = np.where(owner == 0, np.where(labels, 0.7, 0.3), 0.5)
    times = np.datetime64("2024-01-01") + np.arange(rows) // 20 * np.timedelta64(1, "D")
    usual = replace(contest(), labels=labels, champion=champion, challenger=challenger, times=times)
    policy = ValidationPolicy(block=timedelta(days=1))
    gate = BetterThanChampion()
    assert gate.evaluate(usual, policy).passed
    assert not gate.evaluate(replace(usual, entities=mix(owner.astype(np.uint64))), policy).passed
    alone = replace(usual, entities=mix(np.arange(rows, dtype=np.uint64)))
    assert gate.evaluate(alone, policy).low == pytest.approx(gate.evaluate(usual, policy).low, rel=0.3)
    few = gate.evaluate(replace(usual, entities=np.zeros(rows, np.uint64)), policy)
    assert (few.passed, "rows of 1 entities" in few.message) == (False, True)


def test_rows_as_frames_keep_their_entities_in_outcomes_of_numbers() -> None:
    declared = spec(SPEC.replace("  label: lemon", "  label: lemon\n  entity: age"))
    assert len(set(entities_of(pd.DataFrame({"age": [1.0, 1.0, 2.0], "sale": list("abc")}), declared).tolist())) == 2
