"""The figures of the ledger: `python -m tests.benchmarks.ledger tampering speed start writers publish`.

Each part leaves what it measured under `.local/ledger/`, and `publish` writes the tables into this folder's README.
`writers` takes the endpoint of a stack that runs from the environment (`source .local/stack/env`), else moto.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest.mock import patch

from steward.ledger.canonical_json import read_entry
from tests.benchmarks.ledger.audited import audit_requests
from tests.benchmarks.ledger.recorded import Chain, record
from tests.benchmarks.ledger.tampering import TAMPERINGS
from tests.benchmarks.ledger.writing import append_at_once
from tests.benchmarks.published import README, write
from tests.benchmarks.study.summary import table

FOLDER = Path(__file__).resolve().parents[3] / ".local" / "ledger"
TRIALS = 1000
ENTRIES = 100_000


def measure_tampering() -> list[list[str]]:
    """How many of the tamperings are found, with the right entry."""
    ledger = record(models=5, entries=10_000, every=1_000)
    assert ledger.examine() == []
    rows = []
    known = cache(read_entry)  # most entries are the same in all trials
    with patch("steward.ledger.chain_examination.read_entry", known):
        for kind, ways in TAMPERINGS.items():
            draw = random.Random(f"{kind}")  # noqa: S311 - a seed
            named = found = 0
            for trial in range(TRIALS):
                changed = ledger.copy()
                expected = ways[trial % len(ways)](changed, draw)
                seen = changed.examine(only=expected.model)
                found += bool(seen)
                named += expected.matches(seen)
                known.cache_clear() if trial % 200 == 199 else None
            names = ", ".join(way.__name__.replace("_", " ") for way in ways)
            rows.append([kind, names, f"{TRIALS:,}", f"{found:,}", f"{named:,}"])
            print(rows[-1], flush=True)
    return rows


def measure_speed() -> list[list[str]]:
    """Seconds and peak memory of verifying a long chain, in a process of its own."""
    path = FOLDER / "chain.jsonl"
    if not path.exists():
        chain = Chain("long")
        with path.open("w") as file:
            for number in range(ENTRIES):
                chain.append(number)
                body = chain.bodies[number + 1].decode()
                file.write(json.dumps([body, json.loads(body)["hash"]]) + "\n")
    command = [sys.executable, "-m", "tests.benchmarks.ledger.verifying", str(path)]
    seconds, megabytes = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return [[f"verifying {ENTRIES:,} entries with their markers", "10 s of a processor, 200 MB",
             f"{seconds:.1f} s, {megabytes:.0f} MB"]]  # fmt: skip


def measure_start() -> list[list[str]]:
    """Requests and seconds of following a ledger from its last checkpoint, with few and with many entries before."""
    (few, short), (many, long) = (audit_requests(before) for before in (1_000, 1_000_000))
    said = f"{few} and {many} requests, {short:.2f} s and {long:.2f} s of the processor"
    return [["100 entries behind a checkpoint, 1,000 and 1,000,000 entries before it", "within 1.5 times", said]]


def measure_writers() -> list[list[str]]:
    """16 writers at once."""
    where, entries, seconds, problems = append_at_once(writers=16, entries=5_000, models=5)
    said = f"{entries:,} entries, {problems or 'no gap, no fork, no loss'}, in {seconds:.0f} s"
    return [[f"16 writers at once, 5,000 entries over five models, on {where}", "no gap, fork or loss", said]]


PARTS: dict[str, Callable[[], list[list[str]]]] = {
    "tampering": measure_tampering, "speed": measure_speed, "start": measure_start, "writers": measure_writers,
}  # fmt: skip


def publish() -> None:
    """Write the tables into the README."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
    tampering = table(["kind", "ways", "tamperings", "found", "right entry named"], found.pop("tampering"))
    figures = table(["what", "promised", "measured"], [row for rows in found.values() for row in rows])
    write(README, {"ledger": f"{tampering}\n\n{figures}"})


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[1:]:
        if part == "publish":
            publish()
        else:
            rows = PARTS[part]()
            name = f"{part}-{rows[0][0].rsplit(' ', 1)[-1]}" if part == "writers" else part
            (FOLDER / f"{name}.json").write_text(json.dumps(rows))
            print(rows)
