"""Every entity has one version, keeps it while a challenger's share grows, and goes back to the champion at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steward.errors import ExperimentInvalid
from steward.releasing.routing import Routing
from steward.releasing.traffic import Traffic
from tests.unit.examples import DAY, START


def canary(share: float) -> Traffic:
    return Traffic.of("release-1", "canary", "v1", {"challenger": ("v2", share)}, since=START)


def routed(traffic: Traffic | None = None) -> Routing:
    routing = Routing(model="lemons").promote("v1", over=None, run="run-v1", as_of=START, promoted_at=START)
    return routing.model_copy(update={"traffic": traffic})


def test_without_a_release_the_champion_answers_everything() -> None:
    assert [routed().arm_of(entity) for entity in (None, "a", 17)] == [("champion", "v1")] * 3
    assert Routing(model="lemons").arm_of("a") == ("champion", None)


@pytest.mark.parametrize("entity", [None, "", float("nan")])
def test_a_row_without_an_entity_is_answered_by_the_champion_in_no_arm(entity: str | None) -> None:
    assert routed(canary(0.5)).arm_of(entity) == (None, "v1")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.lists(st.floats(0.01, 0.99), min_size=2))
def test_an_entity_stays_with_the_challenger_while_its_share_grows(entity: str, shares: list[float]) -> None:
    arms = [routed(canary(share)).arm_of(entity).version for share in sorted(shares)]
    assert arms == sorted(arms)


def test_shares_are_met() -> None:
    routing = routed(canary(0.05))
    answered = [routing.arm_of(number).version for number in range(20_000)]
    assert answered.count("v2") / 20_000 == pytest.approx(0.05, abs=0.005)
    assert canary(0.05).share_of("v2") == 0.05


def test_a_shadow_answers_nothing() -> None:
    traffic = Traffic.of("release-1", "shadow", "v1", {}, since=START, shadows=("v2",))
    assert {routed(traffic).arm_of(number) for number in range(100)} == {("champion", "v1")}
    assert traffic.share_of("v2") == 0


@pytest.mark.parametrize("shares", [(0.0,), (1.0,), (0.6, 0.6), (-0.1,), (float("nan"),)])
def test_shares_that_leave_nothing_for_somebody_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ExperimentInvalid):
        Traffic.of(
            "r", "ab", "v1", {f"challenger-{at}": (f"v{at}", share) for at, share in enumerate(shares)}, since=START
        )


def test_stored_bounds_that_leave_entities_without_a_version_are_refused() -> None:
    content = canary(0.5).model_dump(mode="json")
    content["arms"][1]["below"] -= 1
    with pytest.raises(ValidationError, match="weights sum to one"):
        Traffic.model_validate(content)


def test_routing_with_traffic_is_read_as_it_was_stored() -> None:
    routing = routed(canary(0.5))
    assert Routing.model_validate_json(routing.model_dump_json()) == routing


def test_a_new_champion_answers_everything_at_once() -> None:
    at = START + DAY
    promoted = routed(canary(0.5)).promote("v2", over="v1", run="run-v2", as_of=at, promoted_at=at)
    assert promoted.arm_of("a") == ("champion", "v2")
    later = promoted.model_copy(update={"traffic": canary(0.5)})
    restored = later.roll_back(cause="event", asked_at=at + DAY, as_of=at, promoted_at=at + DAY)
    assert restored.arm_of("a") == ("champion", "v1")
