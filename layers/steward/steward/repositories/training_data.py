"""Training data: takes a snapshot of labelled rows, and loads exactly the objects of a dataset."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import pandas as pd

from steward.concurrency import prefetch_map
from steward.errors import TrainingImpossible
from steward.records.stored import read_records
from steward.repositories.erasures import RemainingObjects
from steward.repositories.records import read_files
from steward.retraining.dataset import dataset_rows, stored_columns
from steward.retraining.dataset_profile import DatasetProfile
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.provenance import Provenance, objection, refuse, refuse_dataset
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.keys import InboxKey
from steward.store.stored_objects import ObjectContent, ObjectSummary


def ignore_rows(rows: int) -> None:
    """Take no notice of the rows read so far."""


def snapshot(
    data: Bucket, spec: ModelSpec, as_of: datetime, *, on_rows: Callable[[int], object] = ignore_rows
) -> tuple[DatasetManifest, pd.DataFrame]:
    """Take a snapshot of the labelled rows as a dataset manifest.

    A model that was trained elsewhere is adopted from its reference rows alone, whether they have labels or not.
    `on_rows` is told how many rows were read so far, after each object.

    Raises:
        TrainingImpossible: there are no labelled rows before `as_of`.
        DataRefused: an object is not this model's, or not this environment's.
    """
    frames = _read(data, spec, _list_objects(data, _sources(data, spec)), on_rows)
    rows = dataset_rows(frames, spec)
    if rows.empty:
        raise TrainingImpossible(
            "no labelled row is left: all that were uploaded are withdrawn by corrections, or have lost their "
            "predictions or labels; upload reference data or labels, or correct the withdrawn rows"
        )
    time = rows[spec.columns.time]
    known = time[time < pd.Timestamp(as_of)]
    if known.empty:
        raise TrainingImpossible(
            f"no labelled row is older than {as_of:%Y-%m-%d %H:%M} UTC, the time that the run is about; the oldest is "
            f"of {time.min():%Y-%m-%d %H:%M}. Look for wrong years, days and months, or wait until that time"
        )
    newest = _newest_reference(frames, spec)
    return DatasetManifest.of(spec, list(frames), known.max().to_pydatetime(), data.environment, newest), rows


def describe_snapshot(
    data: Bucket, spec: ModelSpec, as_of: datetime, *, on_rows: Callable[[int], object] = ignore_rows
) -> tuple[DatasetManifest, pd.DataFrame]:
    """Take a snapshot that is to be kept: with the profile of its rows, which is stored, and the erasures so far.

    Raises:
        TrainingImpossible, DataRefused: as `snapshot`.
    """
    erasures = sorted(keys.erasure_of(listed.key) for listed in data.list(keys.erasures(spec.model)))
    manifest, rows = snapshot(data, spec, as_of, on_rows=on_rows)
    known = rows[rows[spec.columns.time] < pd.Timestamp(manifest.end)]
    profile = DatasetProfile.of(known, spec).model_dump_json().encode()
    place = keys.dataset_profile(spec.model, hashlib.sha256(profile).hexdigest())
    stored = data.create_if_absent(place, profile)
    return manifest.model_copy(update={"profile": stored, "erasures": tuple(erasures)}), rows


def _sources(data: Bucket, spec: ModelSpec) -> list[tuple[str, Iterable[ObjectSummary]]]:
    """The objects of each kind that may hold labelled rows; of a model trained elsewhere its reference alone."""
    labels = list(data.list(keys.partitions("labels", spec.model)))
    labelled = {listed.folder.removeprefix(keys.partitions("labels", spec.model)) for listed in labels}
    predictions = (
        listed
        for listed in data.list(keys.partitions("predictions", spec.model))
        if listed.folder.removeprefix(keys.partitions("predictions", spec.model)) in labelled
    )
    reference = data.list(keys.partitions("reference", spec.model))
    kinds: list[tuple[str, Iterable[ObjectSummary]]] = [
        ("reference", reference),
        ("corrections/reference", _corrections(data, spec, "reference")),
    ]
    if spec.retraining.recipe:
        corrected = (
            listed
            for listed in _corrections(data, spec, "predictions")
            if listed.folder.removeprefix(keys.partitions(keys.corrections_of("predictions"), spec.model)) in labelled
        )
        kinds += [("predictions", predictions), ("labels", iter(labels))]
        kinds += [("corrections/predictions", corrected), ("corrections/labels", _corrections(data, spec, "labels"))]
    return kinds


def _newest_reference(frames: Mapping[DatasetObject, pd.DataFrame], spec: ModelSpec) -> datetime | None:
    times = [frame[spec.columns.time].max() for item, frame in frames.items() if item.kind == "reference"]
    return max(times).to_pydatetime() if times else None


def labelled_history(data: Bucket, spec: ModelSpec) -> tuple[pd.DataFrame, datetime | None]:
    """Every labelled row that is stored, and the end of the reference; None where no reference is stored.

    Raises:
        TrainingImpossible: there are no labelled rows.
        DataRefused: an object is not this model's, or not this environment's.
    """
    frames = _read(data, spec, _list_objects(data, _sources(data, spec)))
    newest = _newest_reference(frames, spec)
    return dataset_rows(frames, spec), newest + timedelta(microseconds=1) if newest else None


def load(
    data: Bucket,
    spec: ModelSpec,
    manifest: DatasetManifest,
    *,
    since: datetime | None = None,
    on_rows: Callable[[int], object] = ignore_rows,
) -> pd.DataFrame:
    """Load the rows of a dataset, but for those that were erased since.

    Args:
        data: where they are.
        spec: names the columns.
        manifest: the dataset.
        since: leave out objects of windows that end before this moment; their rows are not asked for.
        on_rows: is told how many rows were read so far, after each object.

    Raises:
        ObjectMissing, ObjectChanged: one of them is gone, or has other bytes.
        DataRefused: the dataset, or one of them, is not this model's, or not this environment's.
    """
    asked = [
        item
        for item in manifest.objects
        if since is None
        or keys.records_of(item.stored.key) is None  # which is refused
        or keys.window_start(item.stored.key) + spec.window.length > since
    ]
    refuse_dataset(manifest, asked, spec.model, data.environment)
    remaining = RemainingObjects(data, manifest.model)
    items = prefetch_map(lambda item: (item, remaining.get(item.stored)), asked)
    return dataset_rows(_read(data, spec, items, on_rows), spec)


def corrected_since(data: Bucket, manifest: DatasetManifest) -> Iterator[str]:
    """Keys of corrected or withdrawn rows of a dataset's span that came after it was fixed."""
    named = {item.stored.key for item in manifest.objects}
    for kind in ("predictions", "labels", "reference"):
        for listed in data.list(keys.partitions(keys.corrections_of(kind), manifest.model)):
            if listed.key not in named and keys.window_start(listed.key) < manifest.end:
                yield listed.key


def _list_objects(
    data: Bucket, kinds: Iterable[tuple[str, Iterable[ObjectSummary]]]
) -> Iterator[tuple[DatasetObject, ObjectContent]]:
    for kind, listing in kinds:
        for file, content in read_files(data, listing):
            yield DatasetObject(kind=kind, batch=keys.batch_of(file.key), stored=content.stored), content  # type: ignore[arg-type]


def _read(
    data: Bucket,
    spec: ModelSpec,
    items: Iterable[tuple[DatasetObject, ObjectContent]],
    on_rows: Callable[[int], object] = ignore_rows,
) -> dict[DatasetObject, pd.DataFrame]:
    """The rows of each object that has some, once it is known that all of them may be read."""
    frames: dict[DatasetObject, pd.DataFrame] = {}
    objections: list[str] = []
    read = 0
    for item, content in items:
        problem = objection(item, _provenance(content), spec.model, data.environment)
        if problem:
            objections.append(problem)
        elif not objections and len(rows := read_records(content.body, spec, stored_columns(spec, item.kind))):
            frames[item.model_copy(update={"rows": len(rows)})] = rows
            read += 0 if item.kind.endswith("labels") else len(rows)
            on_rows(read)
    refuse(objections)
    return frames


def _provenance(content: ObjectContent) -> Provenance:
    """What an object's key, and what its writer noted beside it, say of where it came from."""
    kind, model = keys.records_of(content.stored.key) or (None, None)
    upload = InboxKey.parse(content.source) if content.source else None
    return Provenance(kind=kind, model=model, uploaded_for=upload.model if upload else model,
                      environment=content.environment)  # fmt: skip


def _corrections(data: Bucket, spec: ModelSpec, kind: str) -> Iterator[ObjectSummary]:
    return data.list(keys.partitions(keys.corrections_of(kind), spec.model))
