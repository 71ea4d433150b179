"""A model's store is cared for: what can be merged is merged, what need not be kept is removed."""

from collections.abc import Iterator

from steward.events import Event, MaintenanceRequested, StoreMaintained
from steward.runtime import Runtime
from steward.stations import registry
from steward.stations.compact import compact_window, uncompacted
from steward.stations.retain import remove_expired
from steward.store import keys

_WINDOWS_AT_ONCE = 100
"""Some seconds each at most, so that one message is done with well within the function's time."""


def maintain_store(runtime: Runtime, request: MaintenanceRequested) -> Iterator[Event]:
    """Merge the profiles of closed windows, some at a time, then remove what the declaration lets go.

    Asked again it finds less to do: what is merged is merged, and what is gone is gone.
    """
    spec, _ = registry.current_spec(runtime.data, request.model)
    windows = profiles = 0
    more = False
    for found in uncompacted(runtime.data, spec, request.as_of):
        if more := windows >= _WINDOWS_AT_ONCE:
            break
        merged = compact_window(runtime.data, spec.model, found)
        windows, profiles = windows + bool(merged), profiles + merged
    if profiles:
        event = StoreMaintained(
            occurred_at=runtime.now(),
            model=spec.model,
            as_of=request.as_of,
            correlation_id=request.correlation_id,
            windows=windows,
            profiles=profiles,
            summary=f"{profiles:,} profiles of batches were merged into {windows:,} of windows",
        )
        yield event
        runtime.record(event, "profiles_merged", keys.profiles(spec.model), event.summary)
    if more:
        yield request.model_copy(update={"occurred_at": runtime.now(), "event_id": "", "part": request.part + 1})
        return
    yield from remove_expired(runtime, spec, request)
