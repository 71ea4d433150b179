"""Events tell the same fact under the same id, and survive the bus and the queue unchanged."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steward.errors import DocumentTooNew
from steward.events import (
    EVENTS,
    SCHEDULED_TIME,
    AuditRequested,
    CheckRequested,
    Event,
    ObjectCreated,
    OutcomesUpdated,
    RetrainingProposed,
    RunFailed,
    decode,
)

from .examples import START, stored

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
outcomes = st.builds(
    OutcomesUpdated,
    event_id=st.just(""),
    occurred_at=moments,
    model=st.text(),
    as_of=moments,
    correlation_id=st.text(),
    version=st.text(),
    window=st.text(),
    labelled_rows=st.integers(0),
    outcomes=st.builds(stored, st.text()),
)


def body(event: Event) -> str:
    return json.dumps(
        {"source": "steward", "detail-type": type(event).__name__, "detail": json.loads(event.model_dump_json())}
    )


def scheduled(kind: str, **detail: str) -> str:
    due = {"occurred_at": SCHEDULED_TIME, "as_of": SCHEDULED_TIME, "correlation_id": SCHEDULED_TIME}
    return json.dumps({"source": "steward", "detail-type": kind, "detail": {**due, "model": "lemons", **detail}})


@given(outcomes)
def test_an_event_arrives_as_it_was_sent(event: OutcomesUpdated) -> None:
    assert decode(body(event), sent_at=START) == event


@given(outcomes, moments)
def test_the_same_fact_told_later_has_the_same_id(event: OutcomesUpdated, later: datetime) -> None:
    again = OutcomesUpdated.model_validate(event.model_dump(exclude={"event_id"}) | {"occurred_at": later})
    assert again.event_id == event.event_id


@pytest.mark.parametrize(
    "change",
    [
        {"model": "pears"},
        {"as_of": START + timedelta(seconds=1)},
        {"correlation_id": "another"},
        {"labelled_rows": 11},
        {"outcomes": stored("other")},
    ],
)
def test_another_fact_has_another_id(change: dict[str, object]) -> None:
    said = {
        "occurred_at": START, "model": "lemons", "as_of": START, "correlation_id": "c", "version": "v", "window": "w",
        "labelled_rows": 10, "outcomes": stored(),
    }  # fmt: skip
    assert OutcomesUpdated.model_validate(said).event_id != OutcomesUpdated.model_validate(said | change).event_id


def test_events_of_different_kinds_that_say_the_same_have_different_ids() -> None:
    said = {"occurred_at": START, "model": "lemons", "as_of": START, "correlation_id": "c"}
    assert AuditRequested.model_validate(said).event_id != CheckRequested.model_validate(said).event_id


def test_a_schedule_speaks_for_the_time_it_was_due() -> None:
    due = scheduled("CheckRequested").replace(SCHEDULED_TIME, "2024-01-05T12:00:00Z")
    assert decode(due, sent_at=START).as_of == datetime(2024, 1, 5, 12, tzinfo=UTC)


def test_where_the_scheduler_left_its_placeholder_the_queues_time_stands_in() -> None:
    event = decode(scheduled("RetrainingProposed", reason="monthly"), sent_at=START)
    assert isinstance(event, RetrainingProposed)
    assert event.as_of == event.occurred_at == START
    assert event.correlation_id == f"schedule-{START.isoformat()}"
    assert decode(scheduled("RetrainingProposed", reason="monthly"), sent_at=START).event_id == event.event_id


@pytest.mark.parametrize(
    "message",
    [
        "",
        "not json",
        "[]",
        '{"source": "steward"}',
        scheduled("NoSuchEvent"),
        scheduled("CheckRequested", as_of="yesterday"),
        scheduled("CheckRequested", as_of="2024-01-05T12:00:00"),
        scheduled("CheckRequested", schema_version="2"),
    ],
)
def test_a_message_that_is_no_event_is_refused(message: str) -> None:
    with pytest.raises((ValidationError, DocumentTooNew)):
        decode(message, sent_at=START)


def test_every_event_is_known_by_its_name() -> None:
    assert set(EVENTS.values()) == set(Event.__subclasses__())
    assert all(name == event.__name__ for name, event in EVENTS.items())


def uploaded(**changes: object) -> str:
    stored_object = {"key": "inbox/lemons/labels/may 1+2.csv", "version-id": "3HL4", "size": 5} | changes
    detail = {"version": "0", "bucket": {"name": "data"}, "object": stored_object, "reason": "PutObject"}
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail, "region": "eu-west-1"})


def no_version(key: str) -> str:
    raise AssertionError(f"{key} was looked up though its event names a version")


def test_an_upload_is_read_from_s3s_own_event() -> None:
    created = ObjectCreated.decode(uploaded(), no_version)
    assert (created.bucket, created.key, created.version_id) == ("data", "inbox/lemons/labels/may 1+2.csv", "3HL4")
    assert created.correlation_id == ObjectCreated.decode(uploaded(size=6), no_version).correlation_id


def test_another_version_of_an_upload_begins_another_chain() -> None:
    first, second = (ObjectCreated.decode(uploaded(**{"version-id": version}), no_version) for version in "ab")
    assert first.correlation_id != second.correlation_id


def test_an_event_that_names_no_version_speaks_of_the_newest() -> None:
    created = ObjectCreated.decode(uploaded(**{"version-id": None}), lambda key: f"newest of {key}")
    assert created.version_id == "newest of inbox/lemons/labels/may 1+2.csv"


@pytest.mark.parametrize("message", ["", "{}", scheduled("CheckRequested")])
def test_a_message_that_is_no_upload_is_refused(message: str) -> None:
    with pytest.raises((ValidationError, KeyError)):
        ObjectCreated.decode(message, no_version)


def test_what_others_wrote_never_makes_an_event_too_large() -> None:
    said = {"occurred_at": START, "model": "m", "as_of": START, "correlation_id": "c", "run": "r", "stage": "training"}
    event = RunFailed.model_validate({**said, "message": "x" * 1_000_000})
    assert len(event.model_dump_json()) < 5_000
    assert event.message.endswith("x...")
    assert RunFailed.model_validate_json(event.model_dump_json()) == event
