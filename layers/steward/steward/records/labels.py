"""Class labels as text that compares equal however they were written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from steward.records.columns import CategoricalColumn
from steward.spec.model import ModelSpec

_SHOWN = 10
_WHOLE = re.compile(r"-?\d+\.0+")
"""How pandas writes whole numbers of a column that has gaps."""
_SAME = {"true": "1", "false": "0"}


def normalised(label: str) -> str:
    """Ones and zeros from booleans, whole numbers without a fraction; other text without the blanks around it.

    >>> [normalised(label) for label in ("1.0", "True", "0", "7.0", " late ")]
    ['1', '1', '0', '7', 'late']
    """
    stripped = label.strip()
    if _WHOLE.fullmatch(stripped):
        stripped = stripped.partition(".")[0]
    return _SAME.get(stripped.lower(), stripped)


def normalised_column(column: CategoricalColumn, declared: Mapping[str, str] | None = None) -> CategoricalColumn:
    """The same labels, normalised, or by the names that normalised ones are declared under; blank ones are missing."""
    declared = declared or {}
    positions: dict[str, int] = {}
    places = [-1] * (len(column.categories) + 1)
    for at, category in enumerate(column.categories):
        label = normalised(category)
        if label:
            places[at] = positions.setdefault(declared.get(label, label), len(positions))
    return CategoricalColumn(np.array(places, np.int32)[column.codes], tuple(positions))


@dataclass(frozen=True, slots=True)
class Classes:
    """The labels that a model's truth and decisions may have.

    Attributes:
        declared: by their normalised form; empty when only the positive one is known.
        code: the reason of a row with another.
        mend: what to do about it.
    """

    declared: Mapping[str, str]
    code: str
    mend: str

    @classmethod
    def of(cls, spec: ModelSpec) -> Self:
        """Of several classes, the declared ones; of two, 0 and 1 where one of them is the positive label."""
        if spec.classes:
            mend = f"no class of columns.scores ({_listed(spec.classes)}); correct it, or declare it there"
            return cls({normalised(name): name for name in spec.classes}, "unknown_class", mend)
        if normalised(spec.positive_label) in {"0", "1"}:
            mend = "not 1 or 0; write one of them, or declare another positive_label"
            return cls({"0": "0", "1": "1"}, "unknown_label", mend)
        return cls({}, "unknown_label", "")

    def __contains__(self, label: str) -> bool:
        return not self.declared or label in self.declared.values()


def _listed(classes: tuple[str, ...]) -> str:
    return ", ".join(classes[:_SHOWN]) + (", ..." if len(classes) > _SHOWN else "")
