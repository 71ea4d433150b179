"""The record files of a window in one carrier, each still what it was: its key, its version, its bytes.

What decisions, datasets and defects name are the files that uploads made. A carrier holds them byte for byte, and an
index says which lies where, so that whoever names a file gets that file, and whoever reads the window reads one object.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from pydantic import AwareDatetime, BaseModel, ConfigDict

from steward.events import StoredObject
from steward.records.carrier import laid, layout_of, rows_of

MOST_BYTES = 64 * 1024**2
"""Of a carrier: what takes more is not read faster as one object, and whoever reads a carrier holds it in memory."""


class CarriedFile(BaseModel):
    """One version of a file of records that lies in a carrier.

    Attributes:
        stored: what it was, and still is, known by.
        size: in bytes.
        offset: where it begins in the carrier.
        written: when it was.
        noted: what its writer noted beside it: the environment, and the upload that it was made from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    stored: StoredObject
    size: int
    offset: int
    written: AwareDatetime
    noted: dict[str, str]

    @property
    def source(self) -> tuple[str, str] | None:
        """Key and version id of the upload that it was made from; None where none is noted."""
        if "source-key" not in self.noted:
            return None
        return unquote(self.noted["source-key"]), self.noted["source-version"]


class MergedRecords(BaseModel):
    """What was merged of a window (compare-and-swap).

    Attributes:
        carrier: the object that all files lie in.
        files: those whose rows it shows, one a batch, in order of their keys.
        superseded: those that others took the place of, or a batch of which nothing was left; they are kept for whoever
            names them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: Literal[1] = 1
    carrier: StoredObject
    files: tuple[CarriedFile, ...]
    superseded: tuple[CarriedFile, ...] = ()

    @property
    def everything(self) -> tuple[CarriedFile, ...]:
        """All files that lie in the carrier."""
        return (*self.files, *self.superseded)

    def find(self, stored: StoredObject) -> CarriedFile | None:
        """The file of a key and version; None where it is not here."""
        return next((file for file in self.everything if _same(file.stored, stored)), None)

    def standing(self, key: str) -> CarriedFile | None:
        """The file that a key holds; None where none is here."""
        return next((file for file in self.files if file.stored.key == key), None)


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """One version of a file of records, with its bytes.

    Attributes:
        stored: which.
        body: its bytes.
        written: when it was.
        noted: beside it.
        newest: whether its key holds it; false where something took its place.
    """

    stored: StoredObject
    body: bytes
    written: AwareDatetime
    noted: Mapping[str, str]
    newest: bool


@dataclass(frozen=True, slots=True)
class Merging:
    """What becomes of the files of a window.

    Attributes:
        carrier: the bytes of the new one.
        files: those that it shows.
        superseded: those that only lie in it.
        taken: keys of loose files that lie in it now, or did before.
    """

    carrier: bytes
    files: tuple[CarriedFile, ...]
    superseded: tuple[CarriedFile, ...]
    taken: frozenset[str]

    def index(self, carrier: StoredObject) -> MergedRecords:
        """The index, once it is known what the carrier is called."""
        return MergedRecords(carrier=carrier, files=self.files, superseded=self.superseded)


def merge_records(
    loose: Iterable[RecordVersion], carried: Sequence[RecordVersion] = (), layout: bytes | None = None
) -> Merging | None:
    """Lay the files of a window into one carrier; the same files give the same bytes, in whatever order they come.

    A loose file takes the place of the carried one of its key. One without rows, which says that nothing is left of
    its batch, leaves nothing to be shown. Files of another layout, or that cannot be read, stay loose.

    Args:
        loose: every version of the files that lie in the window, of each key one newest.
        carried: what the carrier so far holds; newest are those that it shows.
        layout: of the carrier so far; None takes that of most files.

    Returns:
        None where there is nothing to gain: all stay loose, one file is alone, or together they are too large.
    """
    loose = list(loose)
    held = {item.stored.key: item for item in loose if item.newest}
    layouts = {key: layout_of(item.body) for key, item in held.items()}
    layout = layout or _of_most(layouts)
    taken = frozenset(key for key, found in layouts.items() if found is not None and found == layout)
    if not taken:
        return None
    versions = {_place(item): item for item in carried}
    for place, item in versions.items():
        versions[place] = replace(item, newest=item.newest and item.stored.key not in held)
    loose.sort(key=lambda item: item.newest)  # where two writes gave one version, it is the newest
    versions |= {_place(item): item for item in loose if item.stored.key in taken}
    shown = [item for item in versions.values() if item.newest and rows_of(item.body)]
    if not carried and (len(taken) == 1 or not shown):
        return None
    names = {_place(item) for item in shown}
    hidden = [item for item in versions.values() if _place(item) not in names]
    if not shown:  # the first says what columns there would be
        hidden.sort(key=lambda item: (layout_of(item.body) != layout, _place(item)))
    return _laid(sorted(shown, key=_place), hidden if not shown else sorted(hidden, key=_place), taken)


def _laid(shown: Sequence[RecordVersion], hidden: Sequence[RecordVersion], taken: frozenset[str]) -> Merging | None:
    """The carrier; equal bytes that are not shown lie in it once."""
    offsets: dict[str, int] = {}
    files, others, at = [], [], 0
    bodies: list[bytes] = []
    for item in shown:
        files.append(_carried(item, at))
        offsets.setdefault(item.stored.sha256, at)
        at += len(item.body)
    for item in hidden:
        if item.stored.sha256 not in offsets:
            offsets[item.stored.sha256] = at
            bodies.append(item.body)
            at += len(item.body)
        others.append(_carried(item, offsets[item.stored.sha256]))
    if at > MOST_BYTES:
        return None
    try:
        carrier = laid([item.body for item in shown], bodies)
    except ValueError:  # too many row groups
        return None
    return Merging(carrier, tuple(files), tuple(others), taken)


def _carried(item: RecordVersion, offset: int) -> CarriedFile:
    return CarriedFile(
        stored=item.stored, size=len(item.body), offset=offset, written=item.written, noted=dict(item.noted)
    )


def _of_most(layouts: Mapping[str, bytes | None]) -> bytes | None:
    """The layout that most files have; of several the one of the first file."""
    counted = Counter(layouts[key] for key in sorted(layouts))
    del counted[None]
    return max(counted, key=counted.__getitem__, default=None)


def _place(item: RecordVersion) -> tuple[str, str]:
    return item.stored.key, item.stored.version_id


def _same(one: StoredObject, other: StoredObject) -> bool:
    return (one.key, one.version_id) == (other.key, other.version_id)
