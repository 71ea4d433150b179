"""A run only moves forward."""

from hypothesis import given
from hypothesis import strategies as st

from steward.retraining.runs import Run, Stage

from .examples import START, stored

STAGES: list[Stage] = ["requested", "frozen", "trained", "validated", "promoted", "refused", "failed"]
ENDS = {"promoted", "refused", "failed"}
RUN = Run(run="r1", model="lemons", as_of=START, reasons=["asked"], correlation_id="c", requested_at=START)


@given(st.lists(st.sampled_from(STAGES)))
def test_whatever_is_told_a_run_never_goes_back(told: list[Stage]) -> None:
    run, furthest = RUN, 0
    for stage in told:
        run = run.advanced(stage)
        assert STAGES.index(run.stage) >= furthest
        furthest = STAGES.index(run.stage)


@given(st.lists(st.sampled_from(STAGES)))
def test_the_first_end_is_the_end(told: list[Stage]) -> None:
    run = RUN
    for stage in told:
        run = run.advanced(stage)
    ends = [stage for stage in told if stage in ENDS]
    assert run.ended == bool(ends)
    assert not ends or run.stage == ends[0]


def test_a_step_told_again_does_not_replace_what_it_found() -> None:
    run = RUN.advanced("trained", version="v1", manifest=stored())
    assert run.advanced("trained", version="v2") == run
    assert run.advanced("frozen", dataset=stored()) == run


def test_a_run_keeps_what_it_found_on_the_way() -> None:
    run = RUN.advanced("frozen", dataset=stored("d")).advanced("trained", version="v1").advanced("failed", outcome="no")
    assert (run.dataset, run.version, run.outcome, run.ended) == (stored("d"), "v1", "no", True)
