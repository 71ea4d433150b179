"""Check every governance invariant of a model."""

from steward.queue_function import QueueFunction
from steward.stations.audit import audit_models

handler = QueueFunction(audit_models)
