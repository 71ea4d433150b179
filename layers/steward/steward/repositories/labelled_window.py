"""The predictions and the labels of one window, read once, and what follows from joining them."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pandas as pd

from steward.defects.correction import is_correction, withdraws
from steward.evidence.label_matches import EXAMPLES, UnmatchedLabels
from steward.evidence.window_outcomes import WindowOutcomes
from steward.performance.grouping import columns_looked_at
from steward.performance.label_join import join
from steward.profiles.model_bins import Bins
from steward.records.row_versions import RecordLayer, current_labels, current_predictions
from steward.records.stored import read_records
from steward.repositories.baselines import bins_of
from steward.repositories.records import list_window, read_files
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectSummary

type Listing = dict[str, list[ObjectSummary]]
"""The files of a window, by kind, each in order of upload."""


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """The predictions and the labels of one window.

    Files of labels without rows are among the batches: checks that knew labels which moved away are out of date.

    Attributes:
        spec: the declaration.
        window: which.
        predictions, labels: the rows that count, one an ID.
        prediction_layers, label_layers: what each file holds, but for those without rows.
        label_batches: the batches of labels, with and without rows.
        bins: the groups that each version's baseline has fixed, by version, None where it has none; of all versions
            that made predictions, also those that were withdrawn since, and of those that were asked for.
    """

    spec: ModelSpec
    window: Window
    predictions: pd.DataFrame
    labels: pd.DataFrame
    prediction_layers: list[RecordLayer]
    label_layers: list[RecordLayer]
    label_batches: list[str]
    bins: dict[str, Bins | None]

    @classmethod
    def of(
        cls, data: Bucket, spec: ModelSpec, window: Window, listing: Listing, also: AbstractSet[str]
    ) -> "LabelledWindow":
        """Read the files of a listing; while releases are gradual, with the columns that arms are compared by."""
        columns = spec.columns
        files = {
            kind: [(keys.batch_of(file.key), content.body) for file, content in read_files(data, listed)]
            for kind, listed in listing.items()
        }
        named = [read_records(body, spec, [columns.version]) for _, body in files["predictions"]]
        versions = {*also, *(name for rows in named for name in rows[columns.version].dropna().astype(str).unique())}
        bins = {version: _bins(data, spec, version) for version in sorted(versions)}
        compared = (columns.latency, columns.error) if spec.release.mode != "direct" else ()
        optional = [name for name in (columns.prediction, columns.entity, *compared) if name is not None]
        looked_at = {name for of_version in bins.values() if of_version for name in columns_looked_at(of_version)}
        wanted = [columns.id, columns.version, *columns.outputs.values(), *optional]
        wanted += sorted(looked_at.difference(wanted))
        predictions = _layers(files["predictions"], spec, wanted)
        labels = _layers(files["labels"], spec, _label_columns(spec))
        return cls(
            spec,
            window,
            current_predictions(predictions, columns.id) if predictions else pd.DataFrame(columns=wanted),
            current_labels(labels, columns.id) if labels else pd.DataFrame(columns=_label_columns(spec)),
            predictions,
            labels,
            [batch for batch, _ in files["labels"]],
            bins,
        )

    def without_prediction(self, batch: str) -> pd.DataFrame:
        """The labels of a batch that no prediction of the window has the IDs of."""
        name = self.spec.columns.id
        rows = next((layer.rows for layer in self.label_layers if layer.batch == batch), self.labels.iloc[:0])
        predicted = {identity for layer in self.prediction_layers for identity in layer.rows[name]}
        return rows[~rows[name].isin(predicted)]

    def join(self, version: str, unmatched: tuple[UnmatchedLabels, ...]) -> WindowOutcomes:
        """What became of one version's predictions."""
        outcomes, groups = join(self.predictions, self.labels, self.spec, version, self.bins.get(version))
        ids = self.predictions[self.spec.columns.id]
        without = ids[~ids.isin(self.labels[self.spec.columns.id])]
        shown = sorted(without if len(without) else ids)[:EXAMPLES] if unmatched else ()
        batches = [layer.batch for layer in self.prediction_layers]
        return WindowOutcomes(
            version=version,
            window=self.window.id,
            prediction_batches=batches,
            label_batches=self.label_batches,
            corrections=[batch for batch in (*batches, *self.label_batches) if is_correction(batch)],
            outcomes=outcomes,
            groups=groups,
            unmatched=unmatched,
            prediction_ids=tuple(shown),
        )


def _label_columns(spec: ModelSpec) -> list[str]:
    return [spec.columns.id, spec.columns.label]


def _bins(data: Bucket, spec: ModelSpec, version: str) -> Bins | None:
    """The groups that the version's baseline has fixed; None where the declaration asks for none."""
    if not spec.segments and not spec.fairness:
        return None
    bins = bins_of(data, spec.model, version)
    return bins if bins.segments or bins.protected else None


def list_files(data: Bucket, spec: ModelSpec, window: Window) -> Listing:
    """The files of a window by kind: what was uploaded, then what corrects it, each in order of upload."""
    return {
        kind: [
            listed
            for partition in (kind, keys.corrections_of(kind))
            for listed in list_window(data, partition, spec.model, window)
        ]
        for kind in ("predictions", "labels")
    }


def _layers(files: Sequence[tuple[str, bytes]], spec: ModelSpec, wanted: Collection[str]) -> list[RecordLayer]:
    """What files hold, but for those without rows."""
    return [
        RecordLayer(batch, rows, correction=is_correction(batch), withdrawal=withdraws(batch))
        for batch, body in files
        if len(rows := read_records(body, spec, wanted))
    ]
