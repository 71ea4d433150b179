"""A technical file: each requirement of a framework with the stored evidence that says something to it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from steward.events import ObjectRef
from steward.governance.frameworks.annex_iv import ANNEX_IV
from steward.governance.frameworks.nist_ai_rmf import NIST_AI_RMF
from steward.governance.frameworks.requirement import (
    Answer,
    AnswerStatus,
    EvidenceByKind,
    Framework,
    RequirementGroup,
    answer,
)
from steward.governance.frameworks.sr_11_7 import SR_11_7
from steward.markup.document import Block, Bullets, Paragraph, Section, TextDocument, TextTable
from steward.markup.sources import sources_section

FILE_TEMPLATE = 1
"""Counted up when technical files get another form."""

FRAMEWORKS = {framework.name: framework for framework in (ANNEX_IV, NIST_AI_RMF, SR_11_7)}
"""By the name that `--format` takes."""

_STATUS: dict[AnswerStatus, str] = {
    "evidence": "Evidence is stored",
    "in part": "Answered in part",
    "nothing": "Nothing answers it",
}


def technical_file(
    framework: Framework, model: str, version: str | None, as_of: datetime | None, evidence: EvidenceByKind
) -> TextDocument:
    """The file of a model.

    Args:
        framework: whose requirements.
        model: of which.
        version: in charge; None where none is.
        as_of: the newest moment that the evidence speaks for; None where there is no ledger.
        evidence: what is stored, by kind.
    """
    answers = [answer(requirement, evidence) for requirement in framework.requirements]
    counts = Counter(one.status for one in answers)
    sources = list(dict.fromkeys(ref for one in answers for found in one.found.values() for ref in found.references))
    numbers = {reference: at for at, reference in enumerate(sources, 1)}
    by_id = {one.requirement.id: one for one in answers}
    moment = f" Evidence as of {as_of:%Y-%m-%d %H:%M} UTC." if as_of else ""
    return TextDocument(
        f"{framework.title}: {model}",
        [
            Paragraph(f"Version in charge: {version or 'none'}. Template {FILE_TEMPLATE}.{moment}"),
            Paragraph(
                "This file says where stored evidence speaks to a requirement, and where nothing does. It does not say "
                "that a requirement is met: that is for the people who answer for the system."
            ),
            Bullets([f"Text that counts: {framework.source}. Requirements are paraphrased.", framework.scope]),
            Section(
                "Summary",
                [
                    TextTable(
                        ("answer", "requirements"),
                        [(words, str(counts[status])) for status, words in _STATUS.items()],
                        frozenset((1,)),
                    ),
                    *_left_to_the_team(answers),
                ],
            ),
            *(Section(group.heading, list(_group(group, by_id, numbers))) for group in framework.groups),
            sources_section(sources),
        ],
    )


def _left_to_the_team(answers: list[Answer]) -> Iterator[Block]:
    """What the team must write or keep itself, first of all the texts that nobody has written."""
    unwritten = dict.fromkeys(
        kind for one in answers for kind in one.missing if kind.startswith(("documentation.", "data."))
    )
    if unwritten:
        yield Section(
            "Texts of the declaration that nobody has written",
            [Paragraph(", ".join(f"`{kind}`" for kind in sorted(unwritten)))],
        )


def _group(group: RequirementGroup, answers: dict[str, Answer], numbers: dict[ObjectRef, int]) -> Iterator[Block]:
    yield TextTable(
        ("id", "requirement", "answer", "evidence", "still open"),
        [
            (
                one.id,
                one.text,
                _STATUS[answers[one.id].status],
                _evidence(answers[one.id], numbers),
                _open(answers[one.id]),
            )
            for one in group.requirements
        ],
    )


def _evidence(found: Answer, numbers: dict[ObjectRef, int]) -> tuple[str, ...]:
    return tuple(
        f"{_name(kind)}: {_shorten(evidence.sentence)}{_cite(evidence.references, numbers)}"
        for kind, evidence in found.found.items()
    )


def _open(found: Answer) -> tuple[str, ...]:
    missing = [f"Not stored: {', '.join(_name(kind) for kind in found.missing)}"] if found.missing else []
    team = [f"Left to the team: {found.requirement.team}"] if found.requirement.team else []
    return (*missing, *team)


def _name(kind: str) -> str:
    return f"`{kind}`" if "." in kind else kind.replace("_", " ")


def _shorten(sentence: str, most: int = 300) -> str:
    return sentence if len(sentence) <= most else f"{sentence[:most].rstrip()} …"


def _cite(references: tuple[ObjectRef, ...], numbers: dict[ObjectRef, int]) -> str:
    return f" [{', '.join(str(numbers[reference]) for reference in references)}]" if references else ""
