"""What an audit has read of the OpenLineage events that are kept of a model."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineageEvidence:
    """Whether the runs that the champion came from have their events.

    Attributes:
        kept: whether any event is kept of the model: a store that an older release wrote has none.
        missing: the runs without one, such as `training of run r1`; runs from before the first event are left out.
        runs: how many runs were looked for.
        batches: how many batches of the champion's dataset were among them.
        batches_in_all: how many it has.
    """

    kept: bool = False
    missing: Sequence[str] = ()
    runs: int = 0
    batches: int = 0
    batches_in_all: int = 0
