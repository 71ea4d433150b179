"""After the death of a process behind any write, and a redelivery at any time, Steward concludes what it would have."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

import pytest

from .conclusions import Conclusions, conclusions
from .lifetime import PHASES
from .memory_cloud import Saved
from .redelivery import FUNCTIONS, Redelivery, World, Write, world

SEED = 20240615
OPERATIONS = {
    "accept_commands": "PutEvents PutObject",
    "attribute_features": "PutEvents PutObject",
    "audit_models": "PutEvents PutObject",
    "check_window": "PutEvents PutObject",
    "emit_lineage": "PutObject",
    "ingest_records": "PutEvents PutObject SendMessage",
    "join_labels": "DeleteObject PutEvents PutObject",
    "kick_retraining": "PutEvents PutObject",
    "maintain_store": "DeleteObjects PutEvents PutObject",
    "raise_alerts": "Publish PutEvents PutObject",
    "register_model": "CreateSchedule DeleteSchedule PutEvents PutObject UpdateSchedule",
    "release_model": "PutEvents PutObject",
    "render_reports": "PutEvents PutObject",
    "track_defects": "PutEvents PutObject",
    "train_model": "PutEvents PutObject",
    "validate_model": "PutEvents PutObject",
    "watch_deployment": "CreateSchedule Publish PutEvents PutObject",
}
"""What each function writes with: behind every such call of the life it dies."""

NOT_WOKEN = {"accept_version", "collect_resources", "erase_subject", "score_shadows", "serve_predictions"}
"""Functions that nothing in the life wakes: one environment, no endpoint, no shadow, no request, no subject."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A phase without deaths."""

    before: Saved
    after: Conclusions
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Death:
    """After which write of a phase the process dies, and when its messages come again."""

    phase: str
    write: int
    back: Redelivery


@dataclass
class Life:
    """The life of a model, phase by phase, and what becomes of it where processes die."""

    world: World
    phases: dict[str, Undisturbed] = field(default_factory=dict)
    _delayed: dict[tuple[str, int, int, Redelivery], Conclusions] = field(default_factory=dict)

    def live(self) -> None:
        """Go through every phase without a death."""
        for name, phase in PHASES.items():
            before = self.world.cloud.save()
            self._begin(before)
            phase(self.world)
            self.world.settle()
            assert not self.world.errors, (name, self.world.errors)
            self.phases[name] = Undisturbed(before, conclusions(self.world), tuple(self.world.writes))

    def deaths(self) -> list[Death]:
        """Every death that is possible."""
        return [
            Death(name, write, back)
            for name, phase in self.phases.items()
            for write in range(1, len(phase.writes) + 1)
            for back in get_args(Redelivery)
        ]

    def differences(self, death: Death) -> list[str]:
        """What is concluded otherwise than without the death.

        Messages that come again late may be overtaken by others, and some orders rightly matter: which labels are
        there when a run is decided on. So where a late redelivery changes a conclusion, the death must have left what
        the mere delay of the messages leaves that were not done with; the one in whose midst the process died counts as
        either.
        """
        undisturbed, found = self.phases[death.phase], self._after(death)
        differences = undisturbed.after.differences(found)
        if not differences or death.back == "at once":
            return differences
        assert self.world.died_in
        invocation, done = self.world.died_in
        delays = (self._after_delay(death, invocation, delivered) for delivered in (done, done + 1))
        return min((delayed.differences(found) for delayed in delays), key=len)

    def _after(self, death: Death) -> Conclusions:
        self._begin(self.phases[death.phase].before)
        PHASES[death.phase](self.world)
        self.world.die_after = death.write
        self.world.settle(death.back)
        assert self.world.died_in, death
        return conclusions(self.world)

    def _after_delay(self, death: Death, invocation: int, delivered: int) -> Conclusions:
        place = death.phase, invocation, delivered, death.back
        if place not in self._delayed:
            self._begin(self.phases[death.phase].before)
            PHASES[death.phase](self.world)
            self.world.postponed = invocation, delivered
            self.world.settle(death.back)
            self._delayed[place] = conclusions(self.world)
        return self._delayed[place]

    def _begin(self, saved: Saved) -> None:
        self.world.cloud.restore(saved)
        self.world.start()


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    with world() as made:
        lived = Life(made)
        lived.live()
        yield lived


@pytest.mark.timeout(900)
def test_the_life_has_every_write_of_every_function(life: Life) -> None:
    found: dict[str, set[str]] = {}
    for phase in life.phases.values():
        for write in phase.writes:
            found.setdefault(write.function, set()).add(write.operation)
    assert found == {function: set(operations.split()) for function, operations in OPERATIONS.items()}
    assert set(found) == set(FUNCTIONS) - NOT_WOKEN


@pytest.mark.timeout(900)  # half a minute of one core, on a machine that may have little of it
def test_a_death_in_every_other_phase_changes_no_conclusion(life: Life) -> None:
    """One of every other phase, drawn at random; `make nightly` tries them all."""
    draw = random.Random(SEED)  # noqa: S311
    for phase in list(PHASES)[::2]:
        death = draw.choice([death for death in life.deaths() if death.phase == phase])
        assert life.differences(death) == [], death


@pytest.mark.nightly
@pytest.mark.timeout(0)
@pytest.mark.parametrize("phase", list(PHASES))
def test_no_death_in_a_phase_changes_a_conclusion(life: Life, phase: str) -> None:
    different = {death: found for death in life.deaths() if death.phase == phase and (found := life.differences(death))}
    assert different == {}
