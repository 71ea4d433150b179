"""Appending to the ledger, and reading it."""

import random
import time
from collections.abc import Iterator
from datetime import datetime

from steward.errors import Conflict
from steward.ledger import Decision, LedgerEntry
from steward.store import keys
from steward.store.bucket import Bucket

_ATTEMPTS = 20
_RECENT = 16
"""How many of the last entries are searched for a decision whose writer died before it could mark it as written."""


class Ledger:
    """The append-only history in the ledger bucket; one chain a model."""

    def __init__(self, bucket: Bucket, function: str) -> None:
        self.bucket = bucket
        self.function = function
        self._heads: dict[str, int] = {}

    def append(self, decision: Decision, *, recorded_at: datetime) -> LedgerEntry:
        """Write a decision at the end of its model's chain; the entry it has already when it was written before.

        Raises:
            Conflict: other writers took the next place every time.
        """
        marker = keys.ledger_marker(decision.model, decision.identity)
        marked = self.bucket.find(marker)
        if marked:
            return self._entry(decision.model, int(marked.body))
        for attempt in range(_ATTEMPTS):
            head = self._head(decision.model)
            written = self._recent(decision, head)
            if written is None:
                entry = LedgerEntry.following(head, decision, function=self.function, recorded_at=recorded_at)
                try:
                    self.bucket.create(
                        keys.ledger_entry(decision.model, entry.sequence), entry.model_dump_json().encode()
                    )
                except Conflict:
                    time.sleep(random.uniform(0, 0.03 * 2 ** min(attempt, 5)))  # noqa: S311
                    continue
                written = entry
                self._heads[decision.model] = entry.sequence
            self.bucket.ensure(marker, str(written.sequence).encode(), "text/plain")
            return written
        raise Conflict(f"the ledger of {decision.model} took {_ATTEMPTS} other entries first; try again")

    def entries(self, model: str) -> Iterator[LedgerEntry]:
        """Every entry of a model, from the first to the last."""
        for listed in self.bucket.list(keys.ledger(model)):
            if "/decisions/" not in listed.key:
                yield LedgerEntry.model_validate_json(self.bucket.get(listed.key).body)

    def _entry(self, model: str, sequence: int) -> LedgerEntry:
        return LedgerEntry.model_validate_json(self.bucket.get(keys.ledger_entry(model, sequence)).body)

    def _head(self, model: str) -> LedgerEntry | None:
        """The last entry; the search starts where this process saw the end last."""
        sequence = self._heads.get(model, 0)
        start_after = keys.ledger_entry(model, sequence) if sequence else ""
        for listed in self.bucket.list(keys.ledger(model), start_after):
            if "/decisions/" in listed.key:
                break
            sequence = int(listed.name)
        self._heads[model] = sequence
        return self._entry(model, sequence) if sequence else None

    def _recent(self, decision: Decision, head: LedgerEntry | None) -> LedgerEntry | None:
        entry = head
        for _ in range(_RECENT):
            if entry is None or entry.identity == decision.identity:
                return entry
            entry = self._entry(decision.model, entry.sequence - 1) if entry.sequence > 1 else None
        return None
