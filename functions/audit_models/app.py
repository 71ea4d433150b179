"""Check the invariants of a model, verify the ledgers of all, and attest versions."""

from steward.event_function import EventFunction
from steward.events import AuditRequested, ClockTick, ExceptionProposed, ReleaseChanged
from steward.runtime import AuditSettings
from steward.services.audit_models import audit_models
from steward.services.audit_release import audit_release
from steward.services.change_exceptions import change_exceptions
from steward.services.verify_ledgers import verify_ledgers

services = {
    AuditRequested: audit_models,
    ClockTick: verify_ledgers,
    ExceptionProposed: change_exceptions,
    ReleaseChanged: audit_release,
}
handler = EventFunction(services, settings=AuditSettings)
