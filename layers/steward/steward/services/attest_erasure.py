"""Stores the statement of an erasure in an envelope, signed where the deployment has a key."""

from collections.abc import Iterator

from steward.erasure.erasure import PAYLOAD_TYPE
from steward.events import Event, SubjectErased
from steward.ledger.envelope import SignedEnvelope
from steward.outbox import OutboxEntry, record
from steward.repositories.ledger_evidence import signing_key
from steward.runtime import AuditSettings, Runtime
from steward.store import keys


def attest_erasure(runtime: Runtime[AuditSettings], erased: SubjectErased) -> Iterator[Event]:
    """Seal the statement, once: the function that removes rows has no right to sign what it says of itself."""
    identity = f"attested-{erased.erasure}"
    if runtime.ledger.knows(erased.model, "erasure_attested", identity):
        return
    signer = signing_key(runtime)
    envelope = SignedEnvelope.seal(runtime.data.get_verified(erased.stored), PAYLOAD_TYPE, signer)
    place = keys.erasure_statement(erased.model, erased.erasure)
    stored = runtime.data.create_if_absent(place, envelope.model_dump_json().encode())
    summary = f"the statement is stored{', signed' if signer else '; there is no key to sign with'}"
    entry = OutboxEntry(erased, "erasure_attested", erased.erasure, summary, (stored,), identity=identity)
    record(runtime, entry)
    yield from ()
