"""Writers that race: nothing is lost, and the ledger's chain holds."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from moto.core.botocore_stubber import BotocoreStubber
from pydantic import BaseModel

from steward.errors import Conflict
from steward.ledger import Decision, verify
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from steward.store.ledger_reading import LedgerReader

from .deployment import EPOCH, Deployment

WRITERS, TURNS = 4, 25


class Tally(BaseModel):
    """A state to race for."""

    seen: list[str] = []


@pytest.fixture(autouse=True)
def _atomic_requests() -> Iterator[None]:
    """S3 does each conditional write as one; moto looks first and then writes, so one request at a time it is."""
    one_at_a_time = threading.Lock()
    answer = BotocoreStubber.__call__

    def locked(self: BotocoreStubber, *arguments: Any, **named: Any) -> Any:
        with one_at_a_time:
            return answer(self, *arguments, **named)

    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    with patch.object(BotocoreStubber, "__call__", locked):
        yield
    sys.setswitchinterval(often)


def race(write: Callable[[int, int], object]) -> None:
    """Every writer takes all its turns, side by side with the others."""
    with ThreadPoolExecutor(WRITERS) as pool:
        turns = [pool.submit(lambda who=who: [write(who, turn) for turn in range(TURNS)]) for who in range(WRITERS)]
        for turn in turns:
            turn.result()


def decision(who: int, turn: int) -> Decision:
    return Decision(
        identity=f"{who}-{turn}", model="lemons", action="check_completed", subject="a window",
        summary=f"turn {turn} of {who}", as_of=EPOCH, correlation_id="race",
    )  # fmt: skip


def test_racing_writers_lose_no_ledger_entry_and_the_chain_verifies(steward: Deployment) -> None:
    ledgers = [Ledger(Bucket(steward.ledger), f"writer-{who}") for who in range(WRITERS)]
    race(lambda who, turn: ledgers[who].append(decision(who, turn), recorded_at=EPOCH))
    entries = verify(steward.entries("lemons"))
    assert {entry.identity for entry in entries} == {f"{who}-{turn}" for who in range(WRITERS) for turn in range(TURNS)}
    assert len(entries) == WRITERS * TURNS


def test_a_decision_told_by_racing_writers_is_written_once(steward: Deployment) -> None:
    ledgers = [Ledger(Bucket(steward.ledger), f"writer-{who}") for who in range(WRITERS)]
    race(lambda who, turn: ledgers[who].append(decision(0, turn), recorded_at=EPOCH))
    entries = verify(steward.entries("lemons"))
    assert sorted(entry.identity for entry in entries) == sorted(f"0-{turn}" for turn in range(TURNS))


@pytest.mark.parametrize("entries_before", [0, 3])
def test_a_decision_that_another_writes_while_its_marker_is_being_made_is_written_once(
    steward: Deployment, entries_before: int
) -> None:
    for turn in range(entries_before):
        Ledger(Bucket(steward.ledger), "before").append(decision(9, turn), recorded_at=EPOCH)
    real, overtaken = Bucket.create, []

    def create(self: Bucket, key: str, body: bytes, *rest: Any, **noted: Any) -> Any:
        stored = real(self, key, body, *rest, **noted)
        if "/decisions/" in key and not overtaken:
            overtaken.append(key)
            Ledger(Bucket(steward.ledger), "faster").append(decision(0, 0), recorded_at=EPOCH)
        return stored

    with patch.object(Bucket, "create", create):
        entry = Ledger(Bucket(steward.ledger), "slower").append(decision(0, 0), recorded_at=EPOCH)
    assert (entry.function, entry.sequence) == ("faster", entries_before + 1)
    assert len(verify(steward.entries("lemons"))) == entries_before + 1


@pytest.mark.parametrize("dies_before", ["the entry", "its marker is closed"])
def test_a_decision_whose_writer_died_is_written_once_however_many_came_after_it(
    steward: Deployment, dies_before: str
) -> None:
    ledger = Ledger(Bucket(steward.ledger), "writer")
    ledger.append(decision(0, 0), recorded_at=EPOCH)
    real = Bucket.create

    def die(self: Bucket, key: str, body: bytes, *rest: Any, **noted: Any) -> Any:
        stored = real(self, key, body, *rest, **noted) if not body or dies_before != "the entry" else None
        if body:
            raise TimeoutError("the function ran out of time")
        return stored

    with patch.object(Bucket, "create", die), pytest.raises(TimeoutError):
        ledger.append(decision(0, 1), recorded_at=EPOCH)
    others = Ledger(Bucket(steward.ledger), "another")
    for turn in range(2, 300):
        others.append(decision(0, turn), recorded_at=EPOCH)
    assert not others.knows("lemons", "check_completed", "0-1")
    for _ in range(2):
        again = Ledger(Bucket(steward.ledger), "writer")
        again.close(again.append(decision(0, 1), recorded_at=EPOCH))
    assert others.knows("lemons", "check_completed", "0-1")
    assert len(verify(steward.entries("lemons"))) == 300
    assert LedgerReader(others, None).examine("lemons")[1] == []


def test_racing_writers_of_a_state_lose_no_change(steward: Deployment) -> None:
    bucket = Bucket(steward.data)

    def add(who: int, turn: int) -> None:
        mark = f"{who}-{turn}"
        bucket.update("state.json", Tally, lambda present: Tally(seen=[*(present or Tally()).seen, mark]))

    race(add)
    seen = Tally.model_validate_json(bucket.get("state.json").body).seen
    assert len(seen) == len(set(seen)) == WRITERS * TURNS


def test_of_racing_creators_one_creates(steward: Deployment) -> None:
    bucket = Bucket(steward.data)
    created: list[tuple[int, int]] = []

    def create(who: int, turn: int) -> None:
        try:
            bucket.create(f"object-{turn}", f"{who}".encode())
        except Conflict:
            return
        created.append((turn, who))

    race(create)
    assert sorted(turn for turn, _ in created) == list(range(TURNS))
    for turn, who in created:
        assert bucket.get(f"object-{turn}").body == f"{who}".encode()
