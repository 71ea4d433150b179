"""Following the ledger ends: when nothing came for a while, and, for an answer, when nothing of its own chain did."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from unittest.mock import patch

import pytest

from steward.cli.history import follow, line
from steward.events import ObjectRef
from steward.ledger import Decision, LedgerEntry

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def entry(sequence: int, chain: str, key: str = "") -> LedgerEntry:
    evidence = (ObjectRef(key=key, version_id="1", sha256="0" * 64),) if key else ()
    decision = Decision(
        identity=f"{sequence}",
        model="lemons",
        action="check_completed",
        subject="20240115T000000Z_1d v1",
        summary="400 rows",
        as_of=NOW,
        correlation_id=chain,
        evidence=evidence,
    )
    return LedgerEntry(**decision.model_dump(), sequence=sequence, function="f", recorded_at=NOW, previous="")


class Busy:
    """A ledger that has a new entry of another chain at each look, and at some looks one of ours."""

    def __init__(self, ours: set[int]) -> None:
        self.looks = count(1)
        self.ours = ours

    def entries(self, _: str, after: int) -> Iterator[LedgerEntry]:
        look = next(self.looks)
        yield entry(after + 1, "ours" if look in self.ours else "others")


@pytest.fixture
def clock() -> Iterator[None]:
    """A clock that moves while somebody sleeps."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with patch("time.monotonic", lambda: now[0]), patch("time.sleep", sleep):
        yield


@pytest.mark.usefixtures("clock")
def test_a_wait_for_an_answer_ends_however_much_else_happens() -> None:
    ledger = Busy(ours=set())
    assert list(follow(ledger, "lemons", after=0, seconds=10, about="ours")) == []  # type: ignore[arg-type]
    assert next(ledger.looks) == 22


@pytest.mark.usefixtures("clock")
def test_an_entry_of_the_chain_prolongs_the_wait() -> None:
    ledger = Busy(ours={1, 15, 30})
    found = list(follow(ledger, "lemons", after=0, seconds=10, about="ours"))  # type: ignore[arg-type]
    assert [one.sequence for one in found] == [1, 15, 30]
    assert next(ledger.looks) == 51


@pytest.mark.usefixtures("clock")
def test_no_patience_means_one_look() -> None:
    ledger = Busy(ours={1})
    assert len(list(follow(ledger, "lemons", after=0, seconds=0))) == 1  # type: ignore[arg-type]


def test_a_line_has_the_id_of_the_check_that_it_rests_on() -> None:
    of_check = entry(1, "ours", "checks/lemons/20240115T000000Z_1d/9cf288be9457e139.json")
    assert line(of_check).endswith("20240115T000000Z_1d v1  9cf288be9457e139  400 rows")
    assert line(entry(1, "ours", "models/lemons/specs/000001.json")).endswith("20240115T000000Z_1d v1  400 rows")
