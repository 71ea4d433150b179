"""The policy starts what was asked for and nothing holds back, says why it does not, and stands by its answers."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.retraining.policy import RetrainingDecision, RetrainingState, decide, training_settings
from steward.spec.document import read_spec
from steward.spec.policies import RetrainingPolicy
from tests.integration import lemons
from tests.unit.examples import DAY, START

POLICY = RetrainingPolicy.model_validate(
    {
        "recipe": {"estimator": "LogisticRegression"},
        "on_alerts": ["roc_auc", "log_loss"],
        "every": "8w",
        "cool_down": "7d",
        "minimum_labels": 1000,
        "minimum_new_labels": 500,
    }
)
TRAINED = RetrainingState(
    labels={"reference/b1": 2000, "v1/w1": 600},
    counted={"reference/b1": 2000},
    last_run="r0",
    last_as_of=START,
    last_settings="s1",
)


def ask(memory: RetrainingState = TRAINED, policy: RetrainingPolicy = POLICY, **changes: Any) -> RetrainingDecision:
    asked: dict[str, Any] = {
        "settings": "s1",
        "registered": False,
        "firing": ["roc_auc"],
        "proposed": None,
        "in_flight": False,
        "has_champion": True,
        "referred": False,
        "as_of": START + 10 * DAY,
        "run": "r1",
    }
    return decide(policy, memory, **asked | changes)


def test_a_firing_alert_starts_a_run() -> None:
    assert ask() == RetrainingDecision(
        verdict="start", triggers=["alert roc_auc is firing"], reasons=["alert roc_auc is firing"], run="r1"
    )


def test_an_alert_that_the_policy_does_not_name_starts_nothing() -> None:
    assert ask(firing=["missing_values"]) == RetrainingDecision(verdict="nothing")


def test_nothing_is_decided_when_nothing_asks() -> None:
    assert ask(firing=[]).verdict == "nothing"
    assert ask(firing=[], in_flight=True).verdict == "nothing"


def test_a_person_or_a_schedule_may_ask() -> None:
    assert ask(firing=[], proposed="the owner asks").triggers == ["the owner asks"]


def test_age_alone_starts_a_run_when_the_policy_says_every() -> None:
    assert ask(firing=[], as_of=START + 56 * DAY).verdict == "start"
    assert ask(firing=[], as_of=START + 56 * DAY - timedelta(seconds=1)).verdict == "nothing"
    without = POLICY.model_copy(update={"every": None})
    assert ask(policy=without, firing=[], as_of=START + 560 * DAY).verdict == "nothing"


def test_no_run_starts_within_the_cool_down() -> None:
    early = ask(as_of=START + 7 * DAY - timedelta(seconds=1))
    assert early.verdict == "decline"
    assert early.reasons == ["cool-down: the newest run is 7 d old, the policy asks for 1w"]
    assert ask(as_of=START + 7 * DAY).verdict == "start"


def test_an_event_from_before_the_newest_run_starts_none() -> None:
    assert ask(as_of=START - 30 * DAY).verdict == "decline"


def test_no_run_starts_while_one_is_in_flight() -> None:
    assert ask(in_flight=True).reasons == ["run r0 has not ended"]


def test_no_run_starts_without_enough_new_labels() -> None:
    memory = TRAINED.model_copy(update={"counted": TRAINED.labels | {"v1/w1": 101}})
    assert ask(memory).reasons == [
        "499 labelled rows since the newest run, which the declaration has not changed since; the policy asks for 500"
    ]
    assert ask(memory.with_labels("v1/w2", 1)).verdict == "start"


def test_the_first_run_needs_the_minimum_and_no_cool_down() -> None:
    few = ask(RetrainingState(labels={"reference/b1": 999}), has_champion=False, firing=[])
    assert few.verdict == "decline"
    assert few.reasons == ["999 labelled rows so far; a first run needs 1,000"]
    assert ask(RetrainingState(labels={"reference/b1": 1000}), has_champion=False, firing=[]).verdict == "start"


def test_every_obstacle_is_told() -> None:
    assert len(ask(RetrainingState(last_run="r0", last_as_of=START), in_flight=True, as_of=START).reasons) == 3


labels = st.dictionaries(st.sampled_from(["v1/w1", "v1/w2", "v2/w1", "reference/b1"]), st.integers(0, 2000))
memories = st.builds(
    RetrainingState,
    labels=labels,
    counted=labels,
    last_run=st.just("r0"),
    last_as_of=st.integers(0, 30).map(lambda days: START + days * DAY),
    decisions=st.just({}),
) | st.builds(
    RetrainingState, labels=labels, counted=st.just({}), last_run=st.none(), last_as_of=st.none(), decisions=st.just({})
)
questions = st.fixed_dictionaries(
    {
        "firing": st.lists(st.sampled_from(["roc_auc", "log_loss", "accuracy"]), unique=True),
        "proposed": st.none() | st.just("asked"),
        "in_flight": st.booleans(),
        "has_champion": st.booleans(),
        "as_of": st.integers(0, 120).map(lambda days: START + days * DAY),
    }
)
RANK = {"nothing": 0, "decline": 1, "start": 2}


@given(memories, questions, st.integers(0, 3000))
def test_more_labels_never_turn_a_start_into_a_refusal(
    memory: RetrainingState, question: dict[str, Any], more: int
) -> None:
    richer = memory.with_labels("v1/w3", more)
    assert RANK[ask(richer, **question).verdict] >= RANK[ask(memory, **question).verdict]


@given(memories, questions, st.integers(0, 100))
def test_a_later_moment_never_turns_a_start_into_a_refusal(
    memory: RetrainingState, question: dict[str, Any], days: int
) -> None:
    later = question | {"as_of": question["as_of"] + days * DAY}
    if ask(memory, **question).verdict == "start":
        assert ask(memory, **later).verdict == "start"


@given(memories, questions)
def test_a_refusal_names_what_asked_and_what_held_it_back(memory: RetrainingState, question: dict[str, Any]) -> None:
    answer = ask(memory, **question)
    assert bool(answer.triggers) == (answer.verdict != "nothing")
    assert bool(answer.reasons) == (answer.verdict != "nothing")
    assert (answer.run is not None) == (answer.verdict == "start")


@given(st.lists(st.tuples(st.sampled_from(["v1/w1", "v1/w2", "v2/w1"]), st.integers(0, 500)), max_size=8), st.data())
def test_labels_told_again_or_out_of_order_are_counted_once(told: list[tuple[str, int]], data: st.DataObject) -> None:
    def remembered(said: list[tuple[str, int]]) -> int:
        memory = RetrainingState()
        for place, rows in said:
            memory = memory.with_labels(place, rows)
        return memory.all_labels

    assert remembered(data.draw(st.permutations(told + told))) == remembered(told)


def test_a_run_counts_the_labels_it_had_as_old() -> None:
    started = RetrainingDecision(verdict="start", triggers=["x"], reasons=["x"], run="r1")
    memory = TRAINED.with_decision("event-1", started, as_of=START + 10 * DAY, requested_at=START, settings="s1")
    assert (memory.last_run, memory.last_as_of, memory.new_labels) == ("r1", START + 10 * DAY, 0)
    assert memory.with_labels("v1/w1", 650).new_labels == 50


def test_a_refusal_leaves_labels_and_run_as_they_were() -> None:
    memory = TRAINED.with_decision(
        "event-1",
        RetrainingDecision(verdict="decline", triggers=["x"], reasons=["y"]),
        as_of=START + DAY,
        requested_at=START,
        settings="s2",
    )
    assert (memory.last_run, memory.new_labels) == ("r0", TRAINED.new_labels)


@given(memories, questions, st.text())
def test_an_answer_is_remembered_by_the_event_that_asked(
    memory: RetrainingState, question: dict[str, Any], event_id: str
) -> None:
    answer = ask(memory, **question)
    told = memory.with_decision(event_id, answer, as_of=question["as_of"], requested_at=START, settings="s1")
    assert told.decisions[event_id] == answer
    assert RetrainingState.model_validate_json(told.model_dump_json()) == told


def test_only_the_last_answers_are_kept() -> None:
    memory = RetrainingState()
    for number in range(150):
        memory = memory.with_decision(
            f"event-{number}", RetrainingDecision(verdict="nothing"), as_of=START, requested_at=START, settings="s1"
        )
    assert list(memory.decisions) == [f"event-{number}" for number in range(50, 150)]


def test_a_start_is_remembered_however_much_is_asked_after_it() -> None:
    started = RetrainingDecision(verdict="start", triggers=["x"], reasons=["x"], run="r1")
    memory = RetrainingState().with_decision("the start", started, as_of=START, requested_at=START, settings="s1")
    for number in range(150):
        memory = memory.with_decision(
            f"event-{number}", RetrainingDecision(verdict="nothing"), as_of=START, requested_at=START, settings="s1"
        )
    assert memory.decisions["the start"] == started
    assert memory.last_requested_at == START


# A declaration that changed after a run that brought no version.

FIRST = RetrainingState(labels={"reference/b1": 2000}).with_decision(
    "e0", RetrainingDecision(verdict="start", run="r0"), as_of=START, requested_at=START, settings="s0"
)


@pytest.mark.parametrize(
    ("memory", "changes", "verdict"),
    [
        (FIRST, {}, "start"),
        (FIRST, {"settings": "s0"}, "nothing"),
        (FIRST, {"has_champion": True}, "nothing"),
        (FIRST, {"in_flight": True}, "nothing"),  # its end asks again
        (RetrainingState(), {}, "nothing"),  # no reference has come: there is nothing to decline either
        (FIRST.model_copy(update={"last_settings": None}), {}, "nothing"),  # of an older Steward
        (FIRST.model_copy(update={"labels": {"reference/b1": 10}, "counted": {}}), {}, "decline"),
    ],
)
def test_a_changed_declaration_asks_for_the_version_that_is_missing(
    memory: RetrainingState, changes: dict[str, Any], verdict: str
) -> None:
    asked = {"registered": True, "has_champion": False, "firing": []} | changes
    assert ask(memory, **asked).verdict == verdict


def test_new_labels_are_asked_for_only_under_the_same_declaration() -> None:
    asked = {"proposed": "ann asks", "has_champion": False, "firing": []}
    (reason,) = ask(FIRST, settings="s0", **asked).reasons
    assert reason.startswith("0 labelled rows since the newest run, which the declaration has not changed since")
    assert ask(FIRST, settings="s1", **asked).verdict == "start"


def test_only_what_training_and_validation_depend_on_counts_as_a_change() -> None:
    spec = read_spec(lemons.SPEC)
    settings = training_settings(spec)
    for same in ("description: sour\n", "owner: somebody@example.com\n", "alerting: {notify_at: info}\n"):
        key = same.partition(":")[0]
        lines = [line for line in lemons.SPEC.splitlines(keepends=True) if not line.startswith(f"{key}:")]
        assert training_settings(read_spec("".join(lines) + same)) == settings
    assert training_settings(read_spec(lemons.SPEC + "validation: {minimum_gain: -1.0}\n")) != settings
    longer = spec.model_copy(update={"retraining": spec.retraining.model_copy(update={"holdout_span": 30 * DAY})})
    assert training_settings(longer) != settings
