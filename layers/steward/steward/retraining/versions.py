"""The version manifest: artifact, dataset, recipe and baseline of a version."""

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef, Sentence
from steward.spec.policies import Recipe, SpanName


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
        recipe, artifact: None for a version that was trained elsewhere and adopted from its reference rows.
        background: the rows that its predictions are attributed against; None where they are not attributed.
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


def version_name(as_of: datetime, run: str, dataset: str, recipe: Recipe | None, libraries: dict[str, str]) -> str:
    """A name that sorts by the data's own time and follows from the run and what the version is made of."""
    content = f"{run}:{dataset}:{recipe.canonical_json() if recipe else 'adopted'}:{sorted(libraries.items())}"
    return f"{as_of:%Y%m%d}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
