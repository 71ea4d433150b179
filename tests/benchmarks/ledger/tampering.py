"""What an intruder does to a ledger: each function changes it, and returns whose chain it was, and which places."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from steward.ledger import EntryMarker
from steward.ledger.tampering import Tampering
from tests.benchmarks.ledger.recorded import DEPLOYMENT, Chain, Recorded

FIELDS = ("summary", "subject", "identity", "as_of", "function", "correlation_id", "recorded_at", "action")


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to be found: the model, or empty for checkpoints, and the first place; or a range that contains it."""

    model: str
    place: int
    within: bool = False

    def matches(self, found: list[Tampering]) -> bool:
        """Whether the first finding about this model is of this place."""
        first = next((one for one in found if one.model == self.model), None)
        if first is None:
            return False
        return first.first <= self.place <= first.last if self.within else first.first == self.place


type Tamper = Callable[[Recorded, random.Random], Expected]


def _chain(ledger: Recorded, draw: random.Random) -> Chain:
    return ledger.chains[draw.choice([name for name in sorted(ledger.chains) if name != DEPLOYMENT])]


def _covered(ledger: Recorded, chain: Chain) -> int:
    """The last place that a checkpoint covers."""
    heads = json.loads(ledger.checkpoints[max(ledger.checkpoints)])["heads"]
    return next(head["sequence"] for head in heads if head["model"] == chain.model)


def _edited(content: dict, draw: random.Random) -> dict:
    field = draw.choice(FIELDS)
    return {**content, field: "champion_rolled_back" if field == "action" else content[field] + "0"}


def _forged(draw: random.Random) -> dict:
    forged = {"action": "champion_promoted", "subject": "20260101-mine", "identity": f"forged-{draw.random()}"}
    return {"schema_version": 1, "model": "m", "summary": "all is well", "function": "release_model", **forged}


def change_content(ledger: Recorded, draw: random.Random) -> Expected:
    """One entry says something else."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies))
    chain.bodies[place] = json.dumps(_edited(json.loads(chain.bodies[place]), draw)).encode()
    return Expected(chain.model, place)


def change_byte(ledger: Recorded, draw: random.Random) -> Expected:
    """One byte of an entry is another one."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies))
    body = bytearray(chain.bodies[place])
    body[draw.randrange(len(body))] ^= 1 << draw.randrange(7)
    chain.bodies[place] = bytes(body)
    return Expected(chain.model, place)


def change_with_hash(ledger: Recorded, draw: random.Random) -> Expected:
    """One entry says something else, with a hash that fits."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies))
    changed = Chain(chain.model, dict(chain.bodies))
    changed.rewrite([{**json.loads(chain.bodies[place]), "summary": "nothing happened"}], place)
    chain.bodies[place] = changed.bodies[place]
    return Expected(chain.model, place)


def remove(ledger: Recorded, draw: random.Random) -> Expected:
    """One entry is gone."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies) - 1)
    del chain.bodies[place]
    return Expected(chain.model, place)


def remove_and_close(ledger: Recorded, draw: random.Random) -> Expected:
    """One is gone, and those behind are in the place of the one before: as they are, or as a chain that holds."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies) - 1)
    contents = chain.contents()
    del contents[place - 1]
    if draw.random() < 0.5:
        chain.rewrite(contents[place - 1 :], place)
    else:
        chain.bodies = {at: json.dumps(content).encode() for at, content in enumerate(contents, start=1)}
    return Expected(chain.model, place)


def insert(ledger: Recorded, draw: random.Random) -> Expected:
    """One that nobody recorded, and those behind moved on: as they are, or as a chain that holds."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies))
    contents, forged = chain.contents(), _forged(draw)
    if draw.random() < 0.5:
        contents.insert(place - 1, forged)
        chain.rewrite(contents[place - 1 :], place)
    else:
        made = Chain(chain.model, dict(chain.bodies))
        made.rewrite([forged], place)
        contents.insert(place - 1, json.loads(made.bodies[place]))
        chain.bodies = {at: json.dumps(content).encode() for at, content in enumerate(contents, start=1)}
    return Expected(chain.model, place)


def reorder(ledger: Recorded, draw: random.Random) -> Expected:
    """Two have changed places: as they are, or as a chain that holds."""
    chain = _chain(ledger, draw)
    one, other = sorted(draw.sample(range(1, len(chain.bodies) + 1), 2))
    contents = chain.contents()
    contents[one - 1], contents[other - 1] = contents[other - 1], contents[one - 1]
    if draw.random() < 0.5:
        chain.rewrite(contents[one - 1 :], one)
    else:
        chain.bodies = {at: json.dumps(content).encode() for at, content in enumerate(contents, start=1)}
    return Expected(chain.model, one)


def cut(ledger: Recorded, draw: random.Random) -> Expected:
    """The end is gone; half the time with its markers, where a checkpoint has covered it."""
    chain = _chain(ledger, draw)
    markers = draw.random() < 0.5
    place = draw.randint(1, _covered(ledger, chain) if markers else len(chain.bodies))
    chain.bodies = {at: body for at, body in chain.bodies.items() if at < place}
    if markers:
        chain.markers = {name: marker for name, marker in chain.markers.items() if (marker.sequence or 0) < place}
    return Expected(chain.model, place)


def rewrite(ledger: Recorded, draw: random.Random) -> Expected:
    """From a place on there is another chain, which holds in itself."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, len(chain.bodies))
    contents = chain.contents()[place - 1 :]
    contents[0]["summary"] = "nothing happened"
    chain.rewrite(contents, place)
    return Expected(chain.model, place)


def rewrite_with_markers(ledger: Recorded, draw: random.Random) -> Expected:
    """The same with new markers, where a checkpoint has covered it: all but the checkpoints agrees."""
    chain = _chain(ledger, draw)
    place = draw.randint(1, _covered(ledger, chain))
    contents = chain.contents()[place - 1 :]
    contents[0]["summary"] = "nothing happened"
    chain.rewrite(contents, place)
    for at, body in chain.bodies.items():
        content = json.loads(body)
        chain.markers[content["action"], content["identity"]] = EntryMarker(at, content["hash"])
    return Expected(chain.model, place, within=True)


def remove_marker(ledger: Recorded, draw: random.Random) -> Expected:
    """The marker of one entry is gone."""
    chain = _chain(ledger, draw)
    decision = draw.choice(sorted(chain.markers))
    return Expected(chain.model, chain.markers.pop(decision).sequence or 0)


def change_marker(ledger: Recorded, draw: random.Random) -> Expected:
    """The marker of one entry names another hash."""
    chain = _chain(ledger, draw)
    decision = draw.choice(sorted(chain.markers))
    chain.markers[decision] = replace(chain.markers[decision], hash="f" * 64)
    return Expected(chain.model, chain.markers[decision].sequence or 0)


def remove_checkpoint(ledger: Recorded, draw: random.Random) -> Expected:
    """One checkpoint is gone."""
    number = draw.choice(sorted(ledger.checkpoints))
    del ledger.checkpoints[number]
    return Expected("", number)


def change_checkpoint(ledger: Recorded, draw: random.Random) -> Expected:
    """One checkpoint has another head."""
    number = draw.choice(sorted(ledger.checkpoints))
    content = json.loads(ledger.checkpoints[number])
    content["heads"][draw.randrange(len(content["heads"]))]["hash"] = "f" * 64
    ledger.checkpoints[number] = json.dumps(content).encode()
    return Expected("", number)


def remove_model(ledger: Recorded, draw: random.Random) -> Expected:
    """All that a model had is gone, markers too."""
    chain = _chain(ledger, draw)
    del ledger.chains[chain.model]
    return Expected(chain.model, 1)


TAMPERINGS: dict[str, tuple[Tamper, ...]] = {
    "changed": (change_content, change_byte, change_with_hash),
    "removed": (remove, remove_and_close),
    "inserted": (insert,),
    "reordered": (reorder,),
    "cut off at the end": (cut,),
    "rewritten from a place on": (rewrite, rewrite_with_markers),
    "a marker removed or changed": (remove_marker, change_marker),
    "a checkpoint removed or changed": (remove_checkpoint, change_checkpoint),
    "a model removed": (remove_model,),
}
"""By the kind that is published, in how many ways it is done."""
