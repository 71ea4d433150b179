"""A release only moves forward, whatever comes in whatever order, and the same event changes it once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.approvals.approval_request import ApprovalAnswer, ApprovalRequest, ApprovalSubject
from steward.events import ValidationCompleted
from steward.experiments.experiment_plan import ExperimentMetric, ExperimentPlan
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.release import Release, ReleaseChange, phase_order
from steward.releasing.release_rules import RULES, ReleaseEvidence, decide, override_change, override_problem
from steward.releasing.release_windows import plan_step, weights_at
from steward.releasing.routing import Routing
from steward.spec.approvals import ApprovalPolicy
from steward.spec.release import ABRelease, CanaryRelease, ReleaseGuardrail, ReleasePolicy, ShadowRelease
from tests.unit.examples import DAY, START, stored

ANN = "arn:aws:iam::123456789012:user/ann"
CANARY = ReleasePolicy(mode="canary", canary=CanaryRelease(steps=[0.1, 0.5], bake=DAY, minimum_rows=100))
AB = ReleasePolicy(mode="ab", ab=ABRelease(smallest_effect=0.01, duration=14 * DAY))
SHADOW = ReleasePolicy(mode="shadow", shadow=ShadowRelease(margin=0.01, duration=14 * DAY))


def judged(version: str) -> ValidationCompleted:
    return ValidationCompleted(
        occurred_at=START, model="lemons", as_of=START, correlation_id="c", run=f"run-{version}", version=version,
        passed=True, summary="it is better", evaluation=stored(),
    )  # fmt: skip


def change(
    action: Any, version: str = "v2", *, days: float = 0, cause: str = "e0", author: str = "policy"
) -> ReleaseChange:
    at = START + days * DAY
    return ReleaseChange(action=action, version=version, as_of=at, at=at, why="so", author=author, cause=cause)


def begun(policy: ReleasePolicy = CANARY, *versions: str) -> Release:
    named = {
        f"challenger-{at}" if at else "challenger": judged(version) for at, version in enumerate(versions or ("v2",))
    }
    return Release.begin("v1", named, policy, "binary_classification", "print", change("start"))


def known(days: float = 2, **more: Any) -> ReleaseEvidence:
    usual = {"champion": "v1", "rows": {"v2": 500}, "labelled": {"v2": 500}}
    return ReleaseEvidence(as_of=START + days * DAY, **(usual | more))


def found(decision: Any, arm: str | None = None) -> ExperimentResult:
    plan = ExperimentPlan(
        name="r", champion="champion", weights={"champion": 0.5, "challenger": 0.5}, ends=START + DAY,
        metric=ExperimentMetric(name="log_loss", margin=0.1),
    )  # fmt: skip
    return ExperimentResult(plan=plan, as_of=START, decision=decision, arm=arm, reason="so it is")


TABLE = [
    ("a step that has not baked waits", CANARY, known(0.5), "wait", "bakes for 12 hours more"),
    ("a step with few rows waits", CANARY, known(rows={"v2": 99}), "wait", "99 rows of 100"),
    ("nobody answers", CANARY, known(rows={}), "wait", "does the application read the routing"),
    ("a step without labels waits", CANARY, known(labelled={"v2": 3}), "wait", "3 labels of its rows"),
    ("a step that baked advances", CANARY, known(), "advance", "500 rows at 10% of the entities for 2 days"),
    ("an alert ends it", CANARY, known(firing={"v2": ["log_loss: bad"]}), "stop", "its alert fires: log_loss: bad"),
    ("a guardrail ends it", CANARY, known(harm={"v2": ["is worse on latency"]}), "stop", "worse on latency"),
    ("a broken split ends it", CANARY, known(broken_ratio="the arms are off"), "stop", "the arms are off"),
    ("another champion ends it", CANARY, known(champion="v9"), "stop", "v9 took over from v1"),
    ("another declaration ends it", CANARY, known(obsolete="the declaration changed"), "stop", "declaration changed"),
    ("a check that is not done is waited for", CANARY, known(missing_checks=("w",)), "wait", "check of w"),
    ("a freeze holds it", CANARY, known(frozen="promotions are frozen"), "wait", "frozen"),
    ("a freeze holds no alert", CANARY, known(frozen="frozen", firing={"v2": ["x"]}), "stop", "alert"),
    ("an experiment without rows waits", AB, known(), "wait", "no window"),
    ("an experiment goes on", AB, known(result=found("continue")), "wait", "so it is"),
    ("an experiment is won", AB, known(result=found("promote", "challenger")), "promote", "so it is"),
    ("an experiment is lost", AB, known(result=found("keep")), "stop", "so it is"),
    ("an experiment is broken", AB, known(result=found("stop")), "stop", "so it is"),
    ("a shadow that is no worse takes over", SHADOW, known(result=found("promote", "challenger")), "promote", "so"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "evidence", "step", "why"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_follows(policy: ReleasePolicy, evidence: ReleaseEvidence, step: str, why: str) -> None:
    verdict = decide(begun(policy), evidence)
    assert (verdict.step, verdict.version) == (step, "v2")
    assert why in verdict.why


def test_every_rule_decides_something() -> None:
    speaking = {
        next(rule.__name__ for rule in RULES if rule(begun(policy), evidence)) for _, policy, evidence, *_ in TABLE
    }
    approved = begun(CANARY.model_copy(update={"approval": "required"})).with_change(change("await_approval"))
    speaking |= {next(rule.__name__ for rule in RULES if rule(approved, known()))}
    late = requested().with_change(change("await_approval"))
    speaking |= {next(rule.__name__ for rule in RULES if rule(late, known(now=START + 7 * DAY)))}
    assert speaking == {rule.__name__ for rule in RULES}


def test_an_approval_lets_a_version_that_passed_take_over() -> None:
    waiting = begun(AB.model_copy(update={"approval": "required"}))
    verdict = decide(waiting, known(result=found("promote", "challenger")))
    assert verdict.step == "await_approval"
    waiting = waiting.with_change(change("await_approval", cause="e1"))
    assert decide(waiting, known()).step == "wait"
    approved = waiting.with_change(change("approve", cause="e2", author=ANN))
    verdict = decide(approved, known())
    assert verdict.step == "promote"
    assert ANN in verdict.why
    assert decide(approved, known(firing={"v2": ["x"]})).step == "stop"


def requested(requester: str = "policy", **policy: Any) -> Release:
    request = ApprovalRequest(
        subject=ApprovalSubject(name="v2", evaluation="0" * 64), requester=requester, asked_at=None,
        policy=ApprovalPolicy(**policy),
    )  # fmt: skip
    return begun(CANARY.model_copy(update={"approval": "required"})).model_copy(update={"request": request})


def approval(release: Release, author: str = ANN, cause: str = "e2", days: float = 0) -> ApprovalAnswer:
    evidence = release.request.subject.evidence if release.request else ""
    return ApprovalAnswer(
        verdict="approve", author=author, evidence=evidence, reason="so", at=START + days * DAY, cause=cause
    )


def test_two_people_approve_and_then_it_takes_over() -> None:
    release = requested(required=2).with_change(change("await_approval", cause="e1"))
    for author, step in ((ANN, "wait"), (ANN.replace("ann", "ben"), "promote")):
        answer = approval(release, author, cause=author)
        assert not override_problem(release, "approve", None, answer)
        release = release.with_change(change("approve", cause=author, author=author), answer)
        assert decide(release, known(now=START)).step == step


def test_what_nobody_approves_ends_and_can_be_requested_again() -> None:
    release = requested().with_change(change("await_approval", cause="e1"))
    assert decide(release, known(now=START + 6.9 * DAY)).step == "wait"
    verdict = decide(release, known(now=START + 7 * DAY))
    assert (verdict.step, "steward release lemons request" in verdict.why) == ("stop", True)
    ended = release.with_change(change("stop", days=7, cause="e2"))
    assert ended.expired
    again = ended.ask_again("release-2", change("start", days=8, cause="e3", author=ANN))
    assert (again.phase, again.winner, again.traffic, again.approved) == ("awaiting_approval", "v2", None, "")
    assert "another person" in override_problem(again, "approve", None, approval(again, days=8))
    ben = approval(again, ANN.replace("ann", "ben"), days=8)
    assert not override_problem(again, "approve", None, ben)


def test_an_approval_is_of_the_version_that_passed() -> None:
    """Of two challengers one is approved early; the other one wins, and must be approved itself."""
    release = requested().model_copy(update={"challengers": begun(AB, "v2", "v3").challengers})
    release = release.with_change(change("approve", cause="e1"), approval(release, cause="e1"))
    assert release.approved
    release = release.with_change(change("await_approval", "v3", cause="e2"))
    assert (release.approved, decide(release, known(now=START)).step) == ("", "wait")


def test_nobody_promotes_past_an_approval_but_in_an_emergency() -> None:
    release = requested()
    assert "promote --emergency" in override_problem(release, "promote", None)
    assert override_problem(release, "promote", None, emergency=True) == ""
    assert "needs no emergency" in override_problem(begun(), "promote", None, emergency=True)


def test_after_the_last_step_all() -> None:
    last = begun().with_change(change("advance", days=2, cause="e1"))
    assert last.step.share == 0.5
    assert decide(last, known(2.5)).step == "wait"
    assert decide(last, known(3)).step == "promote"


actions = st.sampled_from(["start", "advance", "approve", "await_approval", "promote", "stop"])


@given(st.lists(st.tuples(actions, st.integers(0, 6), st.integers(0, 9)), max_size=12))
def test_a_release_only_moves_forward_and_is_changed_once_by_an_event(moves: list[tuple[Any, int, int]]) -> None:
    release = begun()
    for action, cause, days in moves:
        if action == "advance" and release.on_last_step:
            continue  # `decide` and `override_problem` ask for no step beyond the last
        made = change(action, days=days, cause=f"e{cause}")
        moved = release.with_change(made)
        assert phase_order(moved) >= phase_order(release)
        assert moved.with_change(made) == moved
        assert [step.since for step in moved.steps] == sorted(step.since for step in moved.steps)
        assert moved.changes[: len(release.changes)] == release.changes
        if release.ended:
            assert moved == release
        release = moved
    assert (release.traffic is None) == release.ended
    assert Release.model_validate_json(release.model_dump_json()) == release


@given(st.lists(st.floats(0, 30), max_size=6), st.sampled_from(["", "promotions are frozen"]))
def test_evidence_delivered_again_changes_nothing(days: list[float], frozen: str) -> None:
    routing = Routing(model="lemons").promote("v1", over=None, run="run-v1", as_of=START, promoted_at=START)
    routing = routing.with_release(begun())
    for at, day in enumerate(days):
        for _ in range(2):
            release = routing.releases[-1]
            verdict = decide(release, known(day, frozen=frozen))
            if not release.ended and verdict.step != "wait":
                routing = routing.with_release(release.with_change(change(verdict.step, days=day, cause=f"e{at}")))
        assert routing.traffic == routing.releases[-1].traffic
        once = [one for one in routing.releases[-1].changes if one.cause == f"e{at}"]
        assert len(once) <= 1 + (once != [] and once[0].action != once[-1].action)
    assert not frozen or len(routing.releases[-1].changes) == 1


def test_several_challengers_share_what_the_champion_leaves() -> None:
    three = AB.model_copy(update={"ab": ABRelease(smallest_effect=0.01, duration=DAY, challengers=2)})
    release = begun(three, "v2", "v3")
    assert release.traffic is not None
    assert [arm.version for arm in release.traffic.arms] == ["v1", "v2", "v3"]
    assert sum(weights_at(release, 0).values()) == pytest.approx(1)
    plan = plan_step(release, 0, by_entity=True)
    assert plan is not None
    assert plan.level_of(plan.metric) == pytest.approx(0.025)
    verdict = decide(release, known(firing={"v3": ["x"]}))
    assert (verdict.version, verdict.others_return) == ("v3", True)


def test_a_guardrail_of_each_step_has_a_part_of_the_level() -> None:
    guarded = CANARY.model_copy(update={"guardrails": [ReleaseGuardrail(metric="log_loss", margin=0.1)]})
    plan = plan_step(begun(guarded), 0, by_entity=True)
    assert plan is not None
    assert (plan.goal, plan.level, plan.metric.margin) == ("non_inferiority", 0.025, 0.1)
    assert plan_step(begun(CANARY), 0, by_entity=True) is None


@pytest.mark.parametrize(
    ("policy", "action", "version", "problem"),
    [
        (CANARY, "advance", None, ""),
        (AB, "advance", None, "only a canary has steps"),
        (CANARY, "promote", "v9", "v9 is no challenger of release-run-v2: name one of v2"),
        (CANARY, "abort", "v2", ""),
    ],
)
def test_what_people_may_ask_for(policy: ReleasePolicy, action: Any, version: str | None, problem: str) -> None:
    said = override_problem(begun(policy), action, version)
    assert said.startswith(problem)
    assert bool(said) == bool(problem)


def test_what_people_decide_says_who_and_why() -> None:
    assert override_change(begun(), "reject", None, "too slow", ANN) == ("stop", "v2", f"rejected by {ANN}: too slow")
    last = begun().with_change(change("advance", cause="e1"))
    assert "last step" in override_problem(last, "advance", None)


def test_a_change_of_the_champion_ends_the_shares_at_once() -> None:
    routing = Routing(model="lemons").promote("v1", over=None, run="run-v1", as_of=START, promoted_at=START)
    routing = routing.with_release(begun())
    assert routing.arm_of("a").version in {"v1", "v2"}
    moved = routing.promote("v2", over="v1", run="run-v2", as_of=START, promoted_at=START + timedelta(hours=1))
    assert moved.arm_of("a") == ("champion", "v2")
