"""A training or a validation whose process is killed ends its run at the next attempt, or after the last one."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import pytest
from moto.s3.models import FakeKey

from steward.events import Event, RunFailed, TrainingCompleted, TrainingRequested, ValidationCompleted

from .deployment import Deployment, _named_by_content, message, tries
from .dying import Died, dying
from .test_runs import after, requested, run_of, stepwise  # noqa: F401

WORK = {"train_model": "steward.services.train_model.fit_version", "validate_model": "steward.retraining.recipe.score"}
OVER = timedelta(minutes=16)
"""After so long an attempt is over, one way or the other."""


def killed(steward: Deployment, function: str, event: Event, *, attempt: int = 1) -> None:
    """Deliver a message to a function whose process is killed at its work."""
    with patch(WORK[function], side_effect=Died), pytest.raises(Died):
        steward.deliver(function, event, attempt=attempt)


def cause_of(steward: Deployment, function: str) -> TrainingRequested | TrainingCompleted:
    request = requested(steward)
    return request if function == "train_model" else after(steward, "train_model", request, TrainingCompleted)


@pytest.mark.parametrize("function", list(WORK))
def test_a_run_that_was_killed_fails_at_the_next_delivery_and_says_what_to_do(
    stepwise: Deployment,  # noqa: F811
    function: str,
) -> None:
    cause = cause_of(stepwise, function)
    killed(stepwise, function, cause)
    assert stepwise.told(RunFailed) == []
    stepwise.clock.pass_by(OVER)
    with patch(WORK[function]) as work:
        for attempt in (2, 3):
            assert stepwise.deliver(function, cause, attempt=attempt)
    work.assert_not_called()
    stepwise.settle()
    failed, again = stepwise.told(RunFailed)
    assert failed == again
    assert "was killed while it" in failed.message
    assert "raise MemorySize of" in failed.message
    assert run_of(stepwise)["stage"] == "failed"
    assert [entry.action for entry in stepwise.entries("lemons")].count("run_failed") == 1
    assert stepwise.notifications[-1]["Subject"] == "lemons: retraining failed"


@pytest.mark.parametrize("function", list(WORK))
def test_another_copy_of_the_message_ends_the_run_once_the_function_must_be_over(
    stepwise: Deployment,  # noqa: F811
    function: str,
) -> None:
    cause = cause_of(stepwise, function)
    killed(stepwise, function, cause)
    stepwise.clock.pass_by(OVER)
    assert stepwise.deliver(function, cause, copy="another")
    stepwise.settle()
    assert len(stepwise.told(RunFailed)) == 1


@pytest.mark.parametrize(
    ("function", "kind"), [("train_model", TrainingCompleted), ("validate_model", ValidationCompleted)]
)
def test_the_same_message_delivered_while_the_first_may_still_work_ends_no_run(
    stepwise: Deployment,  # noqa: F811
    function: str,
    kind: type[TrainingCompleted] | type[ValidationCompleted],
) -> None:
    cause = cause_of(stepwise, function)
    killed(stepwise, function, cause)
    stepwise.clock.pass_by(OVER - timedelta(minutes=2))
    assert stepwise.deliver(function, cause, attempt=2)
    stepwise._observe()
    assert stepwise.told(RunFailed) == []
    assert len(stepwise.told(kind)) == 1


@pytest.mark.parametrize(
    ("function", "kind"), [("train_model", TrainingCompleted), ("validate_model", ValidationCompleted)]
)
def test_a_death_while_reading_or_storing_is_made_good_by_the_next_delivery(
    stepwise: Deployment,  # noqa: F811
    function: str,
    kind: type[TrainingCompleted] | type[ValidationCompleted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Object versions are named by their content: a version's name follows from those that its dataset names."""
    monkeypatch.setattr(FakeKey, "__init__", _named_by_content)
    cause = cause_of(stepwise, function)
    ready, now = stepwise.snapshot(), stepwise.clock.now
    with dying(after=0) as calls:
        assert stepwise.deliver(function, cause)
    stepwise._observe()
    expected = stepwise.told(kind)[-1]
    writes = [number for number, operation in enumerate(calls, 1) if operation == "PutObject"]
    for call in (writes[0], writes[-4], writes[-1]):
        stepwise.restore(ready, now)
        stepwise.published.clear()
        with suppress(Died), dying(after=call):
            stepwise.deliver(function, cause)
        assert stepwise.deliver(function, cause, attempt=2)
        stepwise._observe()
        assert {event.version for event in stepwise.told(kind)} == {expected.version}, f"after call {call}"
        assert stepwise.told(RunFailed) == []


def test_an_error_is_no_kill(stepwise: Deployment) -> None:  # noqa: F811
    request = requested(stepwise)
    with patch(WORK["train_model"], side_effect=OSError("the disk is full")):
        assert not stepwise.deliver("train_model", request)
    assert stepwise.deliver("train_model", request, attempt=2)
    stepwise.settle()
    assert stepwise.told(TrainingCompleted)


def test_a_process_that_is_killed_while_it_reads_twice_ends_the_run(stepwise: Deployment) -> None:  # noqa: F811
    request = requested(stepwise)
    for attempt in (1, 2):
        with patch("steward.repositories.training_data.snapshot", side_effect=Died), pytest.raises(Died):
            stepwise.deliver("train_model", request, attempt=attempt)
        stepwise.clock.pass_by(OVER)
    assert stepwise.deliver("train_model", request, attempt=3)
    stepwise.settle()
    (failed,) = stepwise.told(RunFailed)
    assert "while it read its rows" in failed.message


@pytest.mark.parametrize("function", list(WORK))
def test_a_process_that_is_killed_at_every_attempt_ends_the_run_by_lambda_s_own_word(
    stepwise: Deployment,  # noqa: F811
    function: str,
) -> None:
    cause = cause_of(stepwise, function)
    for _ in range(tries(function)):
        with dying(after=6), pytest.raises(Died):
            stepwise.deliver(function, cause)
    assert stepwise.told(RunFailed) == []
    timed_out = TimeoutError("2026-11-30T17:00:00Z Task timed out after 900.00 seconds")
    for _ in range(2):  # Lambda may tell of it twice
        stepwise.report_failure(function, message(cause), timed_out)
    stepwise.settle()
    failed, again = stepwise.told(RunFailed)
    assert failed == again
    assert "was killed while it read its rows" in failed.message
    assert run_of(stepwise)["stage"] == "failed"
    assert [entry.action for entry in stepwise.entries("lemons")].count("run_failed") == 1


def test_a_failure_that_is_of_no_run_ends_none(stepwise: Deployment) -> None:  # noqa: F811
    request = requested(stepwise)
    for body in ('"poison"', message(request).replace("TrainingRequested", "AuditRequested")):
        stepwise.report_failure("release_model", body, ValueError("no"))
    stepwise.settle()
    assert stepwise.told(RunFailed) == []
    assert stepwise.errors == []
