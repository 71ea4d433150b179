"""Trains a version again from the folder that `steward checkout` made, and compares what comes of it.

`python -m steward.offline.reproduction FOLDER [SINCE]` prints the comparison as JSON: it is a process of its own, since
numpy and OpenBLAS choose their code as they are loaded.
"""

import hashlib
import sys
import warnings
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import ConfigDict

from steward.documents import InputHidingModel
from steward.errors import StewardError
from steward.lineage.fields import FieldChange, changed_fields
from steward.lineage.model_fields import model_changes
from steward.offline.version import Version, load, read_verified
from steward.records.stored import read_records
from steward.retraining import artifact, recipe
from steward.retraining.dataset import constant, dataset_rows, stored_columns
from steward.retraining.fitting import FittedVersion, fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.parameter_search import SearchControl
from steward.retraining.platform import describe_platform
from steward.retraining.versions import SearchResult
from steward.spec.recipe import Recipe
from steward.store import keys


class PredictionDistance(InputHidingModel):
    """How far apart the predictions of two models are on the same rows.

    Attributes:
        rows: of the holdout.
        differ: how many of them get another prediction.
        largest, mean: of the absolute differences, over rows and classes; in units of the label for a regression, else
            of probability.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    differ: int
    largest: float
    mean: float


class Reproduction(InputHidingModel):
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

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class Attempted(InputHidingModel):
    """What the process prints: the comparison, or why there is none."""

    reproduction: Reproduction | None = None
    refused: str = ""


def train_again(folder: Path, since: datetime | None = None) -> Reproduction:
    """Train what a checkout holds, as a run would.

    Args:
        folder: the checkout, with the rows of the dataset.
        since: when the change began that the run was about; None where no alert said.

    Raises:
        ObjectMissing, ObjectChanged: a part of it is not what the manifest says.
        UntrustedArtifact: the version's own artifact asks for types that no recipe has; nothing is trained.
        TrainingImpossible: these libraries refuse the recipe or the rows.
    """
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of other libraries, which the result lists
        version = load(folder)
    made, declared = version.manifest, version.spec.retraining.recipe
    if made.artifact is None or declared is None:
        raise StewardError(f"the declaration of version {made.version} has no recipe to train by")
    dataset, rows = _read_dataset(folder, version)
    control = SearchControl(tried=len(made.search.candidates) if made.search else None)
    fitted = fit_version(version.spec, rows, dataset, since=since, control=control)
    body = artifact.dump(fitted.released)
    hashes = made.artifact.sha256, hashlib.sha256(body).hexdigest()
    judged = (
        (made.judged.sha256, hashlib.sha256(artifact.dump(fitted.judged)).hexdigest())
        if made.judged and fitted.refitted
        else None
    )
    facts = {
        "id": dataset.dataset,
        "span": fitted.span.span if made.span else None,
        "refitted": fitted.refitted,
        "training_rows": len(fitted.training),
        "training_start": fitted.training[version.spec.columns.time].min().to_pydatetime().isoformat(),
        "holdout_rows": len(fitted.holdout),
        "constant": list(constant(fitted.training, version.spec)),
    }
    found = Reproduction(
        model=made.model,
        version=made.version,
        identical=hashes[0] == hashes[1] and (judged is None or judged[0] == judged[1]),
        sha256=hashes,
        judged_sha256=judged,
        training_rows=len(fitted.training),
        libraries=changed_fields(made.libraries, recipe.libraries()),
        recipe=changed_fields(_fields(made.recipe, made.search), _fields(declared, fitted.search)),
        dataset=changed_fields(_recorded_facts(version), facts),
        platform=changed_fields(made.platform, describe_platform()) if made.platform else [],
    )
    if found.identical:
        return found
    changes = list(model_changes(version.model, artifact.load(body)))
    distance = _compare_predictions(version, fitted)
    return found.model_copy(update={"artifact": changes, "predictions": distance})


def attempt(folder: Path, since: datetime | None = None) -> Attempted:
    """The comparison, or in one sentence why there is none."""
    try:
        return Attempted(reproduction=train_again(folder, since))
    except StewardError as error:
        return Attempted(refused=str(error))


def _read_dataset(folder: Path, version: Version) -> tuple[DatasetManifest, pd.DataFrame]:
    """The dataset of a checkout and its rows, each object verified."""
    place = folder / "dataset"
    stored = read_verified(place / "manifest.json", version.manifest.dataset)
    dataset = DatasetManifest.model_validate_json(stored)
    frames = {}
    for item in dataset.objects:
        body = read_verified(place / item.stored.key, item.stored)
        rows = read_records(body, version.spec, stored_columns(version.spec, item.kind))
        if len(rows):
            frames[item] = rows
    return dataset, dataset_rows(frames, version.spec)


def _recorded_facts(version: Version) -> dict[str, object]:
    """What the version's manifest says of the rows."""
    made = version.manifest
    return {
        "id": keys.dataset_of(made.dataset.key),
        "span": made.span.span if made.span else None,
        "refitted": made.judged is not None,
        "training_rows": made.training_rows,
        "training_start": made.training_start.isoformat(),
        "holdout_rows": made.holdout_rows,
        "constant": list(made.constant),
    }


def _compare_predictions(version: Version, fitted: FittedVersion) -> PredictionDistance:
    holdout = fitted.holdout
    before, after = (recipe.score(model, version.spec, holdout) for model in (version.model, fitted.released))
    distance = np.abs(before - after).reshape(len(holdout), -1)
    return PredictionDistance(
        rows=len(holdout),
        differ=int(np.count_nonzero(distance.any(axis=1))),
        largest=float(distance.max()),
        mean=float(distance.mean()),
    )


def _fields(declared: Recipe | None, search: SearchResult | None) -> dict[str, object]:
    """A recipe, and what its search chose."""
    chosen = {"chosen": dict(search.parameters)} if search else {}
    return (declared.model_dump(mode="json") if declared else {}) | chosen


if __name__ == "__main__":
    moments = [datetime.fromisoformat(moment) for moment in sys.argv[2:]]
    sys.stdout.write(attempt(Path(sys.argv[1]), *moments).model_dump_json())
