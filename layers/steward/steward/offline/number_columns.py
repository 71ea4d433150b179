"""Infers what a column of numbers is: a quantity, a flag, a code or a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steward.offline.inferred_column import (
    CODE_NAME,
    FEWEST,
    FEWEST_OF_MANY,
    MOSTLY,
    READABLE,
    InferredColumn,
    with_role,
)
from steward.offline.roles import names_time, row_counter
from steward.records.time_digits import count_spellings
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    NumericFeature,
)


def infer_numbers(lowered: str, parts: Sequence[NDArray[np.float64]], what: str) -> InferredColumn:
    """What numbers are, or times that are written as such, or codes."""
    parts = [values[np.isfinite(values)] for values in parts]
    finite = np.concatenate(parts) if parts else np.empty(0)
    distinct = np.unique(finite)
    if not len(distinct):
        empty = "all its cells are empty, or no finite numbers, so nothing tells"
        return InferredColumn(NumericFeature(type="numeric"), empty)
    if len(distinct) == 2 and distinct.tolist() == [0.0, 1.0]:  # noqa: PLR2004
        return with_role(lowered, BooleanFeature(type="boolean"), "it holds 0 and 1 alone", None)
    spellings = count_spellings(finite) if names_time(lowered) else {}
    spelling = max(spellings, key=spellings.__getitem__, default=None)
    if spelling is not None and spellings[spelling] >= READABLE * len(finite):
        return with_role(lowered, DatetimeFeature(type="datetime"), f"{what}, which are {spelling.name}", None)
    if not np.array_equal(distinct, np.round(distinct)):
        unique = len(finite) >= FEWEST and len(distinct) == len(finite)
        return with_role(lowered, NumericFeature(type="numeric"), what, distinct, unique=unique)
    return _of_whole_numbers(lowered, parts, distinct, what)


def _of_whole_numbers(
    lowered: str, parts: Sequence[NDArray[np.float64]], distinct: NDArray[np.float64], what: str
) -> InferredColumn:
    finite, numeric = np.concatenate(parts), NumericFeature(type="numeric")
    unique = len(finite) >= FEWEST and len(distinct) == len(finite)
    if not CODE_NAME.search(lowered):
        counts = row_counter(lowered, parts)
        if counts is not None:
            return InferredColumn(numeric, counts, counts=counts)
    else:
        many = len(finite) >= FEWEST_OF_MANY and len(distinct) > MOSTLY * len(finite)
        if many or unique:
            reason = (
                f"{len(distinct):,} different whole numbers in {len(finite):,} cells, and its name says that they name"
            )
            return with_role(lowered, numeric, reason, distinct, unique=unique, identifies=True)
        if len(distinct) < len(finite):
            reason = f"whole numbers, {len(distinct):,} different ones, and its name says that they are codes"
            return with_role(lowered, CategoricalFeature(type="categorical"), reason, distinct)
    reason = what
    if 1 < len(distinct) <= FEWEST and len(finite) >= 10 * len(distinct):
        reason = f"{what}, whole ones and only {len(distinct)} of them; write categorical if they are codes"
    return with_role(lowered, numeric, reason, distinct, unique=unique)
