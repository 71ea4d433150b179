"""Maps the columns of a pipeline's encoded matrix to the features that they come from."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

SourceFeatures = NDArray[np.intp]
"""The position of its feature, for each encoded column, shape (columns,)."""


def source_features(encoder: ColumnTransformer, places: Mapping[str, int]) -> SourceFeatures | None:
    """Trace each encoded column back to the one feature that it is made of.

    Args:
        encoder: fitted on a frame with these columns, by name.
        places: the position of its feature, for each column of the frame.

    Returns:
        None where a column may be made of several features, or it cannot be told of which.
    """
    width = max((part.stop for part in encoder.output_indices_.values()), default=0)
    found: SourceFeatures = np.full(width, -1, dtype=np.intp)
    for name, transformer, columns in encoder.transformers_:
        part = encoder.output_indices_[name]
        if part.start == part.stop:
            continue
        if not all(isinstance(column, str) and column in places for column in columns):
            return None
        widths = _widths(transformer, len(columns))
        traced = np.repeat([places[column] for column in columns], widths)
        if len(traced) != part.stop - part.start:
            return None
        found[part] = traced
    return found


def _widths(encoder: object, columns: int) -> list[int]:
    """Encoded columns of each column: one, but for a column of each category, or of the mean of each class."""
    if isinstance(encoder, OneHotEncoder):
        return _one_hot_widths(encoder)
    several = isinstance(encoder, TargetEncoder) and encoder.target_type_ == "multiclass"
    return [len(encoder.classes_) if several else 1] * columns  # type: ignore[attr-defined]


def _one_hot_widths(encoder: OneHotEncoder) -> list[int]:
    """Of each column its categories, the infrequent ones together, less one that is dropped."""
    rare: list[NDArray[np.object_] | None] = getattr(
        encoder, "infrequent_categories_", [None] * len(encoder.categories_)
    )
    dropped = encoder.drop_idx_ if encoder.drop_idx_ is not None else [None] * len(encoder.categories_)
    return [
        len(categories) - (len(few) - 1 if few is not None and len(few) else 0) - (drop is not None)
        for categories, few, drop in zip(encoder.categories_, rare, dropped, strict=True)
    ]
