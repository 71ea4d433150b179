"""A function that is invoked with one event: a service's events out.

EventBridge invokes it asynchronously: Lambda keeps the event, tries an invocation that fails twice more, and then hands
it to the function's on-failure destination. `accept_commands` is invoked by people, who wait for it.
"""

import json
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from steward.errors import RemovedModel
from steward.function import Cause, Delivery, Function, Service
from steward.runtime import Settings, logger


class EventFunction[S: Settings](Function[S]):
    """The handler of a function that a rule, a schedule or a person invokes with one event."""

    def __init__(self, service: Service | dict[type[Cause], Service], **wiring: Any) -> None:
        """Wire a service; see `Function`."""
        super().__init__(service, **wiring)
        self._handle = logger.inject_lambda_context(self._process, clear_state=True)

    def __call__(self, event: Any, context: LambdaContext) -> None:
        """Take the event; an error is raised, so that Lambda, or who waits, tries it again.

        One about a model that was removed meanwhile is done with: to try it again would not help.
        """
        self._handle(event, context)

    def _process(self, event: Any, context: LambdaContext) -> None:
        message = Delivery(context.aws_request_id, json.dumps(event), _sent_at(event) or self.runtime.now())
        try:
            self.take(message)
        except RemovedModel as error:
            logger.info("nothing is done for a removed model", message_id=message.id, reason=str(error))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            logger.error("message failed", message_id=message.id, reason=reason, exc_info=error)
            raise


def _sent_at(event: Any) -> datetime | None:
    """When EventBridge took an event; None for the input of a schedule, which does not say."""
    try:
        return datetime.fromisoformat(event["time"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None
