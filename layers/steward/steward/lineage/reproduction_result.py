"""What came of training a version again, as it is stored and shown; to read it takes no numerical library."""

from typing import Literal

from pydantic import ConfigDict

from steward.documents import TolerantModel, VersionedModel
from steward.lineage.fields import FieldChange


class PredictionDistance(TolerantModel):
    """How far apart the predictions of two models are on the same rows.

    Attributes:
        rows: of the holdout.
        differ: how many of them get another prediction.
        largest, mean: of the absolute differences, over rows and classes; in units of the label for a regression, else
            of probability.
    """

    rows: int
    differ: int
    largest: float
    mean: float


class Reproduction(TolerantModel):
    """A version trained again, and how it compares.

    Attributes:
        identical: whether the artifact has the same SHA-256, and so has the one that was judged.
        sha256: of the version's artifact, and of the one made again.
        judged_sha256: likewise of the artifact that the gates judged, where that is another.
        libraries, recipe, dataset, platform: what differs of what a training is made of; `before` as the version's
            manifest says, `after` as it was here. The dataset by its id, rows, span and what a constant model predicts.
        artifact: fields of the fitted pipelines that differ.
        predictions: None where the artifacts are identical.
        corrected_since: objects with corrected or withdrawn rows of the dataset's span that came after it was fixed:
            the version was made without them, and so it was again.
    """

    model_config = ConfigDict(defer_build=False)  # it is printed as part of what was validated

    schema_version: Literal[1] = 1
    model: str
    version: str
    identical: bool
    sha256: tuple[str, str]
    judged_sha256: tuple[str, str] | None = None
    training_rows: int
    libraries: list[FieldChange]
    recipe: list[FieldChange]
    dataset: list[FieldChange]
    platform: list[FieldChange]
    artifact: list[FieldChange] = []
    predictions: PredictionDistance | None = None
    corrected_since: list[str] = []


class ReproductionResult(VersionedModel):
    """What came of training a version again (create-only): the comparison, or why there is none."""

    schema_version: Literal[1] = 1
    reproduction: Reproduction | None = None
    refused: str = ""
