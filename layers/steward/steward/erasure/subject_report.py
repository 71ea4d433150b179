"""What is held of a subject, place by place, and when retention removes it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import AwareDatetime

from steward.documents import TolerantModel
from steward.spec.model import ModelSpec
from steward.spec.retention import RetainedKind

_RECORDS = ("predictions", "labels", "waiting", "shadows", "telemetry")
_RETAINED: dict[str, RetainedKind] = {
    **dict.fromkeys(_RECORDS, "records"),
    "inbox": "inbox", "quarantine": "quarantine", "profiles": "profiles", "checks": "checks",
}  # fmt: skip
"""What retention lets go, by place; corrections go with what they correct, reference rows never."""


class HeldPlace(TolerantModel):
    """What is held in one kind of place.

    Attributes:
        objects: object versions that have rows of the subject, or name it.
        removed_by: when retention lets the newest of them go; None where it keeps them for good.
    """

    name: str
    objects: int
    rows: int
    removed_by: AwareDatetime | None = None
    keys: tuple[str, ...] = ()


class SubjectReport(TolerantModel):
    """What is held of a subject.

    Attributes:
        subject: the keyed pseudonym.
        column: that says whose a row is.
        versions: that were trained on the rows.
    """

    model: str
    subject: str
    column: str
    places: tuple[HeldPlace, ...] = ()
    versions: tuple[str, ...] = ()


def report_holdings(
    spec: ModelSpec,
    subject: str,
    column: str,
    found: Iterable[tuple[str, str, str, datetime, int]],
    versions: Sequence[str],
) -> SubjectReport:
    """Sum up what was found.

    Args:
        spec: the declaration, whose retention says when places are cleared.
        subject: the keyed pseudonym.
        column: that says whose a row is.
        found: place, key, version id, time and rows of each object version.
        versions: that were trained on them.
    """
    places: dict[str, HeldPlace] = {}
    for name, key, _, modified, rows in found:
        held = places.get(name, HeldPlace(name=name, objects=0, rows=0))
        gone = _removed_by(spec, name, modified)
        newest = None if gone is None or (held.objects and held.removed_by is None) else gone
        if newest and held.removed_by:
            newest = max(newest, held.removed_by)
        places[name] = HeldPlace(
            name=name,
            objects=held.objects + 1,
            rows=held.rows + rows,
            removed_by=newest,
            keys=tuple(dict.fromkeys((*held.keys, key))),
        )
    return SubjectReport(
        model=spec.model, subject=subject, column=column, places=tuple(places.values()), versions=tuple(versions)
    )


def _removed_by(spec: ModelSpec, place: str, modified: datetime) -> datetime | None:
    kind = None if spec.retention.hold is True else _RETAINED.get(place.rpartition("/")[2])
    span = spec.retention.of(kind) if kind else None
    return None if span is None else modified + span
