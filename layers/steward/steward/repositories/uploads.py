"""An object version of the inbox, and the batch id that follows from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile

from steward.events import ObjectCreated
from steward.store.bucket import Bucket
from steward.store.keys import InboxKey

UPLOADED = "upload"
"""The name of its file, in the folder where it is taken in."""

_STAMP = "%Y%m%dT%H%M%SZ"

_LONGEST_UPLOAD = timedelta(days=7)
"""What an upload in parts is assumed to have taken at most where its event does not tell when it was complete."""

_ORDER_DIGITS = 20
"""S3's sequencers have 16, and leading zeros, which it may leave out."""

_BATCH = re.compile(rf"[^-]+-(?P<order>[0-9a-f]{{{_ORDER_DIGITS}}})-(?P<correlation_id>[0-9a-f]{{16}})(-.*)?")
"""Batches that releases before this one took in have neither."""

_SAMPLE_SEQUENCERS = {"617f08299329d189", "55aed6dcd90281e5"}
"""From the examples in S3's documentation; emulators (moto, LocalStack) give every event one of them."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One object version in the inbox.

    Attributes:
        batch: the second of the upload; the order within it; and the correlation id of key and version. So batches
            sort by upload time, and versions of one key by the order in which S3 took them.
        uploaded: when S3 took it, by its clock; of an upload in parts, when it began.
        completed: when it was there as a whole, at the latest: nothing in it can be of a later time.
        ending: of the name of the file that is read in its place, since an erasure took rows out of it; else empty.
    """

    inbox_key: InboxKey
    created: ObjectCreated
    uploaded: datetime
    batch: str
    completed: datetime
    ending: str = ""

    @classmethod
    def of(
        cls, inbox_key: InboxKey, created: ObjectCreated, uploaded: datetime, data: Bucket, *, in_parts: bool = False
    ) -> "Upload":
        """The batch of an upload; one request where its event has no sequencer.

        Args:
            inbox_key: what its key says.
            created: the object version.
            uploaded: when S3 took it, by its clock, which counts in whole seconds.
            data: where it is.
            in_parts: whether it came in parts, for which S3's clock says when the first of them was announced.
        """
        order = _sequencer(created.sequencer) or _listing_order(_versions_before(data, created, uploaded))
        if created.completed:
            completed = max(created.completed, uploaded)
        else:
            completed = uploaded + _LONGEST_UPLOAD if in_parts else uploaded
        return cls(inbox_key, created, uploaded, f"{uploaded:{_STAMP}}-{order}-{created.correlation_id}", completed)

    @property
    def file_name(self) -> str:
        """What its file is called, which tells the format."""
        return self.created.key + self.ending

    @property
    def source(self) -> tuple[str, str]:
        """Key and version id of the object."""
        return self.created.key, self.created.version_id


def note_upload(uploaded: datetime, etag: str) -> dict[str, str]:
    """What a batch follows from that its own object version tells, noted beside what is left of it.

    >>> upload_of(note_upload(datetime(2024, 1, 1, tzinfo=UTC), '"ab-2"'))
    (datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), True)
    """
    return {"uploaded": uploaded.isoformat(), "in-parts": "yes" if "-" in etag else "no"}


def upload_of(noted: Mapping[str, str]) -> tuple[datetime, bool]:
    """When an upload was made, and whether in parts, by what `note_upload` noted."""
    return datetime.fromisoformat(noted["uploaded"]), noted["in-parts"] == "yes"


def uploaded_at(batch: str) -> datetime:
    """When a batch was uploaded, which its id begins with."""
    return datetime.strptime(batch.partition("-")[0], _STAMP).replace(tzinfo=UTC)


def batch_prefix(moment: datetime) -> str:
    """What sorts before every batch that was uploaded since a moment."""
    return f"{moment:{_STAMP}}"


def is_batch_of(batch: str, key: str, version_id: str) -> bool:
    """Whether a batch is this object version."""
    return correlation_of(batch) == ObjectCreated.correlate(key, version_id)


def correlation_of(batch: str) -> str:
    """The correlation id of everything that the upload of a batch leads to, also of what is left or made of it."""
    parts = _BATCH.fullmatch(batch)
    return parts["correlation_id"] if parts else ""


def sequencer_of(batch: str) -> str:
    """The order within the second of its upload, to be sent along when an upload is sent again."""
    parts = _BATCH.fullmatch(batch)
    return parts["order"] if parts else ""


def _sequencer(written: str) -> str:
    """A sequencer at full length; empty where it orders nothing."""
    digits = written.lower().lstrip("0")
    known = re.fullmatch(f"[0-9a-f]{{1,{_ORDER_DIGITS}}}", digits) and digits not in _SAMPLE_SEQUENCERS
    return digits.zfill(_ORDER_DIGITS) if known else ""


def _listing_order(older: int) -> str:
    """The order of a version by its place in the listing: after all sequencers, as what is sent again is the newest."""
    return "f" + f"{older:x}".zfill(_ORDER_DIGITS - 1)


def _versions_before(data: Bucket, created: ObjectCreated, uploaded: datetime) -> int:
    """How many older versions of its key were uploaded within the same second, by S3's listing: the newest come first.

    Every event of S3 has a sequencer; those of some emulators, and what is sent again by hand, have none.
    """
    if not created.key.isprintable():  # a listing is XML, which cannot write all that a key may hold
        return 0
    versions = takewhile(lambda version: version.key == created.key, data.versions(created.key))
    from_it = dropwhile(lambda version: version.version_id != created.version_id, versions)
    second = uploaded.replace(microsecond=0)
    within = takewhile(lambda version: version.modified.replace(microsecond=0) == second, from_it)
    return max(0, sum(1 for _ in within) - 1)
