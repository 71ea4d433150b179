"""The profiles of windows are read once each, and merged without those that corrections took the place of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from steward.defects.correction import amended_name, correction_batch
from steward.repositories.profiles import WindowProfiles
from steward.spec.windows import Window
from steward.store import keys
from tests.unit.profiles.everything import BINS, profile

WINDOWS = [Window(datetime(2024, 1, day, tzinfo=UTC), timedelta(days=1)) for day in (1, 2, 3)]
BATCHES = [f"2024010{day}T000000Z-{day:012d}" for day in range(1, 5)]
CORRECTION = correction_batch("20240201T000000Z-000000000001", withdrawn=False)


@dataclass
class Objects:
    """A bucket as far as it is listed and read."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def put(self, window: Window, name: str, rows: list[int]) -> None:
        self.bodies[keys.profile("m", "v1", window.id, name)] = profile(rows).of_batch(name).to_json()

    def list(self, prefix: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(key=key) for key in sorted(self.bodies) if key.startswith(prefix)]

    def get(self, key: str) -> SimpleNamespace:
        self.read.append(key)
        return SimpleNamespace(body=self.bodies[key])


def test_each_profile_of_some_windows_is_read_once_and_counts_in_its_own() -> None:
    data = Objects()
    data.put(WINDOWS[0], BATCHES[0], [1, 2])
    data.put(WINDOWS[0], BATCHES[1], [3])
    data.put(WINDOWS[2], BATCHES[2], [4, 5, 6])
    found = list(WindowProfiles(data, "m", "v1").merge(WINDOWS, BINS))  # type: ignore[arg-type]
    assert [merged.profile.rows for merged in found] == [3, 0, 3]
    assert [merged.profile.batches for merged in found] == [tuple(BATCHES[:2]), (), (BATCHES[2],)]
    assert sorted(data.read) == sorted(data.bodies)


def test_what_corrections_left_of_a_batch_counts_in_its_place_and_the_batch_is_not_read() -> None:
    data = Objects()
    left = amended_name(BATCHES[0], [CORRECTION])
    for name, rows in ((BATCHES[0], [1, 2, 3]), (BATCHES[1], [4]), (left, [1]), (CORRECTION, [2])):
        data.put(WINDOWS[0], name, rows)
    (found,) = WindowProfiles(data, "m", "v1").merge(WINDOWS[:1], BINS)  # type: ignore[arg-type]
    assert set(found.profile.batches) == {BATCHES[1], left, CORRECTION}
    assert found.profile.rows == 3
    assert keys.profile("m", "v1", WINDOWS[0].id, BATCHES[0]) not in data.read


def test_a_profile_that_cannot_be_read_is_told_of_and_left_out() -> None:
    data = Objects()
    data.put(WINDOWS[0], BATCHES[0], [1])
    data.bodies[keys.profile("m", "v1", WINDOWS[0].id, BATCHES[1])] = b"\xff\xfe"
    (found,) = WindowProfiles(data, "m", "v1").merge(WINDOWS[:1], BINS)  # type: ignore[arg-type]
    assert found.unreadable.keys() == {BATCHES[1]}
    assert found.profile.batches == (BATCHES[0],)
