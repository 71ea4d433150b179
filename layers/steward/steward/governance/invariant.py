"""The shape of an invariant, and the results that it can give."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from steward.events import ObjectRef
from steward.governance.audit_evidence import AuditEvidence
from steward.ledger import Action
from steward.spec.severity import Severity

type ResultStatus = Literal["holds", "fails", "not_applicable"]


@dataclass(frozen=True, slots=True)
class InvariantResult:
    """What an invariant's check says.

    Attributes:
        message: what was found. Of the same trouble it is the same in every audit: it names moments, not ages, since
            people are told again of a finding whose message changed.
        evidence: the exact objects that it rests on.
        entries: places in the model's ledger that it rests on.
        severity: where this trouble is not as severe as the invariant's usual one.
        remedy: where more exact than the invariant's.
    """

    status: ResultStatus
    message: str
    evidence: tuple[ObjectRef, ...] = ()
    entries: tuple[int, ...] = ()
    severity: Severity | None = None
    remedy: str = ""


def holds(message: str, evidence: Iterable[ObjectRef] = (), entries: Iterable[int] = ()) -> InvariantResult:
    """Nothing is wrong."""
    return InvariantResult("holds", message, tuple(evidence), tuple(entries))


def fails(
    message: str,
    evidence: Iterable[ObjectRef] = (),
    entries: Iterable[int] = (),
    *,
    severity: Severity | None = None,
    remedy: str = "",
) -> InvariantResult:
    """Something is wrong."""
    return InvariantResult("fails", message, tuple(evidence), tuple(entries), severity, remedy)


def not_applicable(why: str) -> InvariantResult:
    """The model, or this deployment, has nothing that could be wrong, or cannot know of it."""
    return InvariantResult("not_applicable", why)


class Invariant(ABC):
    """One thing that must hold of every model at every moment; the first line of the docstring says it in a sentence.

    Attributes:
        name: as reports and alerts have it.
        severity: of its usual trouble.
        remedy: a sentence with the command that helps; `{model}` and `{champion}` are filled in.
        actions: of the ledger, whose entries `check` looks at: they alone are read.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity]
    remedy: ClassVar[str]
    actions: ClassVar[tuple[Action, ...]] = ()

    @abstractmethod
    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Judge the evidence; pure."""
