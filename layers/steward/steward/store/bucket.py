"""One S3 bucket: create-only objects, rewritable objects and compare-and-swap."""

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from types import MappingProxyType
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from pydantic import BaseModel

from steward import aws
from steward.errors import Conflict, DocumentTooNew, ObjectChanged, ObjectMissing, StewardError
from steward.events import ObjectRef
from steward.store.source import note_source, source_key

_ABSENT = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
_RACED = {"PreconditionFailed", "412"}
_BUSY = {"ConditionalRequestConflict", "OperationAborted", "409"}
"""S3 could not tell who was first, and asks for the same request again; the object may or may not exist."""
_ATTEMPTS = 12
_KEYS_A_CALL = 1000

_PART = 64 * 1024**2
_PIECE = 1024**2
_IN_PARTS = TransferConfig(
    multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=4, io_chunksize=1024**2, max_io_queue=64
)
"""How large objects travel: in parts that are tried again one by one, four at a time, in bounded memory."""


@dataclass(frozen=True, slots=True)
class ObjectContent:
    """The bytes of one object version, and what identifies them.

    Attributes:
        noted: what its writer noted beside it: the environment, and the upload that it was made from.
    """

    body: bytes
    etag: str
    stored: ObjectRef
    modified: datetime
    noted: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str | None:
        """The key of the upload that it was made from; None where none is noted."""
        return source_key(self.noted)

    @property
    def environment(self) -> str | None:
        """The environment whose functions wrote it; None where something else did."""
        return self.noted.get("environment")


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """One key of a listing."""

    key: str
    etag: str
    modified: datetime
    size: int

    @property
    def name(self) -> str:
        """The last part of the key, without its ending."""
        return self.key.rsplit("/", 1)[-1].rsplit(".", 1)[0]

    @property
    def folder(self) -> str:
        """The key up to and with its last slash."""
        return self.key.rsplit("/", 1)[0] + "/"


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object, as a listing of versions tells of it."""

    key: str
    version_id: str
    newest: bool
    modified: datetime
    size: int
    storage_class: str


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def sha256(body: bytes) -> str:
    """The digest that every reference carries."""
    return hashlib.sha256(body).hexdigest()


class Bucket:
    """A versioned bucket.

    Attributes:
        environment: what is noted beside everything that is written here; empty notes nothing.
    """

    def __init__(self, name: str, environment: str = "") -> None:
        self.name = name
        self.environment = environment

    def get(self, key: str, version_id: str | None = None) -> ObjectContent:
        """The newest, or one named, version of an object.

        Raises:
            ObjectMissing: there is none.
        """
        chosen = {"VersionId": version_id} if version_id else {}
        try:
            answer = aws.s3().get_object(Bucket=self.name, Key=key, **chosen)  # type: ignore[arg-type]
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} is not there") from error
            raise
        body = answer["Body"].read()
        stored = ObjectRef(key=key, version_id=answer.get("VersionId", "null"), sha256=sha256(body))
        noted = answer.get("Metadata", {})
        return ObjectContent(
            body=body, etag=answer["ETag"], stored=stored, modified=answer["LastModified"], noted=noted
        )

    def find(self, key: str) -> ObjectContent | None:
        """The newest version of an object, or None."""
        try:
            return self.get(key)
        except ObjectMissing:
            return None

    def get_verified(self, reference: ObjectRef) -> bytes:
        """The exact bytes that a reference names; see `exact`."""
        return self.get_exact(reference).body

    def load[Document: BaseModel](self, place: str | ObjectRef, kind: type[Document]) -> Document:
        """Read a JSON object as what it is, by its key or by the exact bytes that are meant.

        Raises:
            ObjectMissing: it is not there.
            ObjectChanged: it holds other bytes than those that are meant.
            pydantic.ValidationError: it is of another kind.
        """
        key, body = (place, self.get(place).body) if isinstance(place, str) else (place.key, self.get_verified(place))
        return self._read(key, body, kind)

    def load_if_present[Document: BaseModel](self, key: str, kind: type[Document]) -> Document | None:
        """The same of an object that need not be there."""
        content = self.find(key)
        return self._read(key, content.body, kind) if content else None

    def get_exact(self, reference: ObjectRef) -> ObjectContent:
        """The exact object version that a reference names, its bytes verified.

        Raises:
            ObjectMissing: the version is gone.
            ObjectChanged: its bytes are not what the reference says.
        """
        content = self.get(reference.key, reference.version_id)
        if content.stored.sha256 != reference.sha256:
            raise ObjectChanged(
                f"s3://{self.name}/{reference.key} has SHA-256 {content.stored.sha256}, not {reference.sha256}"
            )
        return content

    def fetch(self, key: str, version_id: str, target: Path) -> ObjectSummary:
        """What is known of one object version and, where it is small, its bytes in a file; all in one request.

        Raises:
            ObjectMissing: there is none.
        """
        try:
            answer = aws.s3().get_object(Bucket=self.name, Key=key, VersionId=version_id)
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} has no version {version_id}") from error
            raise
        if answer["ContentLength"] <= _PART:
            target.write_bytes(answer["Body"].read())
        answer["Body"].close()
        return ObjectSummary(
            key=key, etag=answer["ETag"], modified=answer["LastModified"], size=answer["ContentLength"]
        )

    def download(self, key: str, target: Path, version_id: str | None = None) -> None:
        """Bring the newest, or one named, version of an object to a file, in bounded memory.

        Raises:
            ObjectMissing: there is none.
            OSError: it does not fit on the disk.
        """
        chosen = {"VersionId": version_id} if version_id else {}
        try:
            aws.s3().download_file(self.name, key, str(target), ExtraArgs=chosen, Config=_IN_PARTS)
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} is not there") from error
            raise

    def reference(self, key: str, target: Path | None = None) -> ObjectRef:
        """The reference to what a key holds now, in bounded memory.

        Args:
            key: the object.
            target: where to put its bytes; they are only read when None.

        Raises:
            ObjectMissing: there is none.
        """
        try:
            answer = aws.s3().get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} is not there") from error
            raise
        digest = hashlib.sha256()
        with target.open("wb") if target else nullcontext() as file:
            for part in answer["Body"].iter_chunks(_PIECE):
                digest.update(part)
                if file:
                    file.write(part)
        return ObjectRef(key=key, version_id=answer.get("VersionId", "null"), sha256=digest.hexdigest())

    def upload(self, key: str, source: Path) -> str:
        """Send a file, in parts when it is large; its version id."""
        aws.s3().upload_file(str(source), self.name, key)
        return self.newest_version(key)

    def newest_version(self, key: str) -> str:
        """The version id of what a key holds now.

        Raises:
            ObjectMissing: it holds nothing.
        """
        try:
            return aws.s3().head_object(Bucket=self.name, Key=key).get("VersionId", "null")
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} is not there") from error
            raise

    def put(
        self, key: str, body: bytes, content_type: str = "application/json", *, source: tuple[str, str] | None = None
    ) -> ObjectRef:
        """Write an object whose bytes depend on its key alone, so that writing it again changes nothing.

        Args:
            key: where it goes.
            body: what it holds.
            content_type: what kind of thing that is.
            source: key and version id of the upload that it was made from; `source_of` reads them back.
        """
        return self._write(key, body, content_type, {}, note_source(*source) if source else {})

    def put_file(
        self, key: str, path: Path, content_type: str = "application/json", *, source: tuple[str, str] | None = None
    ) -> None:
        """Write a file as an object, in parts when it is large; what `put` does, without holding it in memory."""
        if path.stat().st_size <= _PART:
            self.put(key, path.read_bytes(), content_type, source=source)
            return
        noted = self._metadata(note_source(*source) if source else {})
        extra = {"ContentType": content_type, "ChecksumAlgorithm": "SHA256", "Metadata": noted}
        aws.s3().upload_file(str(path), self.name, key, ExtraArgs=extra, Config=_IN_PARTS)

    def source_of(self, key: str) -> tuple[str, str] | None:
        """Key and version id of the upload that an object was made from; None where the object or note is missing."""
        try:
            noted = aws.s3().head_object(Bucket=self.name, Key=key)["Metadata"]
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise
        source = source_key(noted)
        return None if source is None else (source, noted["source-version"])

    def same_bytes(self, one: tuple[str, str], other: tuple[str, str]) -> bool:
        """Whether two object versions, each given by key and version id, have the same bytes, by size and ETag.

        False where one is gone, and where the same bytes came in parts of another size: S3 hashes parts one by one.
        """
        try:
            answers = [
                aws.s3().head_object(Bucket=self.name, Key=key, VersionId=version) for key, version in (one, other)
            ]
        except ClientError as error:
            if _code(error) in _ABSENT:
                return False
            raise
        known = {(answer["ContentLength"], answer["ETag"]) for answer in answers}
        return len(known) == 1

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

    def touch(self, key: str) -> None:
        """Create an empty marker if absent. Uses a HEAD first: cheaper than a PUT."""
        if not self.exists(key):
            self.create_if_absent(key, b"", "text/plain")

    def exists(self, key: str) -> bool:
        """Whether an object exists."""
        try:
            self.newest_version(key)
        except ObjectMissing:
            return False
        return True

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

    def list(self, prefix: str, start_after: str = "") -> Iterator[ObjectSummary]:
        """Every key under a prefix, in order."""
        pages = (
            aws.s3().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, StartAfter=start_after)
        )
        for page in pages:
            for item in page.get("Contents", []):
                yield ObjectSummary(
                    key=item["Key"], etag=item["ETag"], modified=item["LastModified"], size=item["Size"]
                )

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """Every version of every key under a prefix, in order of the keys."""
        for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix):
            for item in page.get("Versions", []):
                yield ObjectVersion(
                    key=item["Key"],
                    version_id=item["VersionId"],
                    newest=item["IsLatest"],
                    modified=item["LastModified"],
                    size=item["Size"],
                    storage_class=item.get("StorageClass", "STANDARD"),
                )

    def delete_versions(self, versions: Iterable[tuple[str, str]]) -> None:
        """Remove exact versions for good; what is written meanwhile stays.

        Args:
            versions: key and version id of each.

        Raises:
            StewardError: one could not be removed.
        """
        for part in batched(versions, _KEYS_A_CALL, strict=False):
            named = [{"Key": key, "VersionId": version_id} for key, version_id in part]
            answer = aws.s3().delete_objects(Bucket=self.name, Delete={"Objects": named, "Quiet": True})  # type: ignore[typeddict-item]
            for error in answer.get("Errors", []):
                raise StewardError(f"s3://{self.name}/{error.get('Key')} cannot be removed: {error.get('Message')}")

    def list_prefixes(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """The names directly under a prefix that ends with a slash, in order."""
        pages = (
            aws.s3()
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.name, Prefix=prefix, Delimiter="/", StartAfter=start_after)
        )
        for page in pages:
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"].removeprefix(prefix).rstrip("/")

    def delete(self, key: str) -> None:
        """Hide the newest version; the versions before it stay."""
        aws.s3().delete_object(Bucket=self.name, Key=key)

    def _read[Document: BaseModel](self, key: str, body: bytes, kind: type[Document]) -> Document:
        try:
            return kind.model_validate_json(body)
        except DocumentTooNew as error:
            raise DocumentTooNew(f"s3://{self.name}/{key}: {error}") from None

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
        raced = _RACED | _ABSENT if "IfMatch" in condition else _RACED
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
                if _code(error) in raced:
                    raise Conflict(f"s3://{self.name}/{key} exists or has changed") from error
                if _code(error) not in _BUSY:
                    raise
                _pause(attempt)
            else:
                return ObjectRef(key=key, version_id=answer.get("VersionId", "null"), sha256=sha256(body))
        raise Conflict(f"s3://{self.name}/{key} was being written by others {_ATTEMPTS} times in a row; try again")


def _pause(attempt: int) -> None:
    """Wait before the next attempt, longer each time, and never as long as another writer."""
    time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 6)))  # noqa: S311
