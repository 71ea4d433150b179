"""Sums up what the arms of a running release did in a window, from the rows as they are stored."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from steward.array_types import Floats
from steward.errors import ObjectChanged
from steward.experiments.arm_sums import ArmSums, MetricSums, WindowSums, group_of
from steward.performance.row_figures import row_figures
from steward.records.hashing import text_hashes
from steward.records.stored import read_records
from steward.releasing.release import Release
from steward.releasing.release_windows import ReleaseWindow, metrics_of
from steward.releasing.traffic import CHAMPION
from steward.repositories.labelled_window import LabelledWindow, list_files
from steward.repositories.records import list_window, read_files
from steward.repositories.uploads import uploaded_at
from steward.spec.model import ModelSpec
from steward.spec.release import OF_LABELS, ABRelease, RowMetric
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

SHADOWS = "shadows"


def concerns_window(release: Release, window: Window) -> bool:
    """Whether rows of a window can count for a release."""
    return release.mode != "direct" and window.start >= release.steps[0].since


def update_sums(data: Bucket, spec: ModelSpec, release: Release, window: Window) -> None:
    """Sum up a window and store the sums; of two functions that write at once, the last to look has seen all rows."""
    listing, shadows = list_files(data, spec, window), list_window(data, SHADOWS, spec.model, window)
    while listing["predictions"]:
        summed = sum_window(data, spec, release, window, LabelledWindow.of(data, spec, window, listing, frozenset()))
        key = keys.release_window(spec.model, release.release, window.id)
        data.update(key, ReleaseWindow, lambda _, summed=summed: summed)  # type: ignore[misc]
        seen = listing, shadows
        listing, shadows = list_files(data, spec, window), list_window(data, SHADOWS, spec.model, window)
        if (listing, shadows) == seen:
            return


def sum_window(
    data: Bucket, spec: ModelSpec, release: Release, window: Window, records: LabelledWindow
) -> ReleaseWindow:
    """What the arms did in a window.

    Args:
        data: where shadows' rows are, and what was known of entities before the release.
        spec: the declaration.
        release: the running one.
        window: which.
        records: its predictions and labels.
    """
    rows = _with_labels(records, spec)
    batches = [layer.batch for layer in records.prediction_layers if not layer.correction]
    if release.mode == "shadow":
        arms = _pair_shadows(data, spec, release, window, rows)
    else:
        past = _Past.of(data, spec, release)
        arms = {arm: _sum_arm(part, spec, release, past) for arm, part in _split_arms(rows, spec, release).items()}
    return ReleaseWindow(
        release=release.release,
        window=window.id,
        uploaded=min(map(uploaded_at, batches)),
        complete=bool(rows[spec.columns.label].notna().all()),
        labelled={
            version_arm: int(rows.loc[rows[spec.columns.version].astype(str) == version, spec.columns.label].count())
            for version_arm, version in _versions(release).items()
        },
        sums=WindowSums(start=window.start, arms=arms),
    )


def _versions(release: Release) -> dict[str, str]:
    return {CHAMPION: release.champion, **{arm: one.version for arm, one in release.challengers.items()}}


def _with_labels(records: LabelledWindow, spec: ModelSpec) -> pd.DataFrame:
    columns = spec.columns
    labels = records.labels[[columns.id, columns.label]]
    return records.predictions.merge(labels, on=columns.id, how="left", validate="one_to_one")


def _split_arms(rows: pd.DataFrame, spec: ModelSpec, release: Release) -> dict[str, pd.DataFrame]:
    """The rows of each arm, by the version that answered; those that name no entity take part in none."""
    version, entity = rows[spec.columns.version].astype(str), rows[str(spec.columns.entity)]
    named = entity.notna() & (entity.astype(str) != "")
    return {arm: rows[(version == one) & named] for arm, one in _versions(release).items()}


def _groups(rows: pd.DataFrame, spec: ModelSpec) -> list[int] | None:
    """The group of the entity of each row; None where rows name none."""
    entity = spec.columns.entity
    if entity is None or entity not in rows:
        return None
    ids = rows[spec.columns.id].astype(str)
    named = rows[entity].astype(object)
    return [group_of(name) for name in named.where(named.notna(), ids).astype(str)]


def _sum_arm(rows: pd.DataFrame, spec: ModelSpec, release: Release, past: "_Past | None") -> ArmSums:
    groups = _groups(rows, spec)
    metrics: dict[str, MetricSums] = {}
    for metric in metrics_of(release):
        covariates = past.of_rows(rows, spec) if past and metric == past.metric else None
        metrics[metric] = _sum_figures(row_figures(rows, spec, metric), groups, covariates)
    return ArmSums.of(groups, len(rows), metrics)


def _sum_figures(figures: Floats, groups: Sequence[int] | None, covariates: Floats | None = None) -> MetricSums:
    known = np.isfinite(figures)
    return MetricSums.of(
        figures[known].tolist(),
        covariates[known].tolist() if covariates is not None else (),
        [group for group, use in zip(groups, known, strict=True) if use] if groups is not None else None,
    )


def _pair_shadows(
    data: Bucket, spec: ModelSpec, release: Release, window: Window, rows: pd.DataFrame
) -> dict[str, ArmSums]:
    """Of each challenger the differences to the champion, on the rows that both scored."""
    columns = spec.columns
    answered = rows[rows[columns.version].astype(str) == release.champion]
    groups = _groups(answered, spec)
    arms = {CHAMPION: ArmSums.of(groups, len(answered), {})}
    prediction = [columns.prediction] if columns.prediction else []
    wanted = [columns.id, columns.version, *columns.outputs.values(), *prediction]
    listed = list_window(data, SHADOWS, spec.model, window)
    files = [read_records(one.body, spec, wanted) for _, one in read_files(data, listed)]
    shadowed = pd.concat(files, ignore_index=True) if files else pd.DataFrame(columns=wanted)
    for arm, one in release.challengers.items():
        theirs = shadowed[shadowed[columns.version].astype(str) == one.version].drop_duplicates(columns.id)
        scored = [name for name in wanted if name != columns.version]
        kept = answered.drop(columns=[name for name in scored if name != columns.id])
        pairs = kept.merge(theirs[scored], on=columns.id, how="inner")
        mine = answered[answered[columns.id].isin(pairs[columns.id])]
        grouped = _groups(pairs, spec)
        metrics: dict[str, MetricSums] = {
            metric: _sum_figures(row_figures(pairs, spec, metric) - row_figures(mine, spec, metric), grouped)
            for metric in metrics_of(release)
        }
        arms[arm] = ArmSums.of(grouped, len(pairs), metrics)
    return arms


class _Past:
    """What was known of entities before a release began: the mean of the deciding metric over their rows.

    Args:
        metric: which.
        hashes: of the entities, ascending, shape (entities,).
        means: shape (entities,).
    """

    def __init__(self, metric: RowMetric, hashes: np.ndarray, means: Floats) -> None:
        self.metric = metric
        self._hashes, self._means = hashes, means
        self._usual = float(means.mean()) if len(means) else 0.0

    @classmethod
    def of(cls, data: Bucket, spec: ModelSpec, release: Release) -> "_Past | None":
        """What is stored of it, or is worked out now; None where the release takes off nothing."""
        asked = release.policy.ab
        metric = release.policy.metric_of(release.task)
        if not isinstance(asked, ABRelease) or asked.past is None:
            return None
        key = keys.release_past(spec.model, release.release)
        stored = data.find(key)
        if stored is None:
            hashes, means = _past_means(data, spec, metric, release.steps[0].since, asked)
            written = io.BytesIO()
            np.savez_compressed(written, hashes=hashes, means=means)
            data.create_if_absent(key, written.getvalue(), "application/octet-stream")
            stored = data.get(key)
        return cls(metric, *read_past(stored.body))

    def of_rows(self, rows: pd.DataFrame, spec: ModelSpec) -> Floats:
        """The covariate of each row; of an entity without a past, the mean of all others."""
        hashes = text_hashes(rows[str(spec.columns.entity)].astype(str).to_numpy(dtype=object))
        if not len(self._hashes):
            return np.full(len(rows), self._usual)
        at = np.minimum(self._hashes.searchsorted(hashes), len(self._hashes) - 1)
        return np.where(self._hashes[at] == hashes, self._means[at], self._usual)


def read_past(body: bytes) -> tuple[np.ndarray, Floats]:
    """The hashes and means that are stored of entities before a release, each of shape (entities,).

    Raises:
        ObjectChanged: it is no such file; one that would have to be unpickled is not read.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as found:
            return found["hashes"], found["means"]
    except (ValueError, LookupError, OSError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ObjectChanged(
            f"past.npz of the release is not what Steward wrote ({error}); remove that version of the object, and it "
            "is worked out again"
        ) from error


def _past_means(
    data: Bucket, spec: ModelSpec, metric: RowMetric, until: datetime, asked: ABRelease
) -> tuple[np.ndarray, Floats]:
    """The mean of a metric over the rows of each entity before a moment, by the entity's hash."""
    entity, length = str(spec.columns.entity), spec.window.length
    hashes, figures = [np.empty(0, np.uint64)], [np.empty(0)]
    window = Window.containing(until - (asked.past or length), length)
    while window.end <= until:
        listing = list_files(data, spec, window)
        if listing["predictions"] and (metric not in OF_LABELS or listing["labels"]):
            rows = _with_labels(LabelledWindow.of(data, spec, window, listing, frozenset()), spec)
            known = row_figures(rows, spec, metric)
            use = np.isfinite(known) & rows[entity].notna().to_numpy()
            hashes.append(text_hashes(rows.loc[use, entity].astype(str).to_numpy(dtype=object)))
            figures.append(known[use])
        window = Window(window.end, length)
    every, inverse, counts = np.unique(np.concatenate(hashes), return_inverse=True, return_counts=True)
    totals = np.bincount(inverse, weights=np.concatenate(figures), minlength=len(every))
    return every, totals / np.maximum(counts, 1)
