"""Declares and ends exceptions from invariants."""

from collections.abc import Iterator, Sequence

from steward.events import Event, ExceptionChanged, ExceptionProposed
from steward.governance.audit_exception import AuditExceptions
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.safeguards import guarded_spec
from steward.runtime import AuditSettings, Runtime
from steward.services.audit_models import audit_models
from steward.store import keys


def change_exceptions(runtime: Runtime[AuditSettings], proposed: ExceptionProposed) -> Iterator[Event]:
    """Store what a person asked for, record it with its author, and audit the model again."""
    model = proposed.model
    roles = _personal_roles(runtime, model) if proposed.review else ()

    def change(present: AuditExceptions | None) -> AuditExceptions:
        known = present or AuditExceptions(model=model)
        return known.with_review(proposed, roles) if proposed.review else known.with_change(proposed)

    exceptions, stored = runtime.data.update_with_ref(keys.audit_exceptions(model), AuditExceptions, change)
    present = exceptions.in_force(proposed.invariant, proposed.as_of)
    said = _describe_review(proposed, exceptions, roles) if proposed.review else _describe_change(proposed)
    event = ExceptionChanged(
        **runtime.caused_by(proposed),
        invariant=proposed.invariant,
        until=present.until if present else None,
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


def _personal_roles(runtime: Runtime[AuditSettings], model: str) -> Sequence[str]:
    """Roles whose sessions are people, by the approvals in force."""
    spec, _ = models.current_spec(runtime.data, model, or_removed=True)
    approvals = guarded_spec(runtime.data, spec).approvals
    return approvals.personal_roles if approvals else ()


def _describe_change(proposed: ExceptionProposed) -> str:
    if proposed.until <= proposed.as_of:
        return f"the exception of {proposed.invariant} is ended"
    return f"{proposed.invariant} is excepted until {proposed.until:%Y-%m-%d %H:%M} UTC, owner {proposed.owner}"


def _describe_review(proposed: ExceptionProposed, exceptions: AuditExceptions, roles: Sequence[str]) -> str:
    if exceptions.knows(proposed.correlation_id):
        return f"the exception of {proposed.invariant} is reviewed"
    present = exceptions.in_force(proposed.invariant, proposed.as_of)
    problem = present.review_problem(proposed.author, roles) if present else "none is in force"
    return f"the review of the exception of {proposed.invariant} does not count, since {problem}"
