"""Predictive power of a single feature for the label."""

from steward.documents import TolerantModel


class Leakage(TolerantModel):
    """One part of the features against the label.

    Attributes:
        auc: the chance that, of two rows with different labels, the part tells which has the greater one; ties count
            half. For two classes that is the ROC AUC, for several the largest of one class against the rest.
        low: what it is at least, with 95 % confidence.
        rows: labelled rows that it was measured on.
    """

    auc: float
    low: float
    rows: int
