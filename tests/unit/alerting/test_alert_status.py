"""When an alert fires and resolves, and what subscribers hear of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.alerting.inputs import MonitorFinding
from steward.alerting.model_alerts import MAX_WINDOWS, alert_statuses, firing
from steward.alerting.notification_lease import LEASE_TTL
from tests.unit.alerting.alert_dsl import (
    DAY,
    NOW,
    acknowledgement,
    check,
    lived,
    mute,
    seen,
    small,
    spec,
    standing,
    told,
    window,
)
from tests.unit.properties import some_examples


def states(letters: str, alerting: str) -> list[str]:
    """The state after each day."""
    declared = spec(f"{{flapping: null, {alerting}}}")
    return [standing(seen(letters[: day + 1]), declared).state for day in range(len(letters))]


def test_an_alert_goes_from_ok_to_firing_to_resolved_and_fires_again() -> None:
    assert states("gbbgb", "") == ["ok", "firing", "firing", "resolved", "firing"]


def test_an_alert_waits_for_as_many_bad_windows_as_declared() -> None:
    assert states("bgbgg", "bad_windows: 2, of_windows: 3") == ["pending", "pending", "firing", "resolved", "resolved"]
    assert states("bggbg", "bad_windows: 2, of_windows: 3") == ["pending", "pending", "pending", "pending", "pending"]


def test_pending_ends_once_no_bad_window_is_among_the_newest() -> None:
    assert states("bgg", "bad_windows: 2, of_windows: 2") == ["pending", "pending", "ok"]


def test_an_alert_resolves_only_well_within_its_limit() -> None:
    assert states("b~~g", "") == ["firing", "firing", "firing", "resolved"]
    assert states("b~", "resolve_at: 1") == ["firing", "resolved"]


def test_an_alert_resolves_after_as_many_good_windows_in_a_row_as_declared() -> None:
    assert states("bgbgg", "resolve_after: 2") == ["firing", "firing", "firing", "firing", "resolved"]


def test_what_was_before_a_resolution_does_not_count_for_the_next_time() -> None:
    assert states("bbgb", "bad_windows: 2, of_windows: 3") == ["pending", "firing", "resolved", "pending"]


def test_a_short_trouble_does_not_fire_before_its_minimum_duration() -> None:
    assert states("bbb", "minimum_duration: 2d") == ["pending", "pending", "firing"]
    assert states("bgbb", "minimum_duration: 2d") == ["pending", "ok", "pending", "pending"]


def test_an_alert_does_not_fire_again_within_its_cool_down() -> None:
    assert states("bgbb", "cool_down: 2d") == ["firing", "resolved", "pending", "firing"]
    assert "cool-down until 2024-01-06" in standing(seen("bgb"), spec("{flapping: null, cool_down: 3d}")).progress.held


@pytest.mark.parametrize(
    ("missing", "letters", "expected"),
    [
        ("ignore", "b.b", "firing"),
        ("keep", "b.b", "pending"),
        ("alert", "b.", "firing"),
        ("resolve", "bb..", "resolved"),
        ("keep", "bb..", "firing"),
    ],
)
def test_missing_data_counts_as_declared(missing: str, letters: str, expected: str) -> None:
    alerts = seen(letters.replace(".", "g"), monitors=("volume",))
    for day, letter in enumerate(letters):
        if letter == ".":
            alerts = alerts.with_check(check(day, "?", evidence=200))
    declared = spec(f"{{flapping: null, bad_windows: 2, of_windows: 2, missing: {missing}}}")
    assert standing(alerts, declared, "volume").state == expected


def test_a_metric_is_missing_only_once_its_labels_are_overdue() -> None:
    alerts = seen("b", monitors=("log_loss", "volume"))
    for day in range(1, 12):
        alerts = alerts.with_check(check(day, "g", monitors=("volume",)))
    declared = spec("{flapping: null, missing: resolve}", "label_horizon: 10d\n")
    assert standing(alerts, declared).state == "resolved"
    assert standing(alerts, spec("{flapping: null, missing: resolve}", "label_horizon: 20d\n")).state == "firing"


def test_windows_in_maintenance_move_no_alert_and_nobody_is_told_then() -> None:
    span = "{reason: move, start: 2024-01-02T00:00:00Z, end: 2024-01-03T00:00:00Z}"
    declared = spec(f"{{flapping: null, maintenance: [{span}]}}")
    assert standing(seen("gb"), declared).state == "ok"
    assert standing(seen("bg"), declared).state == "firing"
    assert lived("bgg", declared) == [(0, "firing"), (2, "resolved")]
    assert standing(seen("gb"), declared).suppressed_by == "in maintenance: move"


@pytest.mark.parametrize(("zone", "expected"), [("America/New_York", "ok"), ("UTC", "firing")])
def test_maintenance_by_cron_counts_in_its_time_zone(zone: str, expected: str) -> None:
    backup = f'{{reason: backup, cron: "cron(0 19 ? * MON *)", duration: 14h, timezone: {zone}}}'
    assert standing(seen("gb"), spec(f"{{flapping: null, maintenance: [{backup}]}}")).state == expected


def test_an_episode_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    assert lived("gbb~bgg", spec()) == [(1, "firing"), (5, "resolved")]


def test_nobody_acknowledges_so_it_is_told_again_and_graver() -> None:
    assert lived("bbbbb", spec("{flapping: null, remind_every: 2d}")) == [
        (0, "firing"),
        (2, "reminder"),
        (4, "reminder"),
    ]
    declared = spec("{flapping: null, escalate_after: 2d, severity: info}")
    assert lived("bbbbbbb", declared) == [(0, "firing"), (2, "escalated"), (4, "escalated")]


def test_reminders_do_not_put_off_the_escalation() -> None:
    declared = spec("{flapping: null, escalate_after: 3d, remind_every: 2d}")
    assert lived("bbbbbb", declared) == [(0, "firing"), (2, "reminder"), (3, "escalated"), (5, "reminder")]


def test_an_acknowledgement_ends_reminders_of_this_episode_alone() -> None:
    declared = spec("{flapping: null, remind_every: 1d}")
    alerts, _ = told(seen("b"), declared, NOW)
    alerts = alerts.with_acknowledgement("ack", acknowledgement(NOW + DAY))
    alerts, news = told(alerts.with_check(check(1, "b")), declared, NOW + DAY)
    assert not news
    alerts, news = told(alerts.with_check(check(2, "g")), declared, NOW + 2 * DAY)
    assert news["log_loss"].change == "resolved"
    for day in (3, 4):
        alerts, news = told(alerts.with_check(check(day, "b")), declared, NOW + day * DAY)
    assert news["log_loss"].change == "reminder"


def test_an_acknowledgement_of_another_monitor_changes_nothing() -> None:
    declared = spec("{flapping: null, remind_every: 1d}")
    alerts, _ = told(seen("b"), declared, NOW)
    alerts = alerts.with_acknowledgement("ack", acknowledgement(NOW + DAY, "roc_auc"))
    _, news = told(alerts.with_check(check(1, "b")), declared, NOW + DAY)
    assert news["log_loss"].change == "reminder"


def test_a_muted_alert_is_told_when_the_mute_ends_if_it_still_fires() -> None:
    alerts = seen("").with_mute("m", mute(0, 3))
    heard = []
    for day in range(4):
        alerts, news = told(alerts.with_check(check(day, "b")), spec(), NOW + day * DAY)
        heard += [(day, announced.change) for announced in news.values()]
    assert heard == [(2, "firing")]


def test_what_began_and_ended_while_muted_is_not_told() -> None:
    alerts = seen("bg").with_mute("m", mute(0, 3))
    _, news = told(alerts.with_check(check(2, "g")).with_check(check(3, "g")), spec())
    assert not news


def test_overlapping_mutes_hold_until_the_last_ends_and_a_lift_ends_them_all() -> None:
    alerts = seen("b").with_mute("one", mute(0, 2)).with_mute("two", mute(0.5, 5, "log_loss"))
    assert "until 2024-01-06" in standing(alerts.with_check(check(2, "b")), spec()).suppressed_by
    lifted = alerts.with_mute("lift", mute(0.7, 0.7))
    assert not standing(lifted, spec()).suppressed_by
    assert not standing(lifted.with_mute("one", mute(0, 2)), spec()).suppressed_by


def test_an_endless_mute_ends_after_the_longest() -> None:
    alerts = seen("b").with_mute("m", mute(0, 36_500))
    assert "until 2024-01-03" in standing(alerts, spec("{longest_mute: 2d}")).suppressed_by
    assert not standing(alerts.with_check(check(1, "b")), spec("{longest_mute: 2d}")).suppressed_by


def test_a_mute_of_one_monitor_is_not_anothers() -> None:
    alerts = seen("b", monitors=("log_loss", "volume")).with_mute("m", mute(0, 5, "volume"))
    _, news = told(alerts, spec())
    assert list(news) == ["log_loss"]


def test_an_alert_that_flaps_is_told_of_once_and_then_when_it_is_stable() -> None:
    declared = spec("{flapping: {changes: 4, windows: 8, stable: 3}}")
    heard = lived("bgbgbgbgbbbbbb", declared)
    assert heard == [(0, "firing"), (1, "resolved"), (2, "firing"), (3, "flapping"), (11, "firing")]
    assert lived("bgbgbgggg", declared)[3:] == [(3, "flapping"), (8, "resolved")]


def test_what_has_become_stable_flaps_only_after_as_many_new_changes() -> None:
    declared = spec("{flapping: {changes: 4, windows: 20, stable: 3}}")
    assert [change for _, change in lived("bgbggggbg", declared)][4:] == ["resolved", "firing", "resolved"]


def test_of_two_checks_of_one_window_the_one_that_saw_more_stands() -> None:
    hasty, informed = check(0, "b", evidence=10), check(0, "g", evidence=11)
    for order in ([hasty, informed], [informed, hasty]):
        alerts = seen("")
        for one in order:
            alerts = alerts.with_check(one)
        assert alerts.history == [informed]


def test_late_news_of_an_old_window_does_not_move_the_state() -> None:
    assert standing(seen("b.g").with_check(check(1, "b")), spec()).state == "resolved"
    assert standing(seen("b.b").with_check(check(1, "~")), spec()).state == "firing"


@some_examples(10)
@given(st.permutations(range(MAX_WINDOWS + 10)))
def test_the_order_makes_no_difference_to_what_is_forgotten(order: list[int]) -> None:
    alerts = seen("")
    for day in order:
        alerts = alerts.with_check(check(day))
    assert [one.window for one in alerts.history] == [window(day) for day in range(10, MAX_WINDOWS + 10)]


def test_a_new_champion_starts_without_the_old_ones_windows() -> None:
    alerts, _ = told(seen("b"), spec())
    alerts = alerts.with_champion("v2")
    assert standing(alerts, spec()).state == "ok"
    _, news = told(alerts, spec())
    assert (news["log_loss"].change, news["log_loss"].version) == ("resolved", "v2")


def test_a_new_champion_that_fires_too_is_told_of_under_its_own_name() -> None:
    alerts, _ = told(seen("b"), spec())
    _, news = told(alerts.with_check(check(1, "b", version="v2")).with_champion("v2"), spec())
    assert (news["log_loss"].change, news["log_loss"].version) == ("firing", "v2")


def test_an_old_champion_that_returns_finds_its_windows_again() -> None:
    alerts = seen("b").with_check(check(1, version="v2"))
    assert alerts.with_champion("v2").with_champion("v1") == alerts


def test_a_monitor_that_was_switched_off_resolves() -> None:
    alerts, _ = told(seen("b"), spec())
    _, news = told(alerts, spec(more="monitors: {log_loss: null}\n"))
    assert news["log_loss"].change == "resolved"
    assert firing(alerts, spec(more="monitors: {log_loss: null}\n")) == []


def test_severities_are_quiet_where_nothing_was_declared() -> None:
    alerts = seen("b", monitors=("log_loss", "roc_auc", "feature_drift", "validity"))
    assert {name: one.severity for name, one in alert_statuses(alerts, spec()).items()} == {
        "log_loss": "warning", "roc_auc": "warning", "feature_drift": "info", "validity": "warning",
    }  # fmt: skip
    unwatched = spec(more="monitors: {log_loss: null}\n")
    assert standing(alerts, unwatched, "roc_auc").severity == "warning"
    declared = spec("{severity: critical, monitors: {roc_auc: {severity: warning}}}")
    assert {standing(alerts, declared).severity, standing(alerts, declared, "roc_auc").severity} == {
        "critical",
        "warning",
    }


def test_of_several_functions_that_see_a_change_one_tells_it() -> None:
    alerts = seen("b").with_leases(spec(), "one", "chain", NOW).with_leases(spec(), "two", "chain", NOW)
    assert (list(alerts.leases_of("one")), alerts.leases_of("two")) == (["log_loss"], {})
    late = alerts.with_leases(spec(), "two", "other", NOW + LEASE_TTL)
    assert late.leases_of("two")["log_loss"].chain == "chain"


def test_what_may_have_gone_out_is_told_even_when_it_is_over_and_then_its_end() -> None:
    alerts = (
        seen("b")
        .with_leases(spec(), "dies", "chain", NOW)
        .with_check(check(1, "g"))
        .with_leases(spec(), "two", "chain", NOW)
    )
    assert not alerts.leases_of("two")
    heard = []
    for _ in range(2):
        alerts = alerts.with_leases(spec(), "dies", "chain", NOW)
        news = {name: claim.announcement for name, claim in alerts.leases_of("dies").items()}
        heard.append(news["log_loss"].change)
        alerts = alerts.with_sent(news, NOW)
    assert heard == ["firing", "resolved"]


def test_a_window_with_too_few_rows_ends_no_trouble_and_the_last_that_could_tell_speaks() -> None:
    found = standing(seen("gbbb").with_check(small(4)), spec())
    assert (found.state, found.summary, found.recent) == ("firing", "b on 3", (3, 4))
    assert found.doubt
    assert (found.doubt.window, found.doubt.rows, found.doubt.measured) == (window(4), 12, True)
    assert found.doubt.sentence == "too few rows to show whether it is over; it takes some 350"
    later = standing(seen("gbbb").with_check(small(4)).with_check(check(5)), spec())
    assert (later.state, later.doubt, later.shown_state) == ("resolved", None, "resolved")
    assert later.reason == "resolved by the window of 2024-01-06, which was well within the limit"


def test_small_windows_that_together_have_the_rows_end_a_trouble() -> None:
    alerts = seen("gbbb")
    states = []
    for at in range(4, 9):
        alerts = alerts.with_check(small(at, rows=90))
        states.append(standing(alerts, spec()).state)
    assert states == ["firing", "firing", "firing", "resolved", "resolved"]


@pytest.mark.parametrize(
    ("subjects", "state"),
    [
        ({"age": 9.0}, "firing"),  # not even what was found would show
        ({"age": 1.5}, "resolved"),  # hardly any drift would show, but what was found would
        ({"price": 9.0}, "resolved"),  # that was never bad
    ],
)
def test_a_column_of_which_nothing_can_be_told_is_not_over(subjects: dict[str, float], state: str) -> None:
    found = standing(seen("gbbb").with_check(check(4, "g", subjects=subjects)), spec())
    assert found.state == state
    assert (found.doubt is not None) == (state == "firing")


def test_a_small_window_does_not_make_a_quiet_model_doubtful() -> None:
    found = standing(seen("ggg").with_check(small(3)), spec())
    assert (found.shown_state, found.doubt) == ("ok", None)


@pytest.mark.parametrize("missing", ["ignore", "alert", "keep", "resolve"])
def test_a_window_that_cannot_tell_is_no_missing_window(missing: str) -> None:
    declared = spec(f"{{flapping: null, missing: {missing}}}")
    assert standing(seen("gb").with_check(small(2)), declared).state == "firing"
    assert standing(seen("g").with_check(small(1)), declared).state == "ok"


def test_an_alert_says_since_when_it_fires_and_why_it_still_does() -> None:
    assert standing(seen("gbb~"), spec()).reason == (
        "fires since the window of 2024-01-02; the window of 2024-01-04 is not well within the limit"
    )


def test_a_monitor_that_was_never_conclusive_is_shown_as_such() -> None:
    unknown = MonitorFinding(status="unknown", summary="windows differ")
    summary = check(0, " ").model_copy(update={"findings": {"feature_drift": unknown}})
    found = standing(seen("").with_check(summary), spec(), "feature_drift")
    assert (found.state, found.shown_state, found.latest, found.recent) == ("ok", "cannot tell", None, (0, 0))


@given(st.lists(st.tuples(st.sampled_from("bg~ "), st.integers(1, 1500)), max_size=25))
def test_an_alert_that_fires_resolves_only_in_a_window_that_can_tell(days: list[tuple[str, int]]) -> None:
    alerts, before = seen(""), "ok"
    for at, (letter, rows) in enumerate(days):
        alerts = alerts.with_check(check(at, letter, rows=rows))
        if not alerts.monitors:
            continue
        found = standing(alerts, spec())
        if before == "firing" and found.state == "resolved":
            assert found.doubt is None
            assert letter == "g"
        before = found.state
