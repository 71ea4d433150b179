"""Reading objects of a bucket: the newest version, or the exact bytes that a reference names."""

import hashlib
from contextlib import nullcontext
from pathlib import Path

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from pydantic import BaseModel

from steward import aws
from steward.errors import DocumentTooNew, ObjectChanged, ObjectMissing
from steward.events import ObjectRef
from steward.store.source import source_key
from steward.store.stored_objects import (
    ABSENT,
    UNCHANGED,
    ObjectContent,
    ObjectSummary,
    StoredFile,
    error_code,
    sha256,
)

PART = 64 * 1024**2
_PIECE = 1024**2
IN_PARTS = TransferConfig(
    multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4, io_chunksize=1024**2, max_io_queue=64
)
"""How large objects travel: in parts that are tried again one by one, four at a time, in bounded memory."""


class ObjectReader:
    """Reads the objects of a versioned bucket.

    Attributes:
        environment: what is noted beside everything that is written here; empty notes nothing.
    """

    def __init__(self, name: str, environment: str = "") -> None:
        self.name = name
        self.environment = environment

    def get(self, key: str, version_id: str | None = None, **conditions: str) -> ObjectContent:
        """The newest, or one named, version of an object.

        Args:
            key: the object.
            version_id: of the version that is meant; the newest when None.
            conditions: of the request, as boto3 names them.

        Raises:
            ObjectMissing: there is none.
        """
        chosen = {**conditions, **({"VersionId": version_id} if version_id else {})}
        try:
            answer = aws.s3().get_object(Bucket=self.name, Key=key, **chosen)  # type: ignore[arg-type]
        except ClientError as error:
            if error_code(error) in ABSENT:
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

    def find_changed(self, key: str, etag: str) -> ObjectContent | None:
        """The newest version of an object, or None where it is still that with the ETag.

        Args:
            key: the object.
            etag: of the version that is known; empty for none.

        Raises:
            ObjectMissing: there is none.
        """
        known = {"IfNoneMatch": etag} if etag else {}
        try:
            return self.get(key, **known)
        except ClientError as error:
            if error_code(error) in UNCHANGED:
                return None
            raise

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

    def get_verified(self, reference: ObjectRef) -> bytes:
        """The exact bytes that a reference names; see `exact`."""
        return self.get_exact(reference).body

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
            if error_code(error) in ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} has no version {version_id}") from error
            raise
        if answer["ContentLength"] <= PART:
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
            aws.s3().download_file(self.name, key, str(target), ExtraArgs=chosen, Config=IN_PARTS)
        except ClientError as error:
            if error_code(error) in ABSENT:
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
            if error_code(error) in ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} is not there") from error
            raise
        digest = hashlib.sha256()
        with target.open("wb") if target else nullcontext() as file:
            for part in answer["Body"].iter_chunks(_PIECE):
                digest.update(part)
                if file:
                    file.write(part)
        return ObjectRef(key=key, version_id=answer.get("VersionId", "null"), sha256=digest.hexdigest())

    def bring(self, key: str, version_id: str, target: Path) -> StoredFile:
        """Bring one object version to a file, in bounded memory, with all that is known of it.

        Raises:
            ObjectMissing: there is none.
            OSError: it does not fit on the disk.
        """
        try:
            answer = aws.s3().get_object(Bucket=self.name, Key=key, VersionId=version_id)
        except ClientError as error:
            if error_code(error) in ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} has no version {version_id}") from error
            raise
        digest = hashlib.sha256()
        with target.open("wb") as file:
            for part in answer["Body"].iter_chunks(_PIECE):
                digest.update(part)
                file.write(part)
        stored = ObjectRef(key=key, version_id=version_id, sha256=digest.hexdigest())
        return StoredFile(
            stored, answer["ETag"], answer["LastModified"], answer.get("ContentType", ""), answer.get("Metadata", {})
        )

    def newest_version(self, key: str) -> str:
        """The version id of what a key holds now.

        Raises:
            ObjectMissing: it holds nothing.
        """
        try:
            return aws.s3().head_object(Bucket=self.name, Key=key).get("VersionId", "null")
        except ClientError as error:
            if error_code(error) in ABSENT:
                raise ObjectMissing(f"s3://{self.name}/{key} is not there") from error
            raise

    def exists(self, key: str) -> bool:
        """Whether an object exists."""
        try:
            self.newest_version(key)
        except ObjectMissing:
            return False
        return True

    def source_of(self, key: str) -> tuple[str, str] | None:
        """Key and version id of the upload that an object was made from; None where the object or note is missing."""
        try:
            noted = aws.s3().head_object(Bucket=self.name, Key=key)["Metadata"]
        except ClientError as error:
            if error_code(error) in ABSENT:
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
            if error_code(error) in ABSENT:
                return False
            raise
        known = {(answer["ContentLength"], answer["ETag"]) for answer in answers}
        return len(known) == 1

    def _read[Document: BaseModel](self, key: str, body: bytes, kind: type[Document]) -> Document:
        try:
            return kind.model_validate_json(body)
        except DocumentTooNew as error:
            raise DocumentTooNew(f"s3://{self.name}/{key}: {error}") from None
