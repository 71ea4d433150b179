"""Makes probabilities of a fitted classifier's scores, on rows that it was not fitted on."""

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.pipeline import Pipeline

from steward.attribution.uncalibrated_score import remove_calibration
from steward.errors import TrainingImpossible
from steward.retraining.dataset import targets
from steward.retraining.recipe import Fitted, feature_frame, score
from steward.retraining.scored_outcomes import row_losses
from steward.retraining.versions import CalibrationSummary
from steward.spec.model import ModelSpec


def calibrate(model: Fitted, spec: ModelSpec, rows: pd.DataFrame) -> Fitted:
    """The model with a curve behind its score: a step function for each class, or a logistic one.

    Sources: J. Platt (1999), Probabilistic outputs for support vector machines; B. Zadrozny and C. Elkan (2002),
    Transforming classifier scores into accurate multiclass probability estimates, KDD (several classes: each against
    the rest, divided by their sum). A step function of n rows stays between 1 / (n + 2) and 1 - 1 / (n + 2).

    Args:
        model: fitted on other rows, with the steps `columns` and `estimator`.
        spec: names the features and the label, and by `retraining.recipe.calibration` the curve.
        rows: to fit it on, with their labels.

    Raises:
        TrainingImpossible: there are no rows, or scikit-learn refuses them; the message is its own.
    """
    declared = spec.retraining.recipe
    if declared is None or declared.calibration is None or rows.empty:
        raise TrainingImpossible(
            "the dataset has no calibration rows: it was fixed under another declaration; run again"
        )
    columns, estimator = model[0], model[1]  # type: ignore[index]
    curve = CalibratedClassifierCV(FrozenEstimator(estimator), method=declared.calibration, ensemble=False)
    try:
        curve.fit(columns.transform(feature_frame(rows, spec)), targets(rows, spec))
    except ValueError as error:
        raise TrainingImpossible(f"{type(estimator).__name__} could not be calibrated: {error}") from error
    if declared.calibration == "isotonic":
        _bound(curve, len(rows))
    return Pipeline([("columns", columns), ("estimator", curve)])  # type: ignore[no-any-return]


def _bound(curve: CalibratedClassifierCV, rows: int) -> None:
    """Keep probabilities off 0 and 1, which no number of rows proves, and by which one row can cost any log loss.

    The bound is that of Laplace's rule of succession for as many rows.
    """
    least = 1 / (rows + 2)
    for fitted in curve.calibrated_classifiers_:
        fitted.calibrators = [
            IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(
                steps.X_thresholds_, np.clip(steps.y_thresholds_, least, 1 - least)
            )
            for steps in fitted.calibrators
        ]


def summarise_calibration(
    model: Fitted, spec: ModelSpec, rows: pd.DataFrame, holdout: pd.DataFrame
) -> CalibrationSummary:
    """How a model was calibrated, and what that gained.

    Args:
        model: calibrated.
        spec: names the columns.
        rows: that it was calibrated on.
        holdout: rows that neither the fit nor the calibration saw.
    """
    times = rows[spec.columns.time]
    raw: Fitted = remove_calibration(model)  # type: ignore[assignment]
    return CalibrationSummary(
        method=model[1].method,  # type: ignore[index]
        rows=len(rows),
        start=times.min().to_pydatetime(),
        end=times.max().to_pydatetime(),
        holdout_loss=_mean_loss(model, spec, holdout),
        uncalibrated_loss=_mean_loss(raw, spec, holdout) if hasattr(raw, "predict_proba") else None,
    )


def _mean_loss(model: Fitted, spec: ModelSpec, rows: pd.DataFrame) -> float:
    return float(np.mean(row_losses(score(model, spec, rows), rows, spec)))
