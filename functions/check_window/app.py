"""Check windows of a model against its baseline."""

from steward.queue_function import QueueFunction
from steward.services.check_window import check_window

handler = QueueFunction(check_window)
