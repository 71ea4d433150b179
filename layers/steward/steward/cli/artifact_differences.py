"""Compares two specs, datasets, versions or baselines of a model."""

import pandas as pd

from steward.baselines.baseline import Baseline
from steward.errors import DataRefused, ObjectChanged, ObjectMissing, StewardError, TrainingImpossible
from steward.lineage.baseline_facts import baseline_facts
from steward.lineage.differences import (
    DataDifference,
    Difference,
    Figures,
    ProfilesCompared,
    of_datasets,
    of_specs,
    of_versions,
    only,
)
from steward.lineage.fields import changed_fields
from steward.lineage.identifiers import Identified
from steward.offline.compare import compare
from steward.repositories import models, training_data
from steward.repositories.artifacts import ArtifactCatalogue
from steward.retraining.manifest import DatasetManifest
from steward.spec.model import ModelSpec


def difference(catalogue: ArtifactCatalogue, before: Identified, after: Identified) -> Difference:
    """Compare two artifacts. Runs and releases stand for their version; different kinds, for their datasets.

    Raises:
        StewardError: they have nothing in common that could be compared.
    """
    kinds = {_subject(before), _subject(after)}
    if kinds == {"spec"}:
        revisions = [
            models.SpecRevision.model_validate_json(catalogue.content(item).body).spec for item in (before, after)
        ]
        return Difference(kind="spec", before=before.id, after=after.id, spec=of_specs(*revisions))
    if kinds & {"spec", "check"}:
        raise StewardError(
            f"a {before.kind} and a {after.kind} cannot be compared: give two specs, or two of datasets, versions, "
            "baselines, runs and releases"
        )
    if kinds in ({"version"}, {"baseline"}):
        return _versions(catalogue, before, after, "version" if "version" in kinds else "baseline")
    first, second = (_dataset(catalogue, item) for item in (before, after))
    return Difference(kind="dataset", before=before.id, after=after.id, data=_data(catalogue, first, second))


def _subject(item: Identified) -> str:
    return "version" if item.kind in ("run", "release") else item.kind


def _versions(catalogue: ArtifactCatalogue, before: Identified, after: Identified, kind: str) -> Difference:
    manifests = first, second = catalogue.manifest_of(before), catalogue.manifest_of(after)
    specs = [catalogue.revision(manifest.spec).spec for manifest in manifests]
    data = _data(
        catalogue, *((catalogue.dataset(item.dataset), spec) for item, spec in zip(manifests, specs, strict=True))
    )
    if kind == "baseline":
        facts = [
            baseline_facts(Baseline.from_json(catalogue.data.get_verified(item.baseline)), spec)
            for item, spec in zip(manifests, specs, strict=True)
        ]
        return Difference(kind="baseline", before=before.id, after=after.id, baseline=changed_fields(*facts), data=data)
    judged = catalogue.evaluation(first.version), catalogue.evaluation(second.version)
    return Difference(
        kind="version",
        before=first.version,
        after=second.version,
        spec=of_specs(*specs),
        model=of_versions(first, second, judged),
        data=data,
    )


def _dataset(catalogue: ArtifactCatalogue, item: Identified) -> tuple[DatasetManifest, ModelSpec]:
    """The dataset that a thing is, or was made from, and the declaration that its rows are read by."""
    if item.kind == "dataset":
        manifest = DatasetManifest.model_validate_json(catalogue.content(item).body)
        return manifest, models.current_spec(catalogue.data, catalogue.model, or_removed=True)[0]
    made = catalogue.manifest_of(item)
    return catalogue.dataset(made.dataset), catalogue.revision(made.spec).spec


def _data(
    catalogue: ArtifactCatalogue, before: tuple[DatasetManifest, ModelSpec], after: tuple[DatasetManifest, ModelSpec]
) -> DataDifference:
    """The objects that differ, and, where their rows are here, what the rows say."""
    found = of_datasets(before[0], after[0])
    try:
        rows = [_rows(catalogue, *side) for side in (before, after)]
    except (ObjectMissing, ObjectChanged, DataRefused, TrainingImpossible) as error:
        return found.model_copy(update={"unread": str(error)})
    report = compare(*rows, spec=after[1])
    notes = list(report.notes)
    if found.same:
        notes.append(f"{found.same:,} objects are in both, which makes the two look more alike than chance would")
    return found.model_copy(
        update={
            "columns": only(*(list(side.columns) for side in rows)),
            "rows": Figures(before=len(rows[0]), after=len(rows[1])),
            "profiles": ProfilesCompared(drifted=report.drift.columns, results=report.results, notes=notes),
        }
    )


def _rows(catalogue: ArtifactCatalogue, manifest: DatasetManifest, spec: ModelSpec) -> pd.DataFrame:
    """The labelled rows of a dataset, within its span."""
    rows = training_data.load(catalogue.data, spec, manifest)
    time = rows[spec.columns.time]
    within = time < pd.Timestamp(manifest.end)
    if manifest.start:
        within &= time >= pd.Timestamp(manifest.start)
    return rows[within]
