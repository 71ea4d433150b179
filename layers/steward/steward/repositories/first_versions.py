"""The first approved version of a model, asked of the rows that a successor is judged on."""

from datetime import datetime
from functools import partial

import pandas as pd

from steward.errors import ObjectChanged, ObjectMissing, UntrustedArtifact
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.retraining import artifact, recipe
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.contest import FirstVersion
from steward.validation.evaluation import Evaluation


def first_version(
    data: Bucket, spec: ModelSpec, routing: Routing, holdout: pd.DataFrame, holdout_start: datetime
) -> FirstVersion | None:
    """The first version that took charge and was not rolled back, for the guardrail against small losses.

    One that can neither be asked nor has recorded figures (it was adopted without labels, or answered another question)
    gives its place to the next.

    Args:
        data: where versions are.
        spec: the declaration in force.
        routing: which versions took charge.
        holdout: the rows to score.
        holdout_start: no row from this moment on may have helped to make the version.

    Returns:
        None where the declaration does not ask, or no version was ever in charge. The last version looked at where
        none of them can be compared with.
    """
    found = None
    guarded = spec.guardrails is not None and spec.guardrails.asks_first_version
    if not spec.validation.asks_first_version and not guarded:
        return None
    gone = routing.rolled_back
    for version in dict.fromkeys(promotion.version for promotion in routing.promotions):
        if version in gone:
            continue
        found = _ask(data, spec, version, holdout, holdout_start)
        if found.scores is not None or found.recorded:
            break
    return found


def _ask(data: Bucket, spec: ModelSpec, version: str, holdout: pd.DataFrame, holdout_start: datetime) -> FirstVersion:
    """A version's scores; or its recorded figures, with the reason."""
    try:
        manifest = models.manifest(data, spec.model, version)
        trained_under = data.load(manifest.spec, models.SpecRevision).spec
        if _question(trained_under) != _question(spec):
            reason = f"{version} answers another question (task, classes or positive label)"
            return FirstVersion(version, None, {}, reason)
        if manifest.artifact is None:
            reason = f"{version} was trained elsewhere and has no artifact"
        elif manifest.trained_until > holdout_start:
            reason = f"{version} was fitted on rows of this holdout"
        else:
            fitted = artifact.load(data.get_verified(manifest.artifact))
            predict = partial(recipe.score, fitted, trained_under)
            return FirstVersion(version, predict(holdout), {}, predict=predict)
    except (ObjectMissing, ObjectChanged, UntrustedArtifact) as error:
        reason = f"{version} cannot be loaded ({error})"
    return FirstVersion(version, None, _recorded(data, spec, version), reason)


def _recorded(data: Bucket, spec: ModelSpec, version: str) -> dict[str, float]:
    """The metrics of a version's evaluation; nothing where that is gone too."""
    evaluation = data.load_if_present(keys.version(spec.model, version, "evaluation.json"), Evaluation)
    return evaluation.metrics if evaluation else {}


def _question(spec: ModelSpec) -> tuple[str, tuple[str, ...], str]:
    """What a version's scores are answers to."""
    return spec.task, spec.classes, spec.positive_label if spec.task == "binary_classification" else ""
