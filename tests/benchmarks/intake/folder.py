"""A bucket that is a folder, so that gigabytes go through the intake without a server that keeps them in memory."""

import hashlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from steward.errors import ObjectMissing
from steward.events import ObjectRef
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent, ObjectSummary, ObjectVersion, sha256


class FolderBucket(Bucket):
    """What the intake asks of a bucket, without versions."""

    def __init__(self, folder: Path) -> None:
        super().__init__("folder")
        self.folder = folder
        self.requests = 0

    def get(self, key: str, version_id: str | None = None) -> ObjectContent:
        body = self._present(key).read_bytes()
        stored = ObjectRef(key=key, version_id="null", sha256=sha256(body))
        return ObjectContent(body=body, etag="", stored=stored, modified=datetime.now(UTC))

    def reference(self, key: str, target: Path | None = None) -> ObjectRef:
        if target:
            self.download(key, target)
        return self.get(key).stored

    def describe(self, key: str, version_id: str) -> ObjectSummary:
        found = self._present(key).stat()
        return ObjectSummary(key=key, etag="", modified=datetime(2024, 6, 1, tzinfo=UTC), size=found.st_size)

    def fetch(self, key: str, version_id: str, target: Path) -> ObjectSummary:
        return self.describe(key, version_id)

    def download(self, key: str, target: Path, version_id: str | None = None) -> None:
        shutil.copyfile(self._present(key), target)

    def put(self, key: str, body: bytes, content_type: str = "", *, source: tuple[str, str] | None = None) -> ObjectRef:
        self._place(key).write_bytes(body)
        return ObjectRef(key=key, version_id="null", sha256=sha256(body))

    def put_file(self, key: str, path: Path, content_type: str = "", *, source: tuple[str, str] | None = None) -> None:
        shutil.copyfile(path, self._place(key))

    def update(self, key, kind, change):
        path = self._place(key)
        state = change(kind.model_validate_json(path.read_bytes()) if path.exists() else None)
        path.write_text(state.model_dump_json())
        self.requests += 2
        return state

    def delete(self, key: str) -> None:
        self.requests += 1
        (self.folder / key).unlink(missing_ok=True)

    def source_of(self, key: str) -> tuple[str, str] | None:
        return None

    def list(self, prefix: str, start_after: str = "") -> Iterator[ObjectSummary]:
        self.requests += 1
        folder = (self.folder / prefix).parent if not prefix.endswith("/") else self.folder / prefix
        for path in sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else ():
            key = str(path.relative_to(self.folder))
            if key.startswith(prefix) and key > start_after:
                yield ObjectSummary(key=key, etag="", modified=datetime.now(UTC), size=path.stat().st_size)

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        return iter(())

    def digest(self) -> str:
        """Of all that is stored, for telling whether it is the same bytes."""
        digest = hashlib.sha256()
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            with path.open("rb") as file:
                digest.update(
                    str(path.relative_to(self.folder)).encode() + hashlib.file_digest(file, "sha256").digest()
                )
        return digest.hexdigest()

    def _present(self, key: str) -> Path:
        self.requests += 1
        if not (self.folder / key).exists():
            raise ObjectMissing(key)
        return self.folder / key

    def _place(self, key: str) -> Path:
        self.requests += 1
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class NoLedger:
    """A ledger that keeps nothing."""

    def append(self, decision: object, recorded_at: object) -> None:
        """Take a decision."""

    def close(self, entry: object) -> None:
        """Take note that its event was published."""
