"""Removes expired objects of a model, and refuses uploads that waited too long for a version."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Literal

from steward.defects.defect import Defect
from steward.documents import VersionedModel
from steward.events import Event, MaintenanceRequested, ObjectsRemoved
from steward.ingestion.overdue_uploads import refuse_overdue
from steward.ledger import Action
from steward.maintenance.retention import ExpiredObjects, RemovalCandidate, RetentionRoots, removal
from steward.maintenance.retention_evidence import RetentionEvidence
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.uploads import uploaded_at
from steward.retraining.manifest import DatasetManifest
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.retention import RetainedKind
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectVersion

ROUTINE: frozenset[Action] = frozenset(
    {"batch_ingested", "check_completed", "window_attributed", "resources_collected"}
)
"""Entries that only say that something was made: their evidence may go, that of decisions stays."""

_STORED = ("predictions", "labels", "telemetry", "shadows")


class RemovalPlan(VersionedModel):
    """What one request removes (compare-and-swap).

    It is stored before anything is removed, so that a message that is delivered again after a death says in the ledger
    and on the bus what it would have said.

    Attributes:
        removed: the event of each prefix that expired objects are removed under; none once all of it is done.
    """

    schema_version: Literal[1] = 1
    removed: dict[str, ObjectsRemoved] = {}


def maintain_store(runtime: Runtime, request: MaintenanceRequested) -> Iterator[Event]:
    """Remove what the declaration lets go, then refuse the uploads that waited too long for a first version."""
    spec, _ = models.current_spec(runtime.data, request.model, or_removed=True)
    yield from _remove_expired(runtime, spec, request)
    yield from refuse_overdue(runtime, spec.model, request.as_of)


def _remove_expired(runtime: Runtime, spec: ModelSpec, request: MaintenanceRequested) -> Iterator[Event]:
    """Remove what is old enough of each kind, and tell how much went and what had to stay.

    The event is stored in the request's plan, then announced, before anything goes: nothing goes that is not recorded,
    and a message that is tried again removes what is left and tells the same.
    """
    policy = spec.retention
    folders = [(kind, prefix) for kind, prefix in _folders(spec.model) if policy.of(kind) is not None]
    if not folders or policy.holds(request.as_of):
        return
    needed = _retention_roots(runtime, spec)
    request_id = hashlib.sha256(f"{request.correlation_id}\n{request.as_of.isoformat()}".encode()).hexdigest()[:16]
    plan = keys.maintenance_plan(spec.model, request_id)
    begun = (runtime.data.load_if_present(plan, RemovalPlan) or RemovalPlan()).removed
    for kind, prefix in folders:
        items = (
            RemovalCandidate(item.key, item.version_id, item.size, item.modified, _window(item, spec))
            for item in runtime.data.versions(prefix)
        )
        if prefix in {keys.waiting_labels(spec.model), keys.unmatched_labels(spec.model)}:
            items = _by_upload(runtime.data, spec, prefix)  # type: ignore[assignment]
        found = removal(items, kind, policy, needed, request.as_of)
        if not found.gone and prefix not in begun:
            continue
        event = begun.get(prefix) or _begin(runtime, plan, _removed_event(runtime, request, prefix, found))
        yield from announce(runtime, OutboxEntry(event, "objects_removed", prefix, event.summary))
        runtime.data.delete_versions((item.key, item.version_id) for item in found.gone)
    if runtime.data.exists(plan):
        runtime.data.update(plan, RemovalPlan, _end)


def _end(present: RemovalPlan | None) -> RemovalPlan:
    """The plan, once it is carried out."""
    return (present or RemovalPlan()).model_copy(update={"removed": {}})


def _begin(runtime: Runtime, plan: str, event: ObjectsRemoved) -> ObjectsRemoved:
    """Store what is about to be removed."""

    def add(present: RemovalPlan | None) -> RemovalPlan:
        known = present or RemovalPlan()
        return known.model_copy(update={"removed": {event.prefix: event} | known.removed})

    return runtime.data.update(plan, RemovalPlan, add).removed[event.prefix]


def _folders(model: str) -> Iterator[tuple[RetainedKind, str]]:
    yield "inbox", keys.uploads(model)
    for kind in _STORED:
        yield "records", keys.partitions(kind, model)
        yield "records", keys.partitions(keys.corrections_of(kind), model)
    yield "records", keys.waiting_labels(model)
    yield "records", keys.unmatched_labels(model)
    yield "profiles", keys.profiles(model)
    yield "checks", keys.checks(model)
    yield "quarantine", keys.quarantines(model)


def _by_upload(data: Bucket, spec: ModelSpec, prefix: str) -> Iterator[RemovalCandidate]:
    """What is known of label files, by the age of their uploads; labels that may still find their prediction stay."""
    for item in data.versions(prefix):
        wait = max(spec.label_horizon - (spec.retention.records or timedelta()), timedelta())
        yield RemovalCandidate(item.key, item.version_id, item.size, uploaded_at(keys.batch_of(item.key)) + wait)


def _window(item: ObjectVersion, spec: ModelSpec) -> Window | None:
    if keys.records_of(item.key):
        return Window.containing(keys.window_start(item.key), spec.window.length)
    name = keys.window_of(item.key)
    return Window.parse(name) if name else None


def _retention_roots(runtime: Runtime, spec: ModelSpec) -> RetentionRoots:
    """What datasets, open defects and recorded decisions name."""
    data, model = runtime.data, spec.model
    datasets = (
        data.load(keys.dataset(model, name), DatasetManifest) for name in data.list_prefixes(keys.datasets(model))
    )
    defects = [data.load(listed.key, Defect) for listed in data.list(keys.defects(model))]
    waiting = [defect for defect in defects if not defect.finished]
    named = chain(
        (item.stored.key for dataset in datasets for item in dataset.objects),
        (item.stored.key for defect in waiting for item in (*defect.suspects, *defect.impact.objects)),
        _evidence(runtime, model),
    )
    return RetentionRoots(
        keys=frozenset(named),
        windows=frozenset(window for defect in waiting for window in (*defect.windows, *defect.impact.windows)),
        prefixes=tuple(keys.inbox(model, "corrections", f"{defect.defect}/") for defect in waiting),
    )


def _evidence(runtime: Runtime, model: str) -> tuple[str, ...]:
    """What decisions rest on; each entry of the ledger is read once."""

    def read_on(present: RetentionEvidence | None) -> RetentionEvidence:
        known = present or RetentionEvidence()
        entries = list(runtime.ledger.entries(model, after=known.read))
        found = {item.key for entry in entries if entry.action not in ROUTINE for item in entry.evidence}
        read = entries[-1].sequence if entries else known.read
        return known.model_copy(update={"read": read, "keys": tuple(sorted({*known.keys, *found}))})

    return runtime.data.update(keys.evidence(model), RetentionEvidence, read_on).keys


def _removed_event(
    runtime: Runtime, request: MaintenanceRequested, prefix: str, found: ExpiredObjects
) -> ObjectsRemoved:
    kept = f"; {found.kept:,} as old stay, since datasets, defects or decisions name them" if found.kept else ""
    return ObjectsRemoved(
        **runtime.caused_by(request),
        prefix=prefix,
        objects=found.keys,
        bytes=found.size,
        kept=found.kept,
        summary=f"{found.keys:,} objects of {found.size:,} bytes under {prefix} are older than they are kept{kept}",
    )
