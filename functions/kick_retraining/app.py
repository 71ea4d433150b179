"""Ask the retraining policy whether to start a run; record its answer."""

from steward.queue_function import QueueFunction
from steward.services.kick_retraining import kick_retraining

handler = QueueFunction(kick_retraining)
