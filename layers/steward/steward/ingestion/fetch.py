"""Downloads an object version of the inbox; a missing one refuses the upload."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from steward.errors import BatchInvalid, ObjectMissing
from steward.events import ObjectCreated
from steward.records.leftovers import is_leftover, is_part
from steward.repositories.uploads import UPLOADED, Upload, upload_of
from steward.runtime import Runtime, logger
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.keys import InboxKey

_EMPTY = frozenset({"empty_file", "no_rows"})

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the time of an upload that is gone and whose event has none (it was sent by hand): each delivery must
refuse the same batch, so it cannot be the clock's."""


def fetch_upload(
    runtime: Runtime, created: ObjectCreated, inbox_key: InboxKey, folder: Path
) -> tuple[Upload, int | None]:
    """An upload and its bytes, which are in the folder where they are few; None in place of bytes where it is gone.

    In place of one that an erasure took rows out of, what is left of it is read: as the same batch.
    """
    try:
        brought = runtime.data.fetch(created.key, created.version_id, folder / UPLOADED)
    except ObjectMissing:
        remainder = keys.remainder(inbox_key.model, created.correlation_id)
        if runtime.data.exists(remainder):
            path = folder / UPLOADED
            left = runtime.data.bring(remainder, runtime.data.newest_version(remainder), path)
            uploaded, in_parts = upload_of(left.noted)
            upload = Upload.of(inbox_key, created, uploaded, runtime.data, in_parts=in_parts)
            return replace(upload, ending=left.noted["ending"]), path.stat().st_size
        return Upload.of(inbox_key, created, created.completed or _UNKNOWN, runtime.data), None
    upload = Upload.of(inbox_key, created, brought.modified, runtime.data, in_parts="-" in brought.etag)
    return upload, brought.size


def fetch_file(data: Bucket, upload: Upload, folder: Path) -> Path:
    """The file of an upload, however large.

    Raises:
        BatchInvalid: it was erased meanwhile.
        OSError: it does not fit on the disk.
    """
    path = folder / UPLOADED
    if not path.exists():
        try:
            data.download(upload.created.key, path, upload.created.version_id)
        except ObjectMissing as error:
            raise erased_error(upload) from error
    return path


def erased_error(upload: Upload) -> BatchInvalid:
    """The error of an object version that is gone."""
    return BatchInvalid(
        "object_missing",
        f"{upload.created.key} was erased before it was read (version {upload.created.version_id}); upload it again",
    )


def is_no_file(created: ObjectCreated) -> bool:
    """Whether an engine or a desktop left an object, by its key: a marker, a checksum, or in a hidden folder."""
    left = is_leftover(created.key.removeprefix(keys.INBOX))
    if left:
        logger.info("passed over: left by an engine or a desktop", extra={"key": created.key})
    return left


def is_empty_part(created: ObjectCreated, code: str) -> bool:
    """Whether a file that is refused with this code is one of an engine's parts, of which some may be empty."""
    empty = code in _EMPTY and is_part(created.key)
    if empty:
        logger.info("passed over: an empty part", extra={"key": created.key})
    return empty
