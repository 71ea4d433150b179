"""A replay decides as the deployment does: with what is known at the time, by the same rules and gates."""

import pickle
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from steward.backtest.candidates import loss_table, realise_candidate
from steward.backtest.chart import draw_chart
from steward.backtest.policies import RehearsedPolicy
from steward.backtest.policy_comparison import EVERY, HINDSIGHT, NEVER, compare_policies
from steward.backtest.records import ReplayImpossible, ReplayRecords, check_counted
from steward.backtest.rehearsal import Rehearsal, rehearse
from steward.backtest.replay import replay_policy
from steward.backtest.results import PolicyReplay
from tests.unit.backtest.worlds import SPEC, rows, spec_of, turned_world
from tests.unit.examples import DAY, START

EVERY_FOUR_DAYS = SPEC.replace("on_alerts: [log_loss]", "on_alerts: []").replace("cool_down: 3d", "cool_down: 4d")


@pytest.fixture(scope="module")
def replayed() -> PolicyReplay:
    return replay_policy(spec_of(), turned_world(), "declared")


def test_an_alert_starts_a_run_that_mends_the_model(replayed: PolicyReplay) -> None:
    losses = [window.realised.value for window in replayed.windows if window.realised]
    assert len(losses) == 14
    assert max(losses[:4]) < 0.7 < min(losses[4:6]), "the world turns at the fifth window"
    assert replayed.runs
    assert {rule.rule for run in replayed.runs for rule in run.fired} == {"alert"}
    promoted = [run for run in replayed.runs if run.outcome == "promoted"]
    assert promoted
    assert losses[-1] < losses[4]


def test_a_run_knows_no_label_before_it_has_come(replayed: PolicyReplay) -> None:
    """The first bad window is the one that begins at day 14; its labels come a day after its end."""
    (first, *_) = replayed.runs
    assert first.as_of >= START + 16 * DAY


def test_a_window_is_served_by_the_version_that_was_there_when_it_began(replayed: PolicyReplay) -> None:
    champion = replayed.first.run
    for window in replayed.windows:
        assert window.version == champion
        for run in window.runs:
            champion = run.run if run.outcome == "promoted" else champion


def test_a_replay_is_the_same_each_time(replayed: PolicyReplay) -> None:
    assert replay_policy(spec_of(), turned_world(), "declared") == replayed


def test_what_happens_later_changes_nothing_before(replayed: PolicyReplay) -> None:
    shorter = replay_policy(spec_of(), turned_world().until(spec_of(), START + 19 * DAY), "declared")
    assert shorter.windows == replayed.windows[:9]


def test_age_alone_starts_runs_as_often_as_the_policy_says() -> None:
    spec = spec_of("  every: 4d\n  refit: true\n", EVERY_FOUR_DAYS)
    found = replay_policy(spec, turned_world(), "fixed")
    moments = [found.first.as_of, *(run.as_of for run in found.runs)]
    assert len(moments) == 4
    assert all(later - earlier >= 4 * DAY for earlier, later in pairwise(moments))


def test_a_budget_holds_runs_back_in_a_replay_too() -> None:
    spec = spec_of("  every: 4d\n  budget: {runs: 2}\n", EVERY_FOUR_DAYS)
    found = replay_policy(spec, turned_world(), "frugal")
    assert len(found.runs) == 1, "the first version is of the same month"
    assert sum(window.held_back for window in found.windows)


def test_later_labels_mean_later_runs(replayed: PolicyReplay) -> None:
    late = replay_policy(spec_of(), turned_world(timedelta(days=4)), "late")
    assert late.runs[0].as_of > replayed.runs[0].as_of


@pytest.mark.parametrize(
    ("records", "spec", "problem"),
    [
        (turned_world().until(spec_of(), START + 9 * DAY), SPEC, "no labelled rows after the reference"),
        (ReplayRecords(rows(10), START, DAY), SPEC, "no labelled reference rows before"),
        (turned_world(), SPEC.partition("retraining:")[0], "trained elsewhere"),
        (turned_world(), SPEC.replace("minimum_labels: 500", "minimum_labels: 5000"), "no first version"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_a_reason(records: ReplayRecords, spec: str, problem: str) -> None:
    with pytest.raises(ReplayImpossible, match=problem):
        rehearse(records, [RehearsedPolicy("declared", spec_of("", spec))], processes=1)


def test_a_longer_reference_makes_the_first_version_that_a_short_one_does_not() -> None:
    spec, short = spec_of("", SPEC.replace("minimum_labels: 500", "minimum_labels: 1600")), turned_world()
    with pytest.raises(ReplayImpossible, match="with a later --reference-until"):
        replay_policy(spec, short, "declared")
    longer = replace(short, reference_until=short.reference_until + 4 * DAY)
    assert replay_policy(spec, longer, "declared").first.outcome == "promoted"


@pytest.fixture(scope="module")
def rehearsal() -> Rehearsal:
    never = RehearsedPolicy("only by hand", spec_of("", SPEC.replace("on_alerts: [log_loss]", "on_alerts: []")))
    return rehearse(turned_world(), [RehearsedPolicy("declared", spec_of()), never], processes=1)


def test_what_processes_are_given_and_give_back_comes_through_pickle(replayed: PolicyReplay) -> None:
    policy, records = RehearsedPolicy("declared", spec_of()), turned_world()
    head = replace(records, rows=records.rows.iloc[:0])
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 - our own
    assert repr(pickle.loads(pickle.dumps(head))) == repr(head)  # noqa: S301
    assert pickle.loads(pickle.dumps(replayed)) == replayed  # noqa: S301
    realised = realise_candidate(policy.spec, records, 11)
    assert pickle.loads(pickle.dumps(realised)) == realised  # noqa: S301


@pytest.mark.nightly
def test_processes_change_nothing() -> None:
    """To start three that import scikit-learn takes longer than all other replays of this file."""
    records, policies = turned_world(days=15), [RehearsedPolicy("declared", spec_of())]
    told: list[tuple[str, int, int]] = []
    parallel = rehearse(records, policies, processes=2, progress=lambda *news: told.append(news))
    assert parallel == rehearse(records, policies, processes=1)
    assert {name for name, _, _ in told} <= {"declared", "candidates"}


def test_the_comparison_puts_policies_beside_schedules(rehearsal: Rehearsal) -> None:
    report = compare_policies(
        rehearsal, model="lemons", reference_until=START + 10 * DAY, label_delay=86400.0, dollars_a_run=0.01
    )
    lines = {line.policy: line for line in report.policies}
    assert list(lines) == ["declared", "only by hand", NEVER, EVERY, HINDSIGHT]
    by_hand, never = lines["only by hand"], lines[NEVER]
    assert by_hand.runs == 0
    assert by_hand.mean == never.mean, "a policy that never retrains is the never-retrained version"
    assert never.gain.value == 0
    assert lines["declared"].gain.value > 0
    assert lines["declared"].dollars == pytest.approx(0.01 * lines["declared"].runs)
    assert lines[EVERY].runs == 13
    assert lines[HINDSIGHT].runs == lines["declared"].runs
    assert lines[HINDSIGHT].mean.value <= lines[EVERY].mean.value + 0.2
    assert all(line.total is None for line in report.policies)
    assert report.model_validate_json(report.model_dump_json()) == report


def test_a_chart_explains_its_marks_and_writes_days_that_do_not_touch(rehearsal: Rehearsal) -> None:
    report = compare_policies(rehearsal, model="lemons", reference_until=START, label_delay=0.0)
    assert len({window.window for line in report.policies for window in line.windows}) > 10
    picture = draw_chart(report)
    assert "▲ promoted, × refused" in picture
    assert 2 <= len(re.findall(r'text-anchor="middle"[^>]*>\d\d \w{3} \d{4}<', picture)) <= 7


def test_a_price_of_runs_decides_how_many_are_best(rehearsal: Rehearsal) -> None:
    def best(run_cost: float) -> int:
        report = compare_policies(rehearsal, model="lemons", reference_until=START, label_delay=0.0, run_cost=run_cost)
        found = {line.policy: line for line in report.policies}
        assert found[HINDSIGHT].total is not None
        assert all(
            found[HINDSIGHT].total <= (line.total or 0) + 1e-9 for line in report.policies if line.kind == "schedule"
        )
        return found[HINDSIGHT].runs

    assert best(0.0) >= best(0.05) >= best(100.0) == 0


def test_only_windows_from_a_date_on_count(rehearsal: Rehearsal) -> None:
    since = START + 16 * DAY
    report = compare_policies(rehearsal, model="lemons", reference_until=START, label_delay=0.0, since=since)
    assert report.first_window == "20240117T000000Z_1d"
    assert {len(line.windows) for line in report.policies} == {8}


def test_windows_that_count_are_needed(rehearsal: Rehearsal) -> None:
    newest = max(window.start for window, _ in turned_world().windows(spec_of()))
    check_counted(spec_of(), turned_world(), None)
    check_counted(spec_of(), turned_world(), newest)
    with pytest.raises(ReplayImpossible, match=f"the newest one begins at {newest:%Y-%m-%d}"):
        check_counted(spec_of(), turned_world(), newest + DAY)
    with pytest.raises(ReplayImpossible, match="no window that counts"):
        compare_policies(rehearsal, model="lemons", reference_until=START, label_delay=0.0, since=newest + DAY)


def test_a_candidate_serves_from_the_window_after_its_training() -> None:
    spec, records = spec_of(), turned_world()
    realised = realise_candidate(spec, records, 11)
    assert realised is not None
    assert list(realised) == [12, 13]
    table = loss_table([realised], 14)
    assert np.count_nonzero(table) == 2


@pytest.mark.parametrize(("margin", "outcome"), [(0.0, "refused"), (1.0, "promoted")])
def test_a_replay_holds_versions_against_the_first_one_as_the_deployment_does(margin: float, outcome: str) -> None:
    validation = f"validation: {{minimum_gain: -0.5, first_version_margin: {margin}}}\n"
    settings = spec_of(f"  every: 4d\n{validation}", EVERY_FOUR_DAYS)
    runs = replay_policy(settings, turned_world(turns_at=23), "declared").runs
    assert runs[0].outcome == outcome, runs[0].reason
    assert ("first approved version" in runs[0].reason) == (outcome == "refused")


def test_the_runs_of_a_replayed_year_share_the_declared_chance() -> None:
    settings = spec_of("  every: 4d\nvalidation: {chance_a_year: 0.05}\n", EVERY_FOUR_DAYS)
    runs = replay_policy(settings, turned_world(), "declared").runs
    shares = [float(found[1]) for run in runs if (found := re.search(r"in at most ([\d.]+)% of such runs", run.reason))]
    assert len(shares) == len(runs) > 1
    assert shares == sorted(shares, reverse=True), "four days apart, each has less than the one before"
    assert shares[0] <= 5 * 28 / 421
