"""Write down errors in the data, follow them to their end, and tell of those that are overdue."""

from steward.event_function import EventFunction
from steward.services.track_defects import track_defects

handler = EventFunction(track_defects)
