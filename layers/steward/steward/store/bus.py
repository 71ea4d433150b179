"""Publishing events: the one door to the bus."""

from collections.abc import Iterable
from itertools import batched

from botocore.exceptions import ClientError

from steward import aws
from steward.errors import BusRefuses
from steward.events import SOURCE, Event

_ENTRIES_A_CALL = 10
_NOT_NOW = frozenset({"InternalFailure", "ThrottlingException", "InternalException"})
"""What EventBridge says of an event that it may take the next time; whatever else it says of one, it says again."""
_NOT_EVER = frozenset({"AccessDeniedException", "AccessDenied", "ResourceNotFoundException", "ValidationException"})
"""What it says of a whole call that will be refused the next time too."""


class BusUnavailable(RuntimeError):
    """EventBridge did not take every event; the message that caused them must be tried again."""


class Bus:
    """The event bus of the deployment."""

    def __init__(self, name: str) -> None:
        self.name = name

    def publish(self, *published: Event) -> None:
        """Send events, in order.

        Raises:
            BusRefuses: at least one was not taken, and would not be if it were sent again.
            BusUnavailable: at least one was not taken.
        """
        for entries in batched(self._entries(published), _ENTRIES_A_CALL, strict=False):
            try:
                answer = aws.events().put_events(Entries=list(entries))  # type: ignore[arg-type]
            except ClientError as error:
                if error.response["Error"]["Code"] in _NOT_EVER:
                    raise BusRefuses(error.response["Error"]["Message"]) from error
                raise
            failed = [entry for entry in answer["Entries"] if entry.get("ErrorCode")]
            if failed and all(entry["ErrorCode"] not in _NOT_NOW for entry in failed):
                raise BusRefuses(failed[0].get("ErrorMessage") or failed[0]["ErrorCode"])
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
