"""What is known of one object: its bytes, a line of a listing, a version."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from steward.events import ObjectRef
from steward.store.source import source_key

ABSENT = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
"""How S3 says that an object is not there."""

UNREACHABLE = (BotoCoreError, ClientError)
"""How boto3 says that AWS did not do what was asked, or did not answer."""

UNCHANGED = {"304", "NotModified"}
"""How S3 says that an object is the one that is known."""


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
class StoredFile:
    """What is known of one object version whose bytes were brought to a file.

    Attributes:
        noted: what its writer noted beside it.
    """

    stored: ObjectRef
    etag: str
    modified: datetime
    content_type: str
    noted: Mapping[str, str]


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
    """One version of an object, as a listing of versions tells of it.

    Attributes:
        deleted: it is a delete marker: it hides the versions before it.
    """

    key: str
    version_id: str
    newest: bool
    modified: datetime
    size: int
    storage_class: str
    deleted: bool = False


def error_code(error: ClientError) -> str:
    """What S3 refuses a request by."""
    return str(error.response["Error"]["Code"])


def sha256(body: bytes) -> str:
    """The digest that every reference carries."""
    return hashlib.sha256(body).hexdigest()
