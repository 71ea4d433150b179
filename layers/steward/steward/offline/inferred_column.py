"""What one column of a table is taken for."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.offline.roles import Role, role_of
from steward.records.quantities import Quantity
from steward.spec.features import (
    CategoricalFeature,
    DatetimeFeature,
    EmbeddingFeature,
    Feature,
    NumericFeature,
)

READABLE = 0.95
"""The share of the cells that must be readable as numbers or moments."""
FEWEST = 20
FEWEST_OF_MANY = 100
MOSTLY = 0.5
CODE_NAME = re.compile(r"(^|[_\W])(code|type|kind|class|category|zip|zipcode|postcode|status|cluster|id)s?$")


@dataclass(frozen=True, slots=True)
class InferredColumn:
    """What one column is taken for.

    Attributes:
        feature: its type, without bounds.
        reason: why.
        role: what it is for; None for a feature.
        role_reason: why.
        identifies: whether it names rows, or whatever they are about, so that other rows have other values.
        quantity: how its text is read as numbers, where that is not digits with a point.
        unreadable: what its text looks like, and why it cannot be read; empty for most.
        counts: why it only counts the rows of its table; empty for most.
        no_time: why its moments are not taken for those of the rows; empty where nothing speaks against it.
    """

    feature: Feature
    reason: str
    role: Role | None = None
    role_reason: str = ""
    identifies: bool = False
    quantity: Quantity | None = None
    unreadable: str = ""
    counts: str = ""
    no_time: str = ""

    @property
    def compared(self) -> bool:
        """Whether other rows can be expected to have such values."""
        return not (
            self.role in {"id", "time", "entity", "version"} or self.identifies or self.unreadable or self.counts
        )

    @property
    def may_name(self) -> bool:
        """Whether it may say whom rows are about."""
        named = isinstance(self.feature, CategoricalFeature | NumericFeature) and self.role in {None, "id"}
        return named and not (self.unreadable or self.counts or self.quantity)

    @property
    def settings(self) -> tuple[tuple[str, str | int, str], ...]:
        """What a declaration must say beside the type: its name, its value and why."""
        match self.feature:
            case EmbeddingFeature(dimensions=dimensions):
                return (("dimensions", dimensions, "of most lists"),)
            case DatetimeFeature(format=str(time_format)):
                return (("format", time_format, "no other reads all cells"),)
            case _:
                return ()


def with_role(
    lowered: str,
    feature: Feature,
    reason: str,
    distinct: NDArray[np.float64] | None,
    *,
    unique: bool = False,
    identifies: bool = False,
) -> InferredColumn:
    """A column of a type, with the role that its name and its values suggest.

    Args:
        lowered: the words of its name.
        feature: its type.
        reason: why.
        distinct: its numbers, ascending; None for others.
        unique: whether no value comes twice.
        identifies: whether it names rows or whatever they are about.
    """
    span = (float(distinct[0]), float(distinct[-1])) if distinct is not None and len(distinct) else None
    role, why = role_of(lowered, feature, span, unique=unique, identifies=identifies)
    return InferredColumn(feature, reason, role, why, identifies)
