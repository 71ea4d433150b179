"""Follows the ledgers of all models from the last checkpoint on, and writes the next one."""

import zlib
from collections.abc import Iterator
from datetime import datetime

from steward.events import DEPLOYMENT, ClockTick, Event, LedgersVerified, ObjectRef
from steward.ledger.checkpoints import ChainHead, Checkpoint
from steward.ledger.tampering import Tampering
from steward.outbox import OutboxEntry, announce
from steward.repositories.ledger_evidence import heads_of, ledger_reader
from steward.runtime import AuditSettings, Runtime
from steward.store import keys
from steward.store.ledger_reading import LedgerReader

_CHECKPOINTS_READ = 8
_MOST_ENTRIES = 20_000
"""Read of one ledger at once, beside whole readings: the first checkpoint after an upgrade may need several days."""
_LONGEST_WHOLE = 150_000
"""Entries that one invocation can read; a longer ledger is read whole by `steward audit --bundle`."""
_WHOLE_EVERY = 7
"""Days after which a ledger is read from its first entry on; each day has its share of the models."""


def verify_ledgers(runtime: Runtime[AuditSettings], tick: ClockTick) -> Iterator[Event]:
    """Verify what was recorded since the last checkpoint, of all models, and write a checkpoint that covers it.

    Each ledger is read whole every seventh day, so that what was done to older entries is found, too.
    A ledger that was tampered with keeps the head that it had in the checkpoint before, so that later audits find it
    too. A redelivered tick finds its checkpoint, and announces it if nobody has.
    """
    reader = ledger_reader(runtime)
    good, tampering = reader.checkpoints(newest=_CHECKPOINTS_READ)
    last = good[-1] if good else None
    if last is None or last.written_at < tick.at:
        last = _write(reader, good, tampering, tick)
    if not runtime.ledger.knows(DEPLOYMENT, "ledgers_verified", keys.checkpoint_identity(last.number)):
        stored = reader.bucket.get(keys.checkpoint(last.number)).stored
        before = next((one for one in reversed(good) if one.number < last.number), None)
        yield from announce(runtime, _entry(runtime, last, before, stored))


def _write(reader: LedgerReader, good: list[Checkpoint], tampering: list[Tampering], tick: ClockTick) -> Checkpoint:
    last = good[-1] if good else None
    heads: list[ChainHead] = []
    for model in sorted({*reader.models(), *(head.model for head in (last.heads if last else ()))}):
        known = last.head_of(model) if last else None
        if known and known.sequence <= _LONGEST_WHOLE and is_due_whole(model, tick.at):
            examination, found = reader.examine(model, witnesses=heads_of(good, model))
        else:
            examination, found = reader.examine(model, start=known, most=_MOST_ENTRIES)
        tampering = [*tampering, *found]
        head = known if found else examination.head
        heads += [head] if head else []
    written = Checkpoint.following(
        last,
        heads,
        ledger=reader.bucket.name,
        at=tick.at,
        signer=reader.key,
        number=reader.last_number() + 1,
        tampering=tampering,
    )
    reader.bucket.create(keys.checkpoint(written.number), written.model_dump_json().encode())
    return written


def is_due_whole(model: str, at: datetime) -> bool:
    """Whether a ledger is read whole on a day.

    >>> from datetime import UTC, timedelta
    >>> days = [datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=day) for day in range(7)]
    >>> [is_due_whole("loans", day) for day in days].count(True)
    1
    """
    return zlib.crc32(model.encode()) % _WHOLE_EVERY == at.toordinal() % _WHOLE_EVERY


def _entry(
    runtime: Runtime[AuditSettings], checkpoint: Checkpoint, before: Checkpoint | None, stored: ObjectRef
) -> OutboxEntry:
    identity = keys.checkpoint_identity(checkpoint.number)
    problems = [one.message for one in checkpoint.tampering]
    known = {one.message for one in before.tampering} if before else set()
    event = LedgersVerified(
        **runtime.header(DEPLOYMENT, checkpoint.written_at, identity),
        checkpoint=checkpoint.number,
        digest=checkpoint.digest,
        models=len(checkpoint.heads),
        passed=not problems,
        problems=problems,
        news=[problem for problem in problems if problem not in known],
        stored=stored,
    )
    summary = "; ".join(problems) or f"the ledgers of {len(checkpoint.heads)} models hold"
    return OutboxEntry(
        event, "ledgers_verified", f"checkpoint {checkpoint.number}", summary, (stored,), identity=identity
    )
