"""The record files of a window, whether they lie there one by one or in a carrier."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from pathlib import Path

from steward.errors import ObjectChanged, ObjectMissing, StewardError
from steward.events import StoredObject
from steward.records.carrier import rows_of
from steward.spec.windows import Window
from steward.stations.ahead import ahead
from steward.store import keys
from steward.store.bucket import Bucket, Content, Listed, sha256
from steward.upkeep.merged_records import CarriedFile, MergedRecords

_MOST_WITHOUT_ROWS = 1024**2
"""A file of so many bytes holds rows: what says of a thousand columns that they have none takes a third of it."""


@dataclass(frozen=True, slots=True)
class RecordsFile:
    """A file of records, under the key that it was written under.

    Attributes:
        key: that one.
        size: in bytes.
        stored: the exact version where that is known; None for what the key holds now.
        carried: where it lies in a carrier; None for one that lies there by itself.
        carrier: that carrier.
    """

    key: str
    size: int
    stored: StoredObject | None = None
    carried: CarriedFile | None = None
    carrier: StoredObject | None = None

    @property
    def batch(self) -> str:
        """The batch that it holds records of."""
        return keys.batch_of(self.key)

    @classmethod
    def of(cls, file: CarriedFile, carrier: StoredObject) -> "RecordsFile":
        """A carried one."""
        return cls(file.stored.key, file.size, file.stored, file, carrier)


@dataclass(frozen=True, slots=True)
class WindowRecords:
    """The door to stored records.

    A file that lies there by itself stands in place of the carried one of its key; one without rows says that nothing
    is left of its batch. Files may be merged while they are read: what was listed and is gone is looked for in the
    carrier, which was there before it went.

    Attributes:
        data: where they are.
    """

    data: Bucket

    def of_window(self, kind: str, model: str, window: Window) -> list[RecordsFile]:
        """The files of one window in order of upload; one listing, and one request more where some were merged."""
        return self.of_listing(self.data.list(keys.window_records(kind, model, window)))

    def of_windows(self, kind: str, model: str, windows: Sequence[Window]) -> list[RecordsFile]:
        """The files of some ascending windows; a listing for each run of windows without a gap, as for one."""
        found: list[RecordsFile] = []
        begin = 0
        for at, window in enumerate(windows, start=1):
            if at < len(windows) and windows[at].start == window.end:
                continue
            first, after = (
                keys.window_records(kind, model, each) for each in (windows[begin], Window(window.end, window.length))
            )
            listing = self.data.list(keys.partitions(kind, model), start_after=first)
            found += self.of_listing(takewhile(lambda listed, end=after: listed.key < end, listing))  # type: ignore[misc]
            begin = at
        return found

    def of_listing(self, listing: Iterable[Listed]) -> list[RecordsFile]:
        """The files that a listing of whole windows tells of, in order of their keys; one request a merged window."""
        loose: dict[str, RecordsFile] = {}
        merged: list[str] = []
        for listed in listing:
            if keys.is_carrier(listed.key):
                merged.append(keys.window_of_records(listed.key))
            else:
                loose[listed.key] = RecordsFile(listed.key, listed.size)
        files = dict(loose)
        for index in ahead(self.index, merged):
            for file in index.files if index else ():
                if file.stored.key not in loose:
                    files[file.stored.key] = RecordsFile.of(file, index.carrier)  # type: ignore[union-attr]
        return [files[key] for key in sorted(files)]

    def exactly(self, references: Iterable[StoredObject]) -> list[RecordsFile]:
        """The files that references name, in their order; a listing a kind, and one request a merged window."""
        references = list(references)
        merged = self._merged({of for stored in references if (of := keys.records_of(stored.key))})
        named = {keys.window_of_records(stored.key) for stored in references}
        prefixes = sorted(prefix for prefix in named if keys.merged_records(prefix) in merged)
        indexes = dict(zip(prefixes, ahead(self.index, prefixes), strict=True))
        files = []
        for stored in references:
            index = indexes.get(keys.window_of_records(stored.key))
            carried = index.find(stored) if index else None
            known = RecordsFile.of(carried, index.carrier) if index and carried else RecordsFile(stored.key, 0, stored)
            files.append(replace(known, stored=stored))
        return files

    def contents(self, files: Iterable[RecordsFile]) -> Iterator[tuple[RecordsFile, Content]]:
        """What files hold, in their order, but for those without rows; one request a carrier, some at once.

        Raises:
            ObjectMissing: one is gone.
            ObjectChanged: one has other bytes than its reference says.
        """
        for file, content in self.attempted(files):
            if isinstance(content, StewardError):
                raise content
            if file.stored or rows_of(content.body) != 0:
                yield file, content

    def attempted(
        self, files: Iterable[RecordsFile]
    ) -> Iterator[tuple[RecordsFile, Content | ObjectMissing | ObjectChanged]]:
        """What each file holds, or why that cannot be had."""
        files = list(files)
        merged = {keys.window_of_records(file.key) for file in files if file.carrier}

        def together(file: RecordsFile) -> str:
            window = keys.window_of_records(file.key)
            return window if window in merged else file.key

        groups = (list(group) for _, group in groupby(files, key=together))
        for group in ahead(lambda group: list(zip(group, self._read(group), strict=True)), groups):
            yield from group

    def brought(self, files: Iterable[RecordsFile], folder: Path) -> Iterator[tuple[RecordsFile, StoredObject, Path]]:
        """Bring files to a folder, in bounded memory, but for those without rows; each is brought as it is asked for.

        Raises:
            ObjectMissing, ObjectChanged: see `contents`.
        """
        for at, (file, content) in enumerate(self._in_carriers(files)):
            path = folder / f"{at}.parquet"
            if content:
                path.write_bytes(content.body)
                yield file, content.stored, path
                continue
            stored = self.bring(file, path)
            if rows_of(path) == 0:
                path.unlink()
            else:
                yield file, stored, path

    def _in_carriers(self, files: Iterable[RecordsFile]) -> Iterator[tuple[RecordsFile, Content | None]]:
        """What carried files hold, since carriers are small; None for the others."""
        for carrier, group in groupby(files, key=lambda file: file.carrier):
            if carrier:
                yield from self.contents(group)
            else:
                yield from ((file, None) for file in group)

    def bring(self, file: RecordsFile, path: Path) -> StoredObject:
        """Bring one file to a place.

        Raises:
            ObjectMissing, ObjectChanged: see `contents`.
        """
        if file.carried is None:
            try:
                return self.data.reference(file.key, path)
            except ObjectMissing as error:
                file = self._again(file, error)
        content = self._cut(file)
        path.write_bytes(content.body)
        return content.stored

    def reference(self, file: RecordsFile) -> StoredObject | None:
        """The reference to a file; None where it has no rows."""
        if file.stored:
            return file.stored
        if file.size <= _MOST_WITHOUT_ROWS:
            return next((content.stored for _, content in self.contents([file])), None)
        try:
            return self.data.reference(file.key)
        except ObjectMissing as error:
            return self._again(file, error).stored

    def source_of(self, file: RecordsFile) -> tuple[str, str] | None:
        """Key and version id of the upload that a file was made from; None where it is gone, or nothing is noted."""
        found = file.carried
        if found is None:
            source = self.data.source_of(file.key)
            if source:
                return source
            merged = self.merged(file.key)
            found = merged.carried if merged else None
        return found.source if found else None

    def merged(self, key: str) -> RecordsFile | None:
        """The file that a carrier holds for a key; None where none does."""
        index = self.index(keys.window_of_records(key))
        found = index.standing(key) if index else None
        return RecordsFile.of(found, index.carrier) if index and found else None

    def index(self, prefix: str) -> MergedRecords | None:
        """What was merged of a window, by its prefix; None where nothing was."""
        content = self.data.find(keys.merged_records(prefix))
        return MergedRecords.model_validate_json(content.body) if content else None

    def _merged(self, kinds: Collection[tuple[str, str]]) -> set[str]:
        """The keys that say of some kinds of records which windows were merged."""
        places = [keys.merged_partitions(kind, model) for kind, model in sorted(kinds) if kind in keys.MERGED_KINDS]
        return {listed.key for place in places for listed in self.data.list(place)}

    def _read(self, group: Sequence[RecordsFile]) -> list[Content | ObjectMissing | ObjectChanged]:
        """Read one file that lies by itself, or those of one window, whose carrier is read once."""
        carriers = [file.carrier for file in group if file.carrier]
        whole = self._whole(carriers[0]) if len(carriers) > 1 else None
        found: list[Content | ObjectMissing | ObjectChanged] = []
        for file in group:
            try:
                found.append(self._cut(file, whole) if file.carried else self._loose(file))
            except (ObjectMissing, ObjectChanged) as error:
                found.append(error)
        return found

    def _whole(self, carrier: StoredObject) -> bytes | None:
        try:
            return self.data.get(carrier.key, carrier.version_id).body
        except ObjectMissing:  # merged again meanwhile: each file is looked for
            return None

    def _loose(self, file: RecordsFile) -> Content:
        try:
            return self.data.exact(file.stored) if file.stored else self.data.get(file.key)
        except ObjectMissing as error:
            return self._cut(self._again(file, error))

    def _cut(self, file: RecordsFile, whole: bytes | None = None) -> Content:
        """A carried file as it was, its bytes verified."""
        carried, carrier = file.carried, file.carrier
        if carried is None or carrier is None:
            raise ObjectMissing(f"s3://{self.data.name}/{file.key} is not there")
        place = slice(carried.offset, carried.offset + carried.size)
        try:
            body = whole[place] if whole is not None else self.data.cut(carrier, carried.offset, carried.size)
        except ObjectMissing as error:
            again = self._again(file, error)
            if again.carrier == carrier:
                raise
            return self._cut(again)
        if sha256(body) != carried.stored.sha256:
            raise ObjectChanged(
                f"{file.key}, as s3://{self.data.name}/{carrier.key} carries it, has SHA-256 {sha256(body)}, not "
                f"{carried.stored.sha256}"
            )
        return Content(body=body, etag="", stored=carried.stored, modified=carried.written, noted=carried.noted)

    def _again(self, file: RecordsFile, missing: ObjectMissing) -> RecordsFile:
        """A file that is not where it was, in the carrier that it was merged into.

        Raises:
            ObjectMissing: it is not there either.
        """
        index = self.index(keys.window_of_records(file.key))
        if index is None:
            raise missing
        found = index.find(file.stored) if file.stored else index.standing(file.key)
        if found is None:
            raise missing
        return RecordsFile.of(found, index.carrier)
