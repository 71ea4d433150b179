"""Permutation importance: shares of the loss, the same whether cells or encoded columns are shuffled."""

import numpy as np
import pytest

from steward.retraining import importance
from steward.retraining.importance import encoded_scores, frame_scores, permutation_importances
from tests.unit.examples import spec
from tests.unit.fitting import OPTIONS, fit, rows_with_gaps

ROWS = rows_with_gaps(300, seed=1)
CASES = [
    ("LogisticRegression", "robust target"),
    ("LogisticRegression", "power"),
    ("HistGradientBoostingClassifier", "quantile"),
    ("HistGradientBoostingClassifier", "maxabs one-hot"),
    ("GaussianNB", "power"),
    ("IsolationForest", "quantile"),
]


@pytest.mark.parametrize(("estimator", "options"), CASES)
def test_encoded_columns_give_the_scores_of_shuffled_cells(estimator: str, options: str) -> None:
    model = fit(estimator, rows_with_gaps(), **OPTIONS[options])
    fast, order = encoded_scores(model, spec(), ROWS), np.random.default_rng(0).permutation(len(ROWS))
    if fast is None:  # a sparse matrix
        assert estimator in {"LogisticRegression", "SGDClassifier"}
        return
    for name in spec().features:
        whole = frame_scores(model, spec(), ROWS)(name, order)
        np.testing.assert_allclose(fast(name, order), whole, rtol=1e-12)  # BLAS adds up in another order


def test_importances_are_shares_and_those_of_whole_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fit("HistGradientBoostingClassifier", rows_with_gaps())
    found = permutation_importances(model, spec(), ROWS)
    assert sum(found.values()) == pytest.approx(1)
    monkeypatch.setattr(importance, "encoded_scores", lambda *_: None)
    assert permutation_importances(model, spec(), ROWS) == found
