"""Paired gains against brute force."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

from steward.performance.paired import (
    paired_absolute_error_gain,
    paired_class_log_loss_gain,
    paired_log_loss_gain,
    paired_roc_auc_gain,
    paired_squared_error_gain,
)


def contest(seed, size=400):
    generator = np.random.default_rng(seed)
    signal = generator.normal(size=size)
    labels = generator.random(size) < 1 / (1 + np.exp(-2 * signal))
    champion = np.round(1 / (1 + np.exp(-(signal + generator.normal(size=size)))), 2)
    challenger = np.round(1 / (1 + np.exp(-(2 * signal + 0.3 * generator.normal(size=size)))), 2)
    return labels, np.clip(champion, 0.01, 0.99), np.clip(challenger, 0.01, 0.99)


@pytest.mark.parametrize("seed", range(5))
def test_log_loss_gain_is_the_paired_t_interval(seed):
    labels, champion, challenger = contest(seed)
    gain = paired_log_loss_gain(labels, champion, challenger, 0.95)
    rows = [np.where(labels, -np.log(s), -np.log1p(-s)) for s in (champion, challenger)]
    bound = stats.ttest_rel(*rows, alternative="greater").confidence_interval(0.95).low
    assert gain.value == pytest.approx(log_loss(labels, champion) - log_loss(labels, challenger), rel=1e-9)
    assert gain.low == pytest.approx(bound, rel=1e-3)
    assert (gain.rows, gain.high - gain.value) == (len(labels), pytest.approx(gain.value - gain.low))


@pytest.mark.parametrize("seed", range(5))
def test_roc_auc_gain_has_delongs_variance(seed):
    labels, champion, challenger = contest(seed, 120)
    gain = paired_roc_auc_gain(labels, champion, challenger, 0.95)
    assert gain.value == pytest.approx(roc_auc_score(labels, challenger) - roc_auc_score(labels, champion), abs=1e-12)
    wins = []
    for scores in (champion, challenger):
        above = scores[labels][:, None] - scores[~labels][None, :]
        wins.append((above > 0) + 0.5 * (above == 0))
    difference = wins[1] - wins[0]
    variance = (
        difference.mean(axis=1).var(ddof=1) / labels.sum() + difference.mean(axis=0).var(ddof=1) / (~labels).sum()
    )
    assert gain.low == pytest.approx(gain.value - 1.645 * np.sqrt(variance), abs=0.02 * np.sqrt(variance))


@pytest.mark.parametrize(
    ("gain", "loss"), [(paired_absolute_error_gain, np.abs), (paired_squared_error_gain, np.square)]
)
def test_error_gains_are_the_paired_t_interval(gain, loss):
    generator = np.random.default_rng(3)
    labels = generator.normal(50, 10, 300)
    champion, challenger = labels + generator.normal(0, 3, 300), labels + generator.normal(0, 2, 300)
    found = gain(labels, champion, challenger, 0.95)
    losses = loss(champion - labels), loss(challenger - labels)
    assert found.value == pytest.approx(losses[0].mean() - losses[1].mean())
    bound = stats.ttest_rel(*losses, alternative="greater").confidence_interval(0.95).low
    assert found.low == pytest.approx(bound, rel=1e-3)
    assert gain(labels, challenger, champion, 0.95).value == pytest.approx(-found.value)


def test_log_loss_gain_of_two_classes_is_that_of_several():
    labels, champion, challenger = contest(4)
    both = [np.column_stack([1 - scores, scores]) for scores in (champion, challenger)]
    several, two = (
        paired_class_log_loss_gain(labels.astype(int), *both, 0.95),
        paired_log_loss_gain(labels, champion, challenger, 0.95),
    )
    assert (several.value, several.low) == pytest.approx((two.value, two.low))


def test_blocks_of_rows_that_share_their_error_count_once():
    generator = np.random.default_rng(5)
    blocks = np.repeat(np.arange(20), 50)
    labels = np.zeros(1000)
    champion = np.repeat(generator.normal(1, 0.5, 20), 50)
    alone, together = (paired_absolute_error_gain(labels, champion, labels, 0.95, part) for part in (None, blocks))
    assert together.value - together.low > 5 * (alone.value - alone.low)


def test_equal_scores_gain_nothing():
    labels, champion, _ = contest(0)
    for gain in (paired_log_loss_gain, paired_roc_auc_gain):
        found = gain(labels, champion, champion, 0.95)
        assert (found.value, found.low, found.high) == (0, 0, 0)


def test_swapping_the_versions_swaps_the_signs():
    labels, champion, challenger = contest(1)
    forth, back = (paired_roc_auc_gain(labels, *pair, 0.9) for pair in ((champion, challenger), (challenger, champion)))
    assert forth.value == pytest.approx(-back.value)
    assert forth.low == pytest.approx(-back.high)


def test_rows_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="two at least"):
        paired_log_loss_gain(np.array([True]), np.array([0.5]), np.array([0.5]), 0.95)
    with pytest.raises(ValueError, match="each class needs two"):
        paired_roc_auc_gain(np.array([True, True, False]), np.full(3, 0.5), np.full(3, 0.5), 0.95)
    with pytest.raises(ValueError, match="the same rows"):
        paired_log_loss_gain(np.array([True, False]), np.array([0.5]), np.array([0.5]), 0.95)
    with pytest.raises(ValueError, match="not a number"):
        paired_absolute_error_gain(np.array([1.0, np.nan]), np.zeros(2), np.zeros(2), 0.95)
    with pytest.raises(ValueError, match="the same rows"):
        paired_class_log_loss_gain(np.array([0, 1]), np.full((2, 3), 0.3), np.full((2, 2), 0.5), 0.95)
