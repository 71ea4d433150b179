"""What an audit has read of the documents that are kept of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from steward.events import ObjectRef


@dataclass(frozen=True, slots=True)
class DocumentsEvidence:
    """Facts about the documents of the version in charge.

    Attributes:
        kept: whether any document is kept of the model: a store that an older release wrote has none.
        card_template: by which the newest revision of the champion's card was written; None where it has none.
        current_template: by which one would be written now.
        data_card: where the newest revision of its data card is; None where it has none.
        stale: a sentence on each document that is older than what it was made of.
        damaged: a sentence on each file of a newest revision that is missing, or has other bytes.
        files: those that were read.
    """

    kept: bool = False
    card_template: int | None = None
    current_template: int = 0
    data_card: ObjectRef | None = None
    stale: Sequence[str] = ()
    damaged: Sequence[str] = ()
    files: tuple[ObjectRef, ...] = ()
