"""Impact of bad rows: the objects, windows, datasets and versions that contain them."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Literal, Self

from steward.documents import TolerantModel
from steward.events import ObjectRef
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.spec.windows import Window

Use = Literal["training", "holdout", "training and holdout"]


class AffectedObject(TolerantModel):
    """An object that bad rows are in.

    Attributes:
        window: the window that its rows are in; None for an upload, or a quarantine.
        rows: how many rows of it were replaced or withdrawn; None while all of it is under suspicion.
    """

    window: str | None
    rows: int | None
    stored: ObjectRef


class AffectedDataset(TolerantModel):
    """A dataset that reads bad rows."""

    dataset: str
    stored: ObjectRef


class AffectedVersion(TolerantModel):
    """A version that was trained on bad rows, or judged by them."""

    version: str
    dataset: str
    use: Use


class Impact(TolerantModel):
    """All that is touched. Adding two gives what either touches, in whatever order, however often."""

    windows: tuple[str, ...] = ()
    objects: tuple[AffectedObject, ...] = ()
    datasets: tuple[AffectedDataset, ...] = ()
    versions: tuple[AffectedVersion, ...] = ()

    def __add__(self, other: "Impact") -> Self:
        """What either touches; of an object of which the bad rows were counted, the count stands."""
        objects: dict[tuple[str, str], AffectedObject] = {}
        for item in (*self.objects, *other.objects):
            known = objects.get((item.stored.key, item.stored.version_id))
            if known is None or (known.rows or 0) < (item.rows or 0):
                objects[item.stored.key, item.stored.version_id] = item
        datasets = {item.dataset: item for item in (*self.datasets, *other.datasets)}
        uses: dict[tuple[str, str], list[Use]] = {}
        for version in (*self.versions, *other.versions):
            uses.setdefault((version.version, version.dataset), []).append(version.use)
        return type(self)(
            windows=tuple(sorted({*self.windows, *other.windows})),
            objects=tuple(objects[place] for place in sorted(objects)),
            datasets=tuple(datasets[name] for name in sorted(datasets)),
            versions=tuple(
                AffectedVersion(version=name, dataset=dataset, use=_merge(found))
                for (name, dataset), found in sorted(uses.items())
            ),
        )

    @property
    def trained(self) -> tuple[str, ...]:
        """The versions that were fitted on bad rows, not only judged by them."""
        return tuple(sorted({item.version for item in self.versions if item.use != "holdout"}))


def trace_impact(
    objects: Collection[AffectedObject],
    datasets: Mapping[str, tuple[ObjectRef, DatasetManifest]],
    versions: Collection[VersionManifest],
    *,
    corrected: Mapping[str, str],
) -> Impact:
    """Follow bad rows from the objects that they are in to datasets and versions.

    A dataset is touched when it names one of the objects, its span of event time overlaps the object's window, and it
    does not name what corrects that window too: then it reads the corrected rows.

    Args:
        objects: what the bad rows are in.
        datasets: every dataset of the model, and where its manifest is stored, by its id.
        versions: every version of the model.
        corrected: the key of the object that corrects these rows, by window; empty while they are not corrected.
    """
    bad = {item.stored.key: Window.parse(item.window) for item in objects if item.window}
    reading: dict[str, list[Window]] = {}
    for name, (_, manifest) in datasets.items():
        named = {item.stored.key for item in manifest.objects}
        windows = [bad[key] for key in sorted(named & bad.keys())]
        reading[name] = [
            window for window in windows if _overlaps(window, manifest) and corrected.get(window.id) not in named
        ]
    found = {name: stored for name, (stored, _) in datasets.items() if reading[name]}
    made = [
        AffectedVersion(version=version.version, dataset=name, use=_use(reading[name], version))
        for version in versions
        for name, stored in found.items()
        if stored.key == version.dataset.key
    ]
    return Impact() + Impact(
        windows=tuple({item.window for item in objects if item.window}),
        objects=tuple(objects),
        datasets=tuple(AffectedDataset(dataset=name, stored=stored) for name, stored in found.items()),
        versions=tuple(made),
    )


def _overlaps(window: Window, manifest: DatasetManifest) -> bool:
    return window.start < manifest.end and (manifest.start is None or window.end > manifest.start)


def _use(windows: Collection[Window], version: VersionManifest) -> Use:
    """A version is fitted on what comes before `trained_until`, and judged by what comes after."""
    instant = timedelta(microseconds=1)
    fitted = any(window.start < version.trained_until for window in windows)
    judged = any(window.end - instant >= version.trained_until for window in windows)
    if fitted and judged:
        return "training and holdout"
    return "training" if fitted else "holdout"


def _merge(uses: Collection[Use]) -> Use:
    fitted, judged = any("training" in use for use in uses), any("holdout" in use for use in uses)
    if fitted and judged:
        return "training and holdout"
    return "training" if fitted else "holdout"
