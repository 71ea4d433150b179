"""Attributes a sample of a window to the features with the version's artifact."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import pandas as pd

from steward.attribution.sampled import SampledAttributions
from steward.errors import BatchInvalid, ObjectChanged, ObjectMissing, UntrustedArtifact
from steward.events import AttributionsRequested, AttributionsUpdated, Event
from steward.outbox import OutboxEntry, announce
from steward.profiles.attribution_sums import AttributionSums
from steward.records.hashing import text_hashes
from steward.records.stored import read_records, read_stored, write_records
from steward.records.valid_records import Records, concatenate
from steward.repositories import lookback, models
from steward.repositories.baselines import bins_of
from steward.repositories.erasures import RemainingObjects
from steward.repositories.profiles import WindowProfiles
from steward.repositories.records import download_files, list_window
from steward.retraining import artifact
from steward.retraining.background import Background
from steward.retraining.recipe import Fitted, learnable
from steward.retraining.version_attributions import WINDOW_ROWS, attribute_sample, smallest_ids
from steward.runtime import Runtime
from steward.scratch import scratch_folder
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectSummary

MOST_BYTES = 1024**3
"""Of a window whose records take more, so much is read, whole objects in an order that follows from their names."""


def attribute_features(runtime: Runtime, request: AttributionsRequested) -> Iterator[Event]:
    """Attribute a sample of one window of a version, or ask for those of all windows that closed lately and have none.

    A window is attributed once, when it has closed; a redelivered request finds what was stored, and tells of it again
    unless it is known that it was told.
    """
    spec, _ = models.current_spec(runtime.data, request.model)
    if request.window is None or request.version is None:
        yield from _missing_windows(runtime, spec, request)
        return
    window = Window.parse(request.window)
    if not _is_closed(runtime, spec, window) or spec.monitors.attribution_drift is None:
        return
    key = keys.attributions(spec.model, request.version, window.id)
    found = runtime.data.find(key)
    if found is None:
        sampled = _attribute_sample(runtime.data, spec, window, request.version)
        if sampled is None:
            return
        runtime.data.create_if_absent(key, sampled.model_dump_json().encode())
        found = runtime.data.get(key)
    identity = f"attributed-{request.version}-{window.id}"
    if runtime.ledger.knows(spec.model, "window_attributed", identity):
        return
    sampled = SampledAttributions.model_validate_json(found.body)
    event = AttributionsUpdated(
        **runtime.caused_by(request, as_of=window.end),
        version=request.version,
        window=window.id,
        rows=sampled.rows,
        summary=sampled.reason or f"{sampled.rows:,} rows attributed to {len(sampled.sums.features)} features",
        attributions=found.stored,
    )
    subject = f"{window.id} {request.version}"
    entry = OutboxEntry(event, "window_attributed", subject, event.summary, (found.stored,), identity)
    yield from announce(runtime, entry)


def _missing_windows(
    runtime: Runtime, spec: ModelSpec, request: AttributionsRequested
) -> Iterator[AttributionsRequested]:
    """One request for each window that closed lately and whose features' contributions are not known."""
    if spec.monitors.attribution_drift is None:
        return
    oldest = Window.containing(request.as_of - lookback.lookback(spec), spec.window.length).id
    for version in runtime.data.list_prefixes(keys.profiles(spec.model)):
        if models.manifest(runtime.data, spec.model, version).background is None:
            continue
        done = {listed.name for listed in runtime.data.list(keys.attributed_windows(spec.model, version))}
        profiles = keys.profiles(spec.model, version)
        for name in runtime.data.list_prefixes(profiles, start_after=profiles + oldest):
            window = Window.parse(name)
            if (
                name in done
                or not _is_closed(runtime, spec, window)
                or _has_own_attributions(runtime.data, spec, version, window)
            ):
                continue
            yield AttributionsRequested(
                **runtime.caused_by(request, as_of=window.end),
                window=name,
                version=version,
            )


def _is_closed(runtime: Runtime, spec: ModelSpec, window: Window) -> bool:
    return window.end + spec.window.allowed_lateness <= runtime.now()


def _has_own_attributions(data: Bucket, spec: ModelSpec, version: str, window: Window) -> bool:
    """Whether a window's own records say what the features contributed."""
    if not spec.columns.attributions:
        return False
    bins = bins_of(data, spec.model, version)
    (found,) = WindowProfiles(data, spec.model, version).merge([window], bins)
    return found.profile.attributions.rows > 0


def _attribute_sample(data: Bucket, spec: ModelSpec, window: Window, version: str) -> SampledAttributions | None:
    """The attributions of a sample, or why there are none; None where the version has no records in the window."""
    try:
        rows = _sample(data, spec, window, version)
        return _ModelSampler.of(data, spec, version).sample(rows) if rows is not None else None
    except BatchInvalid as error:
        reason = f"records of the window have other columns than are declared now: {error}"
    except (ObjectMissing, ObjectChanged, UntrustedArtifact) as error:
        reason = f"version {version} cannot be asked: {error}"
    except ValueError as error:
        reason = f"version {version} refuses the sampled rows: {error}"
    return SampledAttributions(sums=AttributionSums.empty(), reason=reason)


@dataclass(frozen=True, slots=True)
class _ModelSampler:
    """A version that can be asked.

    Attributes:
        model: its artifact.
        spec: that it was trained under.
        background: what it was attributed against when it was trained.
    """

    model: Fitted
    spec: ModelSpec
    background: Background

    @classmethod
    def of(cls, data: Bucket, spec: ModelSpec, version: str) -> Self:
        """Load a version.

        Raises:
            ObjectMissing, ObjectChanged: it has no artifact, or a part is not what its manifest says.
            UntrustedArtifact: its artifact must not be loaded, or not be fed with what is declared now.
        """
        manifest = models.manifest(data, spec.model, version)
        if manifest.artifact is None or manifest.background is None:
            raise ObjectMissing("it has no artifact, or was trained without the monitor attribution_drift")
        trained_under = data.load(manifest.spec, models.SpecRevision).spec
        changed = _changed_feature(trained_under, spec)
        if changed:
            raise UntrustedArtifact(changed)
        left = RemainingObjects(data, spec.model).get(manifest.background)
        background = Background.model_validate_json(left.body)
        return cls(artifact.load(data.get_verified(manifest.artifact)), trained_under, background)

    def sample(self, rows: pd.DataFrame) -> SampledAttributions:
        """Attribute a sample of the rows."""
        return attribute_sample(self.model, self.spec, rows, self.background)


def _changed_feature(before: ModelSpec, now: ModelSpec) -> str:
    """A feature that is declared to be something else than when the version was trained, in words; else empty."""
    for name, feature in learnable(before).items():
        declared = now.features.get(name, feature)
        if declared.type != feature.type:
            return f"`{name}` is declared {declared.type} and was {feature.type} when it was trained"
    return ""


def _sample(data: Bucket, spec: ModelSpec, window: Window, version: str) -> pd.DataFrame | None:
    """The records of a version whose ids have the smallest hashes, read in bounded memory; None where it has none."""
    kept: Records | None = None
    with scratch_folder() as folder:
        files = _readable(list_window(data, "predictions", spec.model, window))
        for _, _, path in download_files(data, files, folder):
            for records in read_stored(path, spec, spec.features):
                mine = records.of_version(version)
                together = concatenate([kept, mine]) if kept else mine
                kept = together.take(smallest_ids(together.ids, WINDOW_ROWS))
            path.unlink()
    if kept is None or not kept.rows:
        return None
    return read_records(write_records(kept, spec), spec)


def _readable(files: list[ObjectSummary]) -> Iterator[ObjectSummary]:
    """The files that are read: all where that is affordable, otherwise some, by the hashes of their batches."""
    hashes = text_hashes([keys.batch_of(file.key) for file in files]) if files else ()
    spent = 0
    for _, file in sorted(zip(map(int, hashes), files, strict=True), key=lambda pair: (pair[0], pair[1].key)):
        if spent and spent + file.size > MOST_BYTES:
            return
        spent += file.size
        yield file
