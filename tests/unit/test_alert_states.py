"""An alert's state follows from what the checks said, in whatever order and however often they say it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.alerting.states import WINDOWS_KEPT, Alert, Announced, Verdict

VERSIONS = ("v1", "v2")


def verdict(window: int, status: str = "ok", *, evidence: int = 100, version: str = "v1", check: str = "") -> Verdict:
    check = check or f"{window}-{evidence}-{status}"
    return Verdict.model_validate(
        {
            "version": version,
            "window": f"202401{window:02d}T000000Z_1d",
            "check": check,
            "evidence": evidence,
            "status": status,
            "summary": f"{status} in {window}",
        }
    )


def seen(*verdicts: Verdict, champion: str = "v1") -> Alert:
    alert = Alert(model="lemons", monitor="roc_auc").under(champion)
    for each in verdicts:
        alert = alert.seeing(each)
    return alert


statuses = st.sampled_from(["ok", "drift", "breach"])
verdicts = st.lists(
    st.builds(
        verdict,
        st.integers(1, 9),
        statuses,
        evidence=st.integers(1, 3),
        version=st.sampled_from(VERSIONS),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(verdicts, st.data())
def test_any_order_and_any_repetition_give_the_same_alert(said: list[Verdict], data: st.DataObject) -> None:
    told_again = data.draw(st.permutations(said + said[: len(said) // 2]))
    assert seen(*told_again) == seen(*said)


@settings(max_examples=20)
@given(st.permutations(range(WINDOWS_KEPT + 20)))
def test_the_order_makes_no_difference_to_what_is_forgotten(order: list[int]) -> None:
    windows = [verdict(1).model_copy(update={"window": f"{number:06d}"}) for number in range(WINDOWS_KEPT + 20)]
    alert = seen(*(windows[number] for number in order))
    assert [each.window for each in alert.history] == [each.window for each in windows[20:]]


@settings(max_examples=60)
@given(verdicts)
def test_the_state_is_that_of_the_champions_newest_window(said: list[Verdict]) -> None:
    alert = seen(*said)
    mine = [each for each in said if each.version == "v1"]
    if not mine:
        assert alert.state == "ok"
        return
    newest = max(mine, key=lambda each: (each.window, each.precedence))
    assert (alert.state == "firing") == newest.bad
    assert alert.latest == newest


def test_an_alert_goes_from_ok_to_firing_to_resolved_and_fires_again() -> None:
    alert = seen(verdict(1))
    states = [alert.state]
    for each in (verdict(2, "drift"), verdict(3, "breach"), verdict(4), verdict(5, "drift")):
        alert = alert.seeing(each)
        states.append(alert.state)
    assert states == ["ok", "firing", "firing", "resolved", "firing"]


def test_of_two_checks_of_one_window_the_one_that_saw_more_stands() -> None:
    hasty, informed = verdict(1, "breach", evidence=10), verdict(1, "ok", evidence=11)
    for order in ([hasty, informed], [informed, hasty]):
        assert seen(*order).history == [informed]


def test_late_news_of_an_old_window_does_not_move_the_state() -> None:
    assert seen(verdict(5), verdict(2, "breach")).state == "resolved"
    assert seen(verdict(5, "drift"), verdict(2)).state == "firing"


def announcements(alert: Alert, *said: Verdict) -> list[Announced]:
    """What subscribers hear while verdicts come one by one."""
    heard = []
    for each in said:
        alert = alert.seeing(each)
        if alert.unannounced:
            heard.append(alert.unannounced)
            alert = alert.told(alert.unannounced)
    return heard


def test_an_episode_is_announced_once_when_it_begins_and_once_when_it_ends() -> None:
    episode = [verdict(1), verdict(2, "drift"), verdict(3, "breach"), verdict(4, "drift"), verdict(5), verdict(6)]
    heard = announcements(seen(), *episode)
    assert [(each.state, each.window[:8]) for each in heard] == [("firing", "20240102"), ("resolved", "20240105")]


@settings(max_examples=60)
@given(verdicts)
def test_announcements_alternate(said: list[Verdict]) -> None:
    states = [each.state for each in announcements(seen(), *said)]
    assert states == ["firing", "resolved"] * (len(states) // 2) + ["firing"] * (len(states) % 2)


@settings(max_examples=60)
@given(verdicts)
def test_nothing_is_left_to_say_once_it_was_said(said: list[Verdict]) -> None:
    alert = seen(*said)
    if alert.unannounced:
        told = alert.told(alert.unannounced)
        assert told.unannounced is None
        assert told.told(alert.unannounced) == told
    else:
        assert alert.state != "firing"


@settings(max_examples=60)
@given(verdicts)
def test_what_was_not_told_is_still_to_be_told_when_the_verdicts_come_again(said: list[Verdict]) -> None:
    alert = seen(*said)
    again = alert
    for each in said:
        again = again.seeing(each)
    assert again.unannounced == alert.unannounced


def test_a_new_champion_starts_without_the_old_ones_windows() -> None:
    firing = seen(verdict(1, "breach"))
    assert firing.unannounced is not None
    told = firing.told(firing.unannounced)
    promoted = told.under("v2")
    assert promoted.state == "ok"
    assert promoted.history == []
    assert promoted.unannounced == Announced(state="resolved", version="v2", window=verdict(1).window)


def test_a_new_champion_that_fires_too_is_announced_under_its_own_name() -> None:
    firing = seen(verdict(1, "breach"))
    assert firing.unannounced is not None
    successor = firing.told(firing.unannounced).seeing(verdict(2, "breach", version="v2")).under("v2")
    assert successor.unannounced == Announced(state="firing", version="v2", window=verdict(2).window)


def test_an_old_champion_that_returns_finds_its_windows_again() -> None:
    alert = seen(verdict(1, "breach"), verdict(2, version="v2"))
    assert alert.under("v2").under("v1") == alert


@pytest.mark.parametrize("status", ["drift", "breach"])
def test_another_versions_trouble_is_not_the_champions(status: str) -> None:
    assert seen(verdict(1, status, version="v2")).state == "ok"
