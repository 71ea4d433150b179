"""Differences between two specs, datasets or versions of a model."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict

from steward.documents import InputHidingModel
from steward.lineage.fields import FieldChange, changed_fields
from steward.results import MetricResult
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation


class Figures(InputHidingModel):
    """One figure of either side; None where a side has none."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")

    before: float | None
    after: float | None


class ProfilesCompared(InputHidingModel):
    """The rows of either side, compared by Steward's drift statistics.

    Attributes:
        drifted: columns that have drifted, beyond chance and enough to matter.
        results: all that it rests on.
        notes: what a reader should know beside them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    drifted: list[str]
    results: list[MetricResult]
    notes: list[str]


class DataDifference(InputHidingModel):
    """How two datasets differ.

    Attributes:
        only_before, only_after: keys of objects that one of them has.
        changed: keys that both have, with other bytes.
        same: how many objects both have.
        rows: labelled rows of either; None where they cannot be read.
        columns: that only one side has, by `before` or `after`.
        spans: of fields that say which rows count.
        profiles: None where rows cannot be read, for the reason in `unread`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: str
    after: str
    only_before: list[str]
    only_after: list[str]
    changed: list[str]
    same: int
    spans: list[FieldChange]
    columns: dict[Literal["before", "after"], list[str]] = {}
    rows: Figures | None = None
    profiles: ProfilesCompared | None = None
    unread: str = ""


class ModelDifference(InputHidingModel):
    """How two versions differ in what they were made by, and how well they do.

    Attributes:
        recipe: estimator, parameters, seed and preprocessing.
        libraries: by name, where versions differ.
        platform: which code of the libraries did the arithmetic, where it differs; the same dataset, recipe and
            libraries then give artifacts that may differ in the last bits.
        features: that only one side has, by `before` or `after`.
        metrics: of the judgement of either, each on its own holdout.
        importances: by feature, where either is known.
        training_rows, holdout_rows: of either.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: list[FieldChange]
    libraries: list[FieldChange]
    platform: list[FieldChange] = []
    features: dict[Literal["before", "after"], list[str]]
    metrics: dict[str, Figures]
    importances: dict[str, Figures]
    training_rows: Figures
    holdout_rows: Figures


class Difference(InputHidingModel):
    """How two things differ; parts that they do not have are None.

    Attributes:
        spec: fields of the declarations.
        baseline: what the baselines say of themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    kind: Literal["spec", "dataset", "version", "baseline"]
    before: str
    after: str
    spec: list[FieldChange] | None = None
    model: ModelDifference | None = None
    baseline: list[FieldChange] | None = None
    data: DataDifference | None = None


def of_specs(before: ModelSpec, after: ModelSpec) -> list[FieldChange]:
    """The fields of a declaration that differ, defaults written out."""
    return changed_fields(before.model_dump(mode="json"), after.model_dump(mode="json"))


def of_datasets(before: DatasetManifest, after: DatasetManifest) -> DataDifference:
    """The objects and spans that differ; what the rows say is another matter."""
    was, now = _by_key(before), _by_key(after)
    both = was.keys() & now.keys()
    changed = sorted(key for key in both if was[key].stored != now[key].stored)
    spans = [manifest.model_dump(mode="json", exclude={"objects"}) for manifest in (before, after)]
    return DataDifference(
        before=before.dataset,
        after=after.dataset,
        only_before=sorted(was.keys() - now.keys()),
        only_after=sorted(now.keys() - was.keys()),
        changed=changed,
        same=len(both) - len(changed),
        spans=changed_fields(*spans),
    )


def of_versions(
    before: VersionManifest, after: VersionManifest, judged: tuple[Evaluation | None, Evaluation | None]
) -> ModelDifference:
    """What two versions were made by, and how well they do.

    Args:
        before: one version.
        after: the other.
        judged: the evidence of either; None for one that was never judged.
    """
    metrics = [evaluation.metrics if evaluation else {} for evaluation in judged]
    return ModelDifference(
        recipe=changed_fields(_recipe(before), _recipe(after)),
        libraries=changed_fields(before.libraries, after.libraries),
        platform=changed_fields(before.platform, after.platform),
        features=only(before.features, after.features),
        metrics=_figures(*metrics),
        importances=_figures(before.importances, after.importances),
        training_rows=Figures(before=before.training_rows, after=after.training_rows),
        holdout_rows=Figures(before=before.holdout_rows, after=after.holdout_rows),
    )


def only(before: list[str], after: list[str]) -> dict[Literal["before", "after"], list[str]]:
    """What one of two lists has and the other has not.

    >>> only(["a", "b"], ["b", "c"])
    {'before': ['a'], 'after': ['c']}
    """
    return {
        "before": [name for name in before if name not in after],
        "after": [name for name in after if name not in before],
    }


def _recipe(manifest: VersionManifest) -> dict[str, Any]:
    return manifest.recipe.model_dump(mode="json") if manifest.recipe else {}


def _by_key(manifest: DatasetManifest) -> dict[str, DatasetObject]:
    return {item.stored.key: item for item in manifest.objects}


def _figures(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, Figures]:
    names = [*before, *(name for name in after if name not in before)]
    return {name: Figures(before=before.get(name), after=after.get(name)) for name in names}
