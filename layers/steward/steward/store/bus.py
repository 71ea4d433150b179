"""Publishing events: the one door to the bus."""

from collections.abc import Iterable
from itertools import batched

from steward import aws
from steward.events import SOURCE, Event

_ENTRIES_A_CALL = 10


class BusUnavailable(RuntimeError):
    """EventBridge did not take every event; the message that caused them must be tried again."""


class Bus:
    """The event bus of the deployment."""

    def __init__(self, name: str) -> None:
        self.name = name

    def publish(self, *published: Event) -> None:
        """Send events, in order.

        Raises:
            BusUnavailable: at least one was not taken.
        """
        for entries in batched(self._entries(published), _ENTRIES_A_CALL, strict=False):
            answer = aws.events().put_events(Entries=list(entries))  # type: ignore[arg-type]
            if answer["FailedEntryCount"]:
                raise BusUnavailable(f"{answer['FailedEntryCount']} events were not taken: {answer['Entries']}")

    def _entries(self, published: Iterable[Event]) -> Iterable[dict[str, str]]:
        for event in published:
            yield {
                "EventBusName": self.name,
                "Source": SOURCE,
                "DetailType": type(event).__name__,
                "Detail": event.model_dump_json(),
            }
