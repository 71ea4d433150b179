"""The classifier behind a calibrated one: its score is a sum of what features contribute, the probability is not."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline


def remove_calibration(model: object) -> object:
    """The pipeline without its calibration; the model itself where it has none.

    Args:
        model: a fitted pipeline, whose second step may be a `CalibratedClassifierCV` of a frozen estimator.
    """
    if not (isinstance(model, Pipeline) and isinstance(model[-1], CalibratedClassifierCV)):
        return model
    return Pipeline([*model.steps[:-1], (model.steps[-1][0], model[-1].estimator.estimator)])
