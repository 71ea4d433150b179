"""One S3 bucket: it is read, written, listed and cleared by this."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import batched, groupby
from pathlib import Path
from typing import Any

from steward import aws
from steward.errors import StewardError
from steward.store.conditional_writing import ConditionalWriter
from steward.store.stored_objects import ObjectSummary, ObjectVersion

_KEYS_A_CALL = 1000


class Bucket(ConditionalWriter):
    """A versioned bucket.

    Attributes:
        replica: the bucket that S3 copies it to, for a function that removes versions; empty for none.
    """

    def __init__(self, name: str, environment: str = "", *, replica: str = "") -> None:
        super().__init__(name, environment)
        self.replica = replica

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

    def histories(self, prefix: str, start_after: str = "") -> Iterator[tuple[ObjectVersion, ...]]:
        """All versions of each key, delete markers too, in order of the keys; the newest first."""
        for _, versions in groupby(self._changes(prefix, start_after), lambda one: one.key):
            yield tuple(sorted(versions, key=lambda one: not one.newest))

    def _changes(self, prefix: str, start_after: str) -> Iterator[ObjectVersion]:
        """Every version and every delete marker, in order of the keys."""
        after: dict[str, Any] = (
            {"KeyMarker": start_after} if start_after else {}
        )  # paginators take no place to begin at
        while True:
            page: Any = aws.s3().list_object_versions(Bucket=self.name, Prefix=prefix, **after)
            found = [
                ObjectVersion(
                    key=item["Key"],
                    version_id=item["VersionId"],
                    newest=item["IsLatest"],
                    modified=item["LastModified"],
                    size=item.get("Size", 0),
                    storage_class=item.get("StorageClass", "STANDARD"),
                    deleted=kind == "DeleteMarkers",
                )
                for kind in ("Versions", "DeleteMarkers")
                for item in page.get(kind, [])
            ]
            yield from sorted(found, key=lambda one: one.key)
            if not page.get("IsTruncated"):
                return
            after = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def upload(self, key: str, source: Path) -> str:
        """Send a file, in parts when it is large; its version id, which is listed: who uploads need not read."""
        aws.s3().upload_file(str(source), self.name, key)
        return next(version.version_id for version in self.versions(key) if version.key == key and version.newest)

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

    def tag(self, key: str, version_id: str, tags: Mapping[str, str]) -> None:
        """Give an exact version these tags, in place of those that it has."""
        listed = [{"Key": name, "Value": value} for name, value in tags.items()]
        aws.s3().put_object_tagging(
            Bucket=self.name,
            Key=key,
            VersionId=version_id,
            Tagging={"TagSet": listed},  # type: ignore[typeddict-item]
        )

    def delete_versions(self, versions: Iterable[tuple[str, str]]) -> None:
        """Remove exact versions for good, here and in the replica; what is written meanwhile stays.

        S3 replicates no removal of a version. The copies have the same ids, and go first: a removal that fails half way
        is found again by what is left here.

        Args:
            versions: key and version id of each.

        Raises:
            StewardError: one could not be removed.
        """
        for part in batched(versions, _KEYS_A_CALL, strict=False):
            named = [{"Key": key, "VersionId": version_id} for key, version_id in part]
            for bucket in filter(None, (self.replica, self.name)):
                answer = aws.s3().delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})  # type: ignore[typeddict-item]
                for error in answer.get("Errors", []):
                    raise StewardError(f"s3://{bucket}/{error.get('Key')} cannot be removed: {error.get('Message')}")

    def delete(self, key: str) -> None:
        """Hide the newest version; the versions before it stay."""
        aws.s3().delete_object(Bucket=self.name, Key=key)
