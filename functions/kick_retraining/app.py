"""Ask the retraining policy whether to start a run; record its answer. End runs whose function failed."""

from steward.queue_function import (
    QueueFunction,
)  # first: once pydantic is loaded, Powertools loads models of all queues

# isort: split
from steward.events import Event, FailedInvocation
from steward.services.fail_run import end_run
from steward.services.kick_retraining import kick_retraining

handler = QueueFunction({FailedInvocation: end_run, Event: kick_retraining})
