"""The policy starts what was asked for and nothing holds back, says why it does not, and stands by its answers."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.events import RealisedLoss
from steward.retraining.gain_forecast import GainForecast
from steward.retraining.policy import RetrainingState, training_settings
from steward.retraining.policy_decision import PolicyDecision, decide
from steward.retraining.policy_inputs import MonthlySpending, PolicyInputs
from steward.spec.document import read_spec
from steward.spec.policies import RetrainingPolicy
from tests.integration import lemons
from tests.unit.examples import DAY, START

V1W1, V1W2, V1W3, V2W1 = (
    "v1/20240101T000000Z_1w",
    "v1/20240108T000000Z_1w",
    "v1/20240115T000000Z_1w",
    "v2/20240101T000000Z_1w",
)
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
    labels={"reference/b1": 2000, V1W1: 600},
    counted={"reference/b1": 2000},
    last_run="r0",
    last_as_of=START,
    last_settings="s1",
)


def ask(
    memory: RetrainingState = TRAINED, policy: RetrainingPolicy = POLICY, settings: str = "s1", **changes: Any
) -> PolicyDecision:
    inputs = PolicyInputs(
        as_of=changes.pop("as_of", START + 10 * DAY),
        firing=changes.pop("firing", ["roc_auc"]),
        last_run=memory.last_run,
        last_as_of=memory.last_as_of,
        settings_changed=memory.settings_changed(settings),
        labels=memory.all_labels,
        new_labels=memory.new_labels,
        new_labels_by_class=memory.new_labels_by_class,
    )
    return decide(policy, inputs.model_copy(update=changes), model="lemons", decision="r1", cause="event-1")


def declared(**settings: Any) -> RetrainingPolicy:
    return RetrainingPolicy.model_validate(POLICY.model_dump() | settings)


def test_a_firing_alert_starts_a_run() -> None:
    decision = ask()
    assert (decision.verdict, decision.decision, decision.held) == ("start", "r1", [])
    assert [(rule.rule, rule.sentence) for rule in decision.fired] == [("alert", "alert roc_auc is firing")]
    assert ask(firing=["log_loss", "roc_auc"]).triggers == ["alerts roc_auc, log_loss are firing"]


def test_an_alert_that_the_policy_does_not_name_starts_nothing() -> None:
    assert ask(firing=["missing_values"]).verdict == "nothing"


def test_nothing_is_decided_when_nothing_asks() -> None:
    assert ask(firing=[]).verdict == "nothing"
    assert ask(firing=[], in_flight=True).verdict == "nothing"


def test_a_person_or_a_schedule_may_ask() -> None:
    for asked in ("person", "schedule", "correction", "erasure", "action"):
        decision = ask(firing=[], asked=asked, reason="it is asked for")
        assert [(rule.rule, rule.sentence) for rule in decision.fired] == [(asked, "it is asked for")]


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
    memory = TRAINED.model_copy(update={"counted": TRAINED.labels | {V1W1: 101}})
    assert ask(memory).reasons == [
        "499 labelled rows since the newest run, under the same declaration; the policy asks for 500"
    ]
    assert ask(memory.with_labels(V1W2, 1)).verdict == "start"


def test_the_first_run_needs_the_minimum_and_no_cool_down() -> None:
    few = ask(RetrainingState(labels={"reference/b1": 999}), has_champion=False, firing=[])
    assert few.verdict == "decline"
    assert few.reasons == ["999 labelled rows so far; a first run needs 1,000"]
    assert ask(RetrainingState(labels={"reference/b1": 1000}), has_champion=False, firing=[]).verdict == "start"


def test_every_obstacle_is_told() -> None:
    assert len(ask(RetrainingState(last_run="r0", last_as_of=START), in_flight=True, as_of=START).reasons) == 3


labels = st.dictionaries(st.sampled_from([V1W1, V1W2, V2W1, "reference/b1"]), st.integers(0, 2000))
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
        "asked": st.sampled_from([None, "person", "schedule", "correction"]),
        "reason": st.just("asked"),
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
    richer = memory.with_labels(V1W3, more)
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
    assert bool(answer.fired) == (answer.verdict != "nothing")
    assert bool(answer.held) == (answer.verdict == "decline")
    assert answer.reasons == ([rule.sentence for rule in answer.held] or answer.triggers)


@given(st.lists(st.tuples(st.sampled_from([V1W1, V1W2, V2W1]), st.integers(0, 500)), max_size=8), st.data())
def test_labels_told_again_or_out_of_order_are_counted_once(told: list[tuple[str, int]], data: st.DataObject) -> None:
    def remembered(said: list[tuple[str, int]]) -> int:
        memory = RetrainingState()
        for place, rows in said:
            memory = memory.with_labels(place, rows)
        return memory.all_labels

    assert remembered(data.draw(st.permutations(told + told))) == remembered(told)


def answered(
    verdict: str, cause: str = "event-1", as_of: Any = START + 10 * DAY, decision: str = "r1"
) -> PolicyDecision:
    asked = {"nothing": [], "start": ["roc_auc"], "decline": ["roc_auc"]}[verdict]
    inputs = PolicyInputs(as_of=as_of, firing=asked, in_flight=verdict == "decline")
    return decide(POLICY, inputs, model="lemons", decision=decision, cause=cause)


def told(memory: RetrainingState, decision: PolicyDecision, settings: str = "s1") -> RetrainingState:
    return memory.with_decision(decision, requested_at=START, settings=settings)


def test_a_run_counts_the_labels_it_had_as_old() -> None:
    memory = told(TRAINED, answered("start"))
    assert (memory.last_run, memory.last_as_of, memory.new_labels) == ("r1", START + 10 * DAY, 0)
    assert memory.with_labels(V1W1, 650).new_labels == 50


def test_a_refusal_leaves_labels_and_run_as_they_were() -> None:
    memory = told(TRAINED, answered("decline"), settings="s2")
    assert (memory.last_run, memory.new_labels) == ("r0", TRAINED.new_labels)


@given(memories, questions, st.text())
def test_an_answer_is_remembered_by_the_event_that_asked(
    memory: RetrainingState, question: dict[str, Any], event_id: str
) -> None:
    answer = ask(memory, **question).model_copy(update={"cause": event_id})
    after = told(memory, answer)
    known = after.decisions[event_id]
    assert (known.verdict, known.triggers, known.as_of) == (answer.verdict, answer.triggers, answer.as_of)
    assert after.documents.get(event_id) == (answer if answer.fired else None)
    assert RetrainingState.model_validate_json(after.model_dump_json()) == after


def test_only_the_last_answers_are_kept() -> None:
    memory = RetrainingState()
    for number in range(150):
        memory = told(memory, answered("nothing", f"event-{number}"))
    assert list(memory.decisions) == [f"event-{number}" for number in range(50, 150)]


def test_a_start_is_remembered_however_much_is_asked_after_it() -> None:
    memory = told(RetrainingState(), answered("start", "the start"))
    for number in range(150):
        memory = told(memory, answered("nothing", f"event-{number}"))
    known = memory.decisions["the start"]
    assert (known.verdict, known.run, known.triggers) == ("start", "r1", ["alert roc_auc is firing"])
    assert memory.last_requested_at == START


# A declaration that changed after a run that brought no version.

FIRST = told(RetrainingState(labels={"reference/b1": 2000}), answered("start", "e0", START, "r0"), settings="s0")


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
    asked = {"resumed": True, "has_champion": False, "firing": []} | changes
    assert ask(memory, **asked).verdict == verdict


def test_new_labels_are_asked_for_only_under_the_same_declaration() -> None:
    asked = {"asked": "person", "reason": "ann asks", "has_champion": False, "firing": []}
    (reason,) = ask(FIRST, settings="s0", **asked).reasons
    assert reason.startswith("0 labelled rows since the newest run, under the same declaration")
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


# Triggers and holds that a declaration asks for: the sentence, and the case next to it in which the rule is silent.

RUNS_OF_JANUARY = {"r1": START, "r2": START + DAY, "r3": START + 40 * DAY}
LOSS = RealisedLoss(metric="log_loss", value=0.62, low=0.6, high=0.64, rows=900)
WORTH_IT = GainForecast(
    metric="log_loss", age=5, fresh=0.5, recent=0.6, recent_windows=2, increase=0.1, deviation=0.01, noise=0.01, runs=0,
    share=0.7, rate=0.0, promoted=1.0, staleness=0.07, low=0.05, high=0.09, expected_gain=0.07, growth=0.01, horizon=26,
    gain=1.8, cost=0.1, advantage=0.06,
)  # fmt: skip
NOT_WORTH_IT = WORTH_IT.model_copy(update={"advantage": -0.01})
AUC = RealisedLoss(metric="roc_auc", value=0.62, low=0.6, high=0.64, rows=900)


@pytest.mark.parametrize(
    ("rule", "settings", "applies", "silent"),
    [
        ("new_labels", {"on_new_labels": 600}, {}, {"new_labels": 599}),
        ("new_labels", {"on_new_labels": 600}, {}, {"last_run": None}),
        ("realised_loss", {"on_realised_loss": 0.05}, {"realised": LOSS, "holdout": 0.54}, {"holdout": 0.56}),
        ("realised_loss", {"on_realised_loss": 0.05}, {"realised": AUC, "holdout": 0.7}, {"holdout": 0.68}),
        ("realised_loss", {"on_realised_loss": 0.05}, {"realised": LOSS, "holdout": 0.54}, {"realised": None}),
        ("expected_loss", {"on_expected_loss": 0.05}, {"expected_change": 0.06}, {"expected_change": 0.04}),
        ("expected_loss", {"on_expected_loss": 0.05}, {"expected_change": -0.06, "realised": AUC}, {"realised": LOSS}),
        ("expected_loss", {"on_expected_loss": 0.05}, {"expected_change": 0.06}, {"expected_change": None}),
        ("age", {"every": "1w"}, {}, {"as_of": START + 6 * DAY}),
        (
            "expected_gain",
            {"policy": "cost_aware", "run_cost": 0.1},
            {"forecast": WORTH_IT},
            {"forecast": NOT_WORTH_IT},
        ),
        ("expected_gain", {"policy": "cost_aware", "run_cost": 0.1}, {"forecast": WORTH_IT}, {"forecast": None}),
    ],
)
def test_a_trigger_asks_for_a_run_only_where_it_applies(
    rule: str, settings: dict[str, Any], applies: dict[str, Any], silent: dict[str, Any]
) -> None:
    policy = declared(**{"every": None, "cool_down": "1d"} | settings)
    asked = {"firing": []} | applies
    decision = ask(policy=policy, **asked)
    assert [found.rule for found in decision.fired] == [rule]
    assert decision.verdict == "start"
    assert ask(policy=policy, **asked | silent).verdict == "nothing"
    assert ask(policy=declared(every=None), **asked).verdict == "nothing"


@pytest.mark.parametrize(
    ("rule", "settings", "applies", "silent"),
    [
        (
            "minimum_new_labels_per_class",
            {"minimum_new_labels_per_class": 20},
            {"new_labels_by_class": {"positive": 19, "negative": 900}},
            {"new_labels_by_class": {"positive": 20, "negative": 900}},
        ),
        (
            "budget_of_runs",
            {"budget": {"runs": 2}},
            {"month": MonthlySpending(runs=2)},
            {"month": MonthlySpending(runs=1)},
        ),
        ("budget_of_runs", {"budget": {"runs": 2}}, {"month": MonthlySpending(runs=2)}, {"has_champion": False}),
        (
            "budget_of_dollars",
            {"budget": {"dollars": 1.0}},
            {"month": MonthlySpending(dollars=0.9, dollars_of_next=0.2)},
            {"month": MonthlySpending(dollars=0.9, dollars_of_next=0.1)},
        ),
        ("freeze", {"hold_on": ["freeze"]}, {"freeze": "promotions are frozen"}, {"freeze": ""}),
        (
            "critical_defect",
            {"hold_on": ["critical_defect"]},
            {"critical_defects": ["cents"]},
            {"critical_defects": []},
        ),
        ("late_labels", {"maximum_label_age": "1w"}, {"newest_label": START}, {"newest_label": START + 3 * DAY}),
        ("late_labels", {"maximum_label_age": "1w"}, {"newest_label": None}, {"newest_label": START + 3 * DAY}),
    ],
)
def test_a_hold_holds_a_run_back_only_where_it_applies(
    rule: str, settings: dict[str, Any], applies: dict[str, Any], silent: dict[str, Any]
) -> None:
    decision = ask(policy=declared(**settings), **applies)
    assert decision.verdict == "decline"
    assert [found.rule for found in decision.held] == [rule]
    assert ask(policy=declared(**settings), **applies | silent).verdict == "start"
    assert ask(**applies).verdict == "start"


HOLDING = {
    "budget": {"runs": 2},
    "hold_on": ["freeze", "critical_defect"],
    "minimum_new_labels_per_class": 100,
    "maximum_label_age": "2w",
}
ASKING = {"on_new_labels": 700, "on_realised_loss": 0.03, "every": "2w"}
circumstances = st.fixed_dictionaries(
    {
        "month": st.integers(0, 4).map(lambda runs: MonthlySpending(runs=runs)),
        "freeze": st.sampled_from(["", "promotions are frozen"]),
        "critical_defects": st.sampled_from([[], ["cents"]]),
        "new_labels_by_class": st.sampled_from([{}, {"positive": 5}, {"positive": 500}]),
        "newest_label": st.integers(-30, 30).map(lambda days: START + days * DAY),
        "realised": st.sampled_from([None, LOSS]),
        "holdout": st.sampled_from([None, 0.5, 0.6]),
    }
)


@given(memories, questions, circumstances, st.sampled_from(sorted(HOLDING)))
def test_a_hold_more_never_turns_a_refusal_into_a_start(
    memory: RetrainingState, question: dict[str, Any], around: dict[str, Any], added: str
) -> None:
    fewer = declared(**{name: value for name, value in HOLDING.items() if name != added})
    with_all = ask(memory, policy=declared(**HOLDING), **question | around)
    without = ask(memory, policy=fewer, **question | around)
    assert RANK[with_all.verdict] <= RANK[without.verdict]
    assert {rule.rule for rule in without.held} <= {rule.rule for rule in with_all.held}


@given(memories, questions, circumstances, st.sampled_from(sorted(ASKING)))
def test_a_trigger_more_never_turns_a_start_into_nothing(
    memory: RetrainingState, question: dict[str, Any], around: dict[str, Any], added: str
) -> None:
    fewer = declared(**{"every": None} | {name: value for name, value in ASKING.items() if name != added})
    with_all = ask(memory, policy=declared(**ASKING), **question | around)
    without = ask(memory, policy=fewer, **question | around)
    assert RANK[with_all.verdict] >= RANK[without.verdict]
    assert {rule.rule for rule in without.fired} <= {rule.rule for rule in with_all.fired}


@given(memories, questions, circumstances, st.integers(0, 3))
def test_runs_that_were_taken_never_turn_a_refusal_into_a_start(
    memory: RetrainingState, question: dict[str, Any], around: dict[str, Any], more: int
) -> None:
    policy = declared(**HOLDING)
    month = around["month"].model_copy(update={"runs": around["month"].runs + more})
    later = ask(memory, policy=policy, **question | around | {"month": month})
    assert RANK[later.verdict] <= RANK[ask(memory, policy=policy, **question | around).verdict]


def test_classes_are_counted_since_the_newest_run() -> None:
    memory = TRAINED.with_labels(V1W2, 100, {"positive": 30, "negative": 70})
    assert memory.new_labels_by_class == {"positive": 30, "negative": 70}
    memory = told(memory, answered("start"))
    assert memory.new_labels_by_class == {"positive": 0, "negative": 0}
    assert memory.with_labels(V1W2, 110, {"positive": 35, "negative": 75}).new_labels_by_class["positive"] == 5


def test_the_newest_labelled_window_of_the_champion_counts() -> None:
    memory = TRAINED.with_labels(V1W3, 10, realised=AUC).with_labels(V1W2, 10, realised=LOSS)
    assert memory.newest_realised("v1") == AUC
    assert memory.newest_realised("v2") is None
    corrected = memory.with_labels(V1W3, 10, realised=LOSS)
    assert corrected.newest_realised("v1") == LOSS
    assert memory.newest_label == START + 21 * DAY


def test_a_month_counts_the_runs_that_speak_for_it() -> None:
    assert RetrainingState(runs=RUNS_OF_JANUARY).runs_of_month(START + 5 * DAY) == ["r1", "r2"]


def test_runs_that_a_forecast_was_made_for_are_remembered_until_they_are_judged() -> None:
    memory = told(TRAINED, ask(policy=declared(policy="cost_aware", run_cost=0.1), forecast=WORTH_IT, firing=[]))
    assert memory.judged["r1"] == WORTH_IT.judged
    assert not memory.judged["r1"].settled
    judged = memory.with_judged("r1", gain=0.05, promoted=True).judged["r1"]
    assert (judged.increase, judged.gain, judged.promoted) == (0.1, 0.05, True)
    assert memory.with_judged("r9", gain=0.05, promoted=True) == memory
