"""Proves that no row, entity or moment of the holdout or of the calibration rows was fitted on."""

from collections.abc import Iterator
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.errors import TrainingImpossible
from steward.performance.entity_figures import entities_of
from steward.retraining.dataset import class_counts
from steward.retraining.dataset_split import DatasetParts
from steward.retraining.manifest import DatasetManifest
from steward.spec.features import EmbeddingFeature
from steward.spec.model import ModelSpec
from steward.spec.split import SplitPolicy


class PartSummary(TolerantModel):
    """One part of a split.

    Attributes:
        rows: how many it has.
        start, end: the event times of its oldest and newest row.
        entities: how many different ones its rows are about; None where no column says.
        labels: rows of each class; for regression, of all.
    """

    rows: int
    start: AwareDatetime
    end: AwareDatetime
    entities: int | None
    labels: dict[str, int]


class SharedContent(TolerantModel):
    """What two parts of a split have in common.

    Attributes:
        parts: their names, the earlier one first.
        ids: rows with the same id.
        entities: entities that are in both; None where no column says.
        alike: rows of the second whose features and label all equal those of a row of the first. They need not be a
            fault, where features have few values.
        in_order: whether the first ends before the second begins.
    """

    parts: tuple[str, str]
    ids: int
    entities: int | None
    alike: int
    in_order: bool


class SplitEvidence(VersionedModel):
    """What a comparison of the parts of a dataset found, made before anything is fitted.

    Attributes:
        dataset: its id.
        problems: why it leaks; a run with one is not fitted.
    """

    schema_version: Literal[1] = 1
    model: str
    dataset: str
    split: SplitPolicy
    parts: dict[str, PartSummary]
    shared: tuple[SharedContent, ...]
    problems: tuple[str, ...]

    @classmethod
    def of(cls, parts: DatasetParts, manifest: DatasetManifest, spec: ModelSpec) -> "SplitEvidence":
        """Compare the parts that a run would be fitted on and judged by."""
        shared = tuple(
            _compare(spec, (first, one), (second, other)) for (first, one), (second, other) in combinations(parts, 2)
        )
        return cls(
            model=manifest.model,
            dataset=manifest.dataset,
            split=manifest.split,
            parts={name: _summarise(rows, spec) for name, rows in parts},
            shared=shared,
            problems=tuple(problem for pair in shared for problem in _problems(pair, manifest.split)),
        )

    def require(self) -> None:
        """Let a run go on whose parts are apart.

        Raises:
            TrainingImpossible: they are not.
        """
        if self.problems:
            raise TrainingImpossible(
                f"the parts of dataset {self.dataset} are not apart, so nothing is fitted: {'; '.join(self.problems)}. "
                "Look for rows that were uploaded under two ids or times, withdraw them with a correction, and ask for "
                "another run"
            )


def _summarise(rows: pd.DataFrame, spec: ModelSpec) -> PartSummary:
    time, entities = rows[spec.columns.time], entities_of(rows, spec)
    return PartSummary(
        rows=len(rows),
        start=time.min().to_pydatetime(),
        end=time.max().to_pydatetime(),
        entities=None if entities is None else len(np.unique(entities)),
        labels=class_counts(rows, spec),
    )


def _compare(spec: ModelSpec, before: tuple[str, pd.DataFrame], after: tuple[str, pd.DataFrame]) -> SharedContent:
    (first, one), (second, other) = before, after
    columns = spec.columns
    known, others = entities_of(one, spec), entities_of(other, spec)
    return SharedContent(
        parts=(first, second),
        ids=int(other[columns.id].isin(one[columns.id]).sum()),
        entities=None if known is None or others is None else len(np.intersect1d(known, others)),
        alike=int(np.isin(_row_hashes(other, spec), _row_hashes(one, spec)).sum()),
        in_order=bool(one[columns.time].max() < other[columns.time].min()),
    )


def _row_hashes(rows: pd.DataFrame, spec: ModelSpec) -> NDArray[np.uint64]:
    """A hash of the features and the label of each row, shape (rows,); embeddings are left out."""
    names = [name for name, feature in spec.features.items() if not isinstance(feature, EmbeddingFeature)]
    table = rows[[*names, spec.columns.label]]
    texts = table.select_dtypes(exclude="number").columns
    hashes = pd.util.hash_pandas_object(table.astype(dict.fromkeys(texts, "str")), index=False)
    return np.asarray(hashes, dtype=np.uint64)


def _problems(shared: SharedContent, split: SplitPolicy) -> Iterator[str]:
    first, second = shared.parts
    if shared.ids:
        yield f"{shared.ids:,} of the {second} rows {'has' if shared.ids == 1 else 'have'} the id of a {first} row"
    if split.by == "entity" and shared.entities:
        noun = "entity is" if shared.entities == 1 else "entities are"
        yield f"{shared.entities:,} {noun} both in the {first} and in the {second} rows"
    if not shared.in_order and (split.by == "time" or second == "holdout"):
        yield f"{first} rows are as new as {second} rows"
