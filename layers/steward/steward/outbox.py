"""The order of effects, the same in every service: state, ledger, people, bus, and a note that all of it is done.

A service stores what it decided, and announces that here. What a death leaves between two of these effects is the same
everywhere, since a service does not order them itself:

1. The service stores its decision, create-only or by compare-and-swap, so that a redelivery finds it there.
2. The decision's marker in the ledger is made, empty: something is about to be announced.
3. Its entry is appended to the ledger. A redelivery finds it by the marker, and writes no other.
4. People are notified, under an id that follows from the decision.
5. The event is published, under an id that follows from its content. A consumer may get it twice.
6. The marker is closed: `Ledger.knows` says from now on that the decision was recorded and announced.

Whatever waits in a service's own state to be announced is taken out of it after that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from steward.events import Event, ObjectRef
from steward.ledger import Action, Decision, LedgerEntry
from steward.runtime import Runtime


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An event, and the decision that the ledger keeps of it.

    Attributes:
        action: what was decided.
        subject: what it is about.
        summary: the sentence a person reads.
        evidence: what it rests on.
        identity: what makes it this decision; the event's id unless the same decision is told in several events.
        author: the ARN of the person who asked for it; that of the event's author unless given.
    """

    event: Event
    action: Action
    subject: str
    summary: str
    evidence: tuple[ObjectRef, ...] = ()
    identity: str = ""
    author: str = ""


def announce(runtime: Runtime[Any], entry: OutboxEntry, notify: Callable[[], None] | None = None) -> Iterator[Event]:
    """Record a decision, notify people of it, and publish its event; announced again, it is recorded once."""
    yield from announce_all(runtime, [entry], notify)


def announce_all(
    runtime: Runtime[Any], entries: Sequence[OutboxEntry], notify: Callable[[], None] | None = None
) -> Iterator[Event]:
    """Do so for several decisions of which people hear at once."""
    recorded = [_append(runtime, entry) for entry in entries]
    if notify:
        notify()
    for entry, place in zip(entries, recorded, strict=True):
        yield entry.event
        runtime.ledger.close(place)


def record(runtime: Runtime[Any], entry: OutboxEntry) -> None:
    """Record a decision whose event is published by somebody else, or by nobody."""
    runtime.ledger.close(_append(runtime, entry))


def _append(runtime: Runtime[Any], entry: OutboxEntry) -> LedgerEntry:
    decision = Decision(
        identity=entry.identity or entry.event.event_id,
        model=entry.event.model,
        action=entry.action,
        subject=entry.subject,
        summary=entry.summary,
        as_of=entry.event.as_of,
        correlation_id=entry.event.correlation_id,
        evidence=entry.evidence,
        author=_proven(entry.author or getattr(entry.event, "author", None)),
    )
    return runtime.ledger.append(decision, recorded_at=runtime.now())


def _proven(author: str | None) -> str:
    """The ARN of a person; empty for what a policy or a schedule asks for."""
    return author if author and author.startswith("arn:") else ""
