"""A feature that gives the label away is found; one that is merely strong, or merely an id, is not."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.leakage import Leakage
from steward.quality.single_feature_auc import _concordance, single_feature_auc
from steward.records.columns import CategoricalColumn, NumericColumn
from tests.nightly import nightly
from tests.unit.properties import some_examples
from tests.unit.quality.contexts import BASELINE, SPEC, declared, judged

ROWS = 4000
RANDOM = np.random.default_rng(5)
POSITIVE = RANDOM.random(ROWS) < 0.3
CLASSES = RANDOM.integers(-1, 3, ROWS)
VALUES = RANDOM.gamma(2, 10, ROWS)
SOME = some_examples(60, suppress_health_check=list(HealthCheck))


def numeric(values):
    found = np.asarray(values, float)
    return NumericColumn(found, np.isnan(found)), NumericBins.of(np.sort(found[np.isfinite(found)]))


def categorical(names):
    categories, codes = np.unique(names, return_inverse=True)
    known = dict(zip(categories.tolist(), np.bincount(codes).tolist(), strict=True))
    return CategoricalColumn(codes.astype(np.int32), tuple(categories.tolist())), CategoricalBins.of(known)


def measured(pair, labels=POSITIVE) -> Leakage:
    column, bins = pair
    return single_feature_auc({"x": column}, {"x": bins}, labels)["x"]


@pytest.mark.parametrize(
    ("leak", "labels"),
    [
        (numeric(POSITIVE * 1.0), POSITIVE),
        (numeric(-5.0 * POSITIVE + RANDOM.random(ROWS)), POSITIVE),
        (numeric(np.where(POSITIVE, 10 + RANDOM.random(ROWS), RANDOM.choice([0.0, 20.0], ROWS))), POSITIVE),
        (numeric(np.where(POSITIVE, RANDOM.random(ROWS), np.nan)), POSITIVE),
        (categorical(np.where(POSITIVE, RANDOM.choice(["a", "b"], ROWS), "c")), POSITIVE),
        (categorical(np.where(CLASSES == 2, "late", "x")), CLASSES),
        (numeric(VALUES * 1.609), VALUES),
        (numeric(-np.log(VALUES)), VALUES),
        (numeric(np.abs(np.arange(ROWS) - 2000.0)), np.abs(np.arange(ROWS) - 2000.0) ** 2),
    ],
)
def test_a_feature_that_gives_the_label_away_is_beyond_doubt(leak, labels) -> None:
    assert measured(leak, labels).low > 0.99


@pytest.mark.parametrize(
    ("strong", "labels"),
    [
        (numeric(POSITIVE + RANDOM.normal(0, 0.35, ROWS)), POSITIVE),
        (categorical(np.where(POSITIVE ^ (RANDOM.random(ROWS) < 0.05), "a", "b")), POSITIVE),
        (numeric(VALUES + RANDOM.normal(0, 4, ROWS)), VALUES),
        (numeric(CLASSES + RANDOM.normal(0, 0.3, ROWS)), CLASSES),
    ],
)
def test_a_feature_that_is_merely_strong_is_not(strong, labels) -> None:
    found = measured(strong, labels)
    assert found.auc > 0.85
    assert found.low < 0.99


@pytest.mark.parametrize("rows_each", [1, 2, 40])
def test_an_id_tells_nothing(rows_each: int) -> None:
    ids = categorical([f"customer-{at // rows_each}" for at in range(ROWS)])
    assert measured(ids).auc == pytest.approx(0.5, abs=0.05)


def test_noise_tells_nothing_and_few_rows_prove_nothing() -> None:
    assert measured(numeric(RANDOM.random(ROWS))).auc == pytest.approx(0.5, abs=0.04)
    few = slice(0, 200)
    column, bins = numeric(POSITIVE[few] * 1.0)
    found = single_feature_auc({"x": column}, {"x": bins}, POSITIVE[few])["x"]
    assert (found.auc, found.low < 0.99) == (1.0, True)


@pytest.mark.parametrize("labels", [np.zeros(ROWS, bool), np.full(ROWS, -1), np.full(ROWS, np.nan), np.full(ROWS, 3.0)])
def test_labels_of_one_kind_or_none_measure_nothing(labels) -> None:
    column, bins = numeric(VALUES)
    assert single_feature_auc({"x": column}, {"x": bins}, labels) == {}


@SOME
@given(seed=st.integers(0, 10**6), levels=st.integers(2, 30), classes=st.integers(2, 8))
def test_concordance_is_that_of_independent_implementations(seed: int, levels: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    target = random.integers(0, classes, 150)
    target[:2] = 0, 1
    ranks = np.minimum(target + random.integers(0, levels, 150), levels).astype(np.int64)
    found = _concordance(ranks, target)
    if target.max() == 1:
        assert found == pytest.approx(roc_auc_score(target, ranks))
    assert 2 * found - 1 == pytest.approx(stats.somersd(target, ranks).statistic)


@pytest.mark.parametrize("positives", [60, *nightly(200, 2000)])
def test_the_bound_is_rarely_above_the_truth(positives: int) -> None:
    """Of a feature with an AUC of 0.95, in 400 samples."""
    random = np.random.default_rng(positives)
    labels = np.arange(4 * positives) % 4 == 0
    random.shuffle(labels)
    shift = np.sqrt(2) * stats.norm.ppf(0.95)
    above = sum(
        measured(numeric(labels * shift + random.normal(size=len(labels))), labels).low > 0.95
        for _ in range(400 if positives < 2000 else 60)
    )
    assert above <= (25 if positives < 2000 else 6)


def with_leakage(**found: tuple[float, float]):
    known = {name: Leakage(auc=auc, low=low, rows=5000) for name, (auc, low) in found.items()}
    return BASELINE.model_copy(update={"leakage": known})


def test_every_check_tells_of_the_leak() -> None:
    (found,) = judged(baseline=with_leakage(price=(0.9991, 0.998), make=(0.7, 0.68)))["label_leakage"]
    assert (found.status, found.column, found.effect) == ("breach", "price", 0.9991)
    assert found.message == (
        "the label can be told by one feature alone: `price` with an AUC of 0.9991, where 0.99 is too good to be true; "
        "see whether it is known before the label is"
    )


def test_a_strong_feature_is_told_of_without_alarm() -> None:
    (found,) = judged(baseline=with_leakage(price=(0.93, 0.92)))["label_leakage"]
    assert (found.status, found.column, found.value) == ("ok", None, 0.93)
    assert found.message == "no feature tells the label by itself: `price` does with an AUC of 0.930 at most"
    (doubt,) = judged(baseline=with_leakage(price=(0.995, 0.98)))["label_leakage"]
    assert (doubt.status, "may be chance" in doubt.message) == ("ok", True)
    lower = declared(f"{SPEC}  label_leakage: {{maximum_auc: 0.9}}\n")
    assert judged(baseline=with_leakage(price=(0.93, 0.92)), spec=lower)["label_leakage"][0].status == "breach"


def test_what_was_not_measured_is_not_called_ok() -> None:
    assert judged()["label_leakage"][0].status == "unknown"
    assert "label_leakage" not in judged(spec=declared(f"{SPEC}  label_leakage: null\n"))
