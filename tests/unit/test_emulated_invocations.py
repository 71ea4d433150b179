"""The emulator's record of invocations, and how it gathers batches."""

import json
from pathlib import Path

from infra.local.batching_windows import is_gathering
from infra.local.invocations import FunctionCost, add_up, names_of
from infra.local.work import FILE, Work


def test_costs_are_added_up_by_function_and_for_all() -> None:
    lines = [
        json.dumps({"function": f"steward-{name}-1A", "seconds": 2.0, "processor_seconds": cost, "cold": cost > 1})
        for name, cost in (("CheckWindow", 0.5), ("TrainModel", 5.0), ("CheckWindow", 1.5))
    ]
    assert list(add_up(lines)) == [
        ("TrainModel", FunctionCost(1, 1, 2.0, 5.0)),
        ("CheckWindow", FunctionCost(2, 1, 4.0, 2.0)),
        ("all", FunctionCost(3, 2, 6.0, 7.0)),
    ]


def test_what_woke_a_function_is_named() -> None:
    assert names_of({"detail-type": "CheckCompleted"}) == ["CheckCompleted"]
    assert names_of({"Records": [{"body": json.dumps({"detail-type": "BatchIngested"})}]}) == ["BatchIngested"]
    assert names_of({"rawPath": "/models"}) == ["request"]
    assert names_of("text") == []


def test_a_batch_is_gathered_until_it_is_full_or_its_window_is_over() -> None:
    messages = [{"sent_at": 100.0}, {"sent_at": 110.0}]
    assert is_gathering(messages, 10, 60, now=120)
    assert not is_gathering(messages, 2, 60, now=120)
    assert not is_gathering(messages, 10, 60, now=160)


def test_what_is_left_to_do_is_read_as_it_was_written(tmp_path: Path) -> None:
    work = Work(1.5, 2, {"steward-CheckWindowQueue-1A": 3})
    (tmp_path / FILE).write_text(json.dumps(work))
    assert Work.read(tmp_path) == work
