"""An isolation forest as a classifier of two classes: how unusual a row is, in the place of a probability."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import IsolationForest

from steward.array_types import Floats


class AnomalyClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Scores rows by an isolation forest that is fitted without their labels.

    The score of a row is 2 to the power of minus its mean path length over that of a random tree, in (0, 1): near 1 for
    an anomaly, below 0.5 for a usual row. It is no probability before it is calibrated.

    Source: F. T. Liu, K. M. Ting and Z.-H. Zhou (2008), Isolation forest, ICDM.

    Attributes:
        forest: unfitted, with its parameters.
        forest_: fitted.
        classes_: false and true: an anomaly is of the second class.
    """

    def __init__(self, forest: IsolationForest) -> None:
        self.forest = forest

    def fit(self, rows: Floats, _target: NDArray[np.bool_], sample_weight: Floats | None = None) -> Self:
        """Fit the forest; the target is what the scores will be judged by, and is not looked at."""
        self.forest_ = self.forest.fit(rows, sample_weight=sample_weight)
        self.classes_ = np.array([False, True])
        return self

    def decision_function(self, rows: Floats) -> Floats:
        """The score of each row, shape (rows,)."""
        scores: Floats = -self.forest_.score_samples(rows)
        return scores

    def predict_proba(self, rows: Floats) -> Floats:
        """One less the score, and the score, shape (rows, 2)."""
        scores = self.decision_function(rows)
        return np.column_stack([1 - scores, scores])

    def predict(self, rows: Floats) -> NDArray[np.bool_]:
        """Whether each row is rather an anomaly, shape (rows,)."""
        unusual: NDArray[np.bool_] = self.decision_function(rows) >= 0.5  # noqa: PLR2004
        return unusual
