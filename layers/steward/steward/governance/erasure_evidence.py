"""What an audit has read of a model's erasures."""

from dataclasses import dataclass
from datetime import datetime

from steward.events import ObjectRef


@dataclass(frozen=True, slots=True)
class ErasureFact:
    """One erasure.

    Attributes:
        completed_at: when its statement was made; None while it is in work.
        stored: the statement; None while it is in work.
        held: why nothing was removed; empty where it was.
        trained: the versions that were trained on the rows.
        retrain_by: when another champion is due; None where none is.
        in_dataset: objects that it removed, and that the dataset of the champion names.
    """

    erasure: str
    begun_at: datetime
    completed_at: datetime | None = None
    stored: ObjectRef | None = None
    held: str = ""
    trained: frozenset[str] = frozenset()
    retrain_by: datetime | None = None
    in_dataset: int = 0


@dataclass(frozen=True, slots=True)
class ErasureEvidence:
    """The erasures of a model.

    Attributes:
        honoured: erasures that were complete before the dataset of the champion was listed, as its manifest says.
        held_since: when the declaration that forbids to remove anything was accepted; None where none does.
    """

    erasures: tuple[ErasureFact, ...] = ()
    honoured: frozenset[str] = frozenset()
    held_since: datetime | None = None
