"""Whatever became of a text file, it ends as taken in, partly taken in or refused with a reason."""

import contextlib
import csv
import gzip
import io
import json
import random

import zstandard

from steward.errors import BatchInvalid

INJECTED = "two\nlines\nX1,2013-03-04T12:30:00Z,0.9,1,1400,10.5,UA,EWR,free"
SIGNS = b'",\n\r;\x00\xff\t{}[]:\\ a0'


def written(row, chance: random.Random) -> tuple[bytes, str]:
    rows = [row(flight=f"UA{at}", note=chance.choice(["x", 'said "no"', INJECTED, ""])) for at in range(12)]
    if chance.random() < 0.3:
        return "".join(json.dumps(each) + "\n" for each in rows).encode(), chance.choice(["a.jsonl", "part-0"])
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(
        stream, [*rows[0]], delimiter=chance.choice(",;\t"), lineterminator=chance.choice(["\n", "\r\n", "\r"])
    )
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode(), chance.choice(["a.csv", "a.tsv", "data_0_0_0"])


def mutated(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(len(content) + 1)
        sign = bytes([chance.choice(SIGNS)])
        content = chance.choice(
            [
                content[:at] + sign + content[at + 1 :],
                content[:at] + sign * chance.choice([1, 2, 5000]) + content[at:],
                content[:at] + content[at + chance.choice([1, 5, 100]) :],
                content[: at + 50] + content[at:],
                content[:at] if chance.random() < 0.2 else content,
            ]
        )
    return content


def test_a_mutated_file_is_read_row_by_row_or_refused_with_a_reason(judge, row):
    ends = set()
    for seed in range(200):
        chance = random.Random(seed)  # noqa: S311 - the same files in every run
        content, name = written(row, chance)
        ending, compress = chance.choice(
            [("", bytes), ("", bytes), (".gz", gzip.compress), (".zst", zstandard.compress)]
        )
        content = mutated(content, chance) if chance.random() < 0.5 else content
        content = mutated(compress(content), chance)
        with contextlib.suppress(BatchInvalid):
            verdict = judge(content, name + ending)
            assert all(rejected.reasons[0].message and json.loads(rejected.content) for rejected in verdict.rejected)
            assert verdict.records.rows + len(verdict.rejected) > 0
            assert "X1" not in verdict.records.ids
            ends.add("partly" if verdict.rejected else "taken")
            continue
        ends.add("refused")
    assert ends == {"taken", "partly", "refused"}
