"""Check every governance invariant of a model."""

from steward.event_function import EventFunction
from steward.services.audit_models import audit_models

handler = EventFunction(audit_models)
