"""What is held of a subject: every object version with its rows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from steward.erasure.sought_rows import SoughtRows
from steward.repositories.subject_places import RowPlace, SubjectSearch, places_of
from steward.spec.model import ModelSpec
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectVersion


@dataclass(frozen=True, slots=True)
class Holding:
    """An object version that has rows of a subject, or names it.

    Attributes:
        newest: whether it is what its key holds now.
        rows: how many; names, in a document.
        content: the rows, as they are stored; none of a document.
    """

    place: str
    key: str
    version_id: str
    modified: datetime
    newest: bool
    rows: int
    content: tuple[dict[str, object], ...]


def holdings(data: Bucket, spec: ModelSpec, sought: SoughtRows, folder: Path) -> Iterator[Holding]:
    """Every object version of a model that has something of a subject, place by place.

    Args:
        data: where.
        spec: the declaration.
        sought: the rows; their ids are found first, since labels have nothing else.
        folder: an empty one.
    """
    places = places_of(spec.model)
    ids: set[str] = set()
    for place in places:
        if place.holding != "documents":
            for item, path in _versions(data, place, folder):
                found = SubjectSearch(spec, sought, folder).look(place, item.key, path)
                ids.update(name for one in found.ids if (name := sought.pseudonymise(one)))
    search = SubjectSearch(spec, replace(sought, ids=frozenset(ids)), folder)
    for place in places:
        for item, path in _versions(data, place, folder):
            found = search.look(place, item.key, path)
            if found.rows:
                yield Holding(
                    place.name, item.key, item.version_id, item.modified, item.newest, found.rows, tuple(found.content)
                )


def _versions(data: Bucket, place: RowPlace, folder: Path) -> Iterator[tuple[ObjectVersion, Path]]:
    path = folder / "version"
    for history in data.histories(place.prefix):
        for item in history:
            if not item.deleted:
                data.bring(item.key, item.version_id, path)
                yield item, path
