"""Realised outcomes of one version in one window, and the batches that they are computed from."""

from typing import Literal

from steward.documents import VersionedModel
from steward.evidence.label_matches import LabelMatches, UnmatchedLabels
from steward.performance.groups import GroupOutcomes
from steward.performance.outcomes import Outcomes


class WindowOutcomes(VersionedModel):
    """Outcomes of one window's predictions for the labels known so far.

    Attributes:
        prediction_batches, label_batches: what was joined, in order of upload.
        corrections: the batches among them that correct others.
        given_up: the batches of predictions that are known to have given IDs up to uploads in the window before or
            after, since these outcomes were written first; they may have had labels here until then.
        outcomes: of all predictions.
        groups: of each group of the segments and protected attributes that the version's baseline has.
        unmatched: label files that this window reports, with how many of their labels have no prediction.
        prediction_ids: where there are some, a few IDs of the window's predictions, those without a label first.
    """

    schema_version: Literal[1] = 1
    version: str
    window: str
    prediction_batches: list[str]
    label_batches: list[str]
    corrections: list[str] = []
    given_up: tuple[str, ...] = ()
    outcomes: Outcomes
    groups: GroupOutcomes = GroupOutcomes()
    unmatched: tuple[UnmatchedLabels, ...] = ()
    prediction_ids: tuple[str, ...] = ()

    @property
    def matches(self) -> LabelMatches:
        """What became of the labels."""
        return LabelMatches(
            rows=self.outcomes.rows,
            labelled=self.outcomes.labelled,
            batches=self.label_batches,
            unmatched=self.unmatched,
            prediction_ids=self.prediction_ids,
        )
