"""Whether records come as they happen or are replayed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from steward.repositories import replay
from steward.spec.document import read_spec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.stored_objects import ObjectSummary

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SPEC = read_spec(
    "model: m\nowner: a@example.com\ntask: binary_classification\ncolumns: {id: id, time: t, score: s, label: y}\n"
    "features: {x: numeric}\nwindow: {length: 1d}\n"
)
VERSION = keys.profiles("m", "v1")


@dataclass
class Listing:
    """A bucket as far as it is listed."""

    keys: dict[str, datetime] = field(default_factory=dict)

    def list_prefixes(self, prefix: str, start_after: str = "") -> list[str]:
        found = {
            key[len(prefix) :].partition("/")[0] for key in self.keys if key.startswith(prefix) and key > start_after
        }
        return sorted(found)

    def list(self, prefix: str, **_: object) -> Iterator[ObjectSummary]:
        return (
            ObjectSummary(key, "", moment, 1) for key, moment in sorted(self.keys.items()) if key.startswith(prefix)
        )


def day(number: int) -> Window:
    return Window.containing(datetime(2026, 11, number, tzinfo=UTC), DAY)


def batch(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}-0123456789ab"


def ended(window: Window, uploads: Iterable[datetime], *later: Window) -> bool:
    data = Listing({f"{VERSION}{one.id}/{batch(NOW)}.json": NOW for one in later})
    return replay.has_ended(data, SPEC, window, [batch(moment) for moment in uploads], NOW)  # type: ignore[arg-type]


def test_a_window_that_came_as_it_happened_has_ended_whatever_comes_late() -> None:
    lived, late = day(10).start + DAY / 2, NOW
    assert ended(day(10), [lived])
    assert ended(day(10), [lived, late])
    assert ended(day(10), [late, lived])


def test_a_replayed_window_has_ended_once_a_later_one_has_records() -> None:
    assert not ended(day(10), [NOW])
    assert not ended(day(10), [NOW], day(9))
    assert ended(day(10), [NOW], day(11))


def test_a_window_that_is_open_by_the_clock_has_not_ended() -> None:
    assert not ended(day(20), [NOW])


@pytest.mark.parametrize(
    ("uploads", "replayed"), [([12], False), ([12, 19], False), ([19, 12], False), ([19], True), ([18, 19], True)]
)
def test_a_model_whose_newest_window_came_as_it_happened_is_not_replayed_for_what_comes_late(
    uploads: list[int], *, replayed: bool
) -> None:
    data = Listing({keys.records("predictions", "m", day(11), batch(day(at).start)): NOW for at in uploads})
    assert replay.replayed_until(data, SPEC) == (day(11).end if replayed else None)  # type: ignore[arg-type]


def test_windows_uploaded_since_a_moment_are_found_newest_first() -> None:
    uploads = {1: NOW - 9 * DAY, 2: NOW, 3: NOW}
    data = Listing({keys.records("predictions", "m", day(at), batch(moment)): moment for at, moment in uploads.items()})
    assert replay.windows_uploaded_since(data, SPEC, NOW - DAY) == [day(3), day(2)]  # type: ignore[arg-type]
