"""Infers the role of a column from its name and values."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    Feature,
    NumericFeature,
)

Role = Literal["id", "time", "entity", "score", "prediction", "label", "version", "latency"]

_FEWEST = 20
_PAIR = 2
_MOSTLY = 0.5
_STEADY = 0.75

PREDICTION_AFFIX = (
    r"^(y_)?(predicted|prediction|pred|y_?hat)_(?!(.*_)?(scores?|prob|proba|probability)(_|$))|"
    r"_(prediction|predicted|pred|y_?hat|forecast)$"
)
"""What a column of predictions has before or behind the name of what it predicts."""

_PREDICTION = r"^(predictions?|predicted|preds?|y_?pred|y_?hat|forecast)$"

_NAMES: Mapping[Role, str] = {
    "id": r"(^|_)(id|uuid|guid|key)$",
    "time": r"(^|_)(time|timestamp|datetime|date|ts|at|hour|moment)$",
    "score": r"(^|_)(score|scores|probability|proba|prob|risk|confidence)$|^(score|probability|proba|prob)_",
    "prediction": rf"{PREDICTION_AFFIX}|{_PREDICTION}",
    "label": r"^(labels?|targets?|y|y_?true|truth|ground_?truth|actual|outcome|class)$|(^|_)(target|label|truth)$|"
    r"^(target|label|true|actual)_",
    "version": r"^(version|model_version)$",
    "latency": r"(^|_)latency(_ms)?$",
}

_UNNAMED = re.compile(r"^(unnamed: ?\d+(\.\d+)*|(__)?(index_)?level_\d+(__)?|index|)$")
"""What pandas, R and Polars call the index of a frame where nobody gave it a name."""

_COUNTER = re.compile(
    r"^((row|rec|record|line|seq|sequence|serial|obs|observation|item|case)s?(_?(no|nr|num|number|id|idx|index|names?))?"
    r"|rn|no|nr|num|number|idx|#|sl_?no|s_?no)$"
)

Span = tuple[float, float]
"""The smallest and the largest number of a column."""


def names_id(lowered: str) -> bool:
    """Whether a name, in lower case, says that a column holds ids."""
    return re.search(_NAMES["id"], lowered) is not None


def words_of(name: str) -> str:
    """A name in lower case, its words set apart by underscores.

    >>> words_of("InvoiceDate")
    'invoice_date'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower()


def names_time(lowered: str) -> bool:
    """Whether a name, in lower case, says that a column holds moments."""
    return re.search(_NAMES["time"], lowered) is not None


def names_score(lowered: str) -> bool:
    """Whether a name, in lower case, says that a column holds probabilities of a model."""
    return re.search(_NAMES["score"], lowered) is not None


def names_prediction(lowered: str) -> int:
    """How plainly a name, in lower case, says that a column holds predictions: 2 by itself, 1 of something, else 0."""
    return 2 if re.search(_PREDICTION, lowered) else int(re.search(PREDICTION_AFFIX, lowered) is not None)


def row_counter(lowered: str, chunks: Sequence[NDArray[np.float64]]) -> str | None:
    """Why whole numbers only count the rows; None where they do not, or nothing tells.

    They rise by the same step from row to row (but for gaps), or are a permutation of consecutive integers. A name that
    says that they count, or that is the one of an index without a name, is believed where they mostly differ.

    Args:
        lowered: the column's name, in lower case.
        chunks: its cells in the order of the rows, a part each, missing ones left out.

    >>> row_counter("x", [np.arange(5.0, 105.0)])
    'it counts the rows: whole numbers that rise by 1 from row to row'
    """
    values = np.concatenate(chunks) if chunks else np.empty(0)
    unnamed = _UNNAMED.match(lowered) is not None
    if len(values) < (_PAIR if unnamed else _FEWEST) or not np.array_equal(values, np.round(values)):
        return None
    steps = np.concatenate([np.diff(chunk) for chunk in chunks])
    step = float(np.median(steps)) if len(steps) else 0.0
    if step > 0 and np.all(steps > 0) and np.mean(steps == step) >= _STEADY:
        return f"it counts the rows: whole numbers that rise by {step:.0f} from row to row"
    distinct = np.unique(values)
    if len(distinct) == len(values) == distinct[-1] - distinct[0] + 1:
        return "it counts the rows: consecutive whole numbers, each of them once"
    if unnamed and len(distinct) > _MOSTLY * len(values):
        return "it counts the rows: whole numbers under the name of an index without a name"
    if _COUNTER.match(lowered) and len(distinct) == len(values):
        return "it counts the rows: its name says so, and all its values differ"
    return None


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
