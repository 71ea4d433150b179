"""Outputs of a model in a table, and their agreement with another column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from steward.offline.agreement import ColumnReader, Labels, classes_of, kappa, rank_auc, skill

_PAIR = 2
_TELLS = 0.1
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class ModelOutputs:
    """The columns with a model's answers.

    Attributes:
        score: the probability of one of two labels.
        positive: the label that it is of, where the column's name says so.
        scores: of several classes, the column with the probability of each.
        prediction: decided classes, or predicted amounts.
        amounts: whether the prediction is one of amounts.
    """

    score: str | None = None
    positive: str | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    prediction: str | None = None
    amounts: bool = False

    def __bool__(self) -> bool:
        return bool(self.score or self.scores or self.prediction)

    def agreement(self, name: str, cells: ColumnReader) -> float | None:
        """How well they tell a column, from 0 to 1; None for one that cannot be what they speak of."""
        if self.score is not None:
            labels = cells.labels(name)
            classes = classes_of(labels)
            if len(classes) != _PAIR:
                return None
            score = cells.numbers(self.score)
            return max(skill(score, np.where(labels == "", np.nan, labels == one).astype(float)) for one in classes)
        if self.prediction is not None and self.amounts:
            return skill(cells.numbers(self.prediction), cells.numbers(name))
        said = cells.labels(self.prediction) if self.prediction is not None else self._likeliest(cells)
        known = {*classes_of(said), *map(plain, self.scores)}
        spelt = {one: one if one in known else plain(one) for one in ("", *cells.classes(name))}
        truth = np.array([spelt[label] for label in cells.labels(name)], object)
        classes = classes_of(truth)
        return kappa(said, truth) if len(classes) >= _PAIR and set(classes) <= known else None

    def score_columns(self, classes: tuple[str, ...]) -> Mapping[str, str]:
        """The score column of each class, under the names that labels have."""
        names = {plain(one): one for one in classes}
        return {names.get(plain(name), name): column for name, column in self.scores.items()}

    def positive_label(self, truth: str, cells: ColumnReader) -> tuple[str, str] | None:
        """Of two labels that which the score is the probability of, and why; None for 1.

        Without a score that tells, the rarer of two labels that are not 1 and 0.
        """
        labels = cells.labels(truth)
        classes = classes_of(labels)
        ordinary = set(classes) <= {"0", "1"}
        if len(classes) == _PAIR and self.score is not None:
            named = [one for one in classes if self.positive is not None and plain(one) == plain(self.positive)]
            why = f"{self.score} names it"
            if not named:
                written = labels != ""
                auc = rank_auc(cells.numbers(self.score)[written], labels[written] == classes[1])
                named = [classes[int(auc > _EVEN)]] if abs(auc - _EVEN) >= _TELLS else []
                why = f"the higher {self.score}, the likelier it is (ROC AUC {max(auc, 1 - auc):.2f})"
            if named:
                return None if named[0] == "1" and ordinary else (named[0], why)
        if ordinary or not classes:
            return None
        counts = {name: int(np.count_nonzero(labels == name)) for name in classes}
        rarest = min(counts, key=lambda name: (counts[name], name))
        rest = "the other is" if len(classes) == _PAIR else f"the other {len(classes) - 1} together are"
        return rarest, f"the rarer label, so it may be what is looked for; {rest} the negative class"

    def _likeliest(self, cells: ColumnReader) -> Labels:
        values = np.stack([cells.numbers(name) for name in self.scores.values()], axis=1)
        names = np.array([*map(plain, self.scores)], object)
        return names[np.where(np.isfinite(values), values, -1).argmax(axis=1)]


def plain(label: str) -> str:
    """A class as the name of a column may spell it.

    >>> plain("Upmarket Card")
    'upmarket_card'
    """
    return re.sub(r"[^0-9a-z]+", "_", label.lower()).strip("_")
