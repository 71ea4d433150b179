"""Stored record files of windows, one a batch and window."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from steward.concurrency import prefetch_map
from steward.events import ObjectRef
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent, ObjectSummary


def list_window(data: Bucket, kind: str, model: str, window: Window) -> list[ObjectSummary]:
    """The files of one window, in order of upload."""
    return list(data.list(keys.window_records(kind, model, window)))


def list_windows(data: Bucket, kind: str, model: str, windows: Sequence[Window]) -> list[ObjectSummary]:
    """The files of some ascending windows; one listing for each run of windows without a gap."""
    found: list[ObjectSummary] = []
    begin = 0
    for at, window in enumerate(windows, start=1):
        if at < len(windows) and windows[at].start == window.end:
            continue
        first, after = (
            keys.window_records(kind, model, each) for each in (windows[begin], Window(window.end, window.length))
        )
        listing = data.list(keys.partitions(kind, model), start_after=first)
        found += takewhile(lambda listed, end=after: listed.key < end, listing)  # type: ignore[misc]
        begin = at
    return found


def read_files(data: Bucket, files: Iterable[ObjectSummary]) -> Iterator[tuple[ObjectSummary, ObjectContent]]:
    """What files hold, in their order; some are read at once.

    Raises:
        ObjectMissing: one is gone.
    """
    return prefetch_map(lambda listed: (listed, data.get(listed.key)), files)


def download_files(
    data: Bucket, files: Iterable[ObjectSummary], folder: Path
) -> Iterator[tuple[ObjectSummary, ObjectRef, Path]]:
    """Download files to a folder, in bounded memory; each as it is asked for.

    Raises:
        ObjectMissing: one is gone.
    """
    for at, listed in enumerate(files):
        path = folder / f"{at}.parquet"
        yield listed, data.reference(listed.key, path), path
