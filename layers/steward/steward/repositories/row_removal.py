"""Removes the rows of a subject from the keys of a model, one key at a time; what dies in between is found again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from steward.erasure.erasure_work import ErasedVersion, ErasureWork
from steward.errors import ObjectMissing
from steward.events import ObjectCreated, ObjectRef
from steward.repositories.subject_places import (
    Found,
    RowPlace,
    SubjectSearch,
    companions_of,
    entities_without,
    hashes_without,
    sampled_rows,
)
from steward.repositories.uploads import note_upload
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.keys import InboxKey
from steward.store.stored_objects import ObjectVersion, StoredFile

type FindRows = Callable[[str, StoredFile, Path], Found]
"""What one object version has: its key, what is known of it, and its bytes."""


@dataclass(frozen=True, slots=True)
class RowRemoval:
    """Removes rows: what is left is written first, then the work notes what goes, then it goes for good.

    So that whatever a death leaves, the rows are found again, and no version goes that the work does not name.

    Attributes:
        work: the key of the erasure's state.
        folder: for files.
    """

    data: Bucket
    search: SubjectSearch
    work: str
    folder: Path

    def locate(self, place: RowPlace, history: Sequence[ObjectVersion]) -> list[str]:
        """The ids of the subject's rows in all versions of one key."""
        found: list[str] = []
        for item in history:
            if not item.deleted and (brought := self._bring(item)):
                found += self.search.look(place, item.key, brought[1], brought[0].noted).ids
        return found

    def clear(self, place: RowPlace, history: Sequence[ObjectVersion]) -> bool:
        """Remove the subject's rows from all versions of one key; whether there were any."""
        return self._clear(place.name, history, lambda key, stored, path: self._look(place, key, stored, path))

    def _look(self, place: RowPlace, key: str, stored: StoredFile, path: Path) -> Found:
        found = self.search.look(place, key, path, stored.noted)
        if found.rows and place.holding == "records":
            for companion in companions_of(self.search.spec.model, place, key):
                self._clear_one("hashes of ids", companion, lambda _key, _stored, at: self._hashes(at, found.ids))
            self._clear_samples(found)
        return found

    def _clear(self, name: str, history: Sequence[ObjectVersion], look: FindRows) -> bool:
        key = history[0].key
        gone: list[tuple[ObjectVersion, int, str]] = []
        newest = next((item for item in history if item.newest and not item.deleted), None)
        left: ObjectRef | None = None
        note, ids = "", list[str]()
        for item in history:
            if item.deleted or (brought := self._bring(item)) is None:
                continue
            stored, path = brought
            found = look(key, stored, path)
            if not found.rows:
                left = stored.stored if item == newest else left
                continue
            note = note or found.note
            ids += found.ids
            gone.append((item, found.rows, stored.stored.sha256))
            left = self._keep_rest(key, stored, found, newest=item == newest) or left
        if not gone:
            return False
        bare = len(gone) == sum(not item.deleted for item in history) and (newest is None or left is None)
        markers = [item for item in history if item.deleted] if bare else []
        erased = [
            ErasedVersion(key=key, version_id=item.version_id, sha256=sha256, rows=rows, replaced_by=left)
            for item, rows, sha256 in gone
        ]
        pseudonymise = self.search.sought.pseudonymise
        names = [known for one in ids if (known := pseudonymise(one))]
        self.data.update(
            self.work,
            ErasureWork,
            lambda present: _required(present).with_ids(names).with_removal(name, erased, len(markers), note),
        )
        removed = [*(item for item, _, _ in gone), *markers]
        self.data.delete_versions((item.key, item.version_id) for item in removed)
        return True

    def _keep_rest(self, key: str, stored: StoredFile, found: Found, *, newest: bool) -> ObjectRef | None:
        """Write what is left of a version; of an upload to another place, where nothing takes it for a new one."""
        if found.left is None:
            return None
        inbox_key = InboxKey.parse(key)
        if inbox_key is None:
            return self.data.replace_file(stored, found.left) if newest else None
        correlation_id = ObjectCreated.correlate(key, stored.stored.version_id)
        target = keys.remainder(inbox_key.model, correlation_id)
        noted = {**note_upload(stored.modified, stored.etag), "ending": found.ending}
        self.data.put_file(target, found.left, "application/gzip", source=(key, stored.stored.version_id), noted=noted)
        return None

    def _bring(self, item: ObjectVersion) -> tuple[StoredFile, Path] | None:
        path = self.folder / "version"
        try:
            return self.data.bring(item.key, item.version_id, path), path
        except ObjectMissing:  # another execution was faster
            return None

    def _clear_one(self, name: str, key: str, look: FindRows) -> bool:
        history = next((found for found in self.data.histories(key) if found[0].key == key), None)
        return self._clear(name, history, look) if history else False

    def _hashes(self, path: Path, ids: list[str]) -> Found:
        left = self.folder / "companion"
        lost = hashes_without(path, ids, left)
        return Found(lost, left) if lost else Found()

    def _clear_samples(self, found: Found) -> None:
        """Take rows out of the backgrounds of versions, and entities out of what releases know of the past."""
        model = self.search.spec.model
        for version in self.data.list_prefixes(keys.versions(model)):
            self._clear_one(
                "backgrounds of versions",
                keys.version(model, version, "background.json"),
                lambda _key, _stored, path: self._rewritten(sampled_rows(path.read_bytes(), found.content)),
            )
        if found.subjects:
            for release in list(self.data.list_prefixes(keys.releases(model))):
                self._clear_one(
                    "entities of releases",
                    keys.release_past(model, release),
                    lambda _key, _stored, path: self._rewritten(
                        _one(entities_without(path.read_bytes(), found.subjects))
                    ),
                )

    def _rewritten(self, rewritten: tuple[int, bytes] | None) -> Found:
        if rewritten is None:
            return Found()
        left = self.folder / "companion"
        left.write_bytes(rewritten[1])
        return Found(rewritten[0], left)


def _one(body: bytes | None) -> tuple[int, bytes] | None:
    return None if body is None else (1, body)


def _required(present: ErasureWork | None) -> ErasureWork:
    if present is None:
        raise ObjectMissing("the state of the erasure is gone; give the command again")
    return present
