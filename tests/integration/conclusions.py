"""What Steward concluded: all that must be the same, whatever died meanwhile, but for names given by chance or time."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arro3.io import read_parquet

from steward.defects.correction import standing
from steward.ledger import LedgerEntry, verify

from .memory_cloud import DATA, LEDGER
from .redelivery import World

MODEL = "lemons"
CHAINS = (MODEL, "_deployment", "unknown")
OF_EARLIER_CHECKS = ("schema_consistency", "volume", "no_data", "unmatched_labels")
"""Monitors that compare a window with those that had been checked by then."""

OF_HISTORY = ("estimate_error_", "estimate_coverage_", "drift_loss_correlation")
"""Statistics that rest on earlier checks likewise."""

INTERIM = {"check_completed", "training_declined", "alert_held", "window_attributed"}
"""Entries of what was true in between: how often that was looked at depends on when messages came."""

STORED = ("records", "quarantine", "ids", "outcomes", "attributions", "arrivals", "corrections", "inbox", "specs")
"""Where every object must be there, with what it holds."""

ON_ARRIVAL = f"arrivals/{MODEL}/unmatched/"
"""Which labels had no prediction when they came, which depends on what came first; `unmatched_labels` reads it."""

THERE = ("commands/", f"reports/{MODEL}/audits/", f"reports/{MODEL}/periodic/")
"""Where every object must be there."""

_OWN = re.compile(r'"(version_id|sha256)": ?"[^"]*",?')


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What was concluded.

    Attributes:
        names: what stands for the names that runs, versions and defects got by chance.
        objects: what is stored, by key, with these names replaced.
        stored: what was decided, by name.
        recorded: the entries of the ledger, how often each.
        told: what people were told, by the message's id: one that comes twice under its id is one.
    """

    names: "Names"
    objects: dict[str, bytes]
    stored: dict[str, str]
    recorded: Counter[str]
    told: Counter[str]

    def differences(self, other: "Conclusions") -> list[str]:
        """What is not the same in both, as sentences."""
        found = [
            f"{name}: {_excerpt(self.stored.get(name), other.stored.get(name))}"
            for name in sorted(self.stored.keys() | other.stored.keys())
            if self.stored.get(name) != other.stored.get(name)
        ]
        for key in sorted(self.objects.keys() | other.objects.keys()):
            if self.objects.get(key) != other.objects.get(key):  # most have the same bytes, and need not be read
                mine, theirs = self.content(key), other.content(key)
                found += [f"{key}: {_excerpt(mine, theirs)}"] if mine != theirs else []
        for what, mine, theirs in (("ledger", self.recorded, other.recorded), ("told", self.told, other.told)):
            found += [f"{what} lost: {one}" for one in sorted((mine - theirs).elements())]
            found += [f"{what} more: {one}" for one in sorted((theirs - mine).elements())]
        return found

    def content(self, key: str) -> str | None:
        """What an object holds, with these names replaced; None where there is none."""
        body = self.objects.get(key)
        return None if body is None else self.names.replaced(_content(key, body))


def _excerpt(mine: str | None, theirs: str | None) -> str:
    if mine is None or theirs is None:
        return "is not there" if theirs is None else "should not be there"
    at = next((at for at, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), 0)
    return f"{mine[max(0, at - 60) : at + 100]!r} is {theirs[max(0, at - 60) : at + 100]!r}"


def conclusions(world: World) -> Conclusions:
    """What is concluded now.

    Raises:
        AssertionError: the ledger's chain is broken, or has a decision twice.
    """
    data = world.cloud.current(DATA)
    entries = {chain: list(_entries(world, chain)) for chain in CHAINS}
    for chain in entries.values():
        verify(chain)
        identities = Counter(entry.identity for entry in chain)
        assert not [identity for identity, times in identities.items() if times > 1]
    names = Names.of(data)
    recorded = Counter(
        names.replaced(f"{chain} {entry.action} {entry.subject}")
        for chain, found in entries.items()
        for entry in found
        if entry.action not in INTERIM
    )
    sent = {
        (one["MessageAttributes"]["id"]["StringValue"], one.get("Subject", "")) for one in world.cloud.notifications
    }
    told = Counter(names.replaced(subject) for _, subject in sent)
    schedules = {name: schedule["ScheduleExpression"] for name, schedule in world.cloud.schedules.items()}
    stored = dict(_stored(data, names)) | {"schedules": json.dumps(schedules, sort_keys=True)}
    kept = {key: body for key, body in data.items() if key.split("/")[0] in STORED and not key.startswith(ON_ARRIVAL)}
    objects = {names.replaced(key): body for key, body in kept.items()}
    return Conclusions(names, objects, stored, recorded, told)


def _entries(world: World, chain: str) -> Iterator[LedgerEntry]:
    for key, body in world.cloud.current(LEDGER).items():
        if key.startswith(f"{chain}/") and "/decisions/" not in key:
            yield LedgerEntry.model_validate_json(body)


@dataclass(frozen=True, slots=True)
class Names:
    """Names that differ from one life to another, and what stands for each."""

    known: dict[str, str]

    @classmethod
    def of(cls, data: dict[str, bytes]) -> "Names":
        known: dict[str, str] = {}
        seen: Counter[str] = Counter()
        runs = [json.loads(body) for key, body in data.items() if _is_run(key)]
        for run in sorted(runs, key=lambda run: (run["as_of"], run["requested_at"], run["run"])):
            day = run["as_of"][:10]
            seen[day] += 1
            known[run["run"]] = f"<run {day} {seen[day]}>"
            if run["version"]:
                known[run["version"]] = f"<version {day} {seen[day]}>"
        for key, body in data.items():
            if key.startswith(f"defects/{MODEL}/"):
                report = json.loads(body)["reports"][0]
                if report["source"] == "person":  # the ID of any other follows from the upload that it is about
                    title = re.sub(r"[^a-z_]+", " ", report["title"].lower())[:90]
                    known[json.loads(body)["defect"]] = f"<defect {title}>"
        return cls(known)

    def replaced(self, text: str) -> str:
        """A text with what stands for the names in it."""
        for name, stand_in in self.known.items():
            text = text.replace(name, stand_in)
        return text


def _is_run(key: str) -> bool:
    return key.startswith(f"runs/{MODEL}/") and not key.endswith("_policy.json")


def _stored(data: dict[str, bytes], names: Names) -> Iterator[tuple[str, str]]:
    def document(key: str) -> Any:
        return json.loads(data[key]) if key in data else None

    profiles = (f"{folder}/{name}" for folder, found in _profiles(data).items() for name in standing(found))
    there = (key for key in data if key.startswith(THERE))
    yield from ((names.replaced(key), "is there") for key in (*there, *profiles))
    for name, value in (*_decided(data, document), *_alerts(document)):
        yield names.replaced(name), names.replaced(json.dumps(value, sort_keys=True, default=str))


def _profiles(data: dict[str, bytes]) -> dict[str, list[str]]:
    """The names of the profiles of each version and window."""
    found: dict[str, list[str]] = {}
    for key in data:
        if key.startswith("profiles/"):
            folder, _, name = key.rpartition("/")
            found.setdefault(folder, []).append(name.removesuffix(".json"))
    return found


def _decided(data: dict[str, bytes], document: Any) -> Iterator[tuple[str, object]]:
    """How far runs and defects have come, which version is in charge, and what the policy remembers."""
    for key in data:
        if _is_run(key):
            yield key, [document(key)[part] for part in ("stage", "outcome")]
        elif key.startswith(f"defects/{MODEL}/"):
            found = document(key)
            steps = sorted((step["state"], step["author"], step["owner"]) for step in found["steps"])
            yield key, [steps, found["overdue_reported"], len(found["corrections"]), found["impact"].get("windows", [])]
    routing = document(f"models/{MODEL}/routing.json")
    if routing:
        promotions = [[one[part] for part in ("version", "run", "rolled_back")] for one in routing["promotions"]]
        yield "routing", [promotions, bool(routing["freeze"]), [held["run"] for held in routing["held"]]]
    policy = document(f"runs/{MODEL}/_policy.json")
    if policy:
        yield "policy", [sorted(policy["labels"].items()), policy["last_run"]]


def _alerts(document: Any) -> Iterator[tuple[str, object]]:
    """The check that stands of each window, what alerts know of it, and what was told and done."""
    alerts = document(f"alerts/{MODEL}.json")
    if not alerts:
        return
    for seen in alerts["checks"].values():
        place = f"{seen['window']} {seen['version']}"
        check = document(f"checks/{MODEL}/{seen['window']}/{seen['check']}.json")
        if check:
            parts = ("batches", "label_batches", "rows", "labelled_rows", "corrections")
            results = [
                result
                for result in check["results"]
                if result["monitor"] not in OF_EARLIER_CHECKS and not str(result["statistic"]).startswith(OF_HISTORY)
            ]
            yield f"check {place}", [[check[part] for part in parts], results]
        findings = seen["findings"].items()
        yield f"findings {place}", {name: one["status"] for name, one in findings if name not in OF_EARLIER_CHECKS}
    yield "champion that alerts know", alerts.get("champion")
    for name, told in alerts["deliveries"].items():
        last = told["last"] and [told["last"][part] for part in ("change", "version", "window", "severity")]
        yield f"alert {name}", [last, told["lease"] is not None]
    deeds = [[deed[part] for part in ("monitor", "window", "done")] for deed in alerts["executions"].values()]
    yield "actions", sorted(deeds)


def _content(key: str, body: bytes) -> str:
    """What an object holds, without the versions and hashes of others that it names."""
    if key.endswith(".parquet"):
        table = read_parquet(io.BytesIO(body)).read_all()
        return json.dumps({name: table.column(name).to_pylist() for name in table.column_names}, default=str)
    if key.endswith(".json"):
        return _OWN.sub("", body.decode())
    return body.hex()
