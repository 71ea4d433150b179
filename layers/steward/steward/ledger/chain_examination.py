"""Finds what was done to a chain, and to which entry, from all that bears witness to it.

An entry is bound by its own hash, by the entry after it, by its marker, by the checkpoints from its place on, and by
what subscribers were sent. A change that fits some of them contradicts the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from steward.ledger.canonical_json import read_entry
from steward.ledger.checkpoints import ChainHead
from steward.ledger.entries import GENESIS, EntryMarker
from steward.ledger.tampering import Tampering, TamperingKind

type _Sign = Literal["unreadable", "altered", "replaced", "moved", "unmarked", "unlinked", "missing"]


type FindMarker = Callable[[str, str], EntryMarker | None]
"""Finds the marker of a decision, by its action and its identity."""


@dataclass(slots=True)
class ChainExamination:
    """Follows one chain, entry by entry, and keeps no more than what contradicts.

    Attributes:
        model: whose chain it is.
        start: what is known to be good: the chain is followed from this entry on; None follows it from its first.
        witnesses: heads of this chain that checkpoints or subscribers have, in any order.
        head: the newest entry up to which nothing contradicts, so far.
        entries: how many were looked at.
    """

    model: str
    start: ChainHead | None = None
    witnesses: Sequence[ChainHead] = ()
    head: ChainHead | None = None
    entries: int = 0
    _signs: dict[int, _Sign] = field(default_factory=dict)
    _moves: dict[int, int] = field(default_factory=dict)
    _contradicted: list[int] = field(default_factory=list)
    _expected: dict[int, str] = field(default_factory=dict)
    _next: int = 1
    _previous: str | None = GENESIS

    def __post_init__(self) -> None:
        """Begin where it is known to be good."""
        known = [*self.witnesses, *([self.start] if self.start else [])]
        self._expected = {head.sequence: head.hash for head in known}
        if self.start:
            self._previous, self._next = None, self.start.sequence

    def add(self, place: int, body: bytes, find_marker: FindMarker, *, overwritten: bool = False) -> None:
        """Look at the next entry.

        Args:
            place: its sequence by its key; ascending.
            body: what is stored there.
            find_marker: the marker of a decision, by action and identity; None where there is none.
            overwritten: the key has other versions.
        """
        for gone in range(self._next, place):
            self._signs[gone] = "missing"
            self._previous = None
        self._next = place + 1
        self.entries += 1
        sign, digest, previous = self._look(place, body, find_marker, overwritten=overwritten)
        if sign in {None, "unmarked"} and self._previous is not None and previous != self._previous:
            sign = "unlinked"
        if place in self._expected and digest != self._expected[place]:
            self._contradicted.append(place)
        if sign:
            self._signs[place] = sign
        elif not self._signs and not self._contradicted:
            self.head = ChainHead(model=self.model, sequence=place, hash=digest)
        self._previous = digest if sign in {None, "unmarked"} else None

    def finish(self, left: Sequence[int] = ()) -> list[Tampering]:
        """What was done, each with the entries that it concerns, in their order.

        Args:
            left: places that something speaks of, and no entry: those of closed markers that no entry was given for,
                and of entries that were deleted.
        """
        for place in left:
            if self._signs.get(place) == "unmarked":
                self._signs[place] = "replaced"  # its own marker is there: it is another decision's place
            elif place < self._next:
                self._signs.setdefault(place, "unmarked")
        for gone in range(self._next, max([*self._expected, *left, 0]) + 1):
            self._signs[gone] = "missing"
        found = [self._name(group) for group in self._groups()]
        return sorted([*found, *self._contradictions()], key=lambda one: one.first)

    def _contradictions(self) -> Iterator[Tampering]:
        """Parts that are consistent in themselves, and not what was witnessed."""
        explained = set(self._signs)
        for place in sorted(self._contradicted):
            good = [other for other in self._expected if other < place and other not in self._contradicted]
            first = max(good, default=0) + 1
            if explained.isdisjoint(range(first, place + 1)):
                yield self._tampering("rewritten", first, place, f"rewritten: entry {place} is not the one witnessed")
            explained |= set(range(first, place + 1))

    def _look(
        self, place: int, body: bytes, find_marker: FindMarker, *, overwritten: bool
    ) -> tuple[_Sign | None, str, str]:
        """What is wrong with an entry by itself and by its marker, the hash of what it says, and the one it follows."""
        try:
            content, digest = read_entry(body)
            claimed, previous, sequence = content["hash"], content["previous"], content["sequence"]
            marker = find_marker(content["action"], content["identity"])
        except (ValueError, KeyError):
            return "unreadable", "", ""
        if claimed != digest:
            return "altered", digest, previous
        if sequence != place or (marker and marker.sequence not in {None, place}):
            self._moves[place] = sequence if sequence != place else (marker.sequence or place if marker else place)
            return "moved", digest, previous
        if overwritten or (marker and marker.hash and marker.hash != digest):
            return "replaced", digest, previous
        return (None if marker else "unmarked"), digest, previous

    def _groups(self) -> Iterator[list[int]]:
        """The places with signs; those that follow one another were changed together, but for single contents."""
        group: list[int] = []
        for place in sorted(self._signs):
            alone = {"altered", "unreadable"} & {self._signs[place], self._signs[group[-1]] if group else ""}
            if group and (place != group[-1] + 1 or alone):
                yield group
                group = []
            group.append(place)
        if group:
            yield group

    def _name(self, group: list[int]) -> Tampering:
        """What was done to places that follow one another."""
        first, last = group[0], group[-1]
        signs = {self._signs[place] for place in group}
        if signs == {"missing"}:
            at_end = last >= self._next - 1
            return self._tampering(
                "cut" if at_end else "removed", first, last, f"removed{' at the end' if at_end else ''}"
            )
        if "moved" in signs:
            return self._name_moves(group)
        if signs == {"unmarked"}:
            said = "not marked by a function that may record it: someone removed the marker, or wrote the entry"
            return self._tampering("marker", first, last, said, now=True)
        if signs == {"unlinked"}:
            said = f"not what follows entry {first - 1}: one of the two was changed"
            return self._tampering("changed", first, last, said, now=True)
        if signs <= {"altered", "unreadable"}:
            return self._tampering("changed", first, last, "changed: the content does not have the hash it carries")
        return self._tampering("changed" if first == last else "rewritten", first, last, "replaced by something else")

    def _name_moves(self, group: list[int]) -> Tampering:
        first, last = group[0], group[-1]
        moves = {self._moves[place] - place for place in group if place in self._moves}
        if len(moves) == 1 and max(moves) > 0 and last >= self._next - 1:
            return self._tampering("removed", first, last, "removed or moved: those behind are in the place of others")
        if len(moves) == 1 and max(moves) < 0 and self._signs[first] != "moved":
            return self._tampering("inserted", first, last, f"inserted or moved on: entry {first} was never recorded")
        others = sorted({self._moves[place] for place in group if place in self._moves})
        return self._tampering(
            "reordered", first, last, f"reordered: entries of other places are there: {_name_places(others)}"
        )

    def _tampering(self, kind: TamperingKind, first: int, last: int, said: str, *, now: bool = False) -> Tampering:
        if self.entries == 0:
            message = f"the whole ledger of {self.model}, {last} entries, was removed"
        else:
            what, verbs = (
                (f"entry {first}", ("is", "was")) if first == last else (f"entries {first} to {last}", ("are", "were"))
            )
            message = f"{what} of {self.model} {verbs[0 if now else 1]} {said}"
        return Tampering(kind=kind, model=self.model, first=first, last=last, message=message)


def _name_places(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:5]))
    return f"{shown} and others" if len(numbers) > 5 else shown  # noqa: PLR2004 - enough to find them
