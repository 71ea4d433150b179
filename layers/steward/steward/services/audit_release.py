"""Attests a version that was judged, and audits its model where another version is in charge since."""

from collections.abc import Iterator

from steward.events import Event, ReleaseChanged
from steward.runtime import AuditSettings, Runtime
from steward.services.attest_version import attest_version
from steward.services.audit_models import audit_models

_IN_CHARGE = frozenset({"champion", "rolled_back"})


def audit_release(runtime: Runtime[AuditSettings], change: ReleaseChanged) -> Iterator[Event]:
    """Attest first: the audit looks at what is attested."""
    yield from attest_version(runtime, change)
    if change.stage in _IN_CHARGE:
        yield from audit_models(runtime, change)
