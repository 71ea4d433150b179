"""The champion changes only from the version that the new one was judged against."""

import pytest

from steward.releasing.routing import ChampionMoved, Routing

from .examples import DAY, START


def routed(*versions: str) -> Routing:
    routing, over = Routing(model="lemons"), None
    for day, version in enumerate(versions):
        at = START + day * DAY
        routing = routing.promote(version, over=over, run=f"run-{version}", as_of=at, promoted_at=at)
        over = version
    return routing


def test_the_last_promotion_is_in_charge() -> None:
    assert (routed().champion, routed().previous) == (None, None)
    assert (routed("v1").champion, routed("v1").previous) == ("v1", None)
    assert (routed("v1", "v2").champion, routed("v1", "v2").previous) == ("v2", "v1")


@pytest.mark.parametrize("over", [None, "v1", "v3"])
def test_a_version_judged_against_another_champion_is_not_promoted(over: str | None) -> None:
    with pytest.raises(ChampionMoved, match=f"judged against {over}, but v2 is in charge"):
        routed("v1", "v2").promote("v4", over=over, run="run-v4", as_of=START, promoted_at=START)


def test_a_promotion_told_again_changes_nothing() -> None:
    routing = routed("v1", "v2")
    assert routing.promote("v2", over="v1", run="run-v2", as_of=START, promoted_at=START + 9 * DAY) == routing
    assert routing.promote("v1", over=None, run="run-v1", as_of=START, promoted_at=START + 9 * DAY) == routing


def test_who_was_in_charge_at_a_past_moment_never_changes() -> None:
    moments = {START - DAY: None, START: "v1", START + DAY / 2: "v1", START + DAY: "v2", START + 99 * DAY: "v2"}
    routing = routed("v1", "v2")
    assert {moment: routing.champion_at(moment) for moment in moments} == moments
    later = routing.promote("v3", over="v2", run="run-v3", as_of=START, promoted_at=START + 50 * DAY)
    assert later.champion_at(START + 49 * DAY) == "v2"
    assert later.champion_at(START + 50 * DAY) == "v3"
