"""Reads the ledger as it is stored, every version and deletion, for auditors, who trust nobody."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from pydantic import ValidationError

from steward.concurrency import prefetch_map
from steward.events import DEPLOYMENT, ObjectRef
from steward.ledger import EntryMarker
from steward.ledger.canonical_json import read_entry
from steward.ledger.chain_examination import ChainExamination
from steward.ledger.checkpoint_examination import examine_checkpoints
from steward.ledger.checkpoints import ChainHead, Checkpoint
from steward.ledger.tampering import Tampering
from steward.store import keys
from steward.store.ledger import Ledger
from steward.store.signing import SigningKey
from steward.store.stored_objects import ObjectVersion


@dataclass(frozen=True, slots=True)
class StoredLedgerEntry:
    """What is stored at one place of a chain.

    Attributes:
        body: None where the entry was deleted, or something speaks of it and it is not there.
        marker: of the decision that the entry says it is; None where there is none.
        overwritten: there are other versions of it.
    """

    place: int
    body: bytes | None
    version_id: str = ""
    marker: EntryMarker | None = None
    overwritten: bool = False


class LedgerReader:
    """Examines chains and checkpoints.

    Attributes:
        key: that the deployment signs with; None without one.
    """

    def __init__(self, ledger: Ledger, key: SigningKey | None) -> None:
        self.ledger = ledger
        self.bucket = ledger.bucket
        self.key = key

    def models(self) -> list[str]:
        """Whose chains there are, in order."""
        return [name for name in self.bucket.list_prefixes("") if f"{name}/" != keys.checkpoints()]

    def examine(
        self,
        model: str,
        *,
        start: ChainHead | None = None,
        witnesses: Sequence[ChainHead] = (),
        most: int | None = None,
    ) -> tuple[ChainExamination, list[Tampering]]:
        """Follow a model's chain, from what is known to be good or from its first entry, and find what contradicts it.

        From a start on, it costs the same however many entries are before it. Where anything contradicts, all is read,
        so that what was done is located.

        Args:
            model: whose chain.
            start: the entry from which it is followed; None for the first.
            witnesses: heads of this chain that checkpoints have.
            most: how many entries are read; what markers and witnesses say of those behind is then left for later.
        """
        examination = ChainExamination(model, start=start, witnesses=witnesses)
        left: list[int] = []
        for stored in islice(self.read(model, start=start), most):
            if stored.body is None:
                left.append(stored.place)
            else:
                marker = stored.marker
                examination.add(
                    stored.place,
                    stored.body,
                    lambda _action, _identity, found=marker: found,  # type: ignore[misc]
                    overwritten=stored.overwritten,
                )
        if most and examination.entries + len(left) >= most:
            return examination, examination.finish([])
        found = examination.finish(left)
        if start is None or not found:
            return examination, found
        return self.examine(model, witnesses=[*witnesses, start])

    def read(self, model: str, *, start: ChainHead | None = None) -> Iterator[StoredLedgerEntry]:
        """What is stored of a chain, in the order of the places; those that only markers speak of come last.

        Args:
            model: whose chain.
            start: the first entry; what markers speak of is then left out. None for all.
        """
        matched: set[str] = set()
        start_after = keys.ledger_entry(model, start.sequence - 1) if start else ""
        histories = self.bucket.histories(keys.ledger(model), start_after)
        entries = takewhile(lambda versions: keys.is_ledger_entry(versions[0].key), histories)
        for stored in prefetch_map(self._read, entries):
            if stored.marker and stored.body and not start:
                matched.add(keys.ledger_marker(model, *decision_of(stored.body)))
            yield stored
        for listed in self.bucket.list(keys.ledger_markers(model)) if not start else ():
            if listed.size and listed.key not in matched:
                yield StoredLedgerEntry(int(self.bucket.get(listed.key).body), None)

    def checkpoint_bodies(self) -> Iterator[bytes]:
        """The checkpoints as they are stored, in their order."""
        names = [listed.key for listed in self.bucket.list(keys.checkpoints())]
        return prefetch_map(lambda key: self.bucket.get(key).body, names)

    def checkpoints(self, newest: int | None = None) -> tuple[list[Checkpoint], list[Tampering]]:
        """The checkpoints that hold, in their order, and what was done to the others.

        Args:
            newest: how many are read, from the end; whether the others are there is seen all the same. None reads all.
        """
        listed = list(self.bucket.histories(keys.checkpoints()))
        present = {keys.sequence_of(versions[0].key) for versions in listed if not versions[0].deleted}
        last = max((keys.sequence_of(versions[0].key) for versions in listed), default=0)
        first = max(1, last - newest + 1) if newest else 1
        read = sorted(number for number in present if number >= first)
        bodies = prefetch_map(lambda number: self.bucket.get(keys.checkpoint(number)).body, read)
        recorded = {number: digest for number in range(first, last + 2) if (digest := self._recorded(number))}
        good, found = self._examine(list(zip(read, bodies, strict=True)), recorded, first)
        found += [_removed(number) for number in range(1, first) if number not in present]
        known = {one.first for one in found}
        for versions in listed:
            number = keys.sequence_of(versions[0].key)
            if len(versions) > 1 and number not in known:
                message = f"checkpoint {number} was overwritten: {len(versions)} versions of it are stored"
                found.append(Tampering(kind="checkpoint", model="", first=number, last=number, message=message))
        return good, sorted(found, key=lambda one: one.first)

    def last_number(self) -> int:
        """The highest number that a checkpoint ever had; 0 where there never was one."""
        listed = self.bucket.histories(keys.checkpoints())
        return max((keys.sequence_of(versions[0].key) for versions in listed), default=0)

    def last_checkpoint(self) -> tuple[Checkpoint, ObjectRef] | None:
        """The newest checkpoint that holds by itself; None where there is none."""
        numbers = [keys.sequence_of(listed.key) for listed in self.bucket.list(keys.checkpoints())]
        for number in reversed(numbers):
            stored = self.bucket.get(keys.checkpoint(number))
            digest = self._recorded(number)
            good, _ = self._examine([(number, stored.body)], {number: digest} if digest else {}, number)
            if good:
                return good[0], stored.stored
        return None

    def _examine(
        self, bodies: list[tuple[int, bytes]], recorded: Mapping[int, str], first: int
    ) -> tuple[list[Checkpoint], list[Tampering]]:
        key = self.key.id if self.key else ""
        return examine_checkpoints(bodies, self.bucket.name, self._is_signed, recorded, key=key, first=first)

    def _is_signed(self, checkpoint: Checkpoint) -> bool:
        signature = b64decode(checkpoint.envelope.signatures[0].sig)
        return self.key is not None and self.key.verify(checkpoint.envelope.signed_bytes, signature)

    def _recorded(self, number: int) -> str:
        """SHA-256 of a checkpoint by the ledger's own entry of it; empty where there is none."""
        marker = self.ledger.marker(DEPLOYMENT, "ledgers_verified", keys.checkpoint_identity(number))
        entry = self.ledger.at(DEPLOYMENT, marker.sequence) if marker and marker.sequence else None
        return entry.evidence[0].sha256 if entry and entry.evidence else ""

    def _read(self, versions: tuple[ObjectVersion, ...]) -> StoredLedgerEntry:
        key, place = versions[0].key, keys.sequence_of(versions[0].key)
        if versions[0].deleted:
            return StoredLedgerEntry(place, None, overwritten=True)
        content = self.bucket.get(key)
        action, identity = decision_of(content.body)
        marker = self.ledger.marker(keys.model_of_entry(key), action, identity) if action else None
        return StoredLedgerEntry(place, content.body, content.stored.version_id, marker, len(versions) > 1)


def _removed(number: int) -> Tampering:
    message = f"checkpoint {number} was removed"
    return Tampering(kind="checkpoint", model="", first=number, last=number, message=message)


def decision_of(body: bytes) -> tuple[str, str]:
    """Action and identity of an entry; empty where it cannot be read."""
    try:
        content, _ = read_entry(body)
        return str(content["action"]), str(content["identity"])
    except (ValueError, KeyError, ValidationError):
        return "", ""
