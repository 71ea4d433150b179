"""Reads what an audit looks at of the OpenLineage events that are kept of a model."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from steward.concurrency import prefetch_map
from steward.governance.audit_evidence import LedgerEvidence
from steward.governance.lineage_evidence import LineageEvidence
from steward.ledger import Action, LedgerEntry
from steward.lineage.openlineage import run_id
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.runtime import AuditSettings, Runtime
from steward.store import keys
from steward.store.bucket import Bucket

_LISTED = 1000
"""Keys of ingestion that are looked at. Ids of runs are hashes: up to some id, it is a sample of all batches."""
_KINDS = ("ingestion", "training", "validation", "release")
_EXAMINED = 20
"""Batches without an event whose records are looked at, for when they were stored."""
_WITHIN = timedelta(hours=1)
"""Events follow within minutes; an audit just after a promotion says nothing of it."""


def read_lineage(
    runtime: Runtime[AuditSettings],
    manifest: VersionManifest | None,
    dataset: DatasetManifest | None,
    ledger: LedgerEvidence,
) -> LineageEvidence:
    """Look for the events of the champion's batches, training, validation and release: four listings of keys.

    Args:
        runtime: of the audit.
        manifest: of the champion.
        dataset: that it was trained on; None where it is not here.
        ledger: with the decisions on trainings and promotions.
    """
    if manifest is None:
        return LineageEvidence()
    data, model = runtime.data, manifest.model
    namespace = f"steward-{runtime.settings.deployment}"
    events = dict(zip(_KINDS, prefetch_map(lambda kind: _runs(data, model, kind), _KINDS), strict=True))
    first = min((at for runs in events.values() for at in runs.values()), default=None)
    if first is None:
        return LineageEvidence()
    last = runtime.now() - _WITHIN
    missing: list[str] = []
    runs = 0
    for kind, identity, ended_at in _ended_runs(manifest, ledger):
        if first <= ended_at <= last:
            runs += 1
            if run_id(namespace, model, kind, identity) not in events[kind]:
                missing.append(f"{kind} of run {manifest.run}")
    objects = {one.batch: one.stored.key for one in dataset.objects if not one.corrects} if dataset else {}
    ids = {run_id(namespace, model, "ingestion", batch): batch for batch in objects}
    listed = events["ingestion"]
    until = max(listed, default="") if len(listed) * 2 >= _LISTED else "g"
    looked_at = {found: batch for found, batch in ids.items() if found <= until}
    absent = [batch for found, batch in looked_at.items() if found not in listed]
    stored = prefetch_map(lambda batch: (batch, data.find(objects[batch])), absent[:_EXAMINED])
    missing += [f"batch {batch}" for batch, content in stored if content and first <= content.modified <= last]
    batches = len(looked_at) - len(absent)
    return LineageEvidence(
        kept=True, missing=missing, runs=runs + batches, batches=batches, batches_in_all=len(objects)
    )


def _runs(data: Bucket, model: str, kind: str) -> Mapping[str, datetime]:
    """The runs of a kind that ended, and when the event was stored."""
    folder = f"{keys.lineage_events(model)}{kind}/"
    ended: dict[str, datetime] = {}
    for one in islice(data.list(folder), _LISTED):
        if not one.key.endswith("/START.json"):
            ended[one.key.removeprefix(folder).partition("/")[0]] = one.modified
    return ended


def _ended_runs(manifest: VersionManifest, ledger: LedgerEvidence) -> Iterator[tuple[str, str, datetime]]:
    """The runs that a version came by: kind, what the run's id follows from, and when it ended."""

    def newest(action: Action) -> LedgerEntry | None:
        entries = [one for one in ledger.decisions.get(action, ()) if one.subject == manifest.version]
        return entries[-1] if entries else None

    if trained := newest("training_completed"):
        yield "training", manifest.run, trained.recorded_at
    if promoted := newest("champion_promoted"):
        yield "validation", manifest.run, promoted.recorded_at
        yield "release", promoted.identity, promoted.recorded_at
