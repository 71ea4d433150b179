"""Counts of labels of a window that match no prediction."""

from collections.abc import Sequence
from dataclasses import dataclass

from steward.documents import TolerantModel

EXAMPLES = 3
"""IDs of each side that a message shows."""


class UnmatchedLabels(TolerantModel):
    """The labels of one file that no prediction has the IDs of.

    Attributes:
        batch: of the file.
        source: the key of the upload.
        labels: all labels of the file.
        unmatched: those without a prediction.
        waiting: those of them that may have come before their prediction: without a time, or with one later than every
            prediction so far.
        ids: the first of their IDs, in alphabetical order.
    """

    batch: str
    source: str
    labels: int
    unmatched: int
    waiting: int = 0
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelMatches:
    """The labels of one window of one version.

    Attributes:
        rows: predictions.
        labelled: predictions that have a label.
        batches: of labels in this window, in order of upload.
        unmatched: label files with labels that have no prediction.
        prediction_ids: some IDs of predictions of the window, those without a label first.
    """

    rows: int
    labelled: int
    batches: Sequence[str] = ()
    unmatched: Sequence[UnmatchedLabels] = ()
    prediction_ids: Sequence[str] = ()

    @property
    def missing(self) -> int:
        """Labels without a prediction, but for those that may have come before it."""
        return sum(file.unmatched - file.waiting for file in self.unmatched)

    @property
    def waiting(self) -> int:
        """Labels that may have come before their prediction."""
        return sum(file.waiting for file in self.unmatched)

    @property
    def largest(self) -> float:
        """The largest share of a file's labels without a prediction, but for those that may have come before it."""
        return max(((file.unmatched - file.waiting) / file.labels for file in self.unmatched), default=0.0)

    @property
    def labels(self) -> int:
        """All labels: a file may have some in other windows too."""
        return max(sum(file.labels for file in self.unmatched), self.labelled + self.missing + self.waiting)


class PastMatches(TolerantModel):
    """What is remembered of the labels of an earlier window.

    Attributes:
        labels: all of them.
        missing: those without a prediction, but for the waiting ones.
        waiting: those that may have come before their prediction.
        alone: those of them whose files met nothing at all.
        partly: those of them whose files met something.
        largest: the largest share of one file's labels without a prediction; None where it is not known.
        usual: whether the monitor found nothing wrong with them, so that they say what is usual.
    """

    labels: int
    missing: int
    waiting: int
    alone: int = 0
    partly: int = 0
    largest: float | None = None
    usual: bool = True
