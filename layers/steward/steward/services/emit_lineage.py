"""Stores what Steward did as OpenLineage events, and sends them to an endpoint where the deployment names one.

It is woken beside the functions of the flow, which never wait for it: an endpoint that is down fails this function
alone, which is tried again and then leaves the event in its dead-letter queue. Events are stored before they are sent.
"""

import json
from collections.abc import Iterator
from contextlib import suppress

from steward.errors import ObjectMissing, UnknownModel
from steward.events import (
    DEPLOYMENT,
    NO_MODEL,
    BatchIngested,
    DataCorrected,
    Event,
    TrainingCompleted,
    ValidationCompleted,
)
from steward.lineage.run_facets import metrics_of
from steward.repositories import models
from steward.repositories.run_events import LineageFacts, run_events
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.runtime import LineageSettings, Runtime
from steward.store import keys
from steward.store.lineage_endpoint import LineageEndpoint
from steward.store.secrets import read_secret
from steward.validation.evaluation import Evaluation


def emit_lineage(runtime: Runtime[LineageSettings], cause: Event) -> Iterator[Event]:
    """Store the events of a fact, once, and send what is stored; again, the same objects and the same requests.

    Raises:
        EndpointRefuses: the endpoint did not take one.
    """
    yield from ()
    if cause.model in {DEPLOYMENT, NO_MODEL}:
        return
    data = runtime.data
    bodies: list[bytes] = []
    for event in run_events(cause, _facts(runtime, cause)):
        _, _, kind = event.job.name.rpartition(".")
        key = keys.lineage_event(cause.model, kind, event.run.run_id, event.event_type)
        bodies.append(data.create_or_get(key, event.to_json()))
    settings = runtime.settings
    if settings.url:
        endpoint = LineageEndpoint(settings.url, read_secret(settings.api_key_arn) if settings.api_key_arn else "")
        for body in bodies:
            endpoint.send(body)


def _facts(runtime: Runtime[LineageSettings], cause: Event) -> LineageFacts:
    """What is stored of a fact; what retention has removed meanwhile is left out."""
    data, deployment = runtime.data, runtime.settings.deployment
    facts = LineageFacts(namespace=f"steward-{deployment}", bucket=data.name)
    spec = None
    with suppress(UnknownModel):  # a file of a model that nobody declared
        spec, _ = models.current_spec(data, cause.model, or_removed=True)
    match cause:
        case BatchIngested() | DataCorrected():
            return facts.known(spec=spec)
        case TrainingCompleted():
            manifest = data.load(cause.manifest, VersionManifest)
            dataset = data.load(manifest.dataset, DatasetManifest)
            metrics = None
            with suppress(ObjectMissing):
                metrics = metrics_of(json.loads(data.get_verified(dataset.profile))) if dataset.profile else None
            return facts.known(spec=spec, manifest=manifest, dataset=dataset, metrics=metrics)
        case ValidationCompleted():
            return facts.known(spec=spec, evaluation=data.load(cause.evaluation, Evaluation))
    return facts.known(spec=spec)
