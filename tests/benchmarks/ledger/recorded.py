"""A ledger in memory as a bucket holds it: entries, markers and checkpoints of several models."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import rfc8785

from steward.events import ObjectRef
from steward.ledger import Decision, EntryMarker, LedgerEntry
from steward.ledger.chain_examination import ChainExamination
from steward.ledger.checkpoint_examination import examine_checkpoints
from steward.ledger.checkpoints import ChainHead, Checkpoint
from steward.ledger.tampering import Tampering

BUCKET = "steward-ledger"
START = datetime(2026, 1, 1, tzinfo=UTC)
DEPLOYMENT = "_deployment"
ACTIONS = ("batch_ingested", "check_completed", "alert_raised", "training_completed", "champion_promoted")

type Markers = dict[tuple[str, str], EntryMarker]


@dataclass
class Chain:
    """One model's part: bodies by place, and markers by decision."""

    model: str
    bodies: dict[int, bytes] = field(default_factory=dict)
    markers: Markers = field(default_factory=dict)

    def append(self, number: int, action: str | None = None, evidence: tuple[ObjectRef, ...] = ()) -> None:
        """Record one more decision."""
        place = len(self.bodies) + 1
        head = LedgerEntry.model_validate_json(self.bodies[place - 1]) if place > 1 else None
        decision = Decision(
            identity=f"{self.model}-{number}",
            model=self.model,
            action=action or ACTIONS[number % len(ACTIONS)],
            subject=f"20260101T{number:06d}",
            summary=f"decision {number}, as a person reads it — with the figures it rests on",
            as_of=START + timedelta(minutes=number),
            correlation_id=f"{number:016x}",
            evidence=evidence or (_reference(f"checks/{self.model}/{number}.json"),),
        )
        at = START + timedelta(minutes=number)
        entry = LedgerEntry.following(head, decision, function="check_window", recorded_at=at, function_version="0.1.0")
        self.bodies[place] = entry.model_dump_json().encode()
        self.markers[entry.action, entry.identity] = EntryMarker(place, entry.hash)

    def head(self) -> ChainHead:
        """The last entry."""
        place = max(self.bodies)
        return ChainHead(model=self.model, sequence=place, hash=json.loads(self.bodies[place])["hash"])

    def contents(self) -> list[dict]:
        """The entries as JSON, in their order."""
        return [json.loads(self.bodies[place]) for place in sorted(self.bodies)]

    def rewrite(self, contents: list[dict], first: int) -> None:
        """Store entries as a chain that holds in itself, from a place on."""
        kept = {place: body for place, body in self.bodies.items() if place < first}
        previous = json.loads(kept[first - 1])["hash"] if first > 1 else "0" * 64
        for place, content in enumerate(contents, start=first):
            linked = {**content, "sequence": place, "previous": previous}
            linked.pop("hash", None)
            previous = linked["hash"] = hashlib.sha256(rfc8785.dumps(linked)).hexdigest()
            kept[place] = json.dumps(linked).encode()
        self.bodies = kept


@dataclass
class Recorded:
    """A whole ledger."""

    chains: dict[str, Chain]
    checkpoints: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> "Recorded":
        """One that can be changed."""
        chains = {name: Chain(name, dict(one.bodies), dict(one.markers)) for name, one in self.chains.items()}
        return Recorded(chains, dict(self.checkpoints))

    def checkpoint(self, number: int) -> None:
        """Write one more checkpoint, and record it."""
        last = Checkpoint.model_validate_json(self.checkpoints[number - 1]) if number > 1 else None
        heads = [chain.head() for chain in self.chains.values() if chain.bodies]
        at = START + timedelta(days=number)
        written = Checkpoint.following(last, heads, ledger=BUCKET, at=at, signer=None)
        self.checkpoints[number] = written.model_dump_json().encode()
        digest = hashlib.sha256(self.checkpoints[number]).hexdigest()
        reference = ObjectRef(key=f"_checkpoints/c{number:010d}.json", version_id="v", sha256=digest)
        self.chains[DEPLOYMENT].append(number, "ledgers_verified", (reference,))

    def examine(self, *, whole: bool = True, only: str | None = None) -> list[Tampering]:
        """Look at all of it, or at what came after the last checkpoint; or at one model's chain, or none, alone."""
        named = {
            int(content["evidence"][0]["key"][14:24]): content["evidence"][0]["sha256"]
            for content in self._readable(DEPLOYMENT)
        }
        good, found = examine_checkpoints(sorted(self.checkpoints.items()), BUCKET, lambda _: True, named)
        models = {*self.chains, *(head.model for one in good for head in one.heads)}
        for model in sorted(models if only is None else {only} - {""}):
            chain = self.chains.get(model) or Chain(model)
            witnesses = [head for one in good if (head := one.head_of(model))]
            start = None if whole or not good else good[-1].head_of(model)
            found += examine_chain(chain, witnesses, start)
        return found

    def _readable(self, model: str) -> Iterator[dict]:
        for body in self.chains[model].bodies.values() if model in self.chains else ():
            try:
                yield json.loads(body)
            except ValueError:
                continue


def examine_chain(chain: Chain, witnesses: list[ChainHead], start: ChainHead | None) -> list[Tampering]:
    """Follow one chain."""
    examination = ChainExamination(chain.model, start=start, witnesses=witnesses)
    matched = set()

    def find_marker(action: str, identity: str) -> EntryMarker | None:
        matched.add((action, identity))
        return chain.markers.get((action, identity))

    for place in sorted(chain.bodies):
        if not start or place >= start.sequence:
            examination.add(place, chain.bodies[place], find_marker)
    left = (
        []
        if start
        else [one.sequence for decision, one in chain.markers.items() if decision not in matched and one.sequence]
    )
    return examination.finish(left)


def record(models: int = 5, entries: int = 10_000, every: int = 1_000) -> Recorded:
    """A ledger of so many entries over so many models, with a checkpoint each so many entries."""
    names = [f"model-{number}" for number in range(models)]
    recorded = Recorded({name: Chain(name) for name in (*names, DEPLOYMENT)})
    for number in range(entries):
        recorded.chains[names[number * 7 % models]].append(number)
        if number % every == every - 1:
            recorded.checkpoint(number // every + 1)
    return recorded


def _reference(key: str) -> ObjectRef:
    return ObjectRef(key=key, version_id=key[-8:], sha256=hashlib.sha256(key.encode()).hexdigest())
