"""A death behind any write of `release_model`, and a redelivery, end every change of a release in the same state."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import pytest

from steward.events import CheckCompleted, Event, ModelRemoved, ReleaseChanged, RunFailed
from tests.nightly import nightly

from .deployment import Deployment
from .dying import WRITES, Died, dying
from .test_gradual_release import CANARY, SPEC, declare, override, serve
from .test_release_model import BEGIN, frozen, judged, released, roll_back, thaw

type Scenario = Callable[[Deployment], Sequence[Event]]
"""Brings a deployment before a change, and gives the events that lead to it."""

ONE_STEP = CANARY.replace("[0.2, 0.5]", "[0.5]")


def starting(release: str) -> Scenario:
    def scenario(steward: Deployment) -> Sequence[Event]:
        declare(steward, release)
        return [judged(steward, "v2")]

    return scenario


def serving(release: str, *, harmed: bool = False, waiting: bool = False) -> Scenario:
    """The checks of a day of traffic, of which `release_model` has heard nothing yet."""

    def scenario(steward: Deployment) -> Sequence[Event]:
        begin(steward, release)
        if waiting:
            released(steward, judged(steward, "v3"))
        del steward.queues["release_model"]
        serve(steward, 0, harmed=harmed)
        return [event for event in steward.told(CheckCompleted) if event.as_of > BEGIN]

    return scenario


def begin(steward: Deployment, release: str = CANARY) -> None:
    declare(steward, release)
    released(steward, judged(steward, "v2"))


def deciding(action: str, release: str = CANARY, *, waiting: bool = False) -> Scenario:
    def scenario(steward: Deployment) -> Sequence[Event]:
        begin(steward, release)
        if waiting:
            released(steward, judged(steward, "v3"))
        return [override(steward, action)]  # type: ignore[arg-type]

    return scenario


def freezing(steward: Deployment) -> Sequence[Event]:
    begin(steward)
    return [frozen(steward)]


def holding(steward: Deployment) -> Sequence[Event]:
    released(steward, frozen(steward))
    return [judged(steward, "v2")]


def thawing(steward: Deployment) -> Sequence[Event]:
    released(steward, frozen(steward))
    released(steward, judged(steward, "v2"))
    return [thaw(steward)]


def rolling_back(steward: Deployment) -> Sequence[Event]:
    released(steward, judged(steward, "v2"))
    declare(steward, CANARY)
    released(steward, judged(steward, "v3"))
    return [roll_back(steward)]


def removing(steward: Deployment) -> Sequence[Event]:
    begin(steward)
    return [
        ModelRemoved(
            occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id="c", revision="000009",
            stored=judged(steward, "v5").evaluation, summary="nobody sells cars any more",
        )
    ]  # fmt: skip


def declaring_otherwise(steward: Deployment) -> Sequence[Event]:
    steward.upload("specs/lemons.yaml", SPEC.replace("  make: categorical\n", "") + CANARY)
    steward.settle()
    return [judged(steward, "v2")]


SCENARIOS: dict[str, Scenario] = {
    "a direct release": starting(""),
    "a canary begins": starting(CANARY),
    "a shadow begins": starting("release: {mode: shadow, shadow: {margin: 0.2, duration: 10d}}\n"),
    "a direct release waits for approval": starting("release: {approval: required}\n"),
    "a canary advances": serving(CANARY),
    "a canary takes over": serving(ONE_STEP),
    "a canary awaits approval": serving(ONE_STEP.replace("mode: canary,", "mode: canary, approval: required,")),
    "a canary made worse is stopped": serving(CANARY, harmed=True),
    "a canary is stopped and the next begins": serving(CANARY, harmed=True, waiting=True),
    "people advance": deciding("advance"),
    "people promote": deciding("promote"),
    "people promote and what waited has lost its champion": deciding("promote", waiting=True),
    "people abort": deciding("abort"),
    "people approve": deciding("approve", "release: {approval: required}\n"),
    "people reject": deciding("reject"),
    "nothing to decide": deciding("abort", ""),
    "a freeze begins": freezing,
    "a promotion is held": holding,
    "a thaw releases what waited": thawing,
    "a champion is rolled back with its release": rolling_back,
    "a model is removed": removing,
    "a version of another declaration": declaring_otherwise,
}
DAILY = ("a canary advances", "a canary is stopped and the next begins", "a thaw releases what waited")


@pytest.mark.parametrize("name", [*DAILY, *nightly(*(name for name in SCENARIOS if name not in DAILY))])
def test_a_death_behind_any_write_of_a_change_ends_in_the_same_state(trained: Deployment, name: str) -> None:
    causes = SCENARIOS[name](trained)
    assert not trained.errors, trained.errors
    ready, now = trained.snapshot(), trained.clock.now
    writes = deliver(trained, causes, die_after=0)
    undisturbed = conclusions(trained)
    assert writes
    for place, write in enumerate(writes, 1):
        trained.restore(ready, now)
        deliver(trained, causes, die_after=place)
        assert conclusions(trained) == undisturbed, f"after write {place}, {write}"


def deliver(steward: Deployment, causes: Sequence[Event], die_after: int) -> list[str]:
    """Give all events to `release_model`, which dies once; its writes."""
    steward._observe()
    steward.published.clear()
    died = False
    with dying(after=die_after, counting=WRITES) as written:
        for cause in causes:
            with suppress(Died):
                assert steward.deliver("release_model", cause), steward.errors
                continue
            died = True
            steward.clock.pass_by(timedelta(minutes=2))
            assert steward.deliver("release_model", cause, attempt=2), steward.errors
    assert died == bool(die_after)
    return written


def conclusions(steward: Deployment) -> tuple[object, ...]:
    """What is stored of model and runs but for moments of the wall clock, what was told, and the ledger."""
    steward._observe()
    told = {
        (event.event_id, f"{event.stage} {event.version}" if isinstance(event, ReleaseChanged) else event.message)
        for event in steward.published
        if isinstance(event, ReleaseChanged | RunFailed)
    }
    stored = {
        key: _timeless(json.loads(body))
        for prefix in ("models/lemons/", "runs/lemons/")
        for key, body in steward.contents(prefix).items()
        if key.endswith("routing.json") or "/releases/" in key or key.startswith("runs/")
    }
    entries = [(entry.action, entry.subject, entry.summary) for entry in steward.entries("lemons")]
    return told, stored, steward.keys("models/lemons/"), entries


def _timeless(content: object) -> object:
    if isinstance(content, dict):
        return {key: _timeless(value) for key, value in content.items() if not (key == "at" or key.endswith("_at"))}
    return [_timeless(one) for one in content] if isinstance(content, list) else content
