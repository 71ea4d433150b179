"""Rows of a training set as profiles take them."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.profiles.portion import Portion
from steward.records.columns import (
    CategoricalColumn,
    Chunk,
    Column,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.records.labels import normalised
from steward.spec.features import EmbeddingFeature, Feature
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window


def in_windows(rows: pd.DataFrame, spec: ModelSpec) -> dict[Window, pd.DataFrame]:
    """The rows of each window that has any, in order of time."""
    length = pd.Timedelta(spec.window.length)
    numbers = (rows[spec.columns.time] - pd.Timestamp(ORIGIN)) // length
    return {
        Window(ORIGIN + int(str(number)) * spec.window.length, spec.window.length): part
        for number, part in rows.groupby(numbers.to_numpy(), sort=True)
    }


def by_window(rows: pd.DataFrame, spec: ModelSpec) -> Iterator[tuple[Window, Portion]]:
    """Rows in order of time, window by window, as a baseline takes them."""
    yield from ((window, portion(part, spec)) for window, part in in_windows(rows, spec).items())


def portion(rows: pd.DataFrame, spec: ModelSpec, scored: Mapping[str, Column] | None = None) -> Portion:
    """Some rows with their ids and times.

    Args:
        rows: one row a record.
        spec: names and types the columns; one that the rows do not have is left out.
        scored: further columns, under the user's names: what a version says of these rows.
    """
    declared = spec.features | spec.outputs | spec.attributes
    columns = {name: _column(rows[name], feature) for name, feature in declared.items() if name in rows}
    roles = spec.columns
    numeric = [*roles.outputs.values(), *roles.attributions.values()]
    if roles.prediction and roles.prediction in rows:
        if spec.task == "regression":
            numeric.append(roles.prediction)
        else:
            columns[roles.prediction] = _categories(rows[roles.prediction])
    columns |= {name: _numbers(rows[name]) for name in numeric if name in rows}
    chunk = Chunk(len(rows), columns | dict(scored or {}))
    return Portion(
        chunk,
        ids=rows[roles.id].to_numpy(dtype=object),
        times=rows[roles.time].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"),
    )


def scored_columns(scores: NDArray[np.float64], spec: ModelSpec, negative: str) -> dict[str, Column]:
    """What a version says of rows, as the columns that prediction records have.

    Args:
        scores: as `recipe.score` gives them.
        spec: names the columns.
        negative: what files call the class that is not the positive one, of two.
    """
    roles = spec.columns
    if spec.task == "regression":
        return {roles.prediction: NumericColumn(scores)} if roles.prediction else {}
    if spec.task == "multiclass_classification":
        found: dict[str, Column] = {
            roles.scores[name]: NumericColumn(np.ascontiguousarray(scores[:, at]))
            for at, name in enumerate(spec.classes)
        }
        if roles.prediction:
            found[roles.prediction] = CategoricalColumn(scores.argmax(axis=1).astype(np.int32), spec.classes)
        return found
    found = {roles.score: NumericColumn(scores)} if roles.score else {}
    if roles.prediction:
        decided = (scores >= spec.threshold).astype(np.int32)
        found[roles.prediction] = CategoricalColumn(decided, (negative, normalised(spec.positive_label)))
    return found


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
    return NumericColumn(cells.to_numpy(dtype=np.float64), missing if missing.any() else None)


def _categories(cells: pd.Series) -> CategoricalColumn:
    codes, categories = pd.factorize(cells.astype(object))
    return CategoricalColumn(codes.astype(np.int32), tuple(map(str, categories)))


def _embedding(cells: pd.Series, feature: EmbeddingFeature) -> EmbeddingColumn:
    missing = cells.isna().to_numpy()
    values = np.full((len(cells), feature.dimensions), np.nan, np.float32)
    for at in np.flatnonzero(~missing):
        values[at] = cells.iloc[at]
    return EmbeddingColumn(values, missing if missing.any() else None)
