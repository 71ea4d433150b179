"""Check the invariants of a model, verify the ledgers of all, and attest versions."""

from steward.event_function import EventFunction
from steward.events import AuditRequested, ClockTick
from steward.runtime import AuditSettings
from steward.services.audit_models import audit_models
from steward.services.verify_ledgers import verify_ledgers

handler = EventFunction({AuditRequested: audit_models, ClockTick: verify_ledgers}, settings=AuditSettings)
