"""A model's store is cared for: what can be merged is merged, what need not be kept is removed."""

from collections.abc import Callable, Iterator

from steward.events import Event, MaintenanceRequested, StoreMaintained
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.stations import registry
from steward.stations.compact import compact_window, uncompacted
from steward.stations.deferral import refuse_overdue
from steward.stations.retain import remove_expired
from steward.store import keys
from steward.upkeep.plan import MaintenancePlan, request_identity

_WINDOWS_AT_ONCE = 100
"""Some seconds each at most, so that one message is done with well within the function's time."""


def maintain_store(runtime: Runtime, request: MaintenanceRequested) -> Iterator[Event]:
    """Merge the profiles of closed windows, some at a time, then remove what the declaration lets go.

    What is to be merged is decided and stored first (`MaintenancePlan`): a message that is delivered again merges the
    rest and tells of all, and of a part that is finished nothing.
    """
    spec, _ = registry.current_spec(runtime.data, request.model, or_removed=True)
    key = keys.maintenance_plan(spec.model, request_identity(request.correlation_id, request.as_of))
    plan = _planned(runtime, spec, request, key)
    if plan.done >= request.part:
        return
    yield from _merge(runtime, request, plan)
    if not plan.is_last(request.part, _WINDOWS_AT_ONCE):
        yield request.model_copy(update={"occurred_at": runtime.now(), "event_id": "", "part": request.part + 1})
        _change(runtime, key, lambda present: present.finished(request.part))
        return
    yield from remove_expired(runtime, spec, request, key)
    yield from refuse_overdue(runtime, spec.model, request.as_of)
    _change(runtime, key, lambda _: MaintenancePlan())


def _planned(runtime: Runtime, spec: ModelSpec, request: MaintenanceRequested, key: str) -> MaintenancePlan:
    """The plan of a request: the stored one, or a new one, stored where there is something to merge."""
    stored = runtime.data.find(key)
    present = MaintenancePlan.model_validate_json(stored.body) if stored else MaintenancePlan()
    if not present.is_empty:
        return present
    plan = MaintenancePlan(profiles=tuple(uncompacted(runtime.data, spec, request.as_of)))
    if plan.is_empty:
        return plan
    return runtime.data.swap(
        key, MaintenancePlan, lambda present: plan if present is None or present.is_empty else present
    )


def _change(runtime: Runtime, key: str, change: Callable[[MaintenancePlan], MaintenancePlan]) -> None:
    """Store how far a request has come, where it had something to do."""
    if runtime.data.marked(key):
        runtime.data.swap(key, MaintenancePlan, lambda present: change(present or MaintenancePlan()))


def _merge(runtime: Runtime, request: MaintenanceRequested, plan: MaintenancePlan) -> Iterator[StoreMaintained]:
    """Merge the windows of one part, record it, and tell of it."""
    windows = plan.part(request.part, _WINDOWS_AT_ONCE)
    counts = [count for window in windows if (count := compact_window(runtime.data, request.model, window))]
    if not counts:
        return
    event = StoreMaintained(
        occurred_at=runtime.now(),
        model=request.model,
        as_of=request.as_of,
        correlation_id=request.correlation_id,
        windows=len(counts),
        profiles=sum(counts),
        summary=f"{sum(counts):,} profiles of batches were merged into {len(counts):,} of windows",
    )
    runtime.record(event, "profiles_merged", keys.profiles(request.model), event.summary)
    yield event
