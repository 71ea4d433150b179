"""An application learns from `routing.json` who answers; while nothing can be read it goes on with what it knows."""

import threading
from typing import Any

import pytest

from steward.client import RoutedClient, ServingVersion
from steward.client import traffic_reader as module
from steward.releasing.routing import Routing
from steward.releasing.traffic import Traffic
from tests.unit.examples import START


def routing(share: float | None = None, shadows: tuple[str, ...] = ()) -> bytes:
    begun = Routing(model="loans").promote("v1", over=None, run="run-v1", as_of=START, promoted_at=START)
    challengers = {"challenger": ("v2", share)} if share else {}
    mode: Any = "canary" if share else "shadow"
    traffic = Traffic.of("release-1", mode, "v1", challengers, since=START, shadows=shadows)
    return begun.model_copy(update={"traffic": traffic if share or shadows else None}).model_dump_json().encode()


def client(load: Any, **options: Any) -> RoutedClient:
    return RoutedClient("loans", "bucket", load=load, send=lambda key, body: None, **options)


def test_an_application_answers_as_the_deployment_would() -> None:
    body = routing(0.3)
    known = Routing.model_validate_json(body)
    reading = client(lambda: body)
    entities = [*range(300), "a", "Ä", None, ""]
    assert [reading.version_for(entity)[:2] for entity in entities] == [
        tuple(known.arm_of(entity)) for entity in entities
    ]


def test_shadows_are_named_beside_the_champion() -> None:
    assert client(lambda: routing(shadows=("v2",))).version_for("a") == ("champion", "v1", ("v2",))
    assert client(routing).version_for("a") == ServingVersion("champion", "v1")


def test_an_entity_that_is_none_is_answered_by_the_champion_and_counted() -> None:
    reading = client(lambda: routing(0.3))
    assert reading.version_for(1.5) == (None, "v1", ())  # type: ignore[arg-type]
    assert reading.status.refused == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"promotions": [{}]}', b'{"traffic": {"arms": 7}}'])
def test_a_routing_that_cannot_be_read_stops_nothing(body: bytes) -> None:
    assert client(lambda: body).version_for("a") == (None, None, ())


def test_no_request_waits_again_for_a_routing_that_could_not_be_read() -> None:
    asked: list[int] = []

    def fail() -> bytes:
        asked.append(1)
        raise ConnectionError("no route")

    reading = client(fail, refresh_seconds=3600)
    assert {reading.version_for(entity).version for entity in range(20)} == {None}
    assert len(asked) == 1


def test_a_dead_network_leaves_the_answer_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [routing(0.9), ConnectionError("no route"), routing()]
    read = threading.Semaphore(0)
    now = 0.0

    def load() -> bytes:
        try:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return bytes(answer)
        finally:
            read.release()

    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    reading = client(load, refresh_seconds=30)
    shared = {reading.version_for(entity).version for entity in range(50)}
    assert shared == {"v1", "v2"}
    assert len(answers) == 2  # it is read once, however often it is asked for
    read.acquire()
    for expected in (shared, {"v1"}):
        now += 31
        reading.version_for("a")
        assert read.acquire(timeout=10)
        with reading._reading:
            assert {reading.version_for(entity).version for entity in range(50)} == expected
