"""A model for which every invariant holds, and what breaks one thing of it."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from steward.governance.audit_evidence import AuditEvidence, LedgerEvidence
from steward.governance.invariants.catalogue import needed_actions
from steward.ledger import Action, Decision, LedgerEntry
from steward.ledger.checkpoints import ChainHead
from steward.releasing.routing import Routing
from tests.unit.examples import DAY, START, evaluation, manifest, spec

CHAMPION = manifest().version
AS_OF = START + 10 * DAY
"""The moment that the audit speaks for: a day after the champion was promoted."""


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is wrong.

    Attributes:
        invariant: the one that must fail, and no other.
        name: what is wrong, in a few words; unique within its invariant.
        change: the intact evidence with that one thing wrong.
        said: a part of the message that the finding must have.
    """

    invariant: str
    name: str
    change: Callable[[AuditEvidence], AuditEvidence]
    said: str = ""


def replaced(**changes: Any) -> Callable[[AuditEvidence], AuditEvidence]:
    """The change that replaces fields of the evidence."""
    return lambda evidence: dataclasses.replace(evidence, **changes)


def replaced_in(part: str, **changes: Any) -> Callable[[AuditEvidence], AuditEvidence]:
    """The change that replaces fields of one part of the evidence, such as `ledger`."""
    return lambda evidence: dataclasses.replace(
        evidence, **{part: dataclasses.replace(getattr(evidence, part), **changes)}
    )


def ledger(decided: Iterable[tuple[Action, str]]) -> LedgerEvidence:
    """What an audit knows of a ledger with these decisions, in their order."""
    entries: list[LedgerEntry] = []
    for action, subject in decided:
        decision = Decision(
            identity=f"{action}-{subject}",
            model="lemons",
            action=action,
            subject=subject,
            summary="",
            as_of=START,
            correlation_id="c",
        )
        head = entries[-1] if entries else None
        entries.append(LedgerEntry.following(head, decision, function="release_model", recorded_at=START))
    chain = ChainHead(model="lemons", sequence=len(entries), hash=entries[-1].hash) if entries else None
    decisions = {action: [entry for entry in entries if entry.action == action] for action in needed_actions()}
    return LedgerEvidence(chain, len(entries), checkpointed_at=AS_OF - DAY, decisions=decisions)


DECIDED: list[tuple[Action, str]] = [
    ("training_completed", CHAMPION),
    ("champion_promoted", CHAMPION),
    ("version_refused", "v0"),
]


def intact() -> AuditEvidence:
    """What was read of a model in good order."""
    routing = Routing(model="lemons").promote(CHAMPION, over=None, run="r1", as_of=AS_OF - DAY, promoted_at=AS_OF - DAY)
    return AuditEvidence(
        spec=spec(),
        routing=routing,
        ledger=ledger(DECIDED),
        manifest=manifest(),
        evaluation=evaluation(),
        as_of=AS_OF,
        objects_verified=7,
    )
