"""Declares and ends exceptions from invariants."""

from collections.abc import Iterator

from steward.events import Event, ExceptionChanged, ExceptionProposed
from steward.governance.audit_exception import AuditExceptions
from steward.outbox import OutboxEntry, announce
from steward.runtime import AuditSettings, Runtime
from steward.services.audit_models import audit_models
from steward.store import keys


def change_exceptions(runtime: Runtime[AuditSettings], proposed: ExceptionProposed) -> Iterator[Event]:
    """Store what a person asked for, record it with its author, and audit the model again."""
    model = proposed.model
    _, stored = runtime.data.update_with_ref(
        keys.audit_exceptions(model),
        AuditExceptions,
        lambda present: (present or AuditExceptions(model=model)).with_change(proposed),
    )
    ends = proposed.until <= proposed.as_of
    said = (
        f"the exception of {proposed.invariant} is ended"
        if ends
        else f"{proposed.invariant} is excepted until {proposed.until:%Y-%m-%d %H:%M} UTC, owner {proposed.owner}"
    )
    event = ExceptionChanged(
        **runtime.caused_by(proposed),
        invariant=proposed.invariant,
        until=None if ends else proposed.until,
        summary=f"{said}: {proposed.reason}",
        stored=stored,
    )
    identity = f"exception-{proposed.correlation_id}"
    entry = OutboxEntry(
        event,
        "exception_changed",
        proposed.invariant,
        event.summary,
        (stored,),
        identity=identity,
        author=proposed.author,
    )
    yield from announce(runtime, entry)
    yield from audit_models(runtime, proposed)
