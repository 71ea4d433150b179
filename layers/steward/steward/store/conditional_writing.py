"""Writing objects of a bucket: create-only, or by compare-and-swap."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel

from steward import aws
from steward.errors import Conflict
from steward.events import ObjectRef
from steward.store.reading import IN_PARTS, PART, ObjectReader
from steward.store.source import note_source
from steward.store.stored_objects import ABSENT, ObjectContent, error_code, sha256

_RACED = {"PreconditionFailed", "412"}
_BUSY = {"ConditionalRequestConflict", "OperationAborted", "409"}
"""S3 could not tell who was first, and asks for the same request again; the object may or may not exist."""
_ATTEMPTS = 12


class ConditionalWriter(ObjectReader):
    """Writes the objects of a versioned bucket: rewritable ones, create-only ones, and state by compare-and-swap."""

    def put(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/json",
        *,
        source: tuple[str, str] | None = None,
        noted: Mapping[str, str] = MappingProxyType({}),
    ) -> ObjectRef:
        """Write an object whose bytes depend on its key alone, so that writing it again changes nothing.

        Args:
            key: where it goes.
            body: what it holds.
            content_type: what kind of thing that is.
            source: key and version id of the upload that it was made from; `source_of` reads them back.
            noted: what else is noted beside it.
        """
        return self._write(key, body, content_type, {}, {**(note_source(*source) if source else {}), **noted})

    def put_file(
        self, key: str, path: Path, content_type: str = "application/json", *, source: tuple[str, str] | None = None
    ) -> None:
        """Write a file as an object, in parts when it is large; what `put` does, without holding it in memory."""
        if path.stat().st_size <= PART:
            self.put(key, path.read_bytes(), content_type, source=source)
            return
        noted = self._metadata(note_source(*source) if source else {})
        extra = {"ContentType": content_type, "ChecksumAlgorithm": "SHA256", "Metadata": noted}
        aws.s3().upload_file(str(path), self.name, key, ExtraArgs=extra, Config=IN_PARTS)

    def create(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/json",
        *,
        noted: Mapping[str, str] = MappingProxyType({}),
    ) -> ObjectRef:
        """Write an object that must not exist, with what is noted beside it.

        Raises:
            Conflict: it exists.
        """
        return self._write(key, body, content_type, {"IfNoneMatch": "*"}, noted=noted)

    def replace(
        self, key: str, body: bytes, present: ObjectContent | None, content_type: str = "application/json"
    ) -> ObjectRef:
        """Write an object in place of what was read of it; None where nothing was there.

        Raises:
            Conflict: it has changed since.
        """
        condition = {"IfMatch": present.etag} if present else {"IfNoneMatch": "*"}
        return self._write(key, body, content_type, condition)

    def create_if_absent(self, key: str, body: bytes, content_type: str = "application/json") -> ObjectRef:
        """Write an object once; when it exists already, the reference to what is there."""
        try:
            return self.create(key, body, content_type)
        except Conflict:
            return self.get(key).stored

    def create_or_get(self, key: str, body: bytes, content_type: str = "application/json") -> bytes:
        """Write an object once; its bytes, which are others where it exists already."""
        try:
            self.create(key, body, content_type)
        except Conflict:
            return self.get(key).body
        return body

    def touch(self, key: str) -> None:
        """Create an empty marker if absent. Uses a HEAD first: cheaper than a PUT."""
        if not self.exists(key):
            self.create_if_absent(key, b"", "text/plain")

    def update[State: BaseModel](self, key: str, kind: type[State], change: Callable[[State | None], State]) -> State:
        """Change a state object by compare-and-swap; the state afterwards. See `exchange`."""
        return self.update_with_ref(key, kind, change)[0]

    def update_with_ref[State: BaseModel](
        self, key: str, kind: type[State], change: Callable[[State | None], State]
    ) -> tuple[State, ObjectRef]:
        """Change a state object by compare-and-swap, trying again with jitter when another writer was first.

        Args:
            key: the object.
            kind: the pydantic model that it holds.
            change: the new state for the present one (None where there is none); it may be called several times, and
                whatever it reads was there when the present state was.

        Returns:
            The state afterwards, and the exact object that holds it.

        Raises:
            Conflict: other writers were first every time.
        """

        def apply_change(body: bytes | None) -> bytes:
            return change(self._read(key, body, kind) if body is not None else None).model_dump_json().encode()

        content = self.update_bytes(key, apply_change)
        return kind.model_validate_json(content.body), content.stored

    def update_bytes(
        self, key: str, change: Callable[[bytes | None], bytes], content_type: str = "application/json"
    ) -> ObjectContent:
        """Change an object's bytes by compare-and-swap; what `exchange` does, for bytes."""
        for attempt in range(_ATTEMPTS):
            present = self.find(key)
            body = change(present.body if present else None)
            if present and body == present.body:
                return present
            condition = {"IfMatch": present.etag} if present else {"IfNoneMatch": "*"}
            try:
                stored = self._write(key, body, content_type, condition)
            except Conflict:
                _pause(attempt)
            else:
                return ObjectContent(body=body, stored=stored, etag="", modified=datetime.now(UTC))
        raise Conflict(f"s3://{self.name}/{key} was changed by others {_ATTEMPTS} times in a row; try again")

    def _metadata(self, noted: Mapping[str, str]) -> dict[str, str]:
        return ({"environment": self.environment} if self.environment else {}) | dict(noted)

    def _write(
        self,
        key: str,
        body: bytes,
        content_type: str,
        condition: dict[str, Any],
        noted: Mapping[str, str] = MappingProxyType({}),
    ) -> ObjectRef:
        raced = _RACED | ABSENT if "IfMatch" in condition else _RACED
        for attempt in range(_ATTEMPTS):
            try:
                answer = aws.s3().put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    ChecksumAlgorithm="SHA256",
                    Metadata=self._metadata(noted),
                    **condition,
                )
            except ClientError as error:
                if error_code(error) in raced:
                    raise Conflict(f"s3://{self.name}/{key} exists or has changed") from error
                if error_code(error) not in _BUSY:
                    raise
                _pause(attempt)
            else:
                return ObjectRef(key=key, version_id=answer.get("VersionId", "null"), sha256=sha256(body))
        raise Conflict(f"s3://{self.name}/{key} was being written by others {_ATTEMPTS} times in a row; try again")


def _pause(attempt: int) -> None:
    """Wait before the next attempt, longer each time, and never as long as another writer."""
    time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 6)))  # noqa: S311
