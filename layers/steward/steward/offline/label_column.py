"""Finds the label column: by name, and by its agreement with model outputs."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from steward.offline.inferred_column import InferredColumn
from steward.offline.roles import PREDICTION_AFFIX, words_of
from steward.spec.features import BooleanFeature, CategoricalFeature, NumericFeature

MOST_CLASSES = 20
"""Classes that a label may have, unless its name says that it is one."""

_CERTAIN, _LIKELY, _POSSIBLE, _SILENT = 3, 2, 1, 0
_SPEAKING: tuple[tuple[int, str], ...] = (
    (_CERTAIN, r"^(labels?|targets?|y|y_?(true|actual|test)|truths?|ground_?truth|actuals?|gold)$"),
    (_CERTAIN, r"(^|_)(target|label|truth)$|_(actual|true)$|^(true|actual|gold)_(class|outcome|value)$"),
    (_LIKELY, r"(^|_)(churn|churned|attrition|default|defaulted|repaid|fraud|fraudulent|bankrupt|failed|failure)$"),
    (_LIKELY, r"(^|_)(converted|conversion|clicked|click|bought|purchased|subscribed|deposit|renewed|returned)$"),
    (_LIKELY, r"(^|_)(survived|died|deceased|death|readmitted|malignant|diagnosis|event|outcome|exited|left)$"),
    (_LIKELY, r"(^|_)(cancell?ed|cancellation|late|delayed|approved|accepted|rejected|spam|won|lost|anomaly|outlier)$"),
    (_POSSIBLE, r"^(class|response|responded|result|status|species|variety|success|positive|category|quality)$"),
)
_PREFIX = re.compile(r"^(target|label|true|actual|truth|gold)_")
"""Before a name it may say label, and as often belongs to a feature: target_group, actual_size."""
_EARLIER = re.compile(r"(^|_)(prev|previous|prior|past|last|num|number|count|n|total|days|times|since|has|had)(_|$)")
_TELLING = 0.6
"""Less than this, features that a model leans on are told too."""
DOUBTFUL = 0.05
"""Less than this, and the model's answers tell nothing of a column."""
_BEYOND = 2
_SHOWN = 4

Agreement = Callable[[str], float | None]
"""How well what the model said tells a column, from 0 to 1; None for a column that cannot be what it speaks of."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The column of the truth, and which others may be it.

    Attributes:
        name: None where none can be told.
        why: the reason.
        guessed: whether its name does not say so.
        suspects: other columns that may be the label, and why: features they must not be.
    """

    name: str | None = None
    why: str = ""
    guessed: bool = False
    suspects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    speaks: int
    agrees: float | None


def choose_label(
    candidates: Mapping[str, bool], agreement: Agreement | None, predicted: str | None, others: Collection[str]
) -> Truth:
    """The label: whose name says so; where none does, the one that the model's answers tell far better than any other.

    A name gives way to another that says label less plainly where the answers tell far more of that column.

    Args:
        candidates: the columns that are free to be it, and whether each holds amounts rather than classes.
        agreement: None where the table has no answers of a model.
        predicted: the column of predictions, whose name may name its label.
        others: all columns of the table.
    """
    found = [
        _Candidate(name, _speaks(name, predicted, others, amounts=amounts), agreement(name) if agreement else None)
        for name, amounts in candidates.items()
    ]
    fit = [one for one in found if agreement is None or one.agrees is not None]
    named = [one for one in fit if one.speaks >= (_LIKELY if agreement is None else _POSSIBLE)]
    named = named or [one for one in fit if one.speaks]
    if named:
        best = max(named, key=_strength)
        rival = max(named, key=lambda one: one.agrees or 0.0)
        if (rival.agrees or 0.0) >= DOUBTFUL and (rival.agrees or 0.0) > _BEYOND * (best.agrees or 0.0):
            passed = [one for one in named if one.speaks > rival.speaks]
            why = f"{_agreement_text(rival)}, far more than of {', '.join(one.name for one in passed)}"
            suspects = {one.name: "its name may say that it is the label" for one in passed}
            return Truth(rival.name, why, guessed=True, suspects=suspects)
        equals = [one for one in named if _strength(one) == _strength(best)]
        if len(equals) > 1:
            return Truth(suspects={one.name: "its name may say that it is the label" for one in equals})
        unsure = best.speaks == _POSSIBLE and (agreement is None or _PREFIX.match(words_of(best.name)) is not None)
        siblings = {} if best.speaks > _POSSIBLE else _siblings(best, named)
        return Truth(best.name, _reason(best), guessed=unsure, suspects=siblings)
    ranked = sorted(fit, key=lambda one: -(one.agrees or 0.0))
    likely = [one for one in ranked if (one.agrees or 0.0) >= DOUBTFUL]
    if likely:
        first, most = likely[0], likely[0].agrees or 0.0
        if most >= _TELLING and all(most >= _BEYOND * (one.agrees or 0.0) for one in likely[1:]):
            return Truth(first.name, f"{_agreement_text(first)}, far more than of any other column", guessed=True)
    return Truth(suspects={one.name: _agreement_text(one) for one in likely[:_SHOWN]})


def is_certain(name: str) -> bool:
    """Whether a name says label as plainly as any does: by all of it, or by its end.

    >>> is_certain("churn_label"), is_certain("target_temp")
    (True, False)
    """
    return _speaks(name, None, (), amounts=False) == _CERTAIN


def holds_classes(column: InferredColumn, values: int) -> bool:
    """Whether a column may hold the classes of a label: it has two values or more, and not many."""
    return isinstance(column.feature, BooleanFeature | CategoricalFeature | NumericFeature) and (
        2 <= values <= MOST_CLASSES  # noqa: PLR2004
    )


def _speaks(name: str, predicted: str | None, others: Collection[str], *, amounts: bool) -> int:
    """How plainly a name says label; what became of a row is said of classes, and y beside x and z is a place."""
    lowered = words_of(name)
    if predicted is not None and lowered:
        subject = re.sub(PREDICTION_AFFIX, "", words_of(predicted))
        if lowered == subject or _PREFIX.sub("", lowered) == subject:
            return _CERTAIN
    if lowered == "y" and {"x", "z"} <= {*map(words_of, others)}:
        return _SILENT
    speaks = next((strength for strength, pattern in _SPEAKING if re.search(pattern, lowered)), _SILENT)
    if speaks < _LIKELY and _PREFIX.match(lowered):
        return _SILENT if amounts and lowered.startswith("gold_") else _POSSIBLE
    return _SILENT if speaks < _CERTAIN and (amounts or _EARLIER.search(lowered)) else speaks


def _siblings(best: _Candidate, named: Collection[_Candidate]) -> Mapping[str, str]:
    """Candidates that begin with the same word of a label, such as target_90d beside target_30d."""
    start = _PREFIX.match(words_of(best.name))
    return {
        one.name: f"its name begins as that of {best.name} does"
        for one in named
        if start and one is not best and words_of(one.name).startswith(start[0])
    }


def _strength(one: _Candidate) -> tuple[int, float]:
    return one.speaks, one.agrees or 0.0


def _reason(best: _Candidate) -> str:
    said = "its name says label" if best.speaks == _CERTAIN else "its name says what became of a row"
    if best.speaks == _POSSIBLE:
        said = "its name may say label: check"
    return f"{said}, and {_agreement_text(best)}" if (best.agrees or 0.0) >= DOUBTFUL else said


def _agreement_text(one: _Candidate) -> str:
    return f"the model's answers tell {one.agrees or 0.0:.0%} of it"
