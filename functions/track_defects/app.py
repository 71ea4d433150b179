"""Write down errors in the data, follow them to their end, and tell of those that are overdue."""

from steward.queue_function import QueueFunction
from steward.services.track_defects import track_defects

handler = QueueFunction(track_defects)
