"""A metric of some rows before their labels."""

from dataclasses import dataclass
from typing import Any, Protocol

from steward.performance.metric import Metric


@dataclass(frozen=True, slots=True)
class Outlook:
    """A metric of some rows before their labels.

    Attributes:
        change: what the kind of rows alone does to the metric: expected, less expected of the holdout's rows.
        error: the standard error of that.
        doubt: the standard deviation of the realised metric of these rows about the expected one.
    """

    change: float
    error: float
    doubt: float


class Expectation(Protocol):
    """What is expected of some rows."""

    @property
    def rows(self) -> int:
        """Rows that say enough to expect something of."""
        ...

    def outlook(self, metric: Metric[Any, Any]) -> Outlook | None:
        """A metric of these rows; None where it is not defined."""
        ...
