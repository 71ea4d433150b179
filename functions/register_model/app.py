"""Accept or refuse an uploaded declaration, or remove a model, and make the model's schedules agree with that."""

from steward.event_function import EventFunction
from steward.events import ObjectCreated, RemovalProposed
from steward.runtime import ScheduleSettings
from steward.services.register_model import register_model
from steward.services.remove_model import remove_model

handler = EventFunction({ObjectCreated: register_model, RemovalProposed: remove_model}, settings=ScheduleSettings)
