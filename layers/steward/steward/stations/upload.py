"""An object version in the inbox, and the batch that it is."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from steward.events import ObjectCreated
from steward.store.keys import InboxKey


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
        identity = f"{created.bucket}/{created.key}@{created.version_id}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
        return cls(place, created, uploaded, f"{uploaded:%Y%m%dT%H%M%SZ}-{digest}")

    @property
    def source(self) -> tuple[str, str]:
        """Key and version id of the object."""
        return self.created.key, self.created.version_id
