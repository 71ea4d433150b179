"""The version manifest: artifact, dataset, recipe, search, calibration and baseline of a version."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from steward.documents import AnyText, TolerantModel, VersionedModel
from steward.events import ObjectRef, Sentence
from steward.spec.policies import SpanName
from steward.spec.recipe import Recipe, Scalar


class SpanChoice(TolerantModel):
    """The span that a version was fitted on.

    Attributes:
        span: its name.
        tried: of `auto`, the mean loss of each span on the newest part of the training rows.
        sentence: what it means for this version, and of `auto` why it won.
    """

    span: SpanName
    tried: dict[str, float] = {}
    sentence: Sentence = ""


class Candidate(TolerantModel):
    """One combination that was tried.

    Attributes:
        parameters: those that the search tries; empty for the declared ones.
        loss: the mean over the folds; smaller is better. None where the estimator refused the combination.
        folds: of each fold.
        refused: what the estimator said.
    """

    parameters: dict[str, Scalar]
    loss: float | None = None
    folds: tuple[float, ...] = ()
    refused: str = ""


class SearchResult(VersionedModel):
    """What a search tried: with it, the same version is fitted again whatever the clock says.

    Attributes:
        metric: by which combinations were compared, `validation.metric` of the declaration.
        folds: how many there were.
        candidates: in the order in which they were tried.
        chosen: the place of the best among them.
        stopped_by: what ended the search: all combinations tried, as many as were allowed, or the time.
        planned: how many there would have been with time enough.
    """

    schema_version: Literal[1] = 1
    metric: str
    folds: Annotated[int, Field(ge=1)]
    candidates: tuple[Candidate, ...]
    chosen: Annotated[int, Field(ge=0)]
    stopped_by: Literal["tries", "seconds"]
    planned: int

    @property
    def parameters(self) -> Mapping[str, Scalar]:
        """The combination that did best."""
        return self.candidates[self.chosen].parameters

    @property
    def sentence(self) -> str:
        """What came of it."""
        best, declared = self.candidates[self.chosen], self.candidates[0]
        values = ", ".join(f"{name} = {value}" for name, value in best.parameters.items()) or "the declared parameters"
        tried = f"{len(self.candidates)} of {self.planned} combinations tried"
        ended = f"{tried}, when the time was over" if self.stopped_by == "seconds" else tried
        against = f" (declared: {declared.loss:.4f})" if self.chosen and declared.loss is not None else ""
        return f"{values}: mean loss {best.loss:.4f}{against}; {ended}"


class CalibrationSummary(TolerantModel):
    """How a version was calibrated, and what it gained on rows that neither the fit nor the calibration saw.

    Attributes:
        method: a step function, or a logistic curve.
        rows: that it was calibrated on.
        start, end: the event times of the oldest and the newest of them.
        holdout_loss: mean log loss on the holdout.
        uncalibrated_loss: the same without calibration; None where the estimator gives no probabilities by itself.
    """

    method: Annotated[Literal["isotonic", "sigmoid"], AnyText()]
    rows: int
    start: AwareDatetime
    end: AwareDatetime
    holdout_loss: float
    uncalibrated_loss: float | None

    @property
    def sentence(self) -> str:
        """What it was worth."""
        before = "" if self.uncalibrated_loss is None else f", {self.uncalibrated_loss:.4f} without"
        return f"{self.method} on {self.rows:,} rows: log loss {self.holdout_loss:.4f} on the holdout{before}"


class OnnxVerdict(TolerantModel):
    """Whether a version has an ONNX model that says the same; `steward export` compares predictions before it writes.

    Attributes:
        converts: whether every part has an operator.
        reason: which part has none.
    """

    converts: bool
    reason: Sentence = ""


class VersionManifest(VersionedModel):
    """One immutable trained artifact, with everything it came from.

    Attributes:
        environment: of the deployment that trained it; it may be released in others, to which it was promoted.
        trained_until: rows from this moment of event time on were not used to fit.
        judged: the artifact that the gates judged, fitted without the holdout; None where it is the one that serves.
        judged_until: rows from this moment on were not used to fit it.
        split: the evidence that its training, calibration and holdout rows have nothing in common; None in versions
            that were adopted, or made by older releases.
        span: which rows it was fitted on, and why; None in versions of older releases.
        holdout_until: the end of the rows kept out to judge with.
        search: which parameters were tried, and which of them it was fitted with; None where none were to be.
        calibration: how its scores became probabilities; None where they did not.
        onnx: whether it converts; None for an adopted version, and in versions of older releases.
        recipe, artifact: None for a version that was trained elsewhere and adopted from its reference rows.
        background: the rows that its predictions are attributed against; None where they are not attributed.
        locks, release: the digests of the pinned requirements, and the release of Steward, that trained it; empty in
            versions of releases that did not say.
        platform: which code of the libraries did the arithmetic, as `describe_platform` tells; where two trainings of
            the same dataset, recipe, seed and libraries differ in their artifact, they differ here. Empty if unknown.
        constant: what a model that knows nothing would say of every row: the positive share of the training rows, the
            share of each class, or the median; empty for an adopted version.
        importances: the share of the holdout's loss that comes from shuffling each feature; empty where unknown.
        spec: the declaration it was trained under.
    """

    schema_version: Literal[1] = 1
    model: str
    version: str
    environment: str = "production"
    run: str
    as_of: AwareDatetime
    spec: ObjectRef
    dataset: ObjectRef
    recipe: Recipe | None
    libraries: dict[str, str]
    platform: dict[str, str] = {}
    locks: dict[str, str] = {}
    release: str = ""
    features: list[str]
    importances: dict[str, float]
    artifact: ObjectRef | None
    baseline: ObjectRef
    background: ObjectRef | None = None
    training_rows: int
    constant: tuple[float, ...]
    training_start: AwareDatetime
    trained_until: AwareDatetime
    holdout_rows: int
    holdout_until: AwareDatetime
    judged: ObjectRef | None = None
    judged_until: AwareDatetime | None = None
    split: ObjectRef | None = None
    span: SpanChoice | None = None
    search: SearchResult | None = None
    calibration: CalibrationSummary | None = None
    onnx: OnnxVerdict | None = None


def version_name(as_of: datetime, run: str, dataset: str, recipe: Recipe | None, libraries: dict[str, str]) -> str:
    """A name that sorts by the data's own time and follows from the run and what the version is made of."""
    content = f"{run}:{dataset}:{recipe.canonical_json() if recipe else 'adopted'}:{sorted(libraries.items())}"
    return f"{as_of:%Y%m%d}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
