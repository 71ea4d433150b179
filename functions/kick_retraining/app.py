"""Ask the retraining policy whether to start a run; record its answer. End runs whose function failed."""

from steward.queue_function import (
    QueueFunction,
)  # first: once pydantic is loaded, Powertools loads models of all queues

# isort: split
from steward.events import Event, FailedInvocation
from steward.services.end_failed_invocation import end_failed_invocation
from steward.services.kick_retraining import kick_retraining

handler = QueueFunction({FailedInvocation: end_failed_invocation, Event: kick_retraining})
