"""Profile of a dataset: how many rows it has, of when, and what its columns hold."""

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.performance.entity_figures import entities_of
from steward.retraining.dataset import class_counts
from steward.spec.model import ModelSpec


class ColumnProfile(TolerantModel):
    """One column of a dataset; no cell of it is here, but for the extremes of numbers and times.

    Attributes:
        missing: empty cells.
        distinct: different values of categories, booleans and texts.
        minimum, maximum, mean, standard_deviation: of the numbers.
        earliest, latest: of the times.
    """

    missing: int
    distinct: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    standard_deviation: float | None = None
    earliest: AwareDatetime | None = None
    latest: AwareDatetime | None = None


class DatasetProfile(VersionedModel):
    """The rows of a dataset, summarised.

    Attributes:
        start, end: the event times of the oldest and the newest.
        entities: how many different ones; None where no column says.
        labels: rows of each class; for regression, of all; empty without labels.
        columns: by name, features and attributes.
    """

    schema_version: Literal[1] = 1
    model: str
    rows: int
    start: AwareDatetime
    end: AwareDatetime
    entities: int | None
    labels: dict[str, int]
    columns: dict[str, ColumnProfile]

    @classmethod
    def of(cls, rows: pd.DataFrame, spec: ModelSpec) -> "DatasetProfile":
        """Summarise some rows; there is one at least."""
        time, entities, label = rows[spec.columns.time], entities_of(rows, spec), spec.columns.label
        declared = {**spec.features, **spec.attributes}
        labelled = rows[rows[label].notna()] if label in rows else rows.iloc[:0]
        return cls(
            model=spec.model,
            rows=len(rows),
            start=time.min().to_pydatetime(),
            end=time.max().to_pydatetime(),
            entities=None if entities is None else len(np.unique(entities)),
            labels=class_counts(labelled, spec) if len(labelled) else {},
            columns={name: _profile(rows[name], of.type) for name, of in declared.items() if name in rows},
        )


def _profile(cells: pd.Series, kind: str) -> ColumnProfile:
    known = cells.dropna()
    missing = len(cells) - len(known)
    if known.empty or kind == "embedding":
        return ColumnProfile(missing=missing)
    if kind == "numeric":
        values = known.to_numpy(dtype=np.float64)
        return ColumnProfile(
            missing=missing,
            minimum=float(values.min()),
            maximum=float(values.max()),
            mean=float(values.mean()),
            standard_deviation=float(values.std()),
        )
    if kind == "datetime":
        return ColumnProfile(missing=missing, earliest=known.min().to_pydatetime(), latest=known.max().to_pydatetime())
    return ColumnProfile(missing=missing, distinct=int(known.nunique()))
