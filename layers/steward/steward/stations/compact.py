"""The batch profiles of closed windows are merged into one document a window."""

from collections.abc import Iterator
from datetime import datetime

from steward.errors import Conflict, ObjectMissing
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations.baselines import bins_of
from steward.stations.window_profiles import WindowProfiles
from steward.store import keys
from steward.store.bucket import Bucket, Stored
from steward.upkeep.compaction import archived, compactable, compacted
from steward.upkeep.plan import UncompactedWindow

GZIP = "application/gzip"


def uncompacted(data: Bucket, spec: ModelSpec, as_of: datetime) -> Iterator[UncompactedWindow]:
    """The windows that can be merged, in order; one listing a version, however many windows it has."""
    for version in data.folders(keys.profiles(spec.model)):
        counts: dict[str, int] = {}
        loose: dict[str, int] = {}
        for listed in data.list(keys.profiles(spec.model, version)):
            folder = listed.key.split("/")[-2]
            counts[folder] = counts.get(folder, 0) + 1
            loose[folder] = loose.get(folder, 0) + (not keys.is_merged_profile(listed.key))
        for name, profiles in counts.items():
            window = Window.parse(name)
            closed = window.end + spec.window.allowed_lateness + spec.retention.compact_after <= as_of
            if profiles > 1 and closed:
                yield UncompactedWindow(version=version, window=name, profiles=loose[name])


def compact_window(data: Bucket, model: str, found: UncompactedWindow) -> int:
    """Merge what can be read of a window; how many profiles of the window are merged now.

    The archive is written first, then the document that names it, by compare-and-swap; only then the exact versions
    that were read are removed, superseded ones first. So whoever reads meanwhile finds every profile in one of both
    places, and one that is written meanwhile stays. After a death a second call does what is left, and answers alike.
    """
    try:
        bins = bins_of(data, model, found.version)
    except ObjectMissing:  # no version of this name is left: what is stored of it stays as it is
        return 0
    window = found.window
    stored = WindowProfiles(data, model, found.version, Window.parse(window))
    before, present = stored.compacted()
    versions = [
        item
        for item in data.versions(keys.profiles(model, found.version, window))
        if not keys.is_merged_profile(item.key)
    ]
    newest = {keys.batch_of(item.key): item for item in versions if item.newest}
    loose = {name: data.get(item.key, item.version_id).body for name, item in newest.items()}
    known = stored.archive(before) if before else {}
    readable = compactable(loose, bins)
    if not readable or (before is None and len(readable) == 1):
        return max(found.profiles - len(loose), 0)
    parts = known | readable
    if parts != known or before is None:
        archive = data.put(keys.profile_parts(model, found.version, window), archived(parts), GZIP)
        key = keys.merged_profile(model, found.version, window)
        try:
            data.replace(key, compacted(parts, bins, archive), present)
        except Conflict:  # another one merges it now
            return 0
    gone = [item for item in versions if keys.batch_of(item.key) in readable]
    _erase(data, [item for item in gone if not item.newest])
    _erase(data, [item for item in gone if item.newest])
    return max(found.profiles - (len(loose) - len(readable)), 0)


def _erase(data: Bucket, items: list[Stored]) -> None:
    data.erase((item.key, item.version_id) for item in items)
