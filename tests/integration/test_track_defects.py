"""A defect is opened by a person, a monitor or a quarantine, moved on by people, and told of when it is overdue."""

from datetime import timedelta

import pytest

from steward.events import (
    AlertRaised,
    DefectChanged,
    DefectChangeRequested,
    DefectOverdue,
    DefectProposed,
    DefectRefused,
    DefectReviewRequested,
)
from tests.integration import lemons

from .deployment import Deployment
from .test_corrections import FIRST, correct, open_defect, sell, window

DAY = timedelta(days=1)


def ask(steward: Deployment, defect: str, change: str, owner: str | None = None, note: str = "") -> None:
    asked = DefectChangeRequested(
        occurred_at=steward.clock.now,
        model="lemons",
        as_of=steward.clock.now,
        correlation_id=f"desk-{change}",
        defect=defect,
        change=change,  # type: ignore[arg-type]
        owner=owner,
        note=note,
        author="arn:aws:iam::123456789012:user/bob",
    )
    steward.publish(asked)
    steward.settle(redeliver=2)


def review(steward: Deployment, after: timedelta) -> list[DefectOverdue]:
    before = len(steward.told(DefectOverdue))
    at = steward.clock.now + after
    steward.publish(DefectReviewRequested(occurred_at=at, model="lemons", as_of=at, correlation_id=f"schedule-{at}"))
    steward.settle()
    return steward.told(DefectOverdue)[before:]


def test_a_defect_goes_its_whole_way_and_the_ledger_knows_every_step(trained: Deployment) -> None:
    good = sell(trained, FIRST, bad=True)
    trained.settle()
    defect = open_defect(trained, FIRST)
    ask(trained, defect, "confirm")
    ask(trained, defect, "assign", owner="yard@example.com", note="they read the odometers")
    correct(trained, defect, good)
    ask(trained, defect, "verify")
    ask(trained, defect, "close")
    assert not trained.errors, trained.errors
    states = ["open", "confirmed", "confirmed", "correcting", "corrected", "verified", "closed"]
    assert [event.state for event in trained.told(DefectChanged) if event.defect == defect] == states
    entries = [one for one in trained.entries("lemons") if one.action == "defect_changed" and one.subject == defect]
    assert len(entries) == len(states)
    stored = trained.object(f"defects/lemons/{defect}.json")
    assert [step["state"] for step in stored["steps"]] == states
    assert stored["steps"][-1]["owner"] == "yard@example.com"
    assert stored["steps"][1]["author"] == "arn:aws:iam::123456789012:user/bob"
    assert stored["impact"]["windows"] == [window(FIRST)]


def test_what_may_not_be_asked_for_is_refused_once_and_changes_nothing(trained: Deployment) -> None:
    defect = open_defect(trained)
    for change, owner in (("close", None), ("verify", None), ("assign", None)):
        ask(trained, defect, change, owner)
    ask(trained, "nothere", "confirm")
    assert not trained.errors, trained.errors
    assert {event.defect for event in trained.told(DefectRefused)} == {defect, None}
    refused = [entry for entry in trained.entries("lemons") if entry.action == "defect_refused"]
    assert len(refused) == 4
    assert "it can be: confirmed, not to be fixed" in refused[0].summary
    assert "`steward defects lemons` lists" in refused[-1].summary
    assert trained.object(f"defects/lemons/{defect}.json")["steps"][-1]["state"] == "open"


@pytest.mark.parametrize("name", ["yesterday", "20240115T000000Z_1h", "20240115T010000Z_1d"])
def test_a_window_that_the_model_has_not_opens_no_defect(trained: Deployment, name: str) -> None:
    trained.publish(
        DefectProposed(
            occurred_at=trained.clock.now,
            model="lemons",
            as_of=trained.clock.now,
            correlation_id="desk-1",
            source="person",
            severity="info",
            title="it looks odd",
            windows=[name],
            author="user/ada",
        )
    )
    trained.settle()
    assert repr(name) in trained.told(DefectRefused)[-1].message
    assert not trained.keys("defects/")


def test_rows_in_quarantine_above_the_limit_open_one_defect_with_the_monitor_that_fires_for_them(
    trained: Deployment,
) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=FIRST, rows_a_day=200), trained.champion("lemons"))
    sold.loc[:60, "age"] = 99.0
    trained.upload("inbox/lemons/predictions/bad.csv", lemons.csv(sold))
    trained.settle(shuffle=3, redeliver=2)
    assert "validity" in {event.monitor for event in trained.told(AlertRaised)}
    (key,) = trained.keys("defects/lemons/")
    defect = trained.object(key)
    assert {report["source"] for report in defect["reports"]} == {"monitor", "quarantine"}
    assert {event.state for event in trained.told(DefectChanged)} == {"open"}
    folders = {item["stored"]["key"].split("/")[0] for item in defect["suspects"]}
    assert folders == {"inbox", "quarantine", "records"}


def test_the_declaration_says_what_opens_a_defect_who_owns_it_and_how_soon(trained: Deployment) -> None:
    policy = "defects: {owner: yard@example.com, opened_by: [], maximum_quarantined: 0.5, deadlines: {critical: 2h}"
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}{policy}, severity: critical}}\n")
    trained.settle()
    sold = lemons.predictions(lemons.sales(1, first_day=FIRST, rows_a_day=200), trained.champion("lemons"))
    sold.loc[:60, "age"] = 99.0
    trained.upload("inbox/lemons/predictions/some.csv", lemons.csv(sold))
    trained.settle()
    assert trained.told(AlertRaised)
    assert not trained.keys("defects/")
    trained.upload("inbox/lemons/predictions/all.csv", lemons.csv(sold.assign(age=99.0, sale=sold["sale"] + "b")))
    trained.settle()
    told = trained.told(DefectChanged)[-1]
    assert (told.owner, told.severity) == ("yard@example.com", "critical")
    assert told.deadline == told.as_of + timedelta(hours=2)


def test_a_file_that_cannot_be_used_opens_a_defect_and_one_for_no_model_none(trained: Deployment) -> None:
    trained.upload("inbox/lemons/predictions/empty.csv", "")
    trained.upload("inbox/nobody/predictions/empty.csv", "")
    trained.settle()
    assert not trained.errors, trained.errors
    (event,) = trained.told(DefectChanged)
    assert event.model == "lemons"
    (key,) = trained.keys("defects/")
    assert [item["stored"]["key"] for item in trained.object(key)["suspects"]] == ["inbox/lemons/predictions/empty.csv"]


def test_a_defect_that_is_overdue_is_told_of_once_through_the_topic(trained: Deployment) -> None:
    defect = open_defect(trained)
    assert not review(trained, 6 * DAY)
    (told,) = review(trained, 8 * DAY)
    assert (told.defect, told.state, told.owner) == (defect, "open", "quality@example.com")
    assert not review(trained, 9 * DAY)
    assert f"defect overdue: {defect}" in trained.notifications[-1]["Subject"]
    assert [entry.action for entry in trained.entries("lemons")].count("defect_overdue") == 1


def test_a_finished_defect_is_never_overdue(trained: Deployment) -> None:
    ask(trained, open_defect(trained), "wont_fix", note="nobody uses these rows")
    assert not review(trained, 100 * DAY)


def test_a_correction_for_a_finished_defect_is_refused(trained: Deployment) -> None:
    good = sell(trained, FIRST)
    trained.settle()
    defect = open_defect(trained, FIRST)
    ask(trained, defect, "wont_fix")
    correct(trained, defect, good)
    entry = [entry for entry in trained.entries("lemons") if entry.action == "batch_rejected"][-1]
    assert "open another for these rows" in entry.summary
