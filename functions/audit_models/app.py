"""Check every governance invariant of a model."""

from steward.queue_function import QueueFunction
from steward.services.audit_models import audit_models

handler = QueueFunction(audit_models)
