"""What a column is for, by its name and by what it holds."""

import re
from collections.abc import Mapping
from typing import Literal

from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    Feature,
    NumericFeature,
)

Role = Literal["id", "time", "score", "prediction", "label", "version", "latency"]

_NAMES: Mapping[Role, str] = {
    "id": r"(^|_)(id|uuid|guid|key)$|^(index|row|unnamed: 0)$",
    "time": r"(^|_)(time|timestamp|datetime|date|ts|at|hour|moment)$",
    "score": r"(^|_)(score|scores|probability|proba|prob|risk|confidence)$|^(score|probability|proba|prob)_",
    "prediction": r"(^|_)(prediction|predicted|pred|yhat|y_hat|forecast)$|^predicted_",
    "label": r"^(label|target|y|truth|ground_truth|actual|outcome|class)$",
    "version": r"^(version|model_version)$",
    "latency": r"(^|_)latency(_ms)?$",
}

Span = tuple[float, float]
"""The smallest and the largest number of a column."""


def names_id(lowered: str) -> bool:
    """Whether a name, in lower case, says that a column holds ids."""
    return re.search(_NAMES["id"], lowered) is not None


def names_time(lowered: str) -> bool:
    """Whether a name, in lower case, says that a column holds moments."""
    return re.search(_NAMES["time"], lowered) is not None


def role_of(
    lowered: str, feature: Feature, span: Span | None, *, unique: bool, identifies: bool
) -> tuple[Role | None, str]:
    """The role of a column, and why; none for a feature.

    Args:
        lowered: its name, in lower case, words set apart by underscores.
        feature: what it holds.
        span: of its numbers, where it holds some.
        unique: whether all its cells differ.
        identifies: whether it names what rows are about.

    >>> role_of("probability_late", NumericFeature(type="numeric"), (0.0, 97.5), unique=False, identifies=False)
    (None, '')
    >>> role_of("probability_late", NumericFeature(type="numeric"), (0.0, 0.97), unique=False, identifies=False)
    ('score', 'its name says score, and it lies between 0 and 1')
    """
    for role, pattern in _NAMES.items():
        if re.search(pattern, lowered):
            fits = _fits(role, feature, span, unique=unique)
            if fits is not None:
                return role, f"its name says {role}{fits}"
    if unique and identifies:
        return "id", "all its values differ, so it identifies rows"
    return None, ""


def _fits(role: Role, feature: Feature, span: Span | None, *, unique: bool) -> str | None:
    """What about the cells speaks for a role; None where they speak against it."""
    fits, why = False, ""
    match role:
        case "id":
            fits, why = unique, ", and all its values differ"
        case "time":
            fits = isinstance(feature, DatetimeFeature)
        case "score":
            fits = isinstance(feature, NumericFeature) and span is not None and 0 <= span[0] <= span[1] <= 1
            why = ", and it lies between 0 and 1"
        case "latency":
            fits = isinstance(feature, NumericFeature) and span is not None and span[0] >= 0
        case "version":
            fits = isinstance(feature, CategoricalFeature)
        case "label" | "prediction":
            fits = isinstance(feature, NumericFeature | CategoricalFeature | BooleanFeature)
    return why if fits else None
