"""Which windows have corrections, so that predictions that come later are profiled with them."""

from collections.abc import Sequence
from typing import Literal

from steward.corrections.rebuild_profiles import rebuild_profiles
from steward.documents import VersionedModel
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket


class CorrectedWindows(VersionedModel):
    """The ids of the windows whose predictions were corrected, sorted: every upload asks, and none lists for it."""

    schema_version: Literal[1] = 1
    windows: tuple[str, ...] = ()


def rebuild_corrected(data: Bucket, spec: ModelSpec, windows: list[Window]) -> None:
    """Make the profiles of windows again that had corrections before some of their predictions came."""
    corrected = data.load_if_present(keys.corrected_windows(spec.model), CorrectedWindows)
    for window in windows:
        if corrected and window.id in corrected.windows:
            rebuild_profiles(data, spec, window)


def record_corrected_windows(data: Bucket, spec: ModelSpec, windows: Sequence[str]) -> None:
    """Say which windows have corrections, once these are stored and before anything is made again.

    So of this function and of another that stores predictions of a window meanwhile one at least sees what both wrote.
    """

    def add(present: CorrectedWindows | None) -> CorrectedWindows:
        known = present or CorrectedWindows()
        return known.model_copy(update={"windows": tuple(sorted({*known.windows, *windows}))})

    data.update(keys.corrected_windows(spec.model), CorrectedWindows, add)
