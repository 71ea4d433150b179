"""An approval counts if another person gave it in time, of the very evidence; what is settled never changes."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.approvals.approval_request import AnswerVerdict, ApprovalAnswer, ApprovalRequest, ApprovalSubject
from steward.spec.approvals import ApprovalPolicy
from tests.unit.examples import START

DAY = timedelta(days=1)
ANN, BEN, CLEO, DAN = (f"arn:aws:iam::123456789012:user/{name}" for name in ("ann", "ben", "cleo", "dan"))
SESSION = "arn:aws:sts::123456789012:assumed-role/leads/{}"
LEADS = ["arn:aws:iam::*:role/leads"]
SUBJECT = ApprovalSubject(name="v2", evaluation="0" * 64, declaration="1" * 64)


def requested(requester: str = ANN, *, asked: bool = True, **policy: Any) -> ApprovalRequest:
    return ApprovalRequest(
        subject=SUBJECT, requester=requester, asked_at=START if asked else None, policy=ApprovalPolicy(**policy)
    )


def said(
    author: str,
    verdict: AnswerVerdict = "approve",
    *,
    days: float = 1,
    evidence: str = SUBJECT.evidence,
    cause: str = "",
) -> ApprovalAnswer:
    return ApprovalAnswer(
        verdict=verdict, author=author, evidence=evidence, reason="so", at=START + days * DAY, cause=cause or author
    )


TWO = {"required": 2}
TABLE = [
    ("nobody answers", requested(), [], "pending", ""),
    ("another person approves", requested(), [said(BEN)], "approved", ""),
    ("the requester approves", requested(), [said(ANN)], "pending", "another person must approve"),
    ("the requester's other session", requested(), [said(SESSION.format("ann"))], "pending", "four eyes"),
    ("Steward asked", requested("policy"), [said(ANN)], "approved", ""),
    ("nobody knows who asked", requested(""), [said(ANN)], "pending", ""),
    ("nobody knows who asked, two approve", requested(""), [said(ANN), said(BEN)], "approved", ""),
    ("one of two", requested(**TWO), [said(BEN)], "pending", ""),
    ("two of two", requested(**TWO), [said(BEN), said(CLEO)], "approved", ""),
    ("one person twice", requested(**TWO), [said(BEN), said(BEN, cause="e2")], "pending", "has approved already"),
    ("an answer delivered twice", requested(**TWO), [said(BEN), said(BEN)], "pending", "has approved already"),
    ("one approves and one rejects", requested(**TWO), [said(BEN), said(CLEO, "reject")], "rejected", ""),
    ("a rejection comes too late", requested(), [said(BEN), said(CLEO, "reject")], "approved", "approved already"),
    ("an approval after a rejection", requested(), [said(CLEO, "reject"), said(BEN)], "rejected", "rejected already"),
    ("the requester takes it back", requested(), [said(ANN, "reject")], "rejected", ""),
    ("an answer after the expiry", requested(), [said(BEN, days=7)], "expired", "expired at 2024-01-08"),
    ("an answer just before", requested(), [said(BEN, days=6.999)], "approved", ""),
    ("one of two when it expires", requested(**TWO), [said(BEN), said(CLEO, days=8)], "expired", "expired"),
    ("it is not asked for yet", requested(asked=False), [said(BEN, days=400)], "approved", ""),
    ("of another evaluation", requested(), [said(BEN, evidence="f" * 32)], "pending", "is of another version"),
    ("of nothing", requested(), [said(BEN, evidence="")], "pending", "not said what is approved"),
    ("not among the approvers", requested(approvers=[CLEO]), [said(BEN)], "pending", "none of approvals.approvers"),
    ("not among those who reject", requested(approvers=[CLEO]), [said(BEN, "reject")], "pending", "none of"),
    ("among the approvers", requested(approvers=[CLEO]), [said(CLEO)], "approved", ""),
    ("by a role", requested(approvers=LEADS), [said(SESSION.format("ben"))], "approved", ""),
    ("no person", requested("policy"), [said("policy")], "pending", "no proven person"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "answers", "state", "problem"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_follows(request_: ApprovalRequest, answers: list[ApprovalAnswer], state: str, problem: str) -> None:
    found = ""
    for answer in answers:
        found = request_.problem_of(answer)
        request_ = request_.with_answer(answer)
    assert request_.state_at(START + 8 * DAY if state == "expired" else START + 2 * DAY) == state
    assert (problem in found) if problem else not found


def test_evidence_is_of_version_evaluation_and_declaration() -> None:
    others = [SUBJECT.model_copy(update={name: "2" * 64}) for name in ("name", "evaluation", "declaration")]
    assert len({SUBJECT.evidence, *(other.evidence for other in others)}) == 4


def test_a_request_says_who_may_answer_and_until_when() -> None:
    assert requested(ANN, approvers=[BEN], required=2).sentence == (
        f"v2 can be approved until 2024-01-08 00:00 UTC by 2 people, one of {BEN}, but not {ANN}, who asked"
    )


answers = st.builds(
    said,
    st.sampled_from([ANN, BEN, CLEO, DAN, "policy"]),
    st.sampled_from(["approve", "approve", "reject"]),
    days=st.integers(0, 9),
    evidence=st.sampled_from([SUBJECT.evidence, SUBJECT.evidence, "f" * 32]),
    cause=st.sampled_from(["e1", "e2", "e3", "e4"]),
)
requests = st.builds(requested, st.sampled_from([ANN, "policy", ""]), required=st.sampled_from([1, 2]))


@given(requests, st.lists(answers, max_size=8))
def test_what_is_settled_stays_whatever_comes(request_: ApprovalRequest, said_: list[ApprovalAnswer]) -> None:
    """In the order of the clock, each delivered twice: settled once, by enough other people, and for ever."""
    settled, twice = "pending", request_
    for answer in sorted(said_, key=lambda one: one.at):
        request_ = request_.with_answer(answer)
        twice = twice.with_answer(answer).with_answer(answer)
        if settled == "pending":
            settled = request_.state_at(answer.at)
        assert request_.state_at(answer.at) == settled
    assert twice == request_
    if settled != "pending":
        assert request_.state_at(START + 100 * DAY) == settled
    people = {one.author for one in request_.answers if one.verdict == "approve"}
    assert len(people) == len(request_.approvers)
    assert (settled == "approved") == (len(people) >= request_.needed)
    assert ANN not in people or request_.requester != ANN


@given(requests, st.permutations([said(BEN), said(CLEO), said(DAN)]))
def test_the_order_of_approvals_does_not_matter(request_: ApprovalRequest, said_: list[ApprovalAnswer]) -> None:
    for order in permutations(said_):
        answered = request_
        for answer in order:
            answered = answered.with_answer(answer)
        assert answered.state_at(START + DAY) == "approved"
        assert len(answered.answers) == request_.needed
