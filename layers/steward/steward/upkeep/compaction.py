"""The profiles of a window's batches as one document, without changing one byte of what they add up to.

Floating-point sums depend on their order, and a window's is that of its batches' ids. So a merged profile is gone on
with only where nothing but later batches came; where an earlier one came, was written again or was corrected, the
profile is made anew from the parts that were merged, which are kept together in one archive.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from steward.defects.correction import standing
from steward.errors import IncomparableProfiles
from steward.events import StoredObject
from steward.profiles.merging import merge
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile

_LEVEL = 6


class CompactedParts(BaseModel):
    """What a compacted window says of its parts, whatever became of the format of profiles.

    Attributes:
        parts: the SHA-256 of each profile that was merged or stands behind one that was, by its name.
        archive: where all of them are.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    parts: dict[str, str]
    archive: StoredObject


class CompactedWindow(CompactedParts):
    """The profiles of a window's batches, merged.

    Attributes:
        profile: of the batches that stood when they were merged; it has their ids.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, ser_json_inf_nan="strings")

    profile: Profile

    @classmethod
    def read(cls, document: bytes) -> Self | CompactedParts:
        """What is stored of a window; its parts alone where this Steward cannot read the profile.

        Raises:
            IncomparableProfiles: it is no such document.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError:
            pass
        try:
            return CompactedParts.model_validate_json(document)
        except ValidationError as error:
            raise IncomparableProfiles("not a compacted window; its parts are in the archive beside it") from error


@dataclass(frozen=True, slots=True)
class Gathered:
    """The profile of a window.

    Attributes:
        profile: of all batches that can be read.
        unreadable: why others could not be, by batch.
    """

    profile: Profile
    unreadable: dict[str, str]


def wanted(known: Iterable[str], loose: Iterable[str]) -> list[str]:
    """The names of the profiles that must be read beside a compacted window, sorted.

    Args:
        known: names of its parts.
        loose: names of the profiles that lie beside it.
    """
    loose = set(loose)
    return [name for name in standing({*known, *loose}) if name in loose]


def gathered(parts: Mapping[str, bytes], bins: Bins) -> Gathered:
    """The profile of a window from the stored profile of each of its batches, by name; superseded ones are left out."""
    found, unreadable = _readable({name: parts[name] for name in standing(parts)}, bins)
    return Gathered(merge(found.values(), bins), unreadable)


def continued(compacted: CompactedParts, loose: Mapping[str, bytes], bins: Bins) -> Gathered | None:
    """The profile of a compacted window and of what lies beside it; None where it must be made anew from all parts.

    Args:
        compacted: the window.
        loose: the stored profiles that `wanted` named.
        bins: of the version's baseline.
    """
    news = {name: body for name, body in loose.items() if compacted.parts.get(name) != _digest(body)}
    if not isinstance(compacted, CompactedWindow) or news.keys() & compacted.parts.keys():
        return None
    try:
        merged = compacted.profile.fitting(bins)
    except IncomparableProfiles:
        return None
    stand = tuple(name for name in standing({*compacted.parts, *loose}) if name not in news)
    found, unreadable = _readable(news, bins)
    if stand != merged.batches or (found and min(found) < merged.batches[-1]):
        return None
    return Gathered(merge([merged, *found.values()], bins), unreadable)


def compactable(parts: Mapping[str, bytes], bins: Bins) -> dict[str, bytes]:
    """Those of the stored profiles of a window that can be read; the others stay where they are, and are told of."""
    found, _ = _readable(parts, bins)
    return {name: parts[name] for name in sorted(found)}


def compacted(parts: Mapping[str, bytes], bins: Bins, archive: StoredObject) -> bytes:
    """The document of a window; the same parts give the same bytes.

    Args:
        parts: its stored profiles by name, all of which can be read; one at least.
        bins: of the version's baseline.
        archive: where they are kept.
    """
    digests = {name: _digest(parts[name]) for name in sorted(parts)}
    window = CompactedWindow(parts=digests, archive=archive, profile=gathered(parts, bins).profile)
    return window.model_dump_json().encode()


def archived(parts: Mapping[str, bytes]) -> bytes:
    """Stored profiles as one archive; the same parts give the same bytes."""
    text = json.dumps({name: parts[name].decode() for name in sorted(parts)}, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), _LEVEL, mtime=0)


def parts_of(archive: bytes, stored: StoredObject) -> CompactedParts:
    """What an archive says of its parts, where the document beside it cannot be read."""
    digests = {name: _digest(body) for name, body in restored_parts(archive).items()}
    return CompactedParts(parts=digests, archive=stored)


def restored_parts(archive: bytes) -> dict[str, bytes]:
    """What `archived` took in, byte for byte."""
    return {name: text.encode() for name, text in json.loads(gzip.decompress(archive)).items()}


def _readable(parts: Mapping[str, bytes], bins: Bins) -> tuple[dict[str, Profile], dict[str, str]]:
    found: dict[str, Profile] = {}
    unreadable: dict[str, str] = {}
    for name, body in parts.items():
        try:
            found[name] = Profile.from_json(body).fitting(bins)
        except IncomparableProfiles as error:
            unreadable[name] = str(error)
    return found, unreadable


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
