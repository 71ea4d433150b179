"""Care for a model's store: merge the profiles of closed windows, remove what need not be kept."""

from steward.events import MaintenanceRequested
from steward.queue_function import QueueFunction
from steward.stations.maintain import maintain_store

handler = QueueFunction({MaintenanceRequested: maintain_store})
