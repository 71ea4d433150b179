"""What an audit has read of the approvals and the guardrails of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from steward.approvals.safeguards import Safeguards


@dataclass(frozen=True, slots=True)
class SafeguardEvidence:
    """The approved guardrails and approvals, as they are stored.

    Attributes:
        approved: those in force; None where none are anchored, or they cannot be read.
        problems: why they cannot be read as they were approved.
        asked: whether an approval was asked for when the champion was promoted; None where that cannot be known.
    """

    approved: Safeguards | None = None
    problems: Sequence[str] = ()
    asked: bool | None = None
