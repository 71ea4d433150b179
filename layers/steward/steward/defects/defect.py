"""A defect of a model's data: its owner, state, deadline and impact."""

import hashlib
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.defects.impact import AffectedObject, Impact
from steward.defects.transitions import FINISHED, apply_change, on_correction
from steward.documents import TolerantModel, VersionedModel
from steward.errors import DefectUnchangeable
from steward.events import DefectChange, DefectProposed, DefectState, ObjectRef, Sentence
from steward.spec.defects import DefectPolicy
from steward.spec.severity import Severity, rank

Source = Literal["person", "monitor", "quarantine"]

_FORGOTTEN = 100
"""Refusals that are remembered, so that a command told again is answered alike."""
_DIGITS = 10


class DefectReport(TolerantModel):
    """One finding of the error; the same error may be found in several ways.

    Attributes:
        event: the id of the event that told of it.
        deadline: when the defect has to be closed, by this finding.
    """

    event: str
    source: Source
    severity: Severity
    title: Sentence
    windows: tuple[str, ...]
    author: str
    as_of: AwareDatetime
    deadline: AwareDatetime

    @classmethod
    def of(cls, proposed: DefectProposed, policy: DefectPolicy, since: datetime) -> Self:
        """What a proposal reports, under the service levels in force."""
        return cls(
            event=proposed.event_id,
            source=proposed.source,
            severity=proposed.severity,
            title=proposed.title,
            windows=tuple(sorted(set(proposed.windows))),
            author=proposed.author,
            as_of=proposed.as_of,
            deadline=since + policy.deadlines.of(proposed.severity),
        )


class DefectStep(TolerantModel):
    """One move of a defect: to which state, who asked for it, and when.

    Attributes:
        event: the id of the event that led to it.
        at: the moment that the event speaks for.
    """

    event: str
    at: AwareDatetime
    state: DefectState
    owner: str
    author: str
    note: Sentence = ""


class AppliedCorrection(TolerantModel):
    """An upload that replaced or withdrew rows.

    Attributes:
        rows: how many.
        stored: what exactly it did.
    """

    batch: str
    kind: Literal["predictions", "labels", "reference"]
    withdrawn: bool
    rows: int
    windows: tuple[str, ...]
    at: AwareDatetime
    stored: ObjectRef


class Defect(VersionedModel):
    """The state of a defect (compare-and-swap).

    What was reported and corrected is kept sorted, so that it is the same in whatever order it was told of.

    Attributes:
        reports: every finding of it; severity, title and deadline follow from them.
        steps: its history, from the first.
        refused: what was asked for and could not be, by event id.
        suspects: the objects that it was reported of.
        impact: the objects, windows, datasets and versions that the bad rows are in.
        overdue_reported: the deadline whose passing was told of.
    """

    schema_version: Literal[1] = 1
    defect: str
    model: str
    reports: tuple[DefectReport, ...]
    steps: tuple[DefectStep, ...]
    corrections: tuple[AppliedCorrection, ...] = ()
    refused: dict[str, Sentence] = {}
    suspects: tuple[AffectedObject, ...] = ()
    impact: Impact = Impact()
    overdue_reported: AwareDatetime | None = None

    @classmethod
    def open(cls, proposed: DefectProposed, policy: DefectPolicy, owner: str, since: datetime | None = None) -> Self:
        """A new defect.

        Args:
            proposed: what was found.
            policy: the service levels in force.
            owner: who answers for the model, where the policy names nobody.
            since: from when its deadline counts; from the moment that the proposal speaks for where it is left out.
        """
        step = DefectStep(
            event=proposed.event_id,
            at=proposed.as_of,
            state="open",
            owner=policy.owner or owner,
            author=proposed.author,
            note=proposed.title,
        )
        report = DefectReport.of(proposed, policy, since or proposed.as_of)
        return cls(defect=identity(proposed), model=proposed.model, reports=(report,), steps=(step,))

    @property
    def state(self) -> DefectState:
        """How far it has come."""
        return self.steps[-1].state

    @property
    def owner(self) -> str:
        """Who answers for it."""
        return self.steps[-1].owner

    @property
    def highest_severity(self) -> DefectReport:
        """The report that speaks for it: the most severe, of those the first."""
        return min(self.reports, key=lambda report: (-rank(report.severity), report.as_of, report.event))

    @property
    def severity(self) -> Severity:
        """That of the most severe report."""
        return self.highest_severity.severity

    @property
    def title(self) -> str:
        """That of the most severe report."""
        return self.highest_severity.title

    @property
    def found(self) -> datetime:
        """When it was found first."""
        return min(report.as_of for report in self.reports)

    @property
    def deadline(self) -> datetime:
        """When it has to be closed: the earliest that a report asks for."""
        return min(report.deadline for report in self.reports)

    @property
    def windows(self) -> tuple[str, ...]:
        """Those that were reported."""
        return tuple(sorted({window for report in self.reports for window in report.windows}))

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINISHED

    def overdue(self, at: datetime, replayed_until: datetime | None = None) -> bool:
        """Whether its deadline had passed by a moment while it was not done with.

        Args:
            at: the moment, by the wall clock.
            replayed_until: the present moment in the time of data that is replayed: deadlines of what was found in it
                count by that.
        """
        return not self.finished and any(
            report.deadline <= (replayed_until if replayed_until and report.as_of <= replayed_until else at)
            for report in self.reports
        )

    def with_report(self, proposed: DefectProposed, policy: DefectPolicy, since: datetime | None = None) -> Self:
        """The defect after another finding of it, with the deadline as in `opened`; itself where that is known."""
        if any(report.event == proposed.event_id for report in self.reports):
            return self
        reports = (*self.reports, DefectReport.of(proposed, policy, since or proposed.as_of))
        return self.model_copy(update={"reports": tuple(sorted(reports, key=lambda one: (one.as_of, one.event)))})

    def with_change(  # noqa: PLR0917 - who asks for what, and when
        self, event: str, change: DefectChange, at: datetime, author: str, owner: str | None = None, note: str = ""
    ) -> Self:
        """The defect after what a person asked for: moved on, or with a refusal noted. The same event changes it once.

        Args:
            event: the id of the event that asks.
            change: what is asked for.
            at: the moment that the event speaks for.
            author: who asks.
            owner: who is to own it, for `assign`.
            note: why.
        """
        if event in self.refused or any(step.event == event for step in self.steps):
            return self
        try:
            state = apply_change(self.state, change, owner)
        except DefectUnchangeable as error:
            kept = [*self.refused.items(), (event, str(error))][-_FORGOTTEN:]
            return self.model_copy(update={"refused": dict(kept)})
        new = owner if change == "assign" and owner else self.owner
        step = DefectStep(event=event, at=at, state=state, owner=new, author=author, note=note)
        return self.model_copy(update={"steps": (*self.steps, step)})

    def with_correction(self, event: str, correction: AppliedCorrection, source: str) -> Self:
        """The defect after rows were corrected for it; itself where that is known. A finished one only notes it.

        Args:
            event: the id of the event that tells of it.
            correction: what was corrected.
            source: the key of the upload, which stands for who uploaded it.
        """
        if any(known.batch == correction.batch for known in self.corrections):
            return self
        steps = tuple(
            DefectStep(event=event, at=correction.at, state=state, owner=self.owner, author=source)
            for state in on_correction(self.state)
        )
        corrections = tuple(sorted((*self.corrections, correction), key=lambda one: one.batch))
        return self.model_copy(update={"steps": self.steps + steps, "corrections": corrections})


def identity(proposed: DefectProposed) -> str:
    """A defect's id, which follows from its cause.

    What Steward finds by itself is caused by an upload, whose correlation id all that follows from it carries: a
    quarantine and monitors that find the same upload's rows to be bad open one defect. A schedule looks at many uploads
    at once: there the windows count too. What a person reports is a cause of its own.
    """
    if proposed.source == "person":
        cause = [proposed.event_id]
    elif proposed.correlation_id.startswith("schedule-"):
        cause = [proposed.correlation_id, *sorted(set(proposed.windows))]
    else:
        cause = [proposed.correlation_id]
    return hashlib.sha256("\n".join([proposed.model, *cause]).encode()).hexdigest()[:_DIGITS]
