"""The record files of closed windows are merged into one carrier a window."""

from collections.abc import Iterator
from datetime import datetime

from steward.errors import Conflict, ObjectMissing
from steward.events import StoredObject
from steward.records.carrier import layout_of
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations.ahead import ahead
from steward.store import keys
from steward.store.bucket import Bucket, Content, Stored
from steward.upkeep.merged_records import MOST_BYTES, MergedRecords, RecordVersion, merge_records
from steward.upkeep.plan import UnmergedWindow

_PARQUET = "application/vnd.apache.parquet"


def unmerged(data: Bucket, spec: ModelSpec, as_of: datetime) -> Iterator[UnmergedWindow]:
    """The windows that may be merged, in order; one listing a kind, however many windows it has."""
    for kind in keys.MERGED_KINDS:
        found: dict[str, list[int]] = {}
        loose: dict[str, int] = {}
        for listed in data.list(keys.partitions(kind, spec.model)):
            prefix = keys.window_of_records(listed.key)
            found.setdefault(prefix, []).append(listed.size)
            loose[prefix] = loose.get(prefix, 0) + (not keys.is_carrier(listed.key))
        for prefix, sizes in found.items():
            window = Window.containing(keys.window_start(keys.carrier(prefix)), spec.window.length)
            closed = window.end + spec.window.allowed_lateness + spec.retention.compact_after <= as_of
            if closed and len(sizes) > 1 and sum(sizes) <= MOST_BYTES:
                yield UnmergedWindow(prefix=prefix, files=loose[prefix])


def merge_window(data: Bucket, found: UnmergedWindow) -> int:
    """Merge what can be merged of a window; how many of its files are merged now.

    The carrier is written first, then the index that names it, by compare-and-swap; only then the exact versions that
    were read are removed, superseded ones first. So whoever reads meanwhile finds every file in one of both places, and
    one that is written meanwhile stays. After a death a second call does what is left, and answers alike.
    """
    content = data.find(keys.merged_records(found.prefix))
    present = MergedRecords.model_validate_json(content.body) if content else None
    # Listed after the index was read: carriers that are written meanwhile by another are not among those that go.
    versions = [item for item in data.versions(found.prefix) if keys.window_of_records(item.key) == found.prefix]
    carriers = [item for item in versions if keys.is_carrier(item.key)]
    held = {item.key for item in versions if item.newest} - {item.key for item in carriers}
    loose = [item for item in versions if item.key in held]
    gone = max(found.files - len(held), 0)
    if sum(item.size for item in loose) > MOST_BYTES:
        return gone
    carried = _carried(data, present) if present else []
    layout = next((layout_of(item.body) for item in carried if item.newest), None)
    try:
        read = list(ahead(lambda item: _read(data, item), loose))
    except ObjectMissing:  # another one merges it now
        return 0
    merging = merge_records(read, carried, layout)
    if merging is None:
        return gone
    if present is None or merging.index(present.carrier) != present:
        carrier = data.put(keys.carrier(found.prefix), merging.carrier, _PARQUET)
        try:
            data.replace(keys.merged_records(found.prefix), _document(merging.index(carrier)), content)
        except Conflict:  # as above
            data.erase([(carrier.key, carrier.version_id)])
            return 0
        # One that another is about to name is never named: its writer read the same index.
        _erase(data, [item for item in carriers if item.version_id != carrier.version_id])
    merged = [item for item in loose if item.key in merging.taken]
    _erase(data, [item for item in merged if not item.newest])
    _erase(data, [item for item in merged if item.newest])
    return max(found.files - len(held - merging.taken), 0)


def _carried(data: Bucket, present: MergedRecords) -> list[RecordVersion]:
    body = data.verified(present.carrier)
    places = [(file, True) for file in present.files] + [(file, False) for file in present.superseded]
    return [
        RecordVersion(file.stored, body[file.offset : file.offset + file.size], file.written, file.noted, newest=shown)
        for file, shown in places
    ]


def _read(data: Bucket, item: Stored) -> RecordVersion:
    content: Content = data.get(item.key, item.version_id)
    stored = StoredObject(key=item.key, version_id=item.version_id, sha256=content.stored.sha256)
    return RecordVersion(stored, content.body, content.modified, content.noted, newest=item.newest)


def _document(index: MergedRecords) -> bytes:
    return index.model_dump_json().encode()


def _erase(data: Bucket, items: list[Stored]) -> None:
    data.erase((item.key, item.version_id) for item in items)
