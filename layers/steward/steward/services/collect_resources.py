"""Collects CloudWatch metrics of a model's resources and puts them into the inbox as telemetry."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from steward.events import CollectionFailed, CollectionRequested, Event, ResourcesCollected
from steward.operation.cloudwatch_queries import MINUTE, Answers, metric_queries, to_rows
from steward.operation.collection_windows import LOOKBACK, Collection, due_spans
from steward.outbox import OutboxEntry, announce
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.telemetry import telemetry_columns
from steward.spec.windows import Window
from steward.store import cloudwatch, keys
from steward.store.cloudwatch import MetricsRefused


def collect_resources(runtime: Runtime, request: CollectionRequested) -> Iterator[Event]:
    """Collect the spans that are due. A span's file is written once, whoever asks for it how often.

    A model without resources, or without a version that could have served, has nothing to collect. Minutes of which
    CloudWatch has nothing make no rows: an idle resource and one that is not there look the same to it, and are told
    of as silent. What is refused, or fails, is made up for by the next collection, up to a day back; so is the day
    before the first. CloudWatch does not know which version served: a minute counts for the one that was in charge,
    and before there was one for the first.
    """
    spec, _ = models.current_spec(runtime.data, request.model)
    routing = models.routing(runtime.data, request.model)
    if not spec.resources or not routing.promotions:
        return
    known = runtime.data.load_if_present(keys.collection(spec.model), Collection)
    due = min(request.as_of, runtime.now())
    until = known.until if known else None
    spans = due_spans(spec.window.length, until or due - LOOKBACK, due)
    if not spans:
        return
    latency = spec.monitors.latency
    asked = {resource: metric_queries(resource, latency.percentile if latency else None) for resource in spec.resources}
    every = list(dict.fromkeys(question for wanted in asked.values() for question in wanted))
    try:
        answers = cloudwatch.minutes(every, spans[0].start, spans[-1].end)
    except MetricsRefused as error:
        yield from _report_failure(runtime, request, until, error)
        return
    files = {span: _file(spec, routing, answers, span) for span in spans}
    sources = [_put(runtime, spec, span, content) for span, content in files.items() if content]
    silent = [resource.name for resource, wanted in asked.items() if not any(answers[question] for question in wanted)]
    event = ResourcesCollected(
        **runtime.caused_by(request, as_of=spans[-1].end),
        start=spans[0].start,
        sources=sources,
        silent=silent,
    )
    subject = f"{spans[0].start:%Y-%m-%d %H:%M} to {spans[-1].end:%Y-%m-%d %H:%M}"
    summary = f"{len(sources)} files of telemetry" + (
        f"; CloudWatch has nothing of {', '.join(silent)}" if silent else ""
    )
    identity = f"collected-{event.as_of.isoformat()}"
    yield from announce(runtime, OutboxEntry(event, "resources_collected", subject, summary, identity=identity))
    reached = Collection(until=spans[-1].end)
    runtime.data.update(
        keys.collection(spec.model), Collection, lambda present: (present or reached).reaching(reached.until)
    )


def _file(spec: ModelSpec, routing: Routing, answers: Answers, span: Window) -> bytes:
    """A span as a telemetry file; empty where CloudWatch has nothing of it."""
    columns = telemetry_columns(spec.columns)
    text = io.StringIO()
    rows = csv.DictWriter(
        text, [spec.columns.time, spec.columns.version, *columns.values()], extrasaction="ignore", lineterminator="\n"
    )
    rows.writeheader()
    empty = text.tell()
    for minute in _minutes(span):
        version = routing.champion_for(minute)
        known = {spec.columns.time: minute.isoformat(), spec.columns.version: version}
        for resource in dict.fromkeys(spec.resources):
            rows.writerows(known | _rename_measures(reading, columns) for reading in to_rows(resource, answers, minute))
    return text.getvalue().encode() if text.tell() > empty else b""


def _minutes(span: Window) -> Iterator[datetime]:
    minute = span.start
    while minute < span.end:
        yield minute
        minute += MINUTE


def _rename_measures(reading: Mapping[str, float], columns: Mapping[str, str]) -> dict[str, float]:
    """A reading under the user's names; a measure whose name another column has taken is left out."""
    return {columns[measure]: value for measure, value in reading.items() if measure in columns}


def _put(runtime: Runtime, spec: ModelSpec, span: Window, content: bytes) -> str:
    key = keys.inbox(spec.model, "telemetry", f"cloudwatch/{span.id}.csv")
    runtime.data.create_if_absent(key, content, "text/csv")
    return key


def _report_failure(
    runtime: Runtime, request: CollectionRequested, until: datetime | None, error: MetricsRefused
) -> Iterator[Event]:
    """Tell once that nothing can be collected after some moment, however often it is tried."""
    since = f"{until:%Y-%m-%d %H:%M} UTC" if until else "the beginning"
    identity = f"collection-failed-{until.isoformat() if until else 'first'}"
    if runtime.ledger.knows(request.model, "collection_failed", identity):
        return
    event = CollectionFailed(
        **runtime.caused_by(request),
        message=f"CloudWatch refuses to be read, and nothing is collected since {since}: {error}. "
        "Allow cloudwatch:GetMetricData to the function collect_resources; up to a day is made up for then",
    )
    entry = OutboxEntry(event, "collection_failed", f"since {since}", event.message, identity=identity)
    yield from announce(runtime, entry)
