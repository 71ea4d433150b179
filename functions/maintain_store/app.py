"""Care for a model's store: remove what need not be kept, refuse uploads that waited too long for a version."""

from steward.events import MaintenanceRequested
from steward.queue_function import QueueFunction
from steward.services.maintain_store import maintain_store

handler = QueueFunction({MaintenanceRequested: maintain_store})
