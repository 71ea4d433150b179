"""A defect is one for each cause, in whatever order it is told of, and moves only as it may."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.defects.defect import Defect, identity
from steward.defects.transitions import FINISHED, NEXT, apply_change, on_correction
from steward.errors import DefectUnchangeable
from steward.events import DefectChange, DefectProposed, DefectState
from steward.spec.defects import DefectPolicy
from tests.unit.defects.samples import WINDOWS, applied, findings, proposed
from tests.unit.examples import START

POLICY = DefectPolicy(owner="yard@example.com")
CHANGES: tuple[DefectChange, ...] = get_args(DefectChange)
STATES: tuple[DefectState, ...] = get_args(DefectState)


def told(findings: list[DefectProposed]) -> Defect:
    defect = Defect.open(findings[0], POLICY, owner="owner@example.com")
    for finding in findings[1:]:
        defect = defect.with_report(finding, POLICY)
    return defect


@given(st.lists(findings, min_size=1, max_size=6), st.randoms())
def test_findings_of_one_cause_make_one_defect_in_any_order_however_often(
    found: list[DefectProposed], random: object
) -> None:
    shuffled = [*found, *found]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = told(found), told(shuffled)
    assert len({identity(finding) for finding in found}) == 1
    assert one.defect == other.defect
    assert {report.event for report in one.reports} == {report.event for report in other.reports}
    for name in ("severity", "title", "deadline", "windows", "found"):
        assert getattr(one, name) == getattr(other, name)


@given(st.lists(findings, min_size=1, max_size=6))
def test_the_gravest_finding_speaks_and_the_earliest_deadline_holds(found: list[DefectProposed]) -> None:
    defect = told(found)
    ranks = ["info", "warning", "critical"]
    assert defect.severity == max((finding.severity for finding in found), key=ranks.index)
    assert defect.deadline == min(finding.as_of + POLICY.deadlines.of(finding.severity) for finding in found)
    assert set(defect.windows) == {window for finding in found for window in finding.windows}


def test_what_people_report_and_what_other_uploads_cause_are_defects_of_their_own() -> None:
    upload, other = proposed(), proposed(correlation_id="upload-2")
    person, again = (proposed(source="person", author=f"user/{name}") for name in ("ada", "bob"))
    assert len({identity(one) for one in (upload, other, person, again)}) == 4
    sweep = {"correlation_id": "schedule-2024-01-20T00:00:00Z"}
    assert identity(proposed(**sweep)) != identity(proposed(**sweep, windows=WINDOWS[1:2]))
    assert identity(proposed(**sweep)) == identity(proposed(**sweep, severity="critical"))


@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.booleans()), max_size=12))
def test_only_legal_moves_are_made_and_every_other_is_remembered_as_refused(
    asked: list[tuple[DefectChange, bool]],
) -> None:
    defect = told([proposed()])
    for number, (change, named) in enumerate(asked):
        before = defect
        defect = defect.with_change(f"e{number}", change, START, "user/ada", owner="bob" if named else None)
        if f"e{number}" in defect.refused:
            assert defect.steps == before.steps
            continue
        step = defect.steps[-1]
        assert (step.author, step.event) == ("user/ada", f"e{number}")
        if change == "assign":
            assert (step.state, step.owner) == (before.state, "bob")
        else:
            assert step.state in NEXT[before.state]
            assert step.owner == before.owner
    assert not defect.finished or all(step.state not in FINISHED for step in defect.steps[:-1])


@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=10))
def test_a_change_told_again_is_answered_alike(asked: list[DefectChange]) -> None:
    once = told([proposed()])
    for number, change in enumerate(asked):
        once = once.with_change(f"e{number}", change, START, "user/ada", owner="bob")
    again = once
    for number, change in enumerate(asked):
        again = again.with_change(f"e{number}", change, START, "user/ada", owner="bob")
    assert again == once


@pytest.mark.parametrize("state", STATES)
def test_corrected_rows_lead_through_legal_states_to_corrected(state: DefectState) -> None:
    passed = on_correction(state)
    for target in passed:
        assert target in NEXT[state] or (state, target) == ("correcting", "corrected")
        state = target
    assert state == "corrected" or (not passed and state in FINISHED)


@given(st.permutations([0, 1, 2, 3]))
def test_corrections_come_in_any_order_and_count_once(order: list[int]) -> None:
    defect = told([proposed()])
    for number in [*order, *order]:
        defect = defect.with_correction(f"c{number}", applied(number), "inbox/a.csv")
    assert [one.rows for one in defect.corrections] == [1, 2, 3, 4]
    assert defect.state == "corrected"
    states = [step.state for step in defect.steps]
    assert states[:4] == ["open", "confirmed", "correcting", "corrected"]


def test_a_finished_defect_notes_a_correction_and_stays_finished() -> None:
    finished = told([proposed()]).with_change("e", "wont_fix", START, "user/ada", note="nobody uses it")
    corrected = finished.with_correction("c", applied(0), "inbox/a.csv")
    assert corrected.state == "wont_fix"
    assert len(corrected.corrections) == 1


def test_it_is_overdue_from_its_deadline_until_it_is_finished() -> None:
    defect = told([proposed(severity="critical")])
    assert defect.deadline == START + timedelta(days=1)
    assert not defect.overdue(defect.deadline - timedelta(seconds=1))
    assert defect.overdue(defect.deadline)
    assert not defect.with_change("e", "wont_fix", START, "user/ada").overdue(defect.deadline)


def test_deadlines_and_owner_are_the_declarations() -> None:
    policy = DefectPolicy.model_validate({"deadlines": {"warning": "3h"}})
    defect = Defect.open(proposed(), policy, owner="owner@example.com")
    assert defect.owner == "owner@example.com"
    assert defect.deadline == START + timedelta(hours=3)
    assert told([proposed()]).owner == "yard@example.com"


def test_a_refusal_says_what_can_be_asked_for() -> None:
    with pytest.raises(DefectUnchangeable, match="the defect is open; it can be: confirmed, not to be fixed"):
        apply_change("open", "close")
    with pytest.raises(DefectUnchangeable, match="that is its end"):
        apply_change("closed", "confirm")
    with pytest.raises(DefectUnchangeable, match="nobody is named"):
        apply_change("open", "assign")


def test_a_defect_of_replayed_data_is_not_born_overdue_and_counts_by_the_time_of_the_data() -> None:
    newest, now = START + timedelta(days=300), START + timedelta(days=4000)
    found = proposed(source="monitor", as_of=START)
    defect = Defect.open(found, POLICY, "owner@example.com", newest)
    assert defect.deadline == newest + POLICY.deadlines.of(found.severity)
    assert not defect.overdue(now, newest)
    assert defect.overdue(now, defect.deadline)
    assert defect.overdue(now)  # where time is the wall clock
    person = Defect.open(proposed(source="person", as_of=now), POLICY, "owner@example.com")
    assert not person.overdue(now, newest)
    assert person.overdue(person.deadline, newest)
