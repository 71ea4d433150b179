"""Accept or refuse a version that another environment sent."""

from steward.event_function import EventFunction
from steward.services.accept_version import accept_version

handler = EventFunction(accept_version)
