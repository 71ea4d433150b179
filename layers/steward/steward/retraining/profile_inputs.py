"""Rows of a training set as input of profiles."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.profiles.profile_input import ProfileInput
from steward.records.canonical import canonical_label
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.frame_rows import chunk_of
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


def by_window(rows: pd.DataFrame, spec: ModelSpec) -> Iterator[tuple[Window, ProfileInput]]:
    """Rows in order of time, window by window, as a baseline takes them."""
    yield from ((window, profile_input(part, spec)) for window, part in in_windows(rows, spec).items())


def profile_input(rows: pd.DataFrame, spec: ModelSpec, scored: Mapping[str, Column] | None = None) -> ProfileInput:
    """Some rows with their ids and times.

    Args:
        rows: one row a record.
        spec: names and types the columns; one that the rows do not have is left out.
        scored: further columns, under the user's names: what a version says of these rows.
    """
    roles = spec.columns
    chunk = chunk_of(rows, spec)
    return ProfileInput(
        Chunk(chunk.rows, {**chunk.columns, **(scored or {})}),
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
        found[roles.prediction] = CategoricalColumn(decided, (negative, canonical_label(spec.positive_label)))
    return found
