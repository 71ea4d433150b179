"""Guardrails stay as they were approved: no path of declarations moves them without other people."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.approvals.approval_request import AnswerVerdict, ApprovalAnswer
from steward.approvals.safeguards import SafeguardHistory, Safeguards
from steward.spec.approvals import ApprovalPolicy
from steward.spec.guardrails import Guardrails
from tests.unit.examples import START, stored

DAY = timedelta(days=1)
ANN, BEN, CLEO = (f"arn:aws:iam::123456789012:user/{name}" for name in ("ann", "ben", "cleo"))


def safeguards(floor: float, **approvals: Any) -> Safeguards:
    bounds = Guardrails.model_validate({"floors": [{"metric": "roc_auc", "at_least": floor}]})
    return Safeguards(guardrails=bounds, approvals=ApprovalPolicy(**approvals))


def declared(history: SafeguardHistory, content: Safeguards, days: float, cause: str = "") -> SafeguardHistory:
    policy = ApprovalPolicy()
    return history.declared(content.sha256, stored(), policy, START + days * DAY, cause or f"d{days}")


def answered(
    history: SafeguardHistory, author: str, days: float, verdict: AnswerVerdict = "approve", cause: str = ""
) -> SafeguardHistory:
    evidence = history.proposal.request.subject.evidence if history.proposal else ""
    return history.answered(
        ApprovalAnswer(
            verdict=verdict, author=author, evidence=evidence, reason="so", at=START + days * DAY,
            cause=cause or f"{author}{days}",
        )
    )  # fmt: skip


def anchored(content: Safeguards) -> SafeguardHistory:
    return SafeguardHistory().anchored(content.sha256, stored(), "v1", START, "e0")


def test_a_change_is_in_force_once_two_people_approved_since_nobody_knows_who_declared_it() -> None:
    old, new = safeguards(0.7), safeguards(0.8)
    held = declared(anchored(old), new, 1)
    assert held.proposal
    one = answered(held, ANN, 2)
    assert (one.anchor, answered(one, ANN, 3).anchor) == (held.anchor, held.anchor)
    both = answered(one, BEN, 3)
    assert both.anchor
    assert (both.anchor.sha256, both.anchor.first_version, both.anchor.approved_by) == (new.sha256, "v1", (ANN, BEN))
    assert both.proposal is None
    assert [anchor.sha256 for anchor in both.anchors] == [old.sha256, new.sha256]


def test_who_requests_again_does_not_approve() -> None:
    held = declared(anchored(safeguards(0.7)), safeguards(0.6), 1)
    with pytest.raises(ValueError, match="no approval of guardrails expired"):
        held.asked_again(ANN, START + 2 * DAY, "r")
    assert answered(held, BEN, 9).anchor == held.anchor
    again = held.asked_again(ANN, START + 9 * DAY, "r")
    assert answered(again, ANN, 10).anchor == held.anchor
    assert answered(again, BEN, 10).anchor != held.anchor


def test_a_declaration_that_takes_its_change_back_asks_nobody() -> None:
    old = safeguards(0.7)
    held = declared(anchored(old), safeguards(0.6), 1)
    assert declared(held, old, 2).proposal is None


def test_what_was_rejected_is_not_asked_again_by_declaring_it_again() -> None:
    held = answered(declared(anchored(safeguards(0.7)), safeguards(0.6), 1), ANN, 2, "reject")
    assert declared(held, safeguards(0.6), 3) == held


def test_fewer_approvals_are_a_change_too() -> None:
    held = declared(anchored(safeguards(0.7, required=2)), safeguards(0.7, required=1), 1)
    assert held.proposal


def test_a_hundred_declarations_that_each_weaken_a_little_change_nothing() -> None:
    history = anchored(safeguards(0.9))
    for step in range(1, 101):
        history = declared(history, safeguards(0.9 - step * 0.005), step * 0.1)
        history = answered(history, ANN, step * 0.1 + 0.05)  # the author alone, at every step
    assert history.anchor
    assert (history.anchor.sha256, len(history.anchors)) == (safeguards(0.9).sha256, 1)


moves = st.one_of(
    st.tuples(st.just("declare"), st.sampled_from([0.5, 0.6, 0.7])),
    st.tuples(st.sampled_from(["approve", "reject"]), st.sampled_from([ANN, BEN, CLEO])),
)


@given(st.lists(moves, max_size=30))
def test_every_change_in_force_has_two_people_and_every_move_can_come_twice(path: list[tuple[str, Any]]) -> None:
    history = twice = anchored(safeguards(0.7))
    for at, (move, what) in enumerate(path):
        for times in (1, 2):
            for _ in range(times):
                if times == 1:
                    history = _moved(history, move, what, at)
                else:
                    twice = _moved(twice, move, what, at)
    assert twice == history
    for anchor in history.anchors[1:]:
        assert len(set(anchor.approved_by)) == 2
        assert anchor.first_version == "v1"


def _moved(history: SafeguardHistory, move: str, what: Any, at: int) -> SafeguardHistory:
    if move == "declare":
        return declared(history, safeguards(what), at / 10, f"e{at}")
    return answered(history, what, at / 10, "approve" if move == "approve" else "reject", f"e{at}")
