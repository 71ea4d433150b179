"""Check the invariants of a model, verify the ledgers of all, and attest versions and erasures."""

from steward.event_function import EventFunction
from steward.events import AuditRequested, ClockTick, ReleaseChanged, SubjectErased
from steward.runtime import AuditSettings
from steward.services.attest_erasure import attest_erasure
from steward.services.attest_version import attest_version
from steward.services.audit_models import audit_models
from steward.services.verify_ledgers import verify_ledgers

services = {
    AuditRequested: audit_models,
    ClockTick: verify_ledgers,
    ReleaseChanged: attest_version,
    SubjectErased: attest_erasure,
}
handler = EventFunction(services, settings=AuditSettings)
