"""Profiles stored records in one pass."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.profiles.serving_metrics import ServingMetrics
from steward.records.stored import read_stored
from steward.spec.model import ModelSpec
from steward.spec.telemetry import telemetry_columns


def profiles_of(
    path: Path | None,
    spec: ModelSpec,
    versions: Sequence[str],
    bins: Callable[[str], Bins],
    *,
    arrival: datetime | None,
) -> dict[str, Profile]:
    """The profile of what each version predicted, in bounded memory.

    Args:
        path: stored records; None for no rows.
        spec: their declaration.
        versions: whose profiles are wanted; one that has no rows gets an empty one.
        bins: those of a version's baseline.
        arrival: when the records were uploaded; None where that says nothing of how late they came.
    """
    gatherings = {version: ProfileBuilder(bins(version), spec.columns) for version in versions}
    for records in read_stored(path, spec) if path else ():
        for version, gathering in gatherings.items():
            mine = records.of_version(version)
            if mine.rows:
                gathering.add(ProfileInput(mine.chunk, mine.ids, mine.times, arrival))
    return {version: gathering.profile() for version, gathering in gatherings.items()}


def telemetry_profiles(
    path: Path | None, spec: ModelSpec, versions: Sequence[str], bins: Callable[[str], Bins]
) -> dict[str, Profile]:
    """What telemetry says of each version's serving: profiles without a row.

    Args:
        path: stored telemetry; None for no rows.
        spec: the declaration.
        versions: whose profiles are wanted; one that has no rows gets an empty one.
        bins: those of a version's baseline.
    """
    measured = dict.fromkeys(versions, ServingMetrics())
    names = telemetry_columns(spec.columns)
    for readings in read_stored(path, spec, telemetry=True) if path else ():
        for version in versions:
            mine = readings.of_version(version)
            if mine.rows:
                measured[version] += ServingMetrics.of_telemetry(mine.chunk.columns, names)
    return {version: Profile.empty(bins(version)).with_telemetry(found) for version, found in measured.items()}
