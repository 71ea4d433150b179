"""Statistics of several columns at once against NannyML, Evidently and scikit-learn, on 24 samples.

What the first two say was written by tests/independent/expected_values.py; scikit-learn and SciPy are asked here.
"""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.covariance import EmpiricalCovariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from steward.drift.embedding_change import EmbeddingChange, mean_cosine_shift
from steward.drift.joint import (
    correlation_shift,
    domain_classifier,
    maximum_mean_discrepancy,
    reconstruction_error,
)
from steward.drift.quadratic_form import QuadraticForm
from steward.profiles.embedding_spread import EmbeddingSpread
from steward.profiles.embeddings import EmbeddingBins, EmbeddingSums
from steward.records.columns import EmbeddingColumn
from tests.independent.approximation import expected
from tests.independent.joint_sets import JOINT, joint

EXACT = {"rel": 1e-9, "abs": 1e-12}
SINGLE = {"rel": 1e-4, "abs": 1e-6}
"""Vectors are kept in single precision."""


@pytest.mark.parametrize("name", JOINT)
def test_the_samples_are_those_that_the_peers_saw(name):
    digest = expected("histograms")["joint"][name]["digest"]
    assert joint(name).digest == digest, "run tests/independent/expected_values.py again"


@pytest.mark.parametrize("name", JOINT)
def test_the_reconstruction_error_is_nannymls(name):
    rows, theirs = joint(name), expected("nannyml")["joint"][name]
    found = reconstruction_error(rows.reference, rows.window)
    assert found.before == pytest.approx(theirs["reconstruction_error_before"], **EXACT)
    assert found.after == pytest.approx(theirs["reconstruction_error_after"], **EXACT)


@pytest.mark.parametrize("name", JOINT)
def test_the_change_of_the_reconstruction_error_is_judged_as_welch_does(name):
    rows = joint(name)
    found = reconstruction_error(rows.reference, rows.window)
    fitted, held = rows.reference[::2], rows.reference[1::2]
    _, _, components = np.linalg.svd(fitted - fitted.mean(axis=0), full_matrices=False)
    kept = components[: found.components]
    errors = [
        np.linalg.norm(side - fitted.mean(axis=0) - (side - fitted.mean(axis=0)) @ kept.T @ kept, axis=1)
        for side in (rows.window, held)
    ]
    theirs = stats.ttest_ind(*errors, equal_var=False)
    assert found.deviation == pytest.approx(theirs.statistic, rel=1e-8)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-280)


@pytest.mark.parametrize("name", JOINT)
def test_the_mean_discrepancy_is_evidentlys_but_for_the_variance_it_takes_off(name):
    """Theirs takes off what either side's own variance gives on average, ours what the baseline's gives both."""
    rows = joint(name)
    unbiased = expected("evidently")["joint"][name]["linear_discrepancy"]
    found = maximum_mean_discrepancy(rows.reference, rows.window)
    here, there = (np.trace(np.cov(side, rowvar=False)) for side in (rows.window, rows.reference))
    assert found.value == pytest.approx(max(0.0, unbiased + (here - there) / len(rows.window)), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("name", JOINT)
def test_the_mean_discrepancy_of_embeddings_is_near_the_exact_kernels(name):
    """The feature map stands for the kernel, with 64 frequencies drawn once for all."""
    rows = joint(name)
    theirs = expected("evidently")["joint"][name]["gaussian_discrepancy"]
    error = embedding_change(rows.reference, rows.window, rows.bandwidth).maximum_mean_discrepancy - max(0.0, theirs)
    assert abs(error) <= 0.001 + 0.25 * abs(theirs)


@pytest.mark.parametrize("name", JOINT)
def test_the_mean_cosine_shift_is_evidentlys(name):
    rows = joint(name)
    sums = [summed(side + 1, rows.bandwidth) for side in (rows.reference, rows.window)]
    theirs = expected("evidently")["joint"][name]["mean_cosine_shift"]
    assert mean_cosine_shift(*sums) == pytest.approx(theirs, **SINGLE)


@pytest.mark.parametrize("name", JOINT)
def test_the_domain_classifier_is_a_linear_discriminant_of_scikit_learn(name):
    rows = joint(name)
    halves = [(rows.reference[at::2], rows.window[at::2]) for at in range(2)]
    areas = []
    for fitted, held in (halves, halves[::-1]):
        classifier = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=Ridged())
        classifier.fit(np.concatenate(fitted), np.repeat([0, 1], list(map(len, fitted))))
        scores = classifier.decision_function(np.concatenate(held))
        areas.append(roc_auc_score(np.repeat([0, 1], list(map(len, held))), scores))
    found = domain_classifier(rows.reference, rows.window)
    assert found.roc_auc == pytest.approx(np.mean(areas), abs=1e-4)


@pytest.mark.parametrize("name", JOINT)
def test_correlations_are_scipys(name):
    rows = joint(name)
    found = correlation_shift(rows.reference, rows.window)
    first, second = found.pair
    before, after = (stats.pearsonr(side[:, first], side[:, second])[0] for side in (rows.reference, rows.window))
    assert (found.before, found.after) == pytest.approx((before, after), **EXACT)


@pytest.mark.parametrize("seed", range(20))
def test_the_tail_of_a_weighted_sum_of_chi_squareds_is_imhofs(seed):
    generator = np.random.default_rng(seed)
    weights = generator.random(int(generator.integers(2, 60))) ** generator.uniform(0.5, 4)
    form = QuadraticForm.of_weights(weights)
    for point in (0.8, 1.0, 1.5, 2.0, 3.0):
        exact = imhof(weights, point * weights.sum())
        if exact > 1e-5:
            assert form.survival_function(point * float(weights.sum())) == pytest.approx(exact, rel=0.15, abs=0.01)


def test_of_equal_weights_the_tail_is_chi_squareds():
    form = QuadraticForm.of_weights(np.full(7, 0.5))
    for value in (1.0, 3.5, 9.0, 20.0):
        assert form.survival_function(value) == pytest.approx(stats.chi2.sf(2 * value, 7), rel=1e-9)


class Ridged(EmpiricalCovariance):
    """The covariance with a twentieth of the mean variance on its diagonal."""

    def fit(self, X, y=None):  # noqa: N803 - scikit-learn's name
        super().fit(X)
        spread = np.trace(self.covariance_) / len(self.covariance_)
        self.covariance_ = self.covariance_ + 0.05 * spread * np.eye(len(self.covariance_))
        return self


def embedding_bins(reference, bandwidth):
    bins = EmbeddingBins.of([EmbeddingColumn(np.asarray(reference, np.float32), None)])
    return bins.model_copy(update={"bandwidth": bandwidth})


def summed(rows, bandwidth):
    return EmbeddingSums.of(EmbeddingColumn(np.asarray(rows, np.float32), None), embedding_bins(rows, bandwidth))


def embedding_change(reference, window, bandwidth):
    bins = embedding_bins(reference, bandwidth)
    columns = [EmbeddingColumn(np.asarray(side, np.float32), None) for side in (reference, window)]
    before, after = (EmbeddingSums.of(column, bins) for column in columns)
    return EmbeddingChange.between(before, after, EmbeddingSpread.of(columns[:1], [before], bins))


def imhof(weights, point):
    """J. P. Imhof (1961): the inversion integral of the characteristic function."""

    def integrand(u):
        angle = 0.5 * np.sum(np.arctan(weights * u)) - 0.5 * point * u
        return np.sin(angle) / (u * np.prod((1 + weights**2 * u**2) ** 0.25))

    total = integrate.quad(integrand, 0, math.inf, limit=2000, epsabs=1e-10)[0]
    return 0.5 + total / math.pi
