"""Publishing events: the one door to the bus."""

from botocore.exceptions import ClientError

from steward import aws
from steward.errors import BusRefuses
from steward.events import SOURCE, Event

_NOT_NOW = frozenset({"InternalFailure", "ThrottlingException", "InternalException"})
"""What EventBridge says of an event that it may take the next time; whatever else it says of one, it says again."""
_NOT_EVER = frozenset({"AccessDeniedException", "AccessDenied", "ResourceNotFoundException", "ValidationException"})
"""What it says of a whole call that will be refused the next time too."""


class BusUnavailable(RuntimeError):
    """EventBridge did not take an event; the message that caused it must be tried again."""


class Bus:
    """The event bus of the deployment."""

    def __init__(self, name: str) -> None:
        self.name = name

    def publish(self, event: Event) -> None:
        """Send an event.

        Raises:
            BusRefuses: it was not taken, and would not be if it were sent again.
            BusUnavailable: it was not taken.
        """
        detail = event.model_dump_json()
        try:
            answer = aws.events().put_events(
                Entries=[
                    {"EventBusName": self.name, "Source": SOURCE, "DetailType": type(event).__name__, "Detail": detail}
                ]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_EVER:
                raise BusRefuses(error.response["Error"]["Message"]) from error
            raise
        (taken,) = answer["Entries"]
        if code := taken.get("ErrorCode"):
            reason = taken.get("ErrorMessage") or code
            raise (BusUnavailable if code in _NOT_NOW else BusRefuses)(reason)
