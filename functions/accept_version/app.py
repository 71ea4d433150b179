"""Accept or refuse a version that another environment sent."""

from steward.queue_function import QueueFunction
from steward.services.accept_version import accept_version

handler = QueueFunction(accept_version)
