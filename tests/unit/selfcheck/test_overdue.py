"""When something should have happened by, and what is told of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.events import Problem
from steward.selfcheck.incidents import OpenIncidents
from steward.selfcheck.overdue import GRACE, due_by, overdue_checks
from steward.spec.document import read_spec
from steward.spec.scheduling import next_due
from tests.integration import lemons

NOW = datetime(2024, 6, 10, 12, tzinfo=UTC)
CAUSES = st.sets(st.sampled_from("abcdef"))


def trouble(cause: str) -> Problem:
    return Problem(cause=cause, sentence=f"{cause} is wrong.", remedy="mend it")


@given(history=st.lists(CAUSES, max_size=12))
def test_each_cause_is_told_once_for_as_long_as_it_lasts_and_once_when_it_is_mended(history: list[set[str]]) -> None:
    known, before = OpenIncidents(), set[str]()
    for hour, causes in enumerate(history):
        found = [trouble(cause) for cause in sorted(causes)]
        fresh, mended = known.diff(found)
        assert {one.cause for one in fresh} == causes - before
        assert {one.cause for one in mended} == before - causes
        at = NOW + timedelta(hours=hour)
        known, before = known.with_problem(found, at), causes
        assert known.diff(found) == ([], [])
        assert known.with_problem([], at) == known or not known.knows(at)
        assert (not fresh and not mended) or known.pending[-1].at == at


def test_news_are_pending_until_they_were_told() -> None:
    known = OpenIncidents().with_problem([trouble("a")], NOW).with_problem([trouble("b")], NOW + timedelta(hours=1))
    first, second = known.pending
    assert [one.cause for one in (*first.fresh, *second.fresh, *second.recovered)] == ["a", "b", "a"]
    assert known.with_notified(first).pending == (second,)
    assert known.with_recovery({"b": "ask for help"}).pending[1].fresh[0].remedy == "ask for help"


@pytest.mark.parametrize(
    ("expression", "timezone", "expected"),
    [
        ("rate(2 hours)", "UTC", NOW + timedelta(hours=2)),
        ("cron(0 3 ? * MON *)", "UTC", datetime(2024, 6, 17, 3, tzinfo=UTC)),
        ("cron(0 3 ? * TUE *)", "Europe/Vienna", datetime(2024, 6, 11, 1, tzinfo=UTC)),
        ("cron(0 12 * * ? *)", "UTC", NOW + timedelta(days=1)),
        ("at(2024-06-11T00:00:00)", "UTC", datetime(2024, 6, 11, tzinfo=UTC)),
        ("at(2024-06-10T12:00:00)", "UTC", None),
    ],
)
def test_a_schedule_falls_due_after_the_last_time(expression: str, timezone: str, expected: datetime | None) -> None:
    assert next_due(expression, timezone, NOW) == expected


def test_a_schedule_that_may_be_put_off_is_late_later() -> None:
    spec = read_spec(lemons.SPEC.replace("{check: rate(1 hour),", "{flexible: 30m, check: rate(1 hour),").encode())
    assert due_by(spec, "rate(1 hour)", NOW) == NOW + timedelta(hours=1, minutes=30) + GRACE


def test_a_model_that_is_not_to_be_checked_has_no_window_that_is_late() -> None:
    spec = read_spec(lemons.SPEC.replace("check: rate(1 hour)", "check: null").encode())
    assert overdue_checks(spec, ["20240101T000000Z_1d"], frozenset(), NOW) is None


def test_windows_that_are_late_are_told_together() -> None:
    spec = read_spec(lemons.SPEC.encode())
    windows = ["20240601T000000Z_1d", "20240602T000000Z_1d", "20240603T000000Z_1d", "20240610T000000Z_1d"]
    found = overdue_checks(spec, windows, frozenset(windows[:1]), NOW)
    assert found
    assert found.sentence.startswith("2 windows of lemons")
