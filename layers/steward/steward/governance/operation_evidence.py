"""What an audit knows of the deployment that looks after a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steward.events import Problem


@dataclass(frozen=True, slots=True)
class DriftedResource:
    """A resource of the stack that is not as the template has it.

    Attributes:
        kind: as CloudFormation names it, such as AWS::IAM::Role.
    """

    logical: str
    kind: str

    @property
    def of_rights(self) -> bool:
        """Whether it says who may do what."""
        return self.kind.startswith("AWS::IAM::")


@dataclass(frozen=True, slots=True)
class OperationEvidence:
    """The state of the deployment, as its hourly watch found it.

    Attributes:
        watched_at: when it was watched last; None where it never was.
        problems: those that last.
        subscriptions: confirmed subscriptions of the alert topic; None where that cannot be known.
        release: of Steward, that runs.
        drifted: resources that differ from the template, by CloudFormation's newest drift detection; None where there
            was none, or the deployment cannot know.
        drift_checked_at: when that was.
        drift_unknown: why CloudFormation does not say what it found; empty where it does.
        drift_refused: whether that is for want of rights, which the template gives.
    """

    watched_at: datetime | None = None
    problems: Sequence[Problem] = ()
    subscriptions: int | None = None
    release: str = ""
    drifted: Sequence[DriftedResource] | None = None
    drift_checked_at: datetime | None = None
    drift_unknown: str = ""
    drift_refused: bool = False

    def caused(self, *beginnings: str) -> list[Problem]:
        """The problems whose cause begins so."""
        return [problem for problem in self.problems if problem.cause.startswith(beginnings)]
