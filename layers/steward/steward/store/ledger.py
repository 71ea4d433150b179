"""Appending to the ledger, and reading it."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError

from steward.concurrency import prefetch_map
from steward.errors import Conflict
from steward.events import ObjectRef
from steward.ledger import Action, Decision, EntryMarker, LedgerEntry
from steward.store import keys
from steward.store.bucket import Bucket

_ATTEMPTS = 30
_AFTER = "after"
"""The note beside a marker: the last entry when it was made. The decision's own comes after it."""
_HASH = "entry-hash"
"""The note beside a closed marker: the hash of the entry, which shows that it was rewritten."""
_REMEMBERED = 256
"""How many entries a process keeps in memory."""


class Ledger:
    """The append-only history in the ledger bucket; one chain a model."""

    def __init__(self, bucket: Bucket, function: str, function_version: str = "") -> None:
        self.bucket = bucket
        self.function = function
        self.function_version = function_version
        self._heads: dict[str, LedgerEntry] = {}
        self._seen: dict[tuple[str, int], LedgerEntry] = {}

    def append(self, decision: Decision, *, recorded_at: datetime) -> LedgerEntry:
        """Write a decision at the end of its model's chain; the entry it has already when it was written before.

        An empty marker goes before the entry, with the end that the chain had then: nobody writes the decision before
        there is a marker. So who makes the marker needs to look for it only behind that end (of two who decide at once,
        the other may have been faster), and so does who finds one that was never closed.

        Raises:
            Conflict: other writers took the next place every time.
        """
        marker = keys.ledger_marker(decision.model, decision.action, decision.identity)
        head = self._head(decision.model)
        searched = head.sequence if head else 0
        try:
            self.bucket.create(marker, b"", "text/plain", noted={_AFTER: str(searched)})
        except Conflict:
            found = self.bucket.get(marker)
            if found.body:
                return self.bucket.load(keys.ledger_entry(decision.model, int(found.body)), LedgerEntry)
            searched = int(found.noted.get(_AFTER, "0"))
        for attempt in range(_ATTEMPTS):
            written = self._written(decision, searched, head.sequence if head else 0)
            if written is not None:
                return written
            entry = LedgerEntry.following(
                head,
                decision,
                function=self.function,
                function_version=self.function_version,
                recorded_at=recorded_at,
            )
            try:
                self.bucket.create(keys.ledger_entry(decision.model, entry.sequence), entry.model_dump_json().encode())
            except Conflict:
                time.sleep(random.uniform(0, 0.03 * 2 ** min(attempt, 5)))  # noqa: S311
                head = self._head(decision.model)
            else:
                self._heads[decision.model] = entry
                return entry
        raise Conflict(f"the ledger of {decision.model} took {_ATTEMPTS} other entries first; try again")

    def close(self, entry: LedgerEntry) -> None:
        """Note that an entry was announced: its place in its marker, and its hash beside it."""
        marker = keys.ledger_marker(entry.model, entry.action, entry.identity)
        self.bucket.put(marker, str(entry.sequence).encode(), "text/plain", noted={_HASH: entry.hash})

    def entries(self, model: str, after: int = 0) -> Iterator[LedgerEntry]:
        """Every entry of a model that is there, after one of this sequence, from the first to the last."""
        start_after = keys.ledger_entry(model, after) if after else ""
        for listed in self.bucket.list(keys.ledger(model), start_after):
            if not keys.is_ledger_entry(listed.key):
                return  # markers come after all entries
            yield self.bucket.load(listed.key, LedgerEntry)

    def following(self, model: str, after: int) -> Iterator[tuple[LedgerEntry, ObjectRef]]:
        """The entries after one place, each with where it is stored.

        Read one by one until there is no next one, since sequences have no gaps: for few entries that costs less than
        the listing of `entries`. One that was overwritten is passed over: the audit tells of it.
        """
        while content := self.bucket.find(keys.ledger_entry(model, after + 1)):
            after += 1
            with suppress(ValidationError):
                yield LedgerEntry.model_validate_json(content.body), content.stored

    def at(self, model: str, sequence: int) -> LedgerEntry | None:
        """The entry at one place; None where there is none, or it was overwritten, which the audit tells of."""
        try:
            return self._find(model, sequence)
        except ValidationError:
            return None

    def length(self, model: str) -> int:
        """How many entries a model's chain has."""
        head = self._head(model)
        return head.sequence if head else 0

    def knows(self, model: str, action: Action, identity: str) -> bool:
        """Whether a decision is written, and was announced."""
        marked = self.bucket.find(keys.ledger_marker(model, action, identity))
        return marked is not None and marked.body != b""

    def of_action(self, model: str, action: Action) -> list[LedgerEntry]:
        """The entries of one action, in their order, by their markers: it costs the same however many others there are.

        One that was overwritten or removed is left out: the audit tells of it.
        """
        listed = self.bucket.list(keys.ledger_markers(model, action))
        markers = prefetch_map(lambda one: self.bucket.find(one.key), (one for one in listed if one.size))
        places = sorted(int(found.body) for found in markers if found)
        entries = prefetch_map(lambda place: self.at(model, place), places)
        return [entry for entry in entries if entry and entry.action == action]

    def marker(self, model: str, action: str, identity: str) -> EntryMarker | None:
        """What a decision's marker says; None where there is none."""
        found = self.bucket.find(keys.ledger_marker(model, action, identity))
        if found is None:
            return None
        place = int(found.body) if found.body.isdigit() else None
        return EntryMarker(place, found.noted.get(_HASH, ""))

    def _find(self, model: str, sequence: int) -> LedgerEntry | None:
        """One entry; those that this process read lately are remembered, since entries never change."""
        if (model, sequence) not in self._seen:
            content = self.bucket.find(keys.ledger_entry(model, sequence))
            if content is None:
                return None
            self._seen[model, sequence] = LedgerEntry.model_validate_json(content.body)
            for old in list(self._seen)[:-_REMEMBERED]:
                del self._seen[old]
        return self._seen[model, sequence]

    def _head(self, model: str) -> LedgerEntry | None:
        """The last entry, by leaps and then halves from where this process saw the end last.

        Sequences have no gaps, so a million entries are passed with some forty reads, and an unchanged ledger with one.
        """
        head = self._heads.get(model)
        low, step = head.sequence if head else 0, 1
        while found := self._find(model, low + step):
            head, low, step = found, low + step, step * 2
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            if found := self._find(model, middle):
                head, low = found, middle
            else:
                high = middle
        if head:
            self._heads[model] = head
        return head

    def _written(self, decision: Decision, after: int, last: int) -> LedgerEntry | None:
        """The entry of a decision, should it be among those after one place and up to another."""
        for sequence in range(last, after, -1):
            try:
                entry = self._find(decision.model, sequence)
            except ValidationError:  # overwritten: the audit tells of it; what is decided is recorded all the same
                continue
            if entry and entry.identity == decision.identity:
                return entry
        return None
