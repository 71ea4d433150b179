"""Findings of an audit, as they are stored."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, model_validator

from steward.documents import AnyText, TolerantModel
from steward.events import ObjectRef
from steward.governance.audit_exception import AuditException
from steward.spec.severity import Severity

type InvariantGroup = Literal["data", "process"]
type FindingStatus = Literal["holds", "fails", "excepted", "not_applicable"]


class AuditFinding(TolerantModel):
    """What one invariant's check found.

    Attributes:
        holds: whether nothing is wrong; older releases read this alone. False of what fails and of what is excepted.
        message: what was found, or why the invariant does not apply.
        status: `excepted` is what fails under an exception that is in force.
        evidence: the exact objects that the verdict rests on.
        entries: places in the model's ledger that it rests on.
        remedy: what to do, with the command; empty where nothing is to be done.
        since: the moment of the first audit in a row that found it not to hold; None where it holds.
        exception: the one in force.
    """

    invariant: str
    holds: bool
    message: str
    status: Annotated[FindingStatus, AnyText()] = "holds"
    group: Annotated[InvariantGroup, AnyText()] = "process"
    severity: Severity = "critical"
    evidence: list[ObjectRef] = []
    entries: list[int] = []
    remedy: str = ""
    since: AwareDatetime | None = None
    exception: AuditException | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_older_findings(cls, content: Any) -> Any:
        """Older releases wrote no status."""
        if isinstance(content, dict) and "status" not in content and content.get("holds") is False:
            return {**content, "status": "fails"}
        return content

    @property
    def fails(self) -> bool:
        """Whether something is wrong, and nobody has excepted it."""
        return self.status == "fails"
