"""Shadows score the rows that were answered, after they were taken in: no answer waits for one."""

import gzip
import json
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from steward.events import BatchIngested
from steward.releasing.traffic import Traffic
from steward.repositories import served_versions
from steward.serving.answers import ServedVersion
from steward.store import keys
from tests.integration import lemons

from .deployment import Deployment, message
from .serving import ROW, Served, serving

SHADOW = "20240201-00000000"


@pytest.fixture
def served(trained: Deployment) -> Iterator[Served]:
    with serving(trained) as found:
        yield found


def shadow(served: Served, *versions: str, mode: str = "shadow") -> None:
    champion = served.route().champion
    assert champion
    since = lemons.START
    served.route(traffic=Traffic.of("release-1", mode, champion, {}, since=since, shadows=versions))  # type: ignore[arg-type]


def shadowed(served: Served) -> dict[str, list[dict[str, object]]]:
    """What was uploaded of shadows, by key."""
    steward = served.steward
    found = steward.contents("inbox/lemons/shadows/")
    return {key: [json.loads(line) for line in gzip.decompress(body).splitlines()] for key, body in found.items()}


def test_a_shadow_says_of_each_record_what_it_would_have_answered(served: Served) -> None:
    shadow(served, served.copy_version(SHADOW))  # another name of the champion
    answers = served.ask([{**ROW, "age": at, "sale": f"s-{at}"} for at in range(30)]).body
    assert {answer["version"] for answer in answers} != {SHADOW}
    served.firehose.deliver()
    ingested = [event for event in served.steward.settle() if isinstance(event, BatchIngested)]
    assert [(event.kind, event.rows, event.rejected_rows) for event in ingested] == [
        ("predictions", 30, 0), ("shadows", 30, 0)
    ]  # fmt: skip
    ((key, records),) = shadowed(served).items()
    assert key.startswith(f"inbox/lemons/shadows/{SHADOW}/")
    assert {record["sale"]: record["risk"] for record in records} == {one["id"]: one["score"] for one in answers}
    assert {record["version"] for record in records} == {SHADOW}
    assert set(records[0]) == {"sale", "sold_at", "risk", "version"}


def test_a_batch_that_is_told_again_is_uploaded_once(served: Served) -> None:
    shadow(served, served.copy_version(SHADOW))
    served.ask(ROW)
    served.firehose.deliver()
    events = [event for event in served.steward.settle() if isinstance(event, BatchIngested)]
    before = shadowed(served)
    assert served.steward.deliver("score_shadows", events[0])
    assert shadowed(served) == before
    assert len(before) == 1


def test_without_a_shadow_nothing_is_read_but_the_routing(served: Served) -> None:
    served.ask(ROW)
    served.firehose.deliver()
    event = next(event for event in served.steward.settle() if isinstance(event, BatchIngested))
    with lemons.keys_read() as read:
        served.steward.invoke("score_shadows", message(event))
    assert read == [keys.routing("lemons")]
    assert shadowed(served) == {}


def test_rows_of_the_time_before_the_release_are_not_scored(served: Served) -> None:
    shadow(served, served.copy_version(SHADOW))
    served.route(traffic=served.route().traffic.model_copy(update={"since": served.steward.clock.now}))  # type: ignore[union-attr]
    served.ask([{**ROW, "sale": "old", "sold_at": "2024-02-01T00:00:00Z"}, {**ROW, "sale": "new"}])
    served.firehose.deliver()
    served.steward.settle()
    assert [record["sale"] for records in shadowed(served).values() for record in records] == ["new"]


def test_a_shadow_that_fails_changes_no_answer_and_keeps_no_other_from_scoring(served: Served) -> None:
    shadow(served, "20240301-missing0", served.copy_version(SHADOW))
    load = served_versions._load

    def broken(data: object, manifest: object) -> ServedVersion | None:
        if manifest.version == SHADOW:  # type: ignore[attr-defined]
            raise RuntimeError("a made-up failure")
        return load(data, manifest)  # type: ignore[arg-type]

    with patch.object(served_versions, "_load", broken):
        replies = [served.ask({**ROW, "sale": f"s-{at}"}) for at in range(5)]
        served.firehose.deliver()
        served.steward.settle()
    assert {reply.status for reply in replies} == {200}
    (failure,) = served.steward.failures
    assert failure["function"] == "score_shadows"
    assert "20240301-missing0" in str(served.steward.errors[-1])
    assert SHADOW in str(served.steward.errors[-1])
    served.steward.invoke("score_shadows", failure["body"])  # sent again from the dead letters, with one of them mended
    assert [record["version"] for records in shadowed(served).values() for record in records] == [SHADOW] * 5
