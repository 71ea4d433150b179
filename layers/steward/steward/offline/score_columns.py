"""Finds the columns of a model's output: scores, class probabilities and predictions."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.offline.agreement import ColumnReader
from steward.offline.hints import Hints
from steward.offline.inferred_column import InferredColumn
from steward.offline.roles import names_score, words_of
from steward.records.canonical import canonical_label
from steward.spec.features import NumericFeature

_WORD = r"(?:scores?|probs?|probas?|probability|probabilities|confidence|p)"
_OF_A_CLASS = (
    re.compile(rf"^(?P<stem>(?:.*[_.])?{_WORD}[_.:])(?P<name>.+)$", re.IGNORECASE),
    re.compile(rf"^(?P<name>.+?)(?P<stem>[_.:]{_WORD})$", re.IGNORECASE),
)
_PLAIN = re.compile(r"^(y_)?(pred(icted|iction)?_)?(score|prob|proba|probability)s?(_?(1|true|yes|pos|positive))?$")
POSITIVE_WORDS = frozenset({"1", "true", "yes", "pos", "positive"})
"""Labels that say only that something is so, not what."""
_ADDED_UP = 1e-3
_ALL = 0.999
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Scores:
    """What was found.

    Attributes:
        single: the probability of one of two labels.
        positive: the label that it is of, where its name says so.
        why: what tells.
        classes: of several classes, the column with the probability of each.
        others: columns that hold more of the same, and why: no model may see them.
        rivals: columns from 0 to 1 whose names say score as well, and why they are not it.
        unfit: columns whose names say score, and that hold no probabilities, and what they hold.
    """

    single: str | None = None
    positive: str | None = None
    why: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    rivals: Mapping[str, str] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)


def find_scores(columns: Mapping[str, InferredColumn], cells: ColumnReader, hints: Hints) -> Scores:
    """Find them by name and content.

    Args:
        columns: those without another part.
        cells: some of each.
        hints: the scores and the label that the user names, and the task; not regression.

    Raises:
        BatchInvalid: a column that the user names as a score holds no probabilities; those of generated text may be
            of any range.
    """
    wanted, label = hints.scores, hints.label
    numbers = {
        name: cells.numbers(name)
        for name, column in columns.items()
        if name in wanted or isinstance(column.feature, NumericFeature)
    }
    inside = {name for name, values in numbers.items() if _is_probability(values)}
    for name in wanted:
        if name not in inside and hints.task != "text_generation":
            raise BatchInvalid(
                "no_probability",
                f"{name} cannot be the score: {_range_text(numbers[name])}, and a score is a probability from 0 to 1; "
                "name another column (--score COLUMN), leave --score out and Steward trains a model, or, if the model "
                f"predicts amounts, write --task regression --prediction {name}",
            )
    if len(wanted) == 1:
        return Scores(single=wanted[0], why="as you said")
    for classes in [_class_names(wanted)] if wanted else _groups(sorted(inside, key=list(columns).index)):
        total = np.sum([numbers[name] for name in classes.values()], axis=0)
        total = total[np.isfinite(total)]
        if not wanted and (not len(total) or np.mean(np.abs(total - 1) <= _ADDED_UP) < _ALL):
            continue
        if len(classes) > _PAIR:
            return Scores(classes=classes, why=f"there is a score for each of {', '.join(classes)}, 1 in all")
        first, second = classes
        label = first if canonical_label(first).lower() in POSITIVE_WORDS else second
        other = classes[second if label == first else first]
        why = f"the probability of {label}; {other} is that of the other label"
        return Scores(classes[label], label, why, others={other: "it is the probability of the other label"})
    said = [name for name in columns if names_score(words_of(name)) or _PLAIN.match(words_of(name))]
    named = next(_named_for_a_class([*columns, *([label] if label else [])], cells, inside), None)
    if named and not any(name in inside for name in said):
        name, label = named
        return Scores(name, label, f"its name says the probability of {label}, and it lies between 0 and 1")
    plain = [name for name in said if _PLAIN.match(words_of(name))]
    unfit = {name: _range_text(numbers[name]) for name in plain if name in numbers and name not in inside}
    fit = [name for name in (*plain, *said) if name in inside]
    if not fit:
        return Scores(unfit=unfit)
    chosen = fit[0]
    rivals = {name: f"its name says score, and {chosen} is it" for name in fit if name != chosen}
    return Scores(chosen, None, "its name says score, and it lies between 0 and 1", rivals=rivals, unfit=unfit)


def _named_for_a_class(
    columns: Sequence[str], cells: ColumnReader, inside: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Columns from 0 to 1 like `p_poor` beside one that holds `good` and `poor`, with that class."""
    pairs = [classes for name in columns if len(classes := cells.classes(name)) == _PAIR]
    for name in columns:
        match = _OF_A_CLASS[0].match(name) if name in inside else None
        for label in next((pair for pair in pairs if match and match["name"] in pair), ()):
            if match and match["name"] == label:
                yield name, label


def _groups(names: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Columns whose names differ in a class alone, by the class; the largest group first."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        for pattern in _OF_A_CLASS:
            match = pattern.match(name)
            if match:
                found.setdefault(match["stem"].lower(), {})[match["name"]] = name
                break
    yield from sorted((group for group in found.values() if len(group) >= _PAIR), key=len, reverse=True)


def _class_names(columns: Sequence[str]) -> Mapping[str, str]:
    """The class of each column that the user names: what its name says beyond what they share."""
    named = {}
    for column in columns:
        match = next((match for pattern in _OF_A_CLASS if (match := pattern.match(column))), None)
        named[match["name"] if match else column] = column
    return named


def _is_probability(values: NDArray[np.float64]) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known)) and float(known.min()) >= 0 and float(known.max()) <= 1


def _range_text(values: NDArray[np.float64]) -> str:
    known = values[np.isfinite(values)]
    return f"it lies between {known.min():.6g} and {known.max():.6g}" if len(known) else "it holds no numbers"
