"""A report says how a model is, where each figure comes from, and nothing that was not measured."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger import Action
from steward.reporting.digest import digest
from steward.reporting.fleet import FleetSummary, ModelSummary
from steward.reporting.ledger_projection import MAX_EVENTS, SHOWN_ACTIONS, LedgerProjection
from steward.reporting.model_report import ModelReport
from steward.reporting.report_evidence import ReportEvidence, StoredDocument
from tests.unit.alerting.alert_dsl import seen, spec, window
from tests.unit.examples import START, stored

from .evidence import DECLARED, NOW, audited, checked, defect, entry, remembered, reported, result, routed, told, usual

CRITICAL = usual(declared=spec("{flapping: null, monitors: {log_loss: {severity: critical}}}")).spec
MINOR = usual(declared=spec("{flapping: null, monitors: {log_loss: {severity: info}}}")).spec
SLOW = usual(declared=spec("{flapping: null, monitors: {log_loss: {bad_windows: 2, of_windows: 3}}}")).spec
ACTIONS: list[Action] = ["check_completed", "alert_raised", "champion_promoted", "defect_changed", "training_declined"]


def test_a_model_in_good_order_is_well_and_every_part_names_its_object() -> None:
    report = reported()
    assert (report.health, report.champion and report.champion.version) == ("healthy", "v1")
    assert report.champion
    assert report.champion.entry == stored("lemons/0000000002.json")
    assert report.champion.source == routed().stored
    assert report.check
    assert report.check.source == checked().stored
    assert {trend.name for trend in report.trends} == {"log_loss", "roc_auc", "rows"}
    assert all(trend.sources for trend in report.trends)
    assert ModelReport.model_validate_json(report.model_dump_json()) == report


def test_a_model_of_which_nothing_is_stored_but_its_declaration_is_not_called_well() -> None:
    bare = ReportEvidence(spec=usual().spec, environment="production", story=LedgerProjection())
    report = reported(bare)
    assert (report.health, report.headline) == ("unknown", "No version is in charge yet.")
    assert report.as_of == NOW
    assert (report.trends, report.monitors, report.defects, report.audit) == ([], [], [], None)


@pytest.mark.parametrize(
    ("changes", "condition", "word"),
    [
        (
            {"alerts": usual("ggggggbbbb").alerts},
            "warning",
            "1 alert fires: log loss (beyond its limit in 4 of the last 10 windows)",
        ),
        (
            {"alerts": usual("gggggbbbbg").alerts},
            "warning",
            "log loss was beyond its limit in 4 of the last 10 windows, though its alert does not fire",
        ),
        ({"alerts": usual("bbbbggggggg").alerts}, "healthy", "no alert fires"),  # that is over
        ({"alerts": usual("gggggbbggg").alerts}, "healthy", "no alert fires"),  # two may be chance
        ({"story": told("champion_promoted", "run_failed", summary="too few rows.")}, "warning",
         "the newest training failed: too few rows; once that is corrected, `steward retrain lemons"),
        ({"story": told("run_failed", summary="too few rows"), "routing": None, "check": None, "alerts": None},
         "critical", "no version is in charge, since training failed: too few rows; once that is corrected, `"),
        ({"story": told("version_refused", summary="no better"), "routing": None, "check": None, "alerts": None},
         "critical", "no version is in charge, since the first was rejected: no better; with more or better rows"),
        ({"story": told("version_refused", "champion_promoted", summary="fine")}, "healthy", "no alert fires"),
        ({"story": told("champion_promoted", "version_refused", summary="no better")}, "healthy", "no alert fires"),
        ({"alerts": usual("ggggggbbbb").alerts, "spec": CRITICAL}, "critical", "1 critical alert fires: log loss"),
        ({"alerts": usual("ggggggbbbb").alerts, "spec": MINOR}, "attention", "1 minor alert fires: log loss"),
        ({"alerts": usual("gggggggggb").alerts, "spec": SLOW}, "attention", "on the way to an alert: log loss"),
        ({"audit": audited(holds=False)}, "critical", "audit fails: ledger chain"),
        ({"defects": [defect(1, severity="critical")], "check": checked(day=400)}, "critical", "1 defect is overdue"),
        ({"defects": [defect(1)], "check": checked(day=400)}, "warning", "1 defect is overdue"),
        ({"defects": [defect(1, days=9), defect(2, days=9)]}, "attention", "2 defects are open"),
        ({"problems": ["history/lemons/v1.json is not what Steward writes there"]}, "attention", "1 thing could not"),
        ({"check": None, "alerts": None}, "unknown", "no window"),
    ],
)  # fmt: skip
def test_the_condition_is_that_of_the_gravest_reason(changes: dict, condition: str, word: str) -> None:
    report = reported(**changes)
    assert report.health == condition, report.headline
    assert word.lower() in report.headline.lower()


def test_how_often_each_of_several_was_bad_is_told_in_few_words() -> None:
    alerts = StoredDocument(seen("ggggggbbbb", monitors=("accuracy", "log_loss")), stored("alerts"))
    assert reported(alerts=alerts).headline == (
        "2 alerts fire: log loss (beyond its limit in 4 of the last 10 windows), accuracy (4 of 10)."
    )


def test_what_is_not_measured_is_not_ok() -> None:
    report = reported(check=checked(result(status="unknown", value=None, message="no label came")), alerts=None)
    (monitor,) = report.monitors
    assert (monitor.status, monitor.sentence, monitor.value) == ("unknown", "no label came", None)


def test_what_only_an_earlier_window_says_is_told_as_of_that_window() -> None:
    quiet = result(monitor="accuracy", statistic="accuracy", message="fine")
    report = reported(usual("ggggggg   "), check=checked(quiet))
    by_name = {monitor.monitor: monitor for monitor in report.monitors}
    assert (by_name["log_loss"].status, by_name["log_loss"].window) == (None, window(6))
    assert by_name["accuracy"].window == window(9)


def test_firing_alerts_come_first_with_who_has_seen_them() -> None:
    quiet = result(monitor="accuracy", statistic="accuracy", message="fine")
    report = reported(usual("ggggggbbbb"), check=checked(quiet, result(status="breach", message="too high")))
    assert [monitor.monitor for monitor in report.monitors] == ["log_loss", "accuracy"]
    firing = report.firing[0]
    assert (firing.alert, firing.severity, firing.acknowledged) == ("firing", "warning", "")
    log_loss = next(trend for trend in report.trends if trend.name == "log_loss")
    assert [point.bad for point in log_loss.points] == [False] * 6 + [True] * 4


def test_windows_of_the_versions_before_are_shown_under_their_own_name() -> None:
    before = remembered(7, version="v0")
    after = remembered(10)
    newer = {name: past for name, past in after.windows.items() if name > sorted(after.windows)[6]}
    report = reported(histories=[type(after)("v1", newer, after.stored), before])
    rows = next(trend for trend in report.trends if trend.name == "rows")
    assert [point.version for point in rows.points] == ["v0"] * 7 + ["v1"] * 3
    assert set(rows.sources) == {after.stored, before.stored}


def test_open_defects_are_those_not_done_with_by_deadline() -> None:
    first, later = defect(1, days=3), defect(2, days=9)
    done = StoredDocument(later.it.with_change("e", "wont_fix", NOW, "ann", note="no use"), later.stored)
    assert done.it.finished
    story = told("model_registered").model_copy(update={"defects": (first.it.defect, "gone")})
    report = reported(defects=[defect(3, days=5), done, first], story=story)
    assert [kept.source.key for kept in report.defects] == ["defects/lemons/1.json", "defects/lemons/3.json"]
    assert report.ledger.defects == (first.it.defect,)


@given(st.lists(st.sampled_from(ACTIONS), max_size=90), st.integers(0, 90))
def test_a_story_goes_on_where_it_was_left(actions: list[Action], cut: int) -> None:
    whole = told(*actions)
    story = told(*actions[:cut])
    story = ModelReport.model_validate_json(reported(story=story).model_dump_json()).ledger if cut else story
    known = story.defects or (("v1",) if "defect_changed" in actions[:cut] else ())
    story = story.model_copy(update={"defects": known})
    for place, action in enumerate(actions, start=1):  # those that it knows are told again
        story = story.following(entry(place, action), stored(f"lemons/{place:010d}.json"))
    assert story == whole
    assert sum(story.counts.values()) == len(actions)
    expected = [place for place, action in enumerate(actions, start=1) if action in SHOWN_ACTIONS]
    assert [happening.sequence for happening in story.events] == expected[-MAX_EVENTS:]


@given(st.permutations([defect(number, days=number % 3) for number in range(5)]), st.booleans())
def test_the_order_of_evidence_makes_no_difference(defects: list, turned) -> None:
    histories = [remembered(5, version="v0"), remembered(10)]
    one = reported(defects=defects, histories=histories[::-1] if turned else histories)
    other = reported(defects=sorted(defects, key=lambda kept: kept.stored.key), histories=histories)
    names = [sorted(trend.sources, key=lambda source: source.key) for trend in one.trends]
    assert names == [sorted(trend.sources, key=lambda source: source.key) for trend in other.trends]
    without = {"trends": []}
    assert one.model_copy(update=without) == other.model_copy(update=without)
    assert [trend.points for trend in one.trends] == [trend.points for trend in other.trends]


def test_a_digest_counts_what_came_since_the_copy_before() -> None:
    before = reported(story=told("model_registered", *["check_completed"] * 3))
    story = told("model_registered", *["check_completed"] * 5, "alert_raised", "champion_promoted")
    now = reported(story=story.model_copy(update={"periodic": stored("before"), "periodic_at": START}))
    text = digest(now, before)
    assert "2 checks, 1 alert raised, 1 version promoted" in text
    assert "Since 2024-01-01 00:00 UTC:" in text
    assert "nothing happened" in digest(now, now)
    assert "So far:" in digest(now, None)


def test_the_worst_model_comes_first() -> None:
    lines = [
        ModelSummary.of(reported()).model_copy(update={"model": "healthy"}),
        ModelSummary.of(reported(audit=audited(holds=False))).model_copy(update={"model": "zebra"}),
        ModelSummary.of(reported(usual("ggggggbbbb"), spec=CRITICAL)).model_copy(update={"model": "apple"}),
        ModelSummary.of(reported(check=None, alerts=None)).model_copy(update={"model": "new"}),
    ]
    standings = FleetSummary()
    for line in lines:
        standings = standings.with_model(line)
    assert [line.model for line in standings.ordered] == ["apple", "zebra", "new", "healthy"]
    assert standings.with_model(lines[0]) == standings


def test_the_report_speaks_for_the_newest_window_and_says_when_evidence_came() -> None:
    replayed = entry(1, "model_registered").model_copy(update={"as_of": START + timedelta(days=4000)})
    story = LedgerProjection().following(replayed, stored("lemons/1.json"))
    assert reported(story=story).as_of == START + timedelta(days=10)
    assert reported(story=story, check=None).as_of == START + timedelta(days=4000)
    assert reported(story=story).recorded_at == replayed.recorded_at


def test_a_failed_run_is_told_of_until_a_later_one_has_come_to_its_end() -> None:
    failed = reported(story=told("champion_promoted", "run_failed", "training_requested", "training_completed"))
    assert failed.failed_run
    assert (failed.failed_run.run, failed.failed_run.reason) == ("v1", "so it was")
    for ended in ("champion_promoted", "version_refused", "promotion_held"):
        assert reported(story=told("run_failed", ended)).failed_run is None
    (line,) = [ModelSummary.of(reported(story=told("run_failed"), routing=None, check=None, alerts=None))]
    assert (line.health, line.champion) == ("critical", None)


def test_everything_that_was_found_is_in_the_report() -> None:
    found = [
        result(monitor="feature_drift", column=f"c{n}", statistic="s", effect=float(n), status="drift", message=f"c{n}")
        for n in range(1, 6)
    ]
    (monitor,) = reported(check=checked(*found), alerts=None).monitors
    assert [one.about for one in monitor.found] == [f"`c{n}`" for n in (5, 4, 3, 2, 1)]
    assert monitor.sentence.endswith("and 2 more: `c2`, `c1`")


def test_schedules_that_would_have_nothing_to_do_are_left_out() -> None:
    assert "collect" not in {schedule.purpose for schedule in reported().schedules}
    assert {schedule.purpose for schedule in reported().schedules} >= {"check", "audit", "report", "retrain"}
    assert DECLARED.schedules.report is None
