"""Requests for predictions: answered by the released version, logged once each, whatever happens meanwhile."""

import gzip
import json
import logging
import os
import pickle
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward import aws
from steward.events import BatchIngested
from steward.releasing.routing import Promotion
from steward.releasing.traffic import Traffic
from steward.repositories.served_models import FRESH_SECONDS, REFRESH_SECONDS, STALE_SECONDS
from steward.serving.answers import ServedVersion
from steward.store import keys
from tests.integration import lemons

from .deployment import Deployment
from .serving import ROW, Served, refuse_s3, serving


@pytest.fixture
def served(trained: Deployment) -> Iterator[Served]:
    with serving(trained) as found:
        yield found


def rows(number: int, first: int = 0) -> list[dict[str, object]]:
    return [{**ROW, "age": at % 60, "sale": f"asked-{first + at}"} for at in range(number)]


def test_rows_are_answered_by_the_champion_and_logged_as_predictions(served: Served) -> None:
    steward = served.steward
    champion = steward.object(keys.routing("lemons"))["promotions"][-1]["version"]
    one = served.ask(ROW)
    assert (one.status, one.body["version"], one.body["arm"]) == (200, champion, "champion")
    assert one.headers["Server-Timing"].startswith("predict;dur=")
    several = served.ask(rows(1200))
    assert [answer["id"] for answer in several.body] == [f"asked-{at}" for at in range(1200)]
    ages = np.array([answer["score"] for answer in several.body[:60]])
    assert (np.diff(ages) > 0).all()  # old cars are lemons
    served.firehose.deliver()
    ingested = [event for event in steward.settle() if isinstance(event, BatchIngested)]
    assert [(event.kind, event.rows, event.rejected_rows, event.versions) for event in ingested] == [
        ("predictions", 1201, 0, [champion])
    ]
    assert ingested[0].source.startswith("inbox/lemons/predictions/served/2024/06/01/10/")


def test_a_request_that_is_sent_again_is_one_record(served: Served) -> None:
    for _ in range(2):
        assert served.ask(rows(3)).status == 200
        served.firehose.deliver()
    ingested = [event for event in served.steward.settle() if isinstance(event, BatchIngested)]
    assert sum(event.rows for event in ingested) == 3


def test_what_steward_adds_to_a_record_is_no_change_of_the_schema(served: Served) -> None:
    served.ask(rows(2))
    assert {"steward_model", "arm"} <= served.logged()[0].keys()
    served.steward.settle()
    found = [served.steward.contents(key)[key] for key in served.steward.keys("profiles/lemons")]
    written = b"".join(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body for body in found)
    assert b"columns_added" in written
    assert b"steward_model" not in written
    assert b'"arm"' not in written


UNANSWERED = {
    "unknown model": ("nobody", 404, "no model 'nobody' is declared"),
    "no champion": ("unborn", 409, "no version of unborn is in charge yet"),
    "trained elsewhere": ("elsewhere", 409, "trained elsewhere"),
}


@pytest.mark.parametrize("what", UNANSWERED)
def test_a_model_that_cannot_answer_says_why(served: Served, what: str) -> None:
    steward = served.steward
    model, status, reason = UNANSWERED[what]
    if model == "unborn":
        steward.upload("specs/unborn.yaml", lemons.SPEC.replace("model: lemons", "model: unborn"))
        steward.settle()
    if model == "elsewhere":
        text = lemons.SPEC.replace("model: lemons", "model: elsewhere")
        steward.upload("specs/elsewhere.yaml", text.replace("  recipe: {estimator: LogisticRegression}\n", ""))
        steward.settle()
        sold = lemons.sales(5)
        scored = lemons.predictions(sold).assign(lemon=sold["lemon"])
        steward.upload("inbox/elsewhere/reference/first.csv", lemons.csv(scored))
        steward.settle()
    reply = served.ask(ROW, model)
    assert reply.status == status
    assert reason in reply.body["detail"]
    with refuse_s3(Counter(["GetObject", "ListObjectsV2"])):  # it is known for a while
        assert served.ask(ROW, model).status == status


def test_other_paths_and_methods_are_refused(served: Served) -> None:
    assert served.send("{}", "/elsewhere").status == 404
    wrong = served.send(None, method="GET")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")
    assert served.send(None).status == 400


unpickled: list[str] = []


def note_unpickled(what: str) -> None:
    unpickled.append(what)


class Planted:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return note_unpickled, ("planted",)


def test_an_artifact_that_was_replaced_by_a_pickle_is_refused_unread(served: Served) -> None:
    steward = served.steward
    version = steward.object(keys.routing("lemons"))["promotions"][-1]["version"]
    key = keys.version("lemons", version, "manifest.json")
    manifest = steward.object(key)
    body = pickle.dumps(Planted())
    pickle.loads(body)  # noqa: S301 - our own
    assert unpickled == ["planted"]
    unpickled.clear()
    stored = steward.upload(manifest["artifact"]["key"], body)
    manifest["artifact"] |= {"version_id": stored}
    steward.upload(key, json.dumps(manifest))
    reply = served.ask(ROW)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "10")
    assert "SHA-256" in reply.body["detail"]
    manifest["artifact"] |= {"sha256": steward_sha256(body)}
    steward.upload(key, json.dumps(manifest))
    reply = served.ask(ROW)
    assert (reply.status, "not a skops file" in reply.body["detail"]) == (503, True)
    assert unpickled == []


def steward_sha256(body: bytes) -> str:
    from steward.store.stored_objects import sha256  # noqa: PLC0415

    return sha256(body)


def test_a_version_that_was_never_released_is_not_served(served: Served) -> None:
    other = served.copy_version("20240201-00000000")
    routing = served.route(promotions=[])
    served.route(promotions=[Promotion(version=other, run="r", as_of=lemons.START, promoted_at=lemons.START,
                                       rolled_back=other)])  # fmt: skip
    assert routing.champion is None
    reply = served.ask(ROW)
    assert (reply.status, "rolled back" in reply.body["detail"]) == (503, True)


def share(served: Served, challenger: str) -> Traffic:
    champion = served.steward.object(keys.routing("lemons"))["promotions"][-1]["version"]
    since = served.steward.clock.now
    return Traffic.of("release-1", "ab", champion, {"challenger": (challenger, 0.5)}, since=since)


WITH_BUYERS = lemons.SPEC.replace("label: lemon", "label: lemon, entity: buyer")


def test_entities_keep_their_arm_and_rows_without_one_are_the_champions(served: Served) -> None:
    served.steward.upload("specs/lemons.yaml", WITH_BUYERS)
    served.steward.settle()
    traffic = share(served, served.copy_version("20240201-00000000"))
    served.route(traffic=traffic)
    buyers = [{**ROW, "buyer": buyer} for buyer in [*range(200), None]]
    first, again = served.ask(buyers).body, served.ask(buyers).body
    arms = [answer["arm"] for answer in first]
    assert arms == [answer["arm"] for answer in again]
    assert arms[:-1] == [traffic.assignment.arm_of(buyer) for buyer in range(200)]
    assert {arm: answer["version"] for arm, answer in zip(arms, first, strict=True)} == {
        **traffic.versions, None: traffic.versions["champion"]
    }  # fmt: skip
    assert [record.get("arm") for record in served.logged()] == arms * 2


def test_what_a_challenger_cannot_answer_the_champion_does(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served.steward.upload("specs/lemons.yaml", WITH_BUYERS)
    served.steward.settle()
    traffic = share(served, served.copy_version("20240201-00000000"))
    served.route(traffic=traffic)
    buyers = [{**ROW, "buyer": buyer} for buyer in range(50)]
    score = ServedVersion.score

    def fail(version: ServedVersion, *rest: object) -> object:
        if version.version == "20240201-00000000":
            raise RuntimeError("a made-up failure")
        return score(version, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(ServedVersion, "score", fail)
        reply = served.ask(buyers)
    assert reply.status == 200
    assert {(answer["version"], answer["arm"]) for answer in reply.body} == {
        (traffic.versions["champion"], "champion"), (traffic.versions["champion"], None)
    }  # fmt: skip
    assert "challenger cannot score" in caplog.messages
    aws.s3().delete_object(Bucket=served.steward.data, Key=keys.version("lemons", "20240201-00000000", "manifest.json"))
    served.steward.handlers["serve_predictions"] = afresh(served)
    reply = served.ask(buyers)
    assert (reply.status, {answer["version"] for answer in reply.body}) == (200, {traffic.versions["champion"]})


def afresh(served: Served) -> object:
    """The function's module in a new process."""
    from unittest.mock import patch  # noqa: PLC0415

    from .deployment import _handler  # noqa: PLC0415

    with patch.dict(os.environ, served.steward.environment("serve_predictions")):
        return _handler("serve_predictions")


def test_a_new_routing_is_asked_for_after_an_answer_and_costs_no_read_while_it_is_the_same(served: Served) -> None:
    champion = served.ask(ROW).body["version"]
    with lemons.keys_read() as read:
        assert served.ask(ROW).body["version"] == champion
        assert read == []
        served.age(REFRESH_SECONDS)
        served.ask(ROW)
        assert keys.routing("lemons") in read
        assert not any("versions/" in key for key in read)
    other = served.copy_version("20240201-00000000")
    promoted = served.steward.clock.now
    served.route(promotions=[
        *served.route().promotions, Promotion(version=other, run="r2", as_of=promoted, promoted_at=promoted)
    ])  # fmt: skip
    served.age(REFRESH_SECONDS)
    assert served.ask(ROW).body["version"] == champion  # nobody waits for what is newer
    assert served.ask(ROW).body["version"] == other
    served.route(promotions=served.route().promotions[:1])
    served.age(FRESH_SECONDS)
    assert served.ask(ROW).body["version"] == champion  # but not for long


def test_a_model_is_served_while_s3_does_not_answer_and_not_for_ever(served: Served) -> None:
    assert served.ask(ROW).status == 200
    with refuse_s3(Counter(["GetObject", "ListObjectsV2"])):
        served.age(FRESH_SECONDS)
        assert served.ask(ROW).status == 200
        served.age(STALE_SECONDS)
        assert served.ask(ROW).status == 503
    assert served.ask(ROW).status == 503  # S3 was asked a moment ago
    served.age(REFRESH_SECONDS)
    assert served.ask(ROW).status == 200


def test_records_go_past_firehose_where_it_takes_none_and_wait_where_s3_takes_none_either(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.firehose.down = True
    assert served.ask(rows(3)).status == 200
    assert [key for key in served.steward.keys("inbox/lemons/predictions/") if "/served/direct/" in key]
    assert "Firehose took no records, S3 did" in caplog.messages
    with refuse_s3(Counter(["PutObject"])), lemons.keys_read() as read:
        served.age(REFRESH_SECONDS)
        assert served.ask(rows(3, first=10)).status == 200
        assert read == []  # of a bucket that does not answer nothing more is asked
        assert served.ask(rows(3, first=20)).status == 200
    served.firehose.down = False
    assert served.ask(rows(3, first=30)).status == 200
    served.firehose.throttles = True
    assert served.ask(rows(2000, first=1000)).status == 200
    expected = [f"asked-{first + at}" for first, number in ((0, 3), (10, 3), (20, 3), (30, 3), (1000, 2000))
                for at in range(number)]  # fmt: skip
    assert sorted(record["sale"] for record in served.logged()) == sorted(expected)


def test_records_that_nobody_takes_are_given_up_at_a_bound_and_told_of(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("steward.services.record_log.MOST_WAITING_BYTES", 2000)
    served.firehose.down = True
    with refuse_s3(Counter(["PutObject"])):
        for at in range(20):
            assert served.ask(rows(1, first=at)).status == 200
    lost = sum(vars(record)["rows"] for record in caplog.records if record.getMessage() == "records lost")
    served.firehose.down = False
    served.ask(rows(1, first=20))
    assert lost > 0
    assert len(served.logged()) == 21 - lost


def test_a_stream_of_requests_loses_nothing_while_the_routing_changes(served: Served) -> None:
    served.steward.upload("specs/lemons.yaml", WITH_BUYERS)
    served.steward.settle()
    other = served.copy_version("20240201-00000000")
    first = list(served.route().promotions)
    random = np.random.default_rng(0)
    answered: dict[str, tuple[str, str | None]] = {}
    for at in range(80):
        if at % 10 == 0:
            traffic = share(served, other) if random.random() < 0.5 else None
            promoted = served.steward.clock.now + timedelta(minutes=at)
            second = Promotion(version=other, run=f"r{at}", as_of=promoted, promoted_at=promoted)
            served.route(traffic=traffic, promotions=[*first, second] if random.random() < 0.5 else first)
        served.firehose.down = random.random() < 0.1
        served.age(float(random.choice([0, REFRESH_SECONDS, FRESH_SECONDS])))
        reply = served.ask([{**row, "buyer": int(random.integers(20))} for row in rows(2, first=2 * at)])
        assert reply.status == 200
        answered |= {answer["id"]: (answer["version"], answer["arm"]) for answer in reply.body}
    assert len(answered) == 160
    assert {version for version, _ in answered.values()} == {first[0].version, other}
    logged = served.logged()
    assert len(logged) == 160
    assert {record["sale"]: (record["version"], record.get("arm")) for record in logged} == answered


def test_no_value_of_a_row_is_in_the_log(
    served: Served, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    served.firehose.down = True
    served.ask({**ROW, "make": "SECRETMAKE"})
    served.ask({**ROW, "age": "SECRETAGE"})
    served.ask([{**ROW, "sale": "SECRETID"}, {**ROW, "sale": "SECRETID"}])
    served.ask({**ROW, "SECRETNAME": 1})
    others = ("asyncio", "botocore", "urllib3")
    ours = [str(vars(record)) for record in caplog.records if not record.name.startswith(others)]
    written = "".join(ours) + capsys.readouterr().out
    assert "request refused" in written
    for cell in ("SECRETMAKE", "SECRETAGE", "SECRETID"):
        assert cell not in written


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*ROW, "sale", "sold_at"]), inner),
    max_leaves=8,
)


def test_any_json_is_answered_or_refused_and_never_an_error(served: Served) -> None:
    @settings(max_examples=15, derandomize=True, deadline=None)
    @given(ANY | st.fixed_dictionaries(dict.fromkeys(ROW, ANY)))
    def ask(value: object) -> None:
        reply = served.ask(value)
        assert 200 <= reply.status < 500
        assert reply.status == 200 or reply.body["detail"]

    ask()
