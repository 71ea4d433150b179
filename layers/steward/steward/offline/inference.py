"""Infers the feature type of each column, with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from arro3.core import Array, DataType
from numpy.typing import NDArray

from steward.offline.entity_column import choose_entity
from steward.offline.inferred_column import (
    InferredColumn,
    with_role,
)
from steward.offline.number_columns import infer_numbers
from steward.offline.roles import Role, words_of
from steward.offline.text_columns import embedding_feature, infer_text
from steward.offline.time_column import choose_time
from steward.records import arrays
from steward.records.decoding.plain_types import description
from steward.records.embedding_cells import is_list
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    Feature,
)


def infer_cells(columns: Mapping[str, Sequence[Array]]) -> dict[str, InferredColumn]:
    """Tell what each column is from some of its cells.

    Args:
        columns: the Arrow arrays of each column, in order.
    """
    found = {name: _column(name, chunks) for name, chunks in columns.items()}
    features = {name: column.feature for name, column in found.items()}
    named = [name for name, column in found.items() if column.role == "time"]
    time, why, against = choose_time(columns, features, named)
    for name in {*named, *against}:
        found[name] = replace(found[name], role=None, role_reason="", no_time=against.get(name, ""))
    if time is not None:
        found[time] = replace(found[time], role="time", role_reason=why)
    entity, reason = choose_entity(columns, [name for name, column in found.items() if column.may_name])
    if entity is not None:
        found[entity] = replace(found[entity], role="entity", role_reason=reason, identifies=True)
    taken: set[Role] = set()
    for name, inferred in found.items():
        if inferred.role in taken:
            found[name] = replace(inferred, role=None, role_reason="")
        elif inferred.role:
            taken.add(inferred.role)
    return found


def _column(name: str, chunks: Sequence[Array]) -> InferredColumn:
    lowered = words_of(name)
    kind: Any = chunks[0].type if chunks else DataType.null()
    if isinstance(kind, DataType) and arrays.TYPES.is_dictionary(kind):
        kind = arrays.plain(chunks[0]).type
    if is_list(kind):
        feature, reason = _of_lists(chunks)
        return InferredColumn(feature, reason)
    if arrays.TYPES.is_boolean(kind):
        return with_role(lowered, BooleanFeature(type="boolean"), "it holds booleans", None)
    if arrays.TYPES.is_timestamp(kind) or arrays.TYPES.is_date(kind):
        return with_role(lowered, DatetimeFeature(type="datetime"), "it holds moments", None)
    if arrays.TYPES.is_numeric(kind) or arrays.TYPES.is_decimal(kind):
        return infer_numbers(lowered, _values(chunks, name), "numbers")
    if arrays.TYPES.is_nested(kind):
        return InferredColumn(
            CategoricalFeature(type="categorical"), f"its type, {description(kind)}, cannot be compared"
        )
    return infer_text(lowered, chunks)


def _values(chunks: Sequence[Array], name: str) -> list[NDArray[np.float64]]:
    """The numbers that are there, a part each."""
    read = [arrays.numbers(chunk, name)[0].values for chunk in chunks]
    return [values[~np.isnan(values)] for values in read]


def _of_lists(chunks: Sequence[Array]) -> tuple[Feature, str]:
    lengths = [len(cell) for chunk in chunks for cell in arrays.plain(chunk).to_pylist() if cell is not None]
    if not lengths:
        return CategoricalFeature(type="categorical"), "all its cells are empty, so nothing tells"
    return embedding_feature(max(set(lengths), key=lengths.count))
