"""What recorded decisions rest on, and must stay."""

from typing import Literal

from steward.documents import VersionedModel


class RetentionEvidence(VersionedModel):
    """The keys that recorded decisions rest on, as far as the ledger was read (compare-and-swap)."""

    schema_version: Literal[1] = 1
    read: int = 0
    keys: tuple[str, ...] = ()
