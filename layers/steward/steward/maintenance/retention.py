"""Selects expired objects that nothing references."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from steward.spec.retention import RetainedKind, Retention
from steward.spec.windows import Window


@dataclass(frozen=True, slots=True)
class RemovalCandidate:
    """A stored object version that may be removed.

    Attributes:
        window: that it belongs to; None for uploads and rejected rows.
        written: when.
    """

    key: str
    version_id: str
    size: int
    written: datetime
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class RetentionRoots:
    """Roots of retention: keys, windows and prefixes that must stay.

    Attributes:
        keys: objects that datasets, defects, runs or recorded decisions name.
        windows: ids of windows that open defects are about.
        prefixes: of the uploads of open defects.
    """

    keys: frozenset[str] = frozenset()
    windows: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def has(self, item: RemovalCandidate) -> bool:
        """Whether it must stay."""
        in_window = item.window is not None and item.window.id in self.windows
        return in_window or item.key in self.keys or item.key.startswith(self.prefixes)


@dataclass(frozen=True, slots=True)
class ExpiredObjects:
    """What becomes of the objects that are old enough.

    Attributes:
        gone: every version of the keys that go.
        kept: how many keys stay since something needs them.
        keys: how many go.
    """

    gone: Sequence[RemovalCandidate] = ()
    kept: int = 0
    keys: int = 0

    @property
    def size(self) -> int:
        """The bytes that go."""
        return sum(item.size for item in self.gone)


def removal(
    items: Iterable[RemovalCandidate], kind: RetainedKind, policy: Retention, needed: RetentionRoots, as_of: datetime
) -> ExpiredObjects:
    """What of some objects goes; all versions of a key go together, once the newest of them is old enough.

    Args:
        items: every version of some objects of one kind.
        kind: which.
        policy: the declaration's.
        needed: what must stay.
        as_of: the moment to decide for.
    """
    span = policy.of(kind)
    if span is None or policy.holds(as_of):
        return ExpiredObjects()
    by_key: dict[str, list[RemovalCandidate]] = {}
    for item in items:
        by_key.setdefault(item.key, []).append(item)
    old = {key: versions for key, versions in by_key.items() if max(map(_begins, versions)) + span <= as_of}
    gone = {key: versions for key, versions in old.items() if not any(needed.has(item) for item in versions)}
    return ExpiredObjects([item for versions in gone.values() for item in versions], len(old) - len(gone), len(gone))


def _begins(item: RemovalCandidate) -> datetime:
    """The moment that its age counts from."""
    return max(item.written, item.window.end) if item.window else item.written
