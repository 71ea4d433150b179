"""The shape of a requirement, and of the evidence that may answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from steward.events import ObjectRef

AnswerStatus = Literal["evidence", "in part", "nothing"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a framework asks for.

    Attributes:
        id: as the framework numbers it.
        text: what it asks for, in our own words: the framework's text counts.
        answered_by: the kinds of evidence that say something to it; `documentation.` and `data.` are the declaration's
            texts. Empty where nothing that is stored can.
        team: what the team must answer itself, whatever is stored; empty where evidence can do.
    """

    id: str
    text: str
    answered_by: tuple[str, ...] = ()
    team: str = ""


@dataclass(frozen=True, slots=True)
class RequirementGroup:
    """Requirements that stand below one heading."""

    heading: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """One law or framework.

    Attributes:
        name: as `--format` has it.
        title: as people know it.
        source: the text that counts.
        scope: which part of it the table has, and which not.
    """

    name: str
    title: str
    source: str
    scope: str
    groups: tuple[RequirementGroup, ...]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All of them, in order."""
        return tuple(one for group in self.groups for one in group.requirements)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is stored of one kind.

    Attributes:
        sentence: what it says.
        references: the exact objects that it is read from.
    """

    sentence: str
    references: tuple[ObjectRef, ...] = ()


type EvidenceByKind = Mapping[str, Evidence]


@dataclass(frozen=True, slots=True)
class Answer:
    """What stored evidence says to one requirement.

    Attributes:
        status: `evidence` where all that was looked for is stored, and the team owes nothing more.
        found: by kind.
        missing: the kinds of which nothing is stored.
    """

    requirement: Requirement
    status: AnswerStatus
    found: Mapping[str, Evidence]
    missing: Sequence[str]


def answer(requirement: Requirement, evidence: EvidenceByKind) -> Answer:
    """Look up what is stored for a requirement.

    That something is stored does not mean that the requirement is met: this says where to look, and what is not there.
    """
    found = {kind: evidence[kind] for kind in requirement.answered_by if kind in evidence}
    missing = [kind for kind in requirement.answered_by if kind not in evidence]
    whole = not missing and not requirement.team
    status: AnswerStatus = "nothing" if not found else "evidence" if whole else "in part"
    return Answer(requirement, status, found, missing)
