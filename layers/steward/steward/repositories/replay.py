"""Detects replayed data, and its delay in event time.

Where they come as they happen, time is the wall clock. Where an upload brings records of long ago, the wall clock says
nothing of them: a window has ended once a record of a later one has come, and the present moment is the end of the
newest window.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from steward.repositories.uploads import uploaded_at
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_LATEST = timedelta(days=2)
"""A window whose first upload came within two days of its end, or within another window, is no replay."""


def has_ended(data: Bucket, spec: ModelSpec, window: Window, batches: Iterable[str], now: datetime) -> bool:
    """Whether no more records of a window are due.

    Args:
        data: where profiles are.
        spec: the declaration.
        window: which.
        batches: those that brought its records so far.
        now: by the wall clock.
    """
    if now < window.end + spec.window.allowed_lateness:
        return False
    uploads = [uploaded_at(batch) for batch in batches]
    if not uploads or _is_lived(spec, window, min(uploads)):
        return True
    return any(
        _has_later(data, spec.model, version, window) for version in data.list_prefixes(keys.profiles(spec.model))
    )


def _has_later(data: Bucket, model: str, version: str, window: Window) -> bool:
    """Whether a version has a profile of a later window."""
    prefix = keys.profiles(model, version)
    return any(name > window.id for name in data.list_prefixes(prefix, start_after=f"{prefix}{window.id}"))


def replayed_until(data: Bucket, spec: ModelSpec) -> datetime | None:
    """The end of a model's newest window where it was replayed; None where time is the wall clock.

    Args:
        data: where records are.
        spec: the declaration.
    """
    prefix = keys.partitions("predictions", spec.model)
    newest_day = max(data.list_prefixes(prefix), default=None)
    if newest_day is None:
        return None
    stored = [listed.key for listed in data.list(f"{prefix}{newest_day}/")]
    window = Window.containing(keys.window_start(max(stored)), spec.window.length)
    of_window = keys.window_records("predictions", spec.model, window)
    first = min(uploaded_at(keys.batch_of(key)) for key in stored if key.startswith(of_window))
    return None if _is_lived(spec, window, first) else window.end


def windows_uploaded_since(data: Bucket, spec: ModelSpec, moment: datetime) -> list[Window]:
    """The windows that predictions were uploaded of since a moment, newest window first.

    Args:
        data: where records are.
        spec: the declaration.
        moment: by the wall clock.
    """
    listing = data.list(keys.partitions("predictions", spec.model))
    starts = {keys.window_start(listed.key) for listed in listing if uploaded_at(keys.batch_of(listed.key)) >= moment}
    return sorted({Window.containing(start, spec.window.length) for start in starts}, reverse=True)


def _is_lived(spec: ModelSpec, window: Window, uploaded: datetime) -> bool:
    return uploaded < window.end + spec.window.allowed_lateness + max(_LATEST, window.length)
