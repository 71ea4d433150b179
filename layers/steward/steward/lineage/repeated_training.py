"""A version trained again, as its run trained it, and compared."""

import hashlib
from datetime import datetime

import numpy as np
import pandas as pd

from steward.errors import StewardError
from steward.lineage.fields import changed_fields
from steward.lineage.model_fields import model_changes
from steward.lineage.reproduction_result import PredictionDistance, Reproduction
from steward.retraining import artifact, recipe
from steward.retraining.dataset import constant
from steward.retraining.fitting import FittedVersion, fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.parameter_search import SearchControl
from steward.retraining.platform import describe_platform
from steward.retraining.recipe import Fitted
from steward.retraining.versions import SearchResult, VersionManifest
from steward.spec.model import ModelSpec
from steward.spec.recipe import Recipe


def refuse_foreign(made: VersionManifest, environment: str) -> None:
    """Refuse a version that cannot be trained from here, before anything is read.

    Raises:
        StewardError: it was trained elsewhere, or its rows are in another environment.
    """
    if made.recipe is None:
        raise StewardError(
            f"version {made.version} was trained elsewhere and adopted from its reference rows: no recipe says how; "
            "train it again where it was trained"
        )
    if made.environment != environment:
        raise StewardError(
            f"version {made.version} was trained in {made.environment}, where its rows are, and this is {environment}; "
            f"name the stack of {made.environment} with --stack"
        )


def train_again(
    made: VersionManifest,
    spec: ModelSpec,
    known: Fitted,
    dataset: DatasetManifest,
    rows: pd.DataFrame,
    *,
    dataset_id: str,
    since: datetime | None = None,
) -> Reproduction:
    """Train a version as its run did, and compare what comes of it.

    Args:
        made: the version.
        spec: the declaration it was trained under.
        known: its artifact, loaded.
        dataset: what it was fitted on and judged by.
        rows: all of the dataset.
        dataset_id: the one that the version's manifest names.
        since: when the change began that the run was about; None where no alert said.

    Raises:
        StewardError: the declaration has no recipe.
        TrainingImpossible: these libraries refuse the recipe or the rows.
    """
    declared = spec.retraining.recipe
    if made.artifact is None or declared is None:
        raise StewardError(f"the declaration of version {made.version} has no recipe to train by")
    control = SearchControl(tried=len(made.search.candidates) if made.search else None)
    fitted = fit_version(spec, rows, dataset, since=since, control=control)
    body = artifact.dump(fitted.released)
    hashes = made.artifact.sha256, hashlib.sha256(body).hexdigest()
    judged = (
        (made.judged.sha256, hashlib.sha256(artifact.dump(fitted.judged)).hexdigest())
        if made.judged and fitted.refitted
        else None
    )
    found = Reproduction(
        model=made.model,
        version=made.version,
        identical=hashes[0] == hashes[1] and (judged is None or judged[0] == judged[1]),
        sha256=hashes,
        judged_sha256=judged,
        training_rows=len(fitted.training),
        libraries=changed_fields(made.libraries, recipe.libraries()),
        recipe=changed_fields(_fields(made.recipe, made.search), _fields(declared, fitted.search)),
        dataset=changed_fields(_recorded_facts(made, dataset_id), _facts(made, dataset, fitted, spec)),
        platform=changed_fields(made.platform, describe_platform()) if made.platform else [],
    )
    if found.identical:
        return found
    changes = list(model_changes(known, artifact.load(body)))
    return found.model_copy(update={"artifact": changes, "predictions": _distance(known, fitted, spec)})


def _facts(
    made: VersionManifest, dataset: DatasetManifest, fitted: FittedVersion, spec: ModelSpec
) -> dict[str, object]:
    """What was found of the rows."""
    return {
        "id": dataset.dataset,
        "span": fitted.span.span if made.span else None,
        "refitted": fitted.refitted,
        "training_rows": len(fitted.training),
        "training_start": fitted.training[spec.columns.time].min().to_pydatetime().isoformat(),
        "holdout_rows": len(fitted.holdout),
        "constant": list(constant(fitted.training, spec)),
    }


def _recorded_facts(made: VersionManifest, dataset_id: str) -> dict[str, object]:
    """What the version's manifest says of the rows."""
    return {
        "id": dataset_id,
        "span": made.span.span if made.span else None,
        "refitted": made.judged is not None,
        "training_rows": made.training_rows,
        "training_start": made.training_start.isoformat(),
        "holdout_rows": made.holdout_rows,
        "constant": list(made.constant),
    }


def _distance(known: Fitted, fitted: FittedVersion, spec: ModelSpec) -> PredictionDistance:
    holdout = fitted.holdout
    before, after = (recipe.score(model, spec, holdout) for model in (known, fitted.released))
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
