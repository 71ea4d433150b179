"""One profile of the batches of a window."""

from collections.abc import Iterable
from itertools import groupby

from steward.errors import IncomparableProfiles
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile


def merge(profiles: Iterable[Profile], bins: Bins) -> Profile:
    """The profile of all batches, each counted once, the same bytes in whatever order they come.

    Args:
        profiles: stored profiles, each with the ids of its batches. One whose batches are all in another (a batch
            delivered again after compaction) is left out.
        bins: their bins; the result for no profiles is empty.

    Raises:
        IncomparableProfiles: a profile has other bins or names no batch, or two share some batches but neither holds
            all of the other's.
    """
    ordered = sorted(profiles, key=lambda profile: (-len(profile.batches), profile.batches))
    chosen: list[Profile] = []
    holder: dict[str, int] = {}
    for batches, group in groupby(ordered, key=lambda profile: profile.batches):
        if not batches:
            msg = "a profile names no batch, so it cannot be told from the others; give it one with of_batch"
            raise IncomparableProfiles(msg)
        alike = list(group)
        holders = {holder.get(batch) for batch in batches}
        if holders == {None}:
            holder |= dict.fromkeys(batches, len(chosen))
            chosen.append(alike[0] if len(alike) == 1 else min(alike, key=Profile.to_json))
        elif None in holders or len(holders) > 1:
            shared = [batch for batch in batches if batch in holder]
            msg = f"merged profiles overlap at batch {shared[0]}; rebuild the window from the profiles of its batches"
            raise IncomparableProfiles(msg)
    if not chosen:
        return Profile.empty(bins)
    first, *rest = sorted(chosen, key=lambda part: part.batches)
    return sum(rest, start=first.fitting(bins))
