"""An object version in the inbox, and the batch that it is."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from steward.events import ObjectCreated
from steward.store.keys import InboxKey

UPLOADED = "upload"
"""The name of its file, in the folder where it is taken in."""

_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Upload:
    """One object version in the inbox.

    Attributes:
        batch: begins with the upload time, so that batches sort by it; the rest follows from bucket, key and version.
    """

    place: InboxKey
    created: ObjectCreated
    uploaded: datetime
    batch: str

    @classmethod
    def of(cls, place: InboxKey, created: ObjectCreated, uploaded: datetime) -> "Upload":
        """The batch of an upload."""
        digest = _digest(created.bucket, created.key, created.version_id)
        return cls(place, created, uploaded, f"{uploaded:{_STAMP}}-{digest}")

    @property
    def source(self) -> tuple[str, str]:
        """Key and version id of the object."""
        return self.created.key, self.created.version_id


def uploaded_at(batch: str) -> datetime:
    """When a batch was uploaded, which its id begins with."""
    return datetime.strptime(batch.partition("-")[0], _STAMP).replace(tzinfo=UTC)


def batch_prefix(moment: datetime) -> str:
    """What sorts before every batch that was uploaded since a moment."""
    return f"{moment:{_STAMP}}"


def is_batch_of(batch: str, bucket: str, key: str, version_id: str) -> bool:
    """Whether a batch is this object version."""
    return batch.split("-")[1] == _digest(bucket, key, version_id)


def _digest(bucket: str, key: str, version_id: str) -> str:
    return hashlib.sha256(f"{bucket}/{key}@{version_id}".encode()).hexdigest()[:12]
