"""A replay knows of the past's freezes, critical defects and schedules, and of no fit twice."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.backtest.circumstances import Circumstances, HeldSpan, scheduled_moments
from steward.backtest.fit_cache import FitCache
from steward.backtest.records import ReplayRecords
from steward.backtest.replay import replay_policy
from steward.backtest.results import PolicyReplay
from steward.retraining import recipe
from steward.retraining.dataset import targets
from steward.spec.policies import Schedules
from tests.unit.backtest.worlds import SPEC, spec_of, turned_world
from tests.unit.examples import DAY, START

EVERY_FOUR_DAYS = SPEC.replace("on_alerts: [log_loss]", "on_alerts: []").replace("cool_down: 3d", "cool_down: 4d")
WORLD = turned_world(days=18)
AGED = "  every: 4d\nvalidation: {minimum_gain: -10}\n"


def past(**spans: HeldSpan) -> ReplayRecords:
    held = {name: (span,) for name, span in spans.items()}
    return replace(WORLD, circumstances=Circumstances(**held))


def replayed(records: ReplayRecords, hold_on: str = "") -> PolicyReplay:
    return replay_policy(spec_of(hold_on + AGED, EVERY_FOUR_DAYS), records, "past")


@pytest.mark.parametrize(("hold", "kind"), [("freeze", "freezes"), ("critical_defect", "critical_defects")])
def test_what_held_runs_back_holds_them_back_where_the_policy_says_so(hold: str, kind: str) -> None:
    span = HeldSpan(START + 12 * DAY, START + 16 * DAY, "holidays")
    found = replayed(past(**{kind: span}), hold_on=f"  hold_on: [{hold}]\n")
    assert found.runs
    assert not [run for run in found.runs if span.holds_at(run.as_of)]
    assert sum(window.held_back for window in found.windows)


def test_a_version_that_passes_during_a_freeze_waits_for_its_end() -> None:
    span = HeldSpan(START + 12 * DAY, START + 16 * DAY, "holidays")
    found = replayed(past(freezes=span))
    waited = [run for run in found.runs if span.holds_at(run.as_of)]
    assert waited
    served = {window.window[:8]: window.version for window in found.windows}
    frozen = [served[f"{START + day * DAY:%Y%m%d}"] for day in range(12, 16)]
    assert len(set(frozen)) == 1, "nothing takes over while promotions are frozen"
    newest = max(waited, key=lambda run: run.as_of)
    assert served[f"{START + 16 * DAY:%Y%m%d}"] == newest.run
    assert newest.outcome == "promoted"
    assert "It waits: holidays" in newest.reason
    assert {run.outcome for run in waited if run is not newest} <= {"refused"}


def test_a_schedule_asks_for_runs() -> None:
    spec = spec_of("validation: {minimum_gain: -10}\n", EVERY_FOUR_DAYS)
    schedules = spec.schedules.model_copy(update={"retrain": "rate(4 days)"})
    found = replay_policy(spec.model_copy(update={"schedules": schedules}), WORLD, "scheduled")
    assert found.runs
    assert {rule.rule for run in found.runs for rule in run.fired} == {"schedule"}
    assert all((run.as_of - (START + 10 * DAY)) % (4 * DAY) == timedelta(0) for run in found.runs)


@given(st.integers(1, 200), st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=50)
def test_a_rate_falls_due_evenly_in_whichever_spans_it_is_asked(hours: int, first: int, more: int) -> None:
    schedules = Schedules(retrain=f"rate({hours} hour{'s' * (hours > 1)})")
    hour, made = timedelta(hours=1), START
    since, middle, until = made + first * hour, made + (first + more // 2) * hour, made + (first + more) * hour
    whole = list(scheduled_moments(schedules, made, since, until))
    parts = [*scheduled_moments(schedules, made, since, middle), *scheduled_moments(schedules, made, middle, until)]
    assert whole == parts
    assert all((moment - made) % (hours * hour) == timedelta(0) and since < moment <= until for moment in whole)
    assert len(whole) == (first + more) // hours - first // hours


def test_a_calendar_falls_due_within_its_window() -> None:
    schedules = Schedules(retrain="cron(0 3 ? * MON *)")
    monday = START + timedelta(days=(7 - START.weekday()) % 7)
    (moment,) = scheduled_moments(schedules, START, monday, monday + 7 * DAY)
    assert moment == monday + timedelta(hours=3)
    assert not list(scheduled_moments(Schedules(), START, START, START + 70 * DAY))


def test_a_fit_that_another_policy_made_is_not_made_again(tmp_path: Path) -> None:
    spec, rows = spec_of(), WORLD.rows
    declared = spec.retraining.recipe
    assert declared
    one, other = FitCache(tmp_path), FitCache(tmp_path)
    made = one.fit(declared, spec, rows, targets(rows, spec))
    found = other.fit(declared, spec, rows, targets(rows, spec))
    assert (one.fitted, other.fitted, other.found) == (1, 0, 1)
    np.testing.assert_array_equal(recipe.score(made, spec, rows), recipe.score(found, spec, rows))
    fewer = rows.iloc[:-1]
    other.fit(declared, spec, fewer, targets(fewer, spec))
    other.fit(declared, spec, rows, targets(rows, spec), np.linspace(0.5, 1, len(rows)))
    other.fit(declared.model_copy(update={"seed": 1}), spec, rows, targets(rows, spec))
    assert other.fitted == 3, "other rows, other weights and another seed are other fits"


def test_remembered_fits_change_no_replay(tmp_path: Path) -> None:
    spec = spec_of(AGED, EVERY_FOUR_DAYS)
    fits = FitCache(tmp_path)
    first, again = (replay_policy(spec, WORLD, "aged", fit=fits.fit) for _ in range(2))
    assert first == again == replay_policy(spec, WORLD, "aged")
    assert fits.found >= fits.fitted > 0
