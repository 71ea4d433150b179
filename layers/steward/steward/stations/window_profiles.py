"""The profiles of one window of one version, whether they lie there one by one or were compacted."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from steward.errors import IncomparableProfiles, ObjectMissing
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket, Content
from steward.upkeep.compaction import (
    CompactedParts,
    CompactedWindow,
    Gathered,
    continued,
    gathered,
    parts_of,
    restored_parts,
    wanted,
)

_ATTEMPTS = 3
"""A window may be compacted while it is read; then what was listed is gone, and the list is read again."""


@dataclass(frozen=True, slots=True)
class WindowProfiles:
    """What is stored of one window of one version.

    Attributes:
        data: where.
        model: whose.
        version: whose.
        window: which.
    """

    data: Bucket
    model: str
    version: str
    window: Window

    def merged(self, bins: Bins) -> Gathered:
        """The profile of all batches, and why some of them could not be read.

        Raises:
            ObjectMissing: what is listed is gone, time and again.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._merged(bins)
            except ObjectMissing:  # compacted meanwhile
                continue
        return self._merged(bins)

    def of_batches(self, names: Collection[str], bins: Bins) -> Gathered:
        """The profile of some batches, by the names that a check has of them.

        Raises:
            ObjectMissing: one of them is gone.
        """
        compacted, keys_of = self._listed()
        archive = self.archive(compacted) if compacted and not keys_of.keys() >= set(names) else {}
        found = {name: archive[name] for name in names if name in archive and name not in keys_of}
        found |= {name: self.data.get(self._key(name)).body for name in names if name not in found}
        return gathered(found, bins)

    def of_batch(self, name: str) -> Profile | None:
        """The profile of one batch; None where there is none."""
        if loose := self.data.find(self._key(name)):
            return Profile.from_json(loose.body)
        compacted, _ = self.compacted()
        parts = self.archive(compacted) if compacted else {}
        return Profile.from_json(parts[name]) if name in parts else None

    def stored(self) -> Iterator[Profile]:
        """Every profile that is stored, a compacted one first."""
        compacted, loose = self._listed()
        if isinstance(compacted, CompactedWindow):
            yield compacted.profile
        elif compacted:
            yield from (Profile.from_json(body) for body in self.archive(compacted).values())
        yield from (Profile.from_json(self.data.get(key).body) for key in loose.values())

    def compacted(self) -> tuple[CompactedParts | None, Content | None]:
        """What was merged so far, and the object that says so; None where nothing was."""
        content = self.data.find(keys.merged_profile(self.model, self.version, self.window.id))
        if content is None:
            return None, None
        try:
            return CompactedWindow.read(content.body), content
        except IncomparableProfiles:
            newest = self.data.get(keys.profile_parts(self.model, self.version, self.window.id))
            return parts_of(newest.body, newest.stored), content

    def _merged(self, bins: Bins) -> Gathered:
        compacted, keys_of = self._listed()
        known = compacted.parts if compacted else {}
        loose = {name: self.data.get(keys_of[name]).body for name in wanted(known, keys_of)}
        if compacted is None:
            return gathered(loose, bins)
        found = continued(compacted, loose, bins)
        return found or gathered(self.archive(compacted) | loose, bins)

    def _listed(self) -> tuple[CompactedParts | None, dict[str, str]]:
        """What was merged, and the keys of the profiles that lie beside it, by name."""
        merged = keys.merged_profile(self.model, self.version, self.window.id)
        listed = [found.key for found in self.data.list(keys.profiles(self.model, self.version, self.window.id))]
        compacted = self.compacted()[0] if merged in listed else None
        return compacted, {keys.batch_of(key): key for key in listed if key != merged}

    def archive(self, compacted: CompactedParts) -> dict[str, bytes]:
        """The stored profiles that were merged, by name.

        Raises:
            ObjectMissing, ObjectChanged: the archive is not what the compacted window says.
        """
        return restored_parts(self.data.verified(compacted.archive))

    def _key(self, name: str) -> str:
        return keys.profile(self.model, self.version, self.window.id, name)
