"""The champion changes only from the version that the new one was judged against."""

import random
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from steward.events import POLICY, FreezeProposed, ValidationCompleted
from steward.releasing.routing import ChampionMoved, NothingToRollBack, Routing, VersionRolledBack
from tests.unit.examples import DAY, START, stored


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


def frozen(
    name: str,
    *,
    until: datetime | None = None,
    as_of: datetime = START,
    occurred_at: datetime = START,
    author: str = "ann",
) -> FreezeProposed:
    return FreezeProposed(
        occurred_at=occurred_at, model="lemons", as_of=as_of, correlation_id=name, until=until, reason=name,
        author=author,
    )  # fmt: skip


def thaw(name: str, as_of: datetime = START) -> FreezeProposed:
    return frozen(name, until=as_of, as_of=as_of)


def judged(version: str, as_of: datetime = START) -> ValidationCompleted:
    return ValidationCompleted(
        occurred_at=START, model="lemons", as_of=as_of, correlation_id="c", run=f"run-{version}", version=version,
        passed=True, summary="gains 0.02", evaluation=stored(),
    )  # fmt: skip


def rolled_back(routing: Routing, cause: str, *, at: datetime = START + 99 * DAY) -> Routing:
    return routing.roll_back(cause=cause, asked_at=at, as_of=at, promoted_at=at)


def test_a_roll_back_puts_the_version_before_in_charge() -> None:
    routing = rolled_back(routed("v1", "v2", "v3"), "why")
    assert (routing.champion, routing.previous, routing.rolled_back) == ("v2", "v1", {"v3"})
    assert routing.promotions[-1].run == "run-v2"
    assert routing.champion_at(START + 98 * DAY) == "v3"


def test_a_second_roll_back_goes_further_back_and_not_to_what_was_rolled_back() -> None:
    routing = rolled_back(rolled_back(routed("v1", "v2", "v3"), "why"), "again", at=START + 100 * DAY)
    assert (routing.champion, routing.previous, routing.rolled_back) == ("v1", None, {"v2", "v3"})
    with pytest.raises(NothingToRollBack, match="no version before v1"):
        rolled_back(routing, "once more", at=START + 101 * DAY)


def test_a_roll_back_told_again_changes_nothing() -> None:
    routing = rolled_back(routed("v1", "v2", "v3"), "why")
    assert rolled_back(routing, "why", at=START + 200 * DAY) == routing


def test_a_roll_back_means_the_champion_of_the_moment_it_was_asked() -> None:
    routing = routed("v1", "v2", "v3")
    with pytest.raises(NothingToRollBack, match="v3 took over at"):
        rolled_back(routing, "why", at=START + 1.5 * DAY)


@pytest.mark.parametrize("versions", [(), ("v1",)])
def test_without_a_version_before_there_is_nothing_to_roll_back_to(versions: tuple[str, ...]) -> None:
    with pytest.raises(NothingToRollBack, match="no version before"):
        rolled_back(routed(*versions), "why")


def test_a_version_that_was_rolled_back_does_not_take_over_again() -> None:
    routing = rolled_back(routed("v1", "v2"), "why")
    at = START + 100 * DAY
    with pytest.raises(VersionRolledBack, match="v2 was rolled back"):
        routing.promote("v2", over="v1", run="another", as_of=at, promoted_at=at)
    later = routing.promote("v3", over="v1", run="run-v3", as_of=at, promoted_at=at)
    assert (later.champion, later.previous) == ("v3", "v1")
    assert later.promote("v2", over="v1", run="run-v2", as_of=START, promoted_at=at) == later, "a judgement told again"


@pytest.mark.parametrize("end", [None, START + 3 * DAY])
def test_a_freeze_lasts_until_its_end_or_a_thaw(end: datetime | None) -> None:
    routing = routed("v1").with_freeze(frozen("close", until=end))
    assert routing.freeze
    assert routing.as_of(START + 2 * DAY).freeze
    assert bool(routing.as_of(START + 3 * DAY).freeze) == (end is None)
    assert routing.with_freeze(thaw("open", START + DAY)).freeze is None


def test_a_freeze_told_again_after_the_thaw_changes_nothing() -> None:
    routing = routed("v1").with_freeze(frozen("close")).with_freeze(thaw("open"))
    assert routing.with_freeze(frozen("close")) == routing
    assert routing.with_freeze(frozen("close again")).freeze


ASKED = st.tuples(
    st.integers(0, 9),  # the day that it was asked for
    st.sampled_from(["freeze", "freeze for a day", "thaw"]),
    st.booleans(),  # by the policy, which speaks for a past moment of the data
)


@given(asked=st.lists(ASKED, min_size=1, unique_by=lambda one: one[0]), order=st.randoms(use_true_random=False))
def test_freezes_and_thaws_in_whatever_order_they_are_told_end_as_in_the_order_they_were_asked_for(
    asked: list[tuple[int, str, bool]], order: random.Random
) -> None:
    events = []
    for day, what, by_policy in sorted(asked):
        at = START + day * DAY
        spoken_for = at - 90 * DAY if by_policy else at
        until = {"freeze": None, "freeze for a day": spoken_for + DAY, "thaw": spoken_for}[what]
        author = POLICY if by_policy else "ann"
        events.append(frozen(f"{day}", until=until, as_of=spoken_for, occurred_at=at, author=author))
    told = [*events, *events]
    order.shuffle(told)
    routing = Routing(model="lemons")
    for event in told:
        routing = routing.with_freeze(event)
    last = events[-1]
    assert routing.freeze == Routing(model="lemons").with_freeze(last).freeze
    assert set(routing.overtaken) == {
        event.event_id for at, event in enumerate(told)
        if event not in told[:at] and any(before.occurred_at > event.occurred_at for before in told[:at])
    }  # fmt: skip


def test_what_waits_is_due_once_nothing_is_frozen_the_newest_first() -> None:
    routing = routed("v1").with_freeze(frozen("close"))
    for version, day in (("v2", 1), ("v4", 3), ("v3", 2), ("v4", 3)):
        routing = routing.enqueue(judged(version, START + day * DAY))
    assert (routing.champion, routing.promotable) == ("v1", [])
    assert [waiting.version for waiting in routing.with_freeze(thaw("open")).promotable] == ["v4", "v3", "v2"]
    assert routed("v1").enqueue(judged("v1")).held == [], "it was carried out already"


class Releases(RuleBasedStateMachine):
    """Promotions, freezes and roll-backs in any order, each told once or several times."""

    def __init__(self) -> None:
        super().__init__()
        self.routing = Routing(model="lemons")
        self.clock = START
        self.made = 0
        self.standing: list[str] = []
        self.gone: set[str] = set()

    def _later(self) -> datetime:
        self.clock += DAY
        return self.clock

    @rule(times=st.integers(1, 3))
    def judge(self, times: int) -> None:
        """A new version passes its gates against the champion."""
        self.made += 1
        version = judged(f"v{self.made}", self._later())
        over = self.routing.champion
        for _ in range(times):
            if self.routing.freeze:
                self.routing = self.routing.enqueue(version)
            else:
                self._promote(version, over)
        if not self.routing.freeze:
            self.standing.append(version.version)

    def _promote(self, version: ValidationCompleted, over: str | None) -> None:
        self.routing = self.routing.promote(
            version.version, over=over, run=version.run, as_of=version.as_of, promoted_at=self.clock
        )

    @rule(times=st.integers(1, 3), span=st.none() | st.integers(1, 5))
    def freeze(self, times: int, span: int | None) -> None:
        """Someone freezes."""
        at = self._later()
        for _ in range(times):
            self.routing = self.routing.with_freeze(frozen(f"{at}", until=at + span * DAY if span else None, as_of=at))

    @rule()
    def thaw(self) -> None:
        """Someone thaws; what waited is promoted, as long as its champion is still there."""
        at = self._later()
        self.routing = self.routing.with_freeze(thaw(f"{at}", at))
        over = self.routing.champion
        for version in self.routing.promotable:
            try:
                self._promote(version, over)
                self.standing.append(version.version)
            except ChampionMoved:
                self.routing = self.routing.dequeue(version.run)

    @rule(times=st.integers(1, 3))
    def roll_back(self, times: int) -> None:
        """Someone rolls back."""
        at = self._later()
        try:
            for _ in range(times):
                self.routing = rolled_back(self.routing, f"{at}", at=at)
        except NothingToRollBack:
            assert len(self.standing) < 2
        else:
            self.gone.add(self.standing.pop())

    @rule(data=st.data())
    def try_again_what_was_rolled_back(self, data: st.DataObject) -> None:
        """A new run makes a version that was rolled back."""
        if self.gone and not self.routing.freeze:
            version = data.draw(st.sampled_from(sorted(self.gone)))
            with pytest.raises(VersionRolledBack):
                self.routing.promote(
                    version, over=self.routing.champion, run=f"again-{self.clock}", as_of=START, promoted_at=self.clock
                )

    @invariant()
    def the_last_that_stands_is_in_charge(self) -> None:
        """Whatever happened, the routing knows who is in charge, and who was before."""
        assert self.routing.champion == (self.standing[-1] if self.standing else None)
        assert self.routing.previous == (self.standing[-2] if len(self.standing) > 1 else None)
        assert self.routing.rolled_back == self.gone
        assert Routing.model_validate_json(self.routing.model_dump_json()) == self.routing


TestReleases = Releases.TestCase
