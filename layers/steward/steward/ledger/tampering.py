"""What was done to the ledger, as audits report it."""

from typing import Annotated, Literal

from steward.documents import AnyText, TolerantModel

TamperingKind = Literal["changed", "removed", "inserted", "reordered", "cut", "rewritten", "marker", "checkpoint"]


class Tampering(TolerantModel):
    """What was done to a part of the ledger.

    Attributes:
        model: whose chain it is; empty for checkpoints.
        first, last: the places of the chain that it concerns, or the numbers of the checkpoints.
        message: a sentence for people.
    """

    kind: Annotated[TamperingKind, AnyText()]
    model: str
    first: int
    last: int
    message: str
