"""A run only moves forward."""

from hypothesis import given
from hypothesis import strategies as st

from steward.retraining.runs import Run, Stage
from tests.unit.examples import START, stored

STAGES: list[Stage] = ["requested", "frozen", "trained", "validated", "promoted", "refused", "failed"]
ENDS = {"promoted", "refused", "failed"}
RUN = Run(run="r1", model="lemons", as_of=START, reasons=["asked"], correlation_id="c", requested_at=START)


@given(st.lists(st.sampled_from(STAGES)))
def test_whatever_is_told_a_run_never_goes_back(told: list[Stage]) -> None:
    run, furthest = RUN, 0
    for stage in told:
        overturned = (run.stage, stage) == ("refused", "promoted")  # an approval that was requested again
        run = run.advance(stage)
        assert STAGES.index(run.stage) >= furthest or overturned
        furthest = STAGES.index(run.stage)


@given(st.lists(st.sampled_from(STAGES)))
def test_the_first_end_is_the_end_unless_a_refusal_is_overturned(told: list[Stage]) -> None:
    run = RUN
    for stage in told:
        run = run.advance(stage)
    ends = [stage for stage in told if stage in ENDS]
    assert run.ended == bool(ends)
    overturned = ends[:1] == ["refused"] and "promoted" in ends
    assert not ends or run.stage == ("promoted" if overturned else ends[0])


def test_a_step_told_again_does_not_replace_what_it_found() -> None:
    run = RUN.advance("trained", version="v1", manifest=stored())
    assert run.advance("trained", version="v2") == run
    assert run.advance("frozen", dataset=stored()) == run


def test_a_run_keeps_what_it_found_on_the_way() -> None:
    run = RUN.advance("frozen", dataset=stored("d")).advance("trained", version="v1").advance("failed", outcome="no")
    assert (run.dataset, run.version, run.outcome, run.ended) == (stored("d"), "v1", "no", True)


def test_what_the_steps_of_a_run_took_adds_up_and_is_counted_once() -> None:
    trained = RUN.advance("trained", dollars=0.25, version="v1")
    assert trained.advance("trained", dollars=0.25, version="v1").dollars == 0.25
    assert trained.advance("validated", dollars=0.5).dollars == 0.75
