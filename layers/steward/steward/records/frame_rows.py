"""Converts the rows of a DataFrame to the columns that conditions and profiles use."""

import numpy as np
import pandas as pd

from steward.records.arrays import shortest_halves
from steward.records.columns import (
    CategoricalColumn,
    Chunk,
    Column,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.spec.features import EmbeddingFeature, Feature
from steward.spec.model import ModelSpec


def chunk_of(rows: pd.DataFrame, spec: ModelSpec) -> Chunk:
    """The features, outputs, attributes, scores, attributions and predictions of some rows.

    Args:
        rows: one row a record, as `read_records` gives it.
        spec: names and types the columns; one that the rows do not have is left out.
    """
    columns = {name: _column(rows[name], feature) for name, feature in spec.declared.items() if name in rows}
    roles = spec.columns
    numeric = [*roles.outputs.values(), *roles.attributions.values()]
    if roles.prediction and roles.prediction in rows:
        if spec.task == "regression":
            numeric.append(roles.prediction)
        else:
            columns[roles.prediction] = _categories(rows[roles.prediction])
    if roles.entity is not None and roles.entity in rows and roles.entity not in columns:
        columns[roles.entity] = _categories(rows[roles.entity])
    return Chunk(len(rows), columns | {name: _numbers(rows[name]) for name in numeric if name in rows})


def _column(cells: pd.Series, feature: Feature) -> Column:
    match feature.type:
        case "numeric":
            return _numbers(cells)
        case "datetime":
            return TimeColumn(cells.dt.tz_localize(None).to_numpy(dtype="datetime64[us]"))
        case "text":
            texts = cells.astype(object)
            return TextColumn(texts.where(texts.notna(), None).to_numpy(dtype=object))
        case "embedding":
            return _embedding(cells, feature)
        case _:
            return _categories(cells)


def _numbers(cells: pd.Series) -> NumericColumn:
    missing = cells.isna().to_numpy()
    values = cells.to_numpy(dtype=np.float64)
    if cells.dtype == np.float16:
        values = shortest_halves(values)
    return NumericColumn(values, missing if missing.any() else None)


def _categories(cells: pd.Series) -> CategoricalColumn:
    codes, categories = pd.factorize(cells.astype(object))
    return CategoricalColumn(codes.astype(np.int32), tuple(map(str, categories)))


def _embedding(cells: pd.Series, feature: EmbeddingFeature) -> EmbeddingColumn:
    missing = cells.isna().to_numpy()
    values = np.full((len(cells), feature.dimensions), np.nan, np.float32)
    for at in np.flatnonzero(~missing):
        values[at] = cells.iloc[at]
    return EmbeddingColumn(values, missing if missing.any() else None)
