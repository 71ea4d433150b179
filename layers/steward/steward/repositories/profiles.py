"""Profiles of windows: one a batch, read and merged."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from steward.concurrency import prefetch_map
from steward.defects.correction import standing
from steward.errors import IncomparableProfiles
from steward.profiles.merging import merge
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket


@dataclass(frozen=True, slots=True)
class MergedProfile:
    """The profile of a window.

    Attributes:
        profile: of all batches that can be read.
        unreadable: why others could not be, by batch.
    """

    profile: Profile
    unreadable: dict[str, str]


@dataclass(frozen=True, slots=True)
class WindowProfiles:
    """What is stored of the windows of one version.

    Attributes:
        data: where.
        model: whose.
        version: whose.
    """

    data: Bucket
    model: str
    version: str

    def merge(self, windows: Sequence[Window], bins: Bins) -> Iterator[MergedProfile]:
        """The profile of all batches of each window, in the order of the windows; some objects are read at once."""
        names = list(prefetch_map(self._names, windows))
        places = ((window, name) for window, of_window in zip(windows, names, strict=True) for name in of_window)
        bodies = prefetch_map(lambda place: self._body(*place), places)
        for of_window in names:
            yield merged_profile(dict(zip(of_window, islice(bodies, len(of_window)), strict=True)), bins)

    def of_batches(self, window: Window, names: Collection[str], bins: Bins) -> MergedProfile:
        """The profile of some batches of a window, by the names that a check has of them.

        Raises:
            ObjectMissing: one of them is gone.
        """
        bodies = prefetch_map(lambda name: self._body(window, name), names)
        return merged_profile(dict(zip(names, bodies, strict=True)), bins)

    def of_batch(self, window: Window, name: str) -> Profile | None:
        """The profile of one batch; None where there is none."""
        found = self.data.find(keys.profile(self.model, self.version, window.id, name))
        return Profile.from_json(found.body) if found else None

    def _names(self, window: Window) -> list[str]:
        """The batches that count, of those that a window has profiles of."""
        listing = self.data.list(keys.profiles(self.model, self.version, window.id))
        return standing(keys.batch_of(listed.key) for listed in listing)

    def _body(self, window: Window, name: str) -> bytes:
        return self.data.get(keys.profile(self.model, self.version, window.id, name)).body


def merged_profile(stored: Mapping[str, bytes], bins: Bins) -> MergedProfile:
    """The profile of a window.

    Args:
        stored: the stored profile of each batch, by its name; those that corrections took the place of are left out.
        bins: of the version's baseline.
    """
    found: list[Profile] = []
    unreadable: dict[str, str] = {}
    for name in standing(stored):
        try:
            found.append(Profile.from_json(stored[name]).fitting(bins))
        except IncomparableProfiles as error:
            unreadable[name] = str(error)
    return MergedProfile(merge(found, bins), unreadable)
