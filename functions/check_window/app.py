"""Check windows of a model against its baseline."""

from steward.queue_function import QueueFunction
from steward.stations.check import check_window

handler = QueueFunction(check_window)
