"""What the columns of a table hold and what they are for, each with the reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType

from steward.records import arrays, flags
from steward.records.embeddings import embeddings, is_list
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    EmbeddingFeature,
    Feature,
    NumericFeature,
    TextFeature,
)

Role = Literal["id", "time", "score", "prediction", "label", "version", "latency"]

READABLE = 0.95
"""The share of the cells that must be readable as numbers, moments or lists."""

MOST_CATEGORIES = 50
"""A domain is suggested for at most so many."""

_SAMPLE = 20_000
_WORDS = 4.0
_FEWEST = 20
_NAMES: Mapping[Role, str] = {
    "id": r"(^|_)(id|uuid|guid|key)$|^(id|index|row|unnamed: 0)$",
    "time": r"(^|_)(time|timestamp|datetime|date|ts|at|hour)$",
    "score": r"(^|_)(score|scores|probability|proba|prob|risk|confidence)$",
    "prediction": r"(^|_)(prediction|predicted|pred|yhat|y_hat|forecast)$|^predicted_",
    "label": r"^(label|target|y|truth|ground_truth|actual|outcome|class)$",
    "version": r"^(version|model_version)$",
    "latency": r"(^|_)latency(_ms)?$",
}


@dataclass(frozen=True, slots=True)
class Inference:
    """What one column is taken for.

    Attributes:
        feature: its type, without bounds; those are `minimum`, `maximum` and `domain`.
        reason: why.
        role: what it is for; None for a feature.
        role_reason: why.
        distinct: whether all its cells differ.
        constant: whether all its cells are the same.
        minimum, maximum: of its numbers.
        domain: its categories, where there are few.
        missing: the share of its cells that are empty.
    """

    feature: Feature
    reason: str
    role: Role | None = None
    role_reason: str = ""
    distinct: bool = False
    constant: bool = False
    minimum: float | None = None
    maximum: float | None = None
    domain: tuple[str, ...] = ()
    missing: float = 0.0


def infer(columns: Mapping[str, Sequence[Array]]) -> dict[str, Inference]:
    """Look at the cells of each column.

    Args:
        columns: the Arrow arrays of each column, in order; at most some 20,000 cells of each are looked at.
    """
    found: dict[str, Inference] = {}
    taken: set[Role] = set()
    for name, chunks in columns.items():
        inferred = _column(name, chunks)
        if inferred.role in taken:
            inferred = _without_role(inferred)
        if inferred.role:
            taken.add(inferred.role)
        found[name] = inferred
    return found


def _without_role(inferred: Inference) -> Inference:
    return Inference(
        inferred.feature, inferred.reason, None, "", inferred.distinct, inferred.constant,
        inferred.minimum, inferred.maximum, inferred.domain, inferred.missing,
    )  # fmt: skip


def _column(name: str, chunks: Sequence[Array]) -> Inference:
    cells = _cells(chunks)
    present = [cell for cell in cells if cell is not None and cell != ""]
    missing = 1 - len(present) / len(cells) if cells else 0.0
    kind: Any = chunks[0].type if chunks else None
    feature, reason = _typed(kind, chunks, present)
    values = {str(cell) for cell in present}
    distinct = len(present) >= _FEWEST and len(values) == len(present)
    low, high = _range(present) if isinstance(feature, NumericFeature) else (None, None)
    domain: tuple[str, ...] = ()
    if isinstance(feature, CategoricalFeature) and len(values) <= MOST_CATEGORIES:
        domain = tuple(sorted(values))
    role, why = _role(name, feature, distinct=distinct, low=low, high=high)
    return Inference(
        feature, reason, role, why, distinct, len(values) == 1, low, high, domain, missing
    )  # fmt: skip


def _cells(chunks: Sequence[Array]) -> list[Any]:
    """Cells from all over the column, as Python values."""
    if not chunks:
        return []
    each = max(1, _SAMPLE // len(chunks))
    cells: list[Any] = []
    for chunk in chunks:
        step = max(1, len(chunk) // each)
        taken = compute.take(arrays.plain(chunk), Array.from_numpy(np.arange(0, len(chunk), step)))
        cells += taken.to_pylist()
    return cells


def _typed(kind: Any, chunks: Sequence[Array], present: list[Any]) -> tuple[Feature, str]:
    types = arrays.TYPES
    if not present:
        return CategoricalFeature(type="categorical"), "all its cells are empty, so nothing tells"
    if is_list(kind):
        lengths = [len(cell) for cell in present]
        return _embedding(max(set(lengths), key=lengths.count))
    if types.is_boolean(kind):
        return BooleanFeature(type="boolean"), "it holds booleans"
    if types.is_timestamp(kind) or types.is_date(kind):
        return DatetimeFeature(type="datetime"), "it holds moments"
    if types.is_numeric(kind) or types.is_decimal(kind):
        return _number(present, "numbers")
    return _of_text([str(cell) for cell in present], chunks)


def _number(present: list[Any], what: str) -> tuple[Feature, str]:
    values = {float(cell) for cell in present}
    if values == {0.0, 1.0}:
        return BooleanFeature(type="boolean"), "it holds 0 and 1 alone"
    whole = all(value.is_integer() for value in values if np.isfinite(value))
    if whole and 1 < len(values) <= _FEWEST and len(present) >= 10 * len(values):
        return NumericFeature(type="numeric"), (
            f"{what}, whole ones and only {len(values)} of them; write categorical if they are codes"
        )
    return NumericFeature(type="numeric"), what


def _of_text(cells: list[str], chunks: Sequence[Array]) -> tuple[Feature, str]:
    whole = len(cells)
    numbers = [float(cell) for cell in cells if _is_number(cell)]
    if len(numbers) >= READABLE * whole:
        mixed = "" if len(numbers) == whole else f"; {1 - len(numbers) / whole:.1%} of its cells are none, and missing"
        return _number(numbers, f"its text is numbers{mixed}")
    if all(_is_flag(cell) for cell in set(cells)):
        return BooleanFeature(type="boolean"), "its text says true or false"
    if all(cell.lstrip()[:1] == "[" for cell in cells[:100]):
        lengths = [cell.count(",") + 1 for cell in cells]
        dimensions = max(set(lengths), key=lengths.count)
        read = embeddings(chunks[0], "it", min(dimensions, 4096))
        if read.unread is None:
            return _embedding(dimensions)
    if any(character.isdigit() for character in cells[0]) and _share_of_moments(cells) >= READABLE:
        return DatetimeFeature(type="datetime"), "its text is moments in ISO 8601"
    words = sum(len(cell.split()) for cell in cells) / whole
    values = len(set(cells))
    if words >= _WORDS and values > whole / 2:
        return TextFeature(type="text"), f"its cells differ and have {words:.0f} words on average"
    return CategoricalFeature(type="categorical"), f"text with {values:,} different values in {whole:,} cells"


def _embedding(dimensions: int) -> tuple[Feature, str]:
    if not 1 <= dimensions <= 4096:  # noqa: PLR2004 - what a declaration takes
        return CategoricalFeature(type="categorical"), "lists that are too long, or empty"
    return EmbeddingFeature(type="embedding", dimensions=dimensions), f"lists of {dimensions} numbers"


def _role(
    name: str, feature: Feature, *, distinct: bool, low: float | None, high: float | None
) -> tuple[Role | None, str]:
    lowered = name.strip().lower()
    for role, pattern in _NAMES.items():
        if re.search(pattern, lowered) and _fits(role, feature, distinct=distinct, low=low, high=high):
            return role, f"its name says {role}"
    if distinct and isinstance(feature, CategoricalFeature):
        return "id", "all its values differ, so it identifies rows"
    return None, ""


def _fits(role: Role, feature: Feature, *, distinct: bool, low: float | None, high: float | None) -> bool:
    match role:
        case "id":
            return distinct and isinstance(feature, CategoricalFeature | NumericFeature)
        case "time":
            return isinstance(feature, DatetimeFeature)
        case "score":
            return (
                isinstance(feature, NumericFeature) and low is not None and high is not None and 0 <= low <= high <= 1
            )
        case "latency":
            return isinstance(feature, NumericFeature) and low is not None and low >= 0
        case "version":
            return isinstance(feature, CategoricalFeature)
        case "label" | "prediction":
            return isinstance(feature, NumericFeature | CategoricalFeature | BooleanFeature)


def _range(present: list[Any]) -> tuple[float | None, float | None]:
    finite = [float(cell) for cell in present if _is_number(str(cell)) and np.isfinite(float(cell))]
    return (min(finite), max(finite)) if finite else (None, None)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _is_flag(cell: str) -> bool:
    try:
        flags.truth(cell.strip().lower())
    except ValueError:
        return False
    return True


def _share_of_moments(cells: list[str]) -> float:
    sample = cells[:1000]
    read = arrays.times(Array(sample, DataType.utf8()), "it")
    unread = 0 if read.unread is None else int(read.unread.sum())
    return 1 - unread / len(sample)
