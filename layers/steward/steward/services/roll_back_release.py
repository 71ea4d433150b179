"""Rolls a model's release back to the champion before."""

from collections.abc import Iterator

from steward.events import Event, ReleaseChanged, RollbackProposed
from steward.outbox import OutboxEntry, announce, record
from steward.releasing.routing import NothingToRollBack, Routing
from steward.runtime import Runtime
from steward.store import keys


def roll_back_release(runtime: Runtime, proposed: RollbackProposed) -> Iterator[Event]:
    """Put the champion before in charge again, once, or record why it cannot be."""
    if runtime.ledger.knows(proposed.model, "rollback_declined", proposed.event_id):
        return  # it was declined: what has changed since does not count
    now = runtime.now()

    def change(present: Routing | None) -> Routing:
        return (present or Routing(model=proposed.model)).roll_back(
            cause=proposed.event_id, asked_at=proposed.occurred_at, as_of=proposed.as_of, promoted_at=now
        )

    try:
        routing = runtime.data.update(keys.routing(proposed.model), Routing, change)
    except NothingToRollBack as error:
        summary = f"{proposed.author} asks to roll back: {proposed.reason}. Held back: {error}"
        record(runtime, OutboxEntry(proposed, "rollback_declined", proposed.model, summary))
        return
    restored = next(promotion for promotion in routing.promotions if promotion.cause == proposed.event_id)
    event = ReleaseChanged(
        **runtime.caused_by(proposed),
        run=restored.run,
        version=restored.version,
        previous=restored.rolled_back,
        stage="rolled_back",
        summary=f"{restored.version} takes over again from {restored.rolled_back}, which {proposed.author} has rolled "
        f"back: {proposed.reason}",
    )
    yield from announce(runtime, OutboxEntry(event, "champion_rolled_back", event.version, event.summary))
