"""Outcomes of segments and protected groups."""

from typing import Self

from pydantic import NonNegativeInt

from steward.documents import TolerantModel
from steward.performance.outcomes import Outcomes


class Confusion(TolerantModel):
    """Favourable decisions against the truth: a positive row is one whose true class is the favourable one.

    Attributes:
        true_positives, false_positives, true_negatives, false_negatives: labelled rows at the decided class.
    """

    true_positives: NonNegativeInt = 0
    false_positives: NonNegativeInt = 0
    true_negatives: NonNegativeInt = 0
    false_negatives: NonNegativeInt = 0

    @classmethod
    def of(cls, outcomes: Outcomes, favourable: str, positive: str | None) -> Self:
        """What outcomes say of one class.

        Args:
            outcomes: of some rows.
            favourable: the class that is good to get.
            positive: the positive class of two; None where there are several.

        Raises:
            ValueError: regression decides nothing, or the class is not declared.
        """
        if outcomes.task == "regression":
            raise ValueError("a regression has no favourable decision; remove fairness from the declaration")
        if outcomes.task == "multiclass_classification":
            if favourable not in outcomes.by_class:
                raise ValueError(f"{favourable} is none of the classes {', '.join(outcomes.classes)}")
            counted, turned = outcomes.by_class[favourable], False
        else:
            counted, turned = outcomes, favourable != positive
        cells = (counted.true_positives, counted.false_positives, counted.true_negatives, counted.false_negatives)
        tp, fp, tn, fn = (cells[2], cells[3], cells[0], cells[1]) if turned else cells
        return cls(true_positives=tp, false_positives=fp, true_negatives=tn, false_negatives=fn)

    @property
    def labelled(self) -> int:
        """Rows with a label."""
        return self.positives + self.negatives

    @property
    def positives(self) -> int:
        """Rows whose true class is the favourable one."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Rows whose true class is another."""
        return self.true_negatives + self.false_positives


class GroupOutcomes(TolerantModel):
    """Outcomes of the predictions of each group.

    Attributes:
        segments: by segment and group.
        protected: by protected attribute and group.
    """

    segments: dict[str, dict[str, Outcomes]] = {}
    protected: dict[str, dict[str, Confusion]] = {}
