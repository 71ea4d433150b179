"""The lineage of predictions and of uploaded files.

A prediction is found by the hashes of ids that every batch has, eight bytes a row and nothing else of it; a file by
listing the records of its kind, whose keys name the batch and the window.
"""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from steward.concurrency import prefetch_map
from steward.errors import ObjectMissing
from steward.events import ObjectCreated
from steward.lineage.identifiers import UnknownId
from steward.lineage.lineage_trace import LineageTrace, TracedThing, without_repetition
from steward.records.hashing import text_hashes
from steward.records.id_hashes import IdHashes, NoIdHashes
from steward.records.stored import read_ids, read_records
from steward.repositories.checks import find_check_of_window
from steward.repositories.records import list_window, read_files
from steward.repositories.trace_versions import VersionsTraced
from steward.repositories.uploads import correlation_of, uploaded_at
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.keys import InboxKey

_KINDS = ("predictions", "labels", "reference")
"""The kinds whose rows versions are trained on."""


class RecordsTraced:
    """Finds predictions and files of a model.

    Args:
        data: where.
        spec: the declaration.
        versions: what was trained.
    """

    def __init__(self, data: Bucket, spec: ModelSpec, versions: VersionsTraced) -> None:
        self.data = data
        self.spec = spec
        self.versions = versions

    def trace_prediction(self, identity: str) -> LineageTrace:
        """The lineage of a prediction.

        Raises:
            UnknownId: no stored prediction has this id.
        """
        places = sorted(self._places_of(identity), key=lambda place: place[0])
        held = [(*place, row) for place in places if (row := self._row(*place, identity)) is not None]
        if not held:
            raise UnknownId(
                f"no stored prediction of {self.spec.model} has the id {identity!r}, and no version is called so; "
                f"`steward quarantine list {self.spec.model}` shows what was set aside"
            )
        batch, window, row = held[0]  # the first upload wins
        version = str(row.get(self.spec.columns.version, ""))
        said = ", ".join(f"{name} {row[name]}" for name in self.spec.columns.outputs.values() if name in row)
        key = keys.records("predictions", self.spec.model, window, batch)
        return LineageTrace(
            model=self.spec.model,
            subject=TracedThing(kind="prediction", id=identity, detail=said, key=key),
            came_from=without_repetition(self._sources(version, key, batch)),
            led_to=without_repetition(self._results(identity, window, key, version)),
            notes=tuple(f"batch {other} has it too, and does not count" for other, *_ in held[1:]),
        )

    def trace_file(self, key: str) -> LineageTrace:
        """The lineage of an uploaded file, by its key or by that of records or quarantine that were made from it.

        Raises:
            UnknownId: nothing is known of it.
        """
        source = self.data.source_of(key)
        key = source[0] if source else key
        inbox_key = InboxKey.parse(key)
        if inbox_key is None:
            raise UnknownId(f"{key} is no key of an upload; those are inbox/MODEL/KIND/FILE")
        uploads = [one for one in self.data.versions(key) if one.key == key]
        batches = {ObjectCreated.correlate(key, one.version_id) for one in uploads}
        stored = list(self._stored_of(inbox_key.kind, batches))
        notes = [] if uploads else ["the upload is not there any more, so what came of it cannot be told"]
        if len(uploads) > 1:
            notes.append(f"{len(uploads)} uploads have this key; what came of all of them is shown")
        led_to = [*stored, *self._corrections(batches), *self._erasures(batches)]
        led_to += self.versions.holding({one.key for one in stored})
        if uploads and not stored:
            notes.append(f"no row of it is stored; `steward watch {self.spec.model}` and the quarantine say why")
        return LineageTrace(
            model=self.spec.model,
            subject=TracedThing(kind="file", id=key, detail=inbox_key.kind, key=key),
            came_from=tuple(
                TracedThing(
                    kind="file",
                    id=one.version_id,
                    detail=f"uploaded {one.modified:%Y-%m-%d %H:%M:%S}, {one.size:,} bytes",
                    key=key,
                )
                for one in uploads
            ),
            led_to=without_repetition(led_to),
            notes=tuple(notes),
        )

    def _places_of(self, identity: str) -> Iterator[tuple[str, Window]]:
        """The batches and windows that may have an id, by its hash."""
        (wanted,) = text_hashes([identity])
        listed = self.data.list(keys.id_hashes_of("predictions", self.spec.model))
        length = self.spec.window.length
        with tempfile.TemporaryDirectory() as folder:

            def look(key: str) -> list[datetime]:
                path = Path(folder) / keys.file_name(key)
                try:
                    self.data.reference(key, path)  # one request, where a download takes two
                    return IdHashes.read(path).windows_with(wanted)
                except (ObjectMissing, NoIdHashes):
                    return []
                finally:
                    path.unlink(missing_ok=True)

            names = [one.key for one in listed]
            for key, starts in zip(names, prefetch_map(look, names), strict=True):
                batch = keys.file_name(key).removesuffix(".ids")
                yield from ((batch, Window(start, length)) for start in starts)

    def _row(self, batch: str, window: Window, identity: str) -> dict[str, object] | None:
        """The stored row of an id; None where the batch does not have it, or it does not count."""
        content = self.data.find(keys.records("predictions", self.spec.model, window, batch))
        if content is None:
            return None
        rows = read_records(content.body, self.spec)
        found = rows[rows[self.spec.columns.id] == identity]
        return None if found.empty else dict(found.iloc[0])

    def _sources(self, version: str, key: str, batch: str) -> Iterator[TracedThing]:
        if version in self.versions.manifests:
            yield self.versions.thing(version)
            manifest = self.versions.manifests[version]
            dataset = keys.dataset_of(manifest.dataset.key)
            yield TracedThing(
                kind="dataset", id=dataset, detail="the version was trained on it", key=manifest.dataset.key
            )
        elif version:
            yield TracedThing(kind="version", id=version, detail="not of this deployment")
        source = self.data.source_of(key)
        if source:
            detail = f"batch {batch}, uploaded {uploaded_at(batch):%Y-%m-%d %H:%M:%S}"
            yield TracedThing(kind="file", id=source[0], detail=detail, key=source[0])

    def _results(self, identity: str, window: Window, key: str, version: str) -> Iterator[TracedThing]:
        model = self.spec.model
        yield TracedThing(kind="window", id=window.id)
        corrected = [(keys.corrections_of(kind), "correction") for kind in ("predictions", "labels")]
        for kind, what in (("labels", "label"), *corrected):
            for listed, content in read_files(self.data, list_window(self.data, kind, model, window)):
                if identity in read_ids(content.body, self.spec):
                    batch = keys.batch_of(listed.key)
                    yield TracedThing(kind=what, id=batch, detail=content.source or "", key=listed.key)  # type: ignore[arg-type]
        with suppress(UnknownId):
            check = find_check_of_window(self.data, model, window.id, version or None)
            yield TracedThing(kind="check", id=check.id, detail="the newest of its window", key=check.key)
        yield from self.versions.holding({key})

    def _stored_of(self, kind: str, batches: set[str]) -> Iterator[TracedThing]:
        """The records and rejected rows of some uploads, by correlation ids; one listing for each kind."""
        model = self.spec.model
        kinds = [keys.corrections_of(one) for one in _KINDS] if kind == "corrections" else [kind]
        for one in kinds:
            for listed in self.data.list(keys.partitions(one, model)):
                if correlation_of(keys.batch_of(listed.key)) in batches:
                    window = f"window from {keys.window_start(listed.key):%Y-%m-%d %H:%M}"
                    yield TracedThing(kind="records", id=keys.batch_of(listed.key), detail=window, key=listed.key)
        if kind == "labels":
            for listed in self.data.list(keys.waiting_labels(model)):
                if correlation_of(keys.batch_of(listed.key)) in batches:
                    yield TracedThing(kind="label", id=listed.name, detail="wait for their predictions", key=listed.key)
        for listed in self.data.list(keys.quarantines(model)):
            if correlation_of(keys.batch_of(listed.key)) in batches:
                yield TracedThing(kind="quarantine", id=listed.name, detail="rejected rows", key=listed.key)

    def _corrections(self, batches: set[str]) -> Iterator[TracedThing]:
        for listed in self.data.list(keys.corrections_applied(self.spec.model)):
            if correlation_of(listed.name) in batches:
                yield TracedThing(kind="correction", id=listed.name, detail="applied", key=listed.key)

    def _erasures(self, batches: set[str]) -> Iterator[TracedThing]:
        """Erasures that name a batch; one read for each erasure of the model."""
        for listed in self.data.list(keys.erasures(self.spec.model)):
            with suppress(ObjectMissing):
                body = self.data.get(listed.key).body.decode()
                if any(batch and batch in body for batch in batches):
                    yield TracedThing(kind="erasure", id=listed.name, detail="removed rows of it", key=listed.key)
