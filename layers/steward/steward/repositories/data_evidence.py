"""Reads what an audit looks at of a model's data: defects, expired objects, and what no manifest names."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from steward.concurrency import prefetch_map
from steward.defects.defect import Defect
from steward.governance.data_evidence import DataEvidence
from steward.maintenance.retention_evidence import RetentionEvidence
from steward.releasing.routing import Routing
from steward.repositories.replay import replayed_until
from steward.retraining.manifest import DatasetManifest
from steward.spec.model import ModelSpec
from steward.spec.retention import RetainedKind
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectSummary

_IN_THE_MAKING = timedelta(days=1)
"""A folder without a manifest is no orphan while something may still be written into it."""
_LATE = timedelta(days=7)
"""How much longer than declared something may be there: removal is tried once a day."""
_LISTED = 1000
"""Keys of one folder that are looked at: a page of a listing."""


def gather_data(
    data: Bucket, spec: ModelSpec, routing: Routing, dataset: DatasetManifest | None, as_of: datetime
) -> DataEvidence:
    """Read it: some listings, every defect, and datasets only where something is older than the declaration keeps."""
    defects = list(
        prefetch_map(lambda listed: data.load(listed.key, Defect), list(data.list(keys.defects(spec.model))))
    )
    aged = spec.data is not None and spec.data.maximum_age is not None
    in_time_of_data = aged or routing.release or any(not one.finished for one in defects)
    return DataEvidence(
        dataset=dataset,
        defects=defects,
        replayed_until=replayed_until(data, spec) if in_time_of_data else None,
        expired=_expired(data, spec, defects, as_of),
        orphans=tuple(_orphans(data, spec.model, as_of)),
    )


def _expired(data: Bucket, spec: ModelSpec, defects: list[Defect], as_of: datetime) -> dict[RetainedKind, str]:
    """By kind, a key that should have gone by now."""
    found: dict[RetainedKind, str] = {}
    if not spec.retention.expires or spec.retention.holds(as_of):
        return found
    needed: set[str] | None = None
    for kind, folder in _folders(spec.model):
        span = spec.retention.of(kind)
        if span is None or kind in found:
            continue
        for listed in islice(data.list(folder), _LISTED):
            if as_of - _begins(listed, spec) <= span + _LATE:
                continue
            needed = _needed(data, spec.model, defects) if needed is None else needed
            if listed.key not in needed:
                found[kind] = listed.key
                break
    return found


def _folders(model: str) -> Iterator[tuple[RetainedKind, str]]:
    """Where expired objects come first in a listing; of uploads, whose names are their senders', some are looked at."""
    yield "inbox", keys.uploads(model)
    for stored in ("predictions", "labels", "telemetry"):
        yield "records", keys.partitions(stored, model)
    yield "checks", keys.checks(model)
    yield "quarantine", keys.quarantines(model)


def _begins(listed: ObjectSummary, spec: ModelSpec) -> datetime:
    """The moment that its age counts from: when it was written, or the end of its window where that is later."""
    window = None
    if keys.records_of(listed.key):
        window = Window.containing(keys.window_start(listed.key), spec.window.length)
    elif name := keys.window_of(listed.key):
        window = Window.parse(name)
    return max(listed.modified, window.end) if window else listed.modified


def _needed(data: Bucket, model: str, defects: list[Defect]) -> set[str]:
    """The keys that decisions, datasets and open defects name."""
    decided = data.load_if_present(keys.evidence(model), RetentionEvidence) or RetentionEvidence()
    names = data.list_prefixes(keys.datasets(model))
    datasets = prefetch_map(lambda name: data.load_if_present(keys.dataset(model, name), DatasetManifest), names)
    waiting = (one for one in defects if not one.finished)
    return {
        *decided.keys,
        *(item.stored.key for dataset in datasets if dataset for item in dataset.objects),
        *(item.stored.key for defect in waiting for item in (*defect.suspects, *defect.impact.objects)),
    }


def _orphans(data: Bucket, model: str, as_of: datetime) -> Iterator[str]:
    """Folders without a manifest, and folders that Steward does not have."""
    for folder in (keys.versions(model), keys.datasets(model)):
        written: dict[str, datetime] = {}
        whole = set()
        for listed in data.list(folder):
            name = listed.key.removeprefix(folder).partition("/")[0]
            written[name] = max(written.get(name, listed.modified), listed.modified)
            if listed.key == f"{folder}{name}/manifest.json":
                whole.add(name)
        for name in sorted(written.keys() - whole):
            if as_of - written[name] > _IN_THE_MAKING:
                yield f"{folder}{name}/"
    of_model = keys.of_model(model)
    for name in data.list_prefixes(of_model):
        if name not in keys.MODEL_FOLDERS:
            yield f"{of_model}{name}/"
