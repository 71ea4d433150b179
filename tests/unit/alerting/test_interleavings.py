"""Whatever the order of facts, however often they are told, and wherever functions die: nothing is doubled or lost."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.alerting.inputs import Acknowledgement, CheckSummary, Mute
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.spec.model import ModelSpec
from tests.unit.alerting.alert_dsl import DAY, NOW, acknowledgement, check, mute, spec
from tests.unit.properties import some_examples

DECLARATIONS = [
    spec(),
    spec("{flapping: null, bad_windows: 2, of_windows: 3, resolve_after: 2}"),
    spec("{flapping: null, minimum_duration: 2d, cool_down: 2d, missing: keep}"),
    spec("{flapping: {changes: 4, windows: 10, stable: 3}}"),
    spec("{flapping: null, remind_every: 2d, escalate_after: 3d, missing: alert, bad_windows: 2, of_windows: 4}"),
]
INTERLEAVINGS = 10_000
PARTS = 80
DAYS = 8

Fact = tuple[str, CheckSummary | Mute | Acknowledgement | str]


@dataclass
class World:
    """One model's alerts object, and all that subscribers heard.

    Attributes:
        heard: by monitor, what was told, in order; what was told again under the same id is there once.
    """

    declared: ModelSpec
    alerts: ModelAlerts = field(default_factory=lambda: ModelAlerts(model="lemons").with_champion("v1"))
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    now: datetime = NOW

    def handle(self, identity: str, fact: object) -> Iterator[None]:
        """What the function does with a fact; other functions may do something wherever it yields, or it may die."""
        self.now += timedelta(milliseconds=1)
        match fact:
            case CheckSummary():
                self.alerts = self.alerts.with_check(fact)
            case Mute():
                self.alerts = self.alerts.with_mute(identity, fact)
            case Acknowledgement():
                self.alerts = self.alerts.with_acknowledgement(identity, fact)
        self.alerts = self.alerts.with_leases(self.declared, identity, identity, self.now)
        while mine := self.alerts.leases_of(identity):
            yield
            for name, claim in mine.items():
                told_as = f"{name} {claim.chain} {claim.announcement.model_dump_json()}"
                if told_as not in self.ids:
                    self.heard.append((name, claim.announcement.change, claim.announcement.version))
                    self.ids.add(told_as)
            yield
            news = {name: claim.announcement for name, claim in mine.items()}
            self.alerts = self.alerts.with_sent(news, self.now).with_leases(self.declared, identity, identity, self.now)

    def settled(self) -> "World":
        """The world once a last check, a day later, has come and everything is told."""
        for _ in self.handle("last", check(DAYS, "g", monitors=("log_loss", "volume"))):
            pass
        return self


def facts(order: random.Random) -> list[Fact]:
    """What comes in some days: checks, some of them again with late data, of two monitors; and what people say."""
    found: list[Fact] = []
    for day in range(DAYS):
        checks = [check(day, order.choice("ggb~?b"), monitors=("log_loss", "volume"), evidence=1)]
        if order.random() < 0.4:
            checks.append(check(day, order.choice("gb"), monitors=("log_loss", "volume"), evidence=2))
        found += [(f"check {one.check}", one) for one in checks]
        if order.random() < 0.1:
            monitor = order.choice([None, "log_loss", "volume"])
            found.append((f"mute {day}", mute(day, day + order.randint(1, 4), monitor)))
        if order.random() < 0.05:
            found.append((f"lift {day}", mute(day + 0.5, day + 0.5, order.choice([None, "log_loss"]))))
        if order.random() < 0.1:
            found.append((f"acknowledgement {day}", acknowledgement(NOW + timedelta(milliseconds=2 * day))))
    return found


def in_order(known: list[Fact], declared: ModelSpec) -> World:
    world = World(declared)
    for identity, fact in known:
        for _ in world.handle(identity, fact):
            pass
    return world.settled()


def interleaved(known: list[Fact], declared: ModelSpec, order: random.Random) -> World:
    """Facts in any order, several at once, some delivered twice or thrice; functions die and are called again."""
    world = World(declared)
    waiting = [fact for fact in known for _ in range(order.choice([1, 1, 2, 3]))]
    order.shuffle(waiting)
    running: list[tuple[Fact, Iterator[None]]] = []
    while waiting or running:
        if waiting and (not running or order.random() < 0.4):
            fact = waiting.pop()
            running.append((fact, world.handle(*fact)))
            continue
        at = order.randrange(len(running))
        fact, steps = running[at]
        if order.random() < 0.1:
            running.pop(at)
            waiting.insert(order.randrange(len(waiting) + 1), fact)
        elif next(steps, StopIteration) is StopIteration:
            running.pop(at)
    return world.settled()


def assert_nothing_is_doubled_or_lost(ordered: World, shuffled: World) -> None:
    states = [alert_statuses(world.alerts, world.declared) for world in (ordered, shuffled)]
    assert {name: one.progress for name, one in states[0].items()} == {
        name: one.progress for name, one in states[1].items()
    }
    assert shuffled.alerts.checks == ordered.alerts.checks
    assert {name: one.suppressed_by for name, one in states[0].items()} == {
        name: one.suppressed_by for name, one in states[1].items()
    }
    for one in states[1].values():
        assert one.delivery.lease is None
        if one.suppressed_by:
            continue
        assert one.pending is None  # nothing is lost
        if not one.progress.flapping:
            assert one.delivery.firing == (one.state == "firing")
    for world in (ordered, shuffled):
        for name in states[0]:
            episodes = [change for whose, change, _ in world.heard if whose == name]
            open_episode = [change for change in episodes if change in ("firing", "resolved", "flapping")]
            for before, now in zip(["resolved", *open_episode], open_episode, strict=False):
                assert before != now  # nothing is doubled
                assert (before, now) != ("resolved", "resolved")


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.nightly) for part in range(1, PARTS))])
def test_ten_thousand_interleavings_end_as_the_ordered_run(part: int) -> None:
    order = random.Random(20130101 + part)  # noqa: S311
    for number in range(INTERLEAVINGS // PARTS // 10):
        declared = DECLARATIONS[number % len(DECLARATIONS)]
        known = facts(order)
        ordered = in_order(known, declared)
        for _ in range(10):
            assert_nothing_is_doubled_or_lost(ordered, interleaved(known, declared, order))


@some_examples(30)
@given(st.integers(0, 2**32), st.sampled_from(DECLARATIONS))
def test_any_interleaving_ends_as_the_ordered_run(seed: int, declared: Any) -> None:
    order = random.Random(seed)  # noqa: S311
    known = facts(order)
    assert_nothing_is_doubled_or_lost(in_order(known, declared), interleaved(known, declared, order))


@some_examples(20)
@given(st.integers(0, 2**32))
def test_the_alerts_after_any_order_of_facts_are_the_same_but_for_what_was_told(seed: int) -> None:
    order = random.Random(seed)  # noqa: S311
    known = facts(order)
    ordered = in_order(known, DECLARATIONS[0]).alerts
    shuffled = interleaved(known, DECLARATIONS[0], order).alerts
    assert shuffled.model_copy(update={"deliveries": {}}) == ordered.model_copy(update={"deliveries": {}})


def test_an_end_to_a_day_of_silence_is_not_needed_to_tell_of_a_beginning() -> None:
    world = World(spec())
    for _ in world.handle("one", check(0, "b")):
        pass
    assert world.heard == [("log_loss", "firing", "v1")]
    assert world.now - NOW < DAY
