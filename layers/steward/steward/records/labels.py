"""Class labels as text that compares equal however they were written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from steward.records.canonical import canonical_label
from steward.records.columns import CategoricalColumn
from steward.records.ids import rename
from steward.spec.model import ModelSpec

_SHOWN = 10
_COUNTERPART = {"0": "1", "1": "0"}


def canonical_labels(column: CategoricalColumn, declared: Mapping[str, str] | None = None) -> CategoricalColumn:
    """The same labels in their canonical form, or by the names that this is declared under; blank ones are missing."""
    declared = declared or {}
    labels = map(canonical_label, column.categories)
    return rename(column, [declared.get(label, label) for label in labels])


@dataclass(frozen=True, slots=True)
class Classes:
    """The labels that a model's truth and decisions may have.

    Attributes:
        declared: by their canonical form; empty when only the positive one is known.
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
            mend = f"no class of columns.scores ({_join_names(spec.classes)}); correct it, or declare it there"
            return cls({canonical_label(name): name for name in spec.classes}, "unknown_class", mend)
        if canonical_label(spec.positive_label) in {"0", "1"}:
            mend = "not 1 or 0; write one of them, or declare another positive_label"
            return cls({"0": "0", "1": "1"}, "unknown_label", mend)
        return cls({}, "unknown_label", "")

    def __contains__(self, label: str) -> bool:
        return not self.declared or label in self.declared.values()


def class_names(spec: ModelSpec) -> tuple[str, ...]:
    """The classes of a declaration in the order of their probabilities; of two, the positive one is the last."""
    if spec.task != "binary_classification":
        return spec.classes
    positive = canonical_label(spec.positive_label)
    return _COUNTERPART.get(positive, f"not {positive}"), positive


def _join_names(classes: tuple[str, ...]) -> str:
    return ", ".join(classes[:_SHOWN]) + (", ..." if len(classes) > _SHOWN else "")
