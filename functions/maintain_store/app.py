"""Care for a model's store: remove what need not be kept, refuse uploads that waited too long for a version."""

from steward.event_function import EventFunction
from steward.events import MaintenanceRequested
from steward.services.maintain_store import maintain_store

handler = EventFunction({MaintenanceRequested: maintain_store})
