"""A model's store is cared for: what can be merged is merged, what need not be kept is removed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from steward.events import Event, MaintenanceRequested, StoreMaintained
from steward.runtime import Runtime
from steward.stations import registry
from steward.stations.compact import compact_window, uncompacted
from steward.stations.merge_records import merge_window, unmerged
from steward.stations.retain import remove_expired
from steward.store import keys

_WINDOWS_AT_ONCE = 100
"""Some seconds each at most, so that one message is done with well within the function's time."""


def maintain_store(runtime: Runtime, request: MaintenanceRequested) -> Iterator[Event]:
    """Merge the profiles and the records of closed windows, some at a time, then remove what the declaration lets go.

    Asked again it finds less to do: what is merged is merged, and what is gone is gone.
    """
    spec, _ = registry.current_spec(runtime.data, request.model)
    data = runtime.data
    profiles = _merged(
        uncompacted(data, spec, request.as_of), lambda found: compact_window(data, spec.model, found), _WINDOWS_AT_ONCE
    )
    records = _merged(
        unmerged(data, spec, request.as_of),
        lambda found: merge_window(data, found),
        _WINDOWS_AT_ONCE - profiles.windows,
    )
    if profiles.files or records.files:
        event = StoreMaintained(
            occurred_at=runtime.now(),
            model=spec.model,
            as_of=request.as_of,
            correlation_id=request.correlation_id,
            windows=profiles.windows,
            profiles=profiles.files,
            record_windows=records.windows,
            record_files=records.files,
            summary="; ".join(_sentences(profiles, records)),
        )
        yield event
        if profiles.files:
            runtime.record(event, "profiles_merged", keys.profiles(spec.model), _sentences(profiles, _Merged())[0])
        if records.files:
            identity = f"{event.event_id}-records"
            told = _sentences(_Merged(), records)[0]
            runtime.record(event, "records_merged", keys.RECORDS, told, identity=identity)
    if profiles.more or records.more:
        yield request.model_copy(update={"occurred_at": runtime.now(), "event_id": "", "part": request.part + 1})
        return
    yield from remove_expired(runtime, spec, request)


@dataclass(frozen=True, slots=True)
class _Merged:
    """What was merged.

    Attributes:
        windows: that have fewer objects now.
        files: that are gone from beside what they were merged into.
        more: whether windows are left.
    """

    windows: int = 0
    files: int = 0
    more: bool = False


def _merged[Found](found: Iterable[Found], merge: Callable[[Found], int], most: int) -> _Merged:
    """Merge so many windows at most."""
    windows = files = 0
    for one in found:
        if windows >= most:
            return _Merged(windows, files, more=True)
        gone = merge(one)
        windows, files = windows + bool(gone), files + gone
    return _Merged(windows, files)


def _sentences(profiles: _Merged, records: _Merged) -> list[str]:
    found = []
    if profiles.files:
        found.append(f"{profiles.files:,} profiles of batches were merged into {profiles.windows:,} of windows")
    if records.files:
        found.append(f"{records.files:,} files of records were merged into those of {records.windows:,} windows")
    return found
