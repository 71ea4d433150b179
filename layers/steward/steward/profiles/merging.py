"""One profile of the batches of a window."""

from collections.abc import Iterable

from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile


def merge(profiles: Iterable[Profile], bins: Bins) -> Profile:
    """The profile of all batches, the same bytes in whatever order they come.

    Raises:
        IncomparableProfiles: a profile has other bins, or two are of one batch.
    """
    ordered = sorted(profiles, key=lambda profile: profile.batches)
    return sum(ordered[1:], start=ordered[0].fitting(bins)) if ordered else Profile.empty(bins)
