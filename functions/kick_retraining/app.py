"""Ask the retraining policy whether to start a run; record its answer."""

from steward.queue_function import QueueFunction
from steward.stations.kick import kick_retraining

handler = QueueFunction(kick_retraining)
