"""How right a version is on each kind of row, from its holdout: what performance is expected by, before labels."""

from typing import Self

import numpy as np
from pydantic import model_validator

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.estimation.calibration import ScoreCalibration
from steward.estimation.confidence_based import ConfidenceBasedEstimate
from steward.estimation.direct_loss import DirectLossEstimate, LossEstimator
from steward.estimation.forecast import ForecastModel
from steward.performance.outcomes import BinaryOutcomes, MulticlassOutcomes, Outcomes
from steward.profiles.feature_losses import FeatureLosses
from steward.profiles.profile import Profile
from steward.profiles.summaries import Summary


class ConditionalPerformance(TolerantModel):
    """The version's performance given what a row is like; learnt from the labelled rows of its holdout.

    Attributes:
        calibrations: by part of the outputs: `score` of two classes, `scores.<class>` of several.
        absolute, squared: the size of the error and its square, by prediction; of a regression.
        features: the loss by bin of each part of the features that samples code.
    """

    calibrations: dict[str, ScoreCalibration] = {}
    absolute: LossEstimator | None = None
    squared: LossEstimator | None = None
    features: FeatureLosses

    @model_validator(mode="after")
    def _of_one_task(self) -> Self:
        errors = (self.absolute is None, self.squared is None)
        if errors != (bool(self.calibrations),) * 2:
            raise ValueError("it is either of scores or of predicted values")
        return self

    def expectation(self, profile: Profile, outcomes: Outcomes | None = None) -> ForecastModel:
        """What is expected of a window.

        Args:
            profile: of the window, over the baseline's bins.
            outcomes: where given, of its labelled rows alone, with which the realised figures are compared; of a
                regression, whose outcomes do not tell which rows have labels, they count as drawn at random.
        """
        codes = profile.sample.table
        if self.absolute and self.squared:
            labelled = outcomes.labelled / max(outcomes.rows, 1) if outcomes else 1.0
            window = _cells(profile.outputs["prediction"])
            return DirectLossEstimate(self.absolute, self.squared, window, codes, min(1.0, labelled))
        rows = self._labelled(outcomes) if outcomes else [_cells(profile.outputs[part]) for part in self.calibrations]
        return ConfidenceBasedEstimate.of(
            list(self.calibrations.values()), rows, codes, several="score" not in self.calibrations
        )

    def _labelled(self, outcomes: Outcomes) -> list[Floats]:
        """Labelled rows per cell of each score."""
        match outcomes:
            case BinaryOutcomes():
                parts = [outcomes]
            case MulticlassOutcomes():
                parts = list(outcomes.by_class.values())
            case _:
                parts = []
        found = zip(self.calibrations.values(), parts, strict=True)
        return [one.labelled(part.counts) for one, part in found]


def _cells(summary: Summary) -> Floats:
    return np.array(summary.counts, np.float64)
