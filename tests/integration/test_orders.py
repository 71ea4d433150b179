"""Messages that come in any order, late and more than once lead to the same conclusions.

What is left out is listed in infra/decisions/0023-orders-that-matter.md.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pandas as pd
import pytest

from steward.repositories.uploads import correlation_of
from tests.integration import lemons

from .conclusions import conclusions
from .lifetime import LABELS, PHASES, PREDICTIONS
from .memory_cloud import Saved
from .redelivery import World, world
from .shuffling import settle_in_any_order

type Play = Callable[[World], None]

DAY = timedelta(days=1)
DATA = ("records/", "quarantine/", "ids/", "outcomes/", "profiles/", "inbox/", "specs/")
CHECKS = ("check ", "findings ")
_JOINED = re.compile(r'"(prediction_batches|given_up)": ?\[[^]]*\]')
"""Outcomes name an upload that had given up all its ids before or after they were joined."""

_MOVED = re.compile(r'"[^"]*-placed"(, ?)?')
"""Outcomes and checks of a window name the labels that moved to another; a file without rows stays for them."""

_INTERIM = re.compile(r"-corrected-\d+-")
"""What some of the corrections had left of a batch when they were applied."""


def race(*, kept: slice, days: int = 0, labels: bool = True, timed: bool = True, bad: int = 0) -> Play:
    """Two uploads with the same ids, the second some days later, and labels of the first."""

    def play(world: World) -> None:
        sold = lemons.sales(1, first_day=14, rows_a_day=100)
        scored = lemons.predictions(sold)
        again = scored.iloc[kept]
        times = pd.to_datetime(again["sold_at"], utc=True) + days * DAY
        scored.loc[: bad - 1, "age"] = 99.0
        world.upload(f"{PREDICTIONS}a.csv", lemons.csv(scored))
        world.upload(f"{PREDICTIONS}b.csv", lemons.csv(again.assign(sold_at=times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))))
        if labels:
            world.upload(f"{LABELS}a.csv", lemons.csv(lemons.labels(sold, timed=timed)))

    return play


def overwritten_labels(world: World) -> None:
    """Labels whose key is overwritten within the second."""
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    world.upload(f"{PREDICTIONS}a.csv", lemons.csv(lemons.predictions(sold)))
    now = world.deployment.clock.now
    for said in (0, 1):
        world.upload(f"{LABELS}a.csv", lemons.csv(lemons.labels(sold).assign(lemon=said)))
        world.deployment.clock.now = now


def sent_twice(world: World) -> None:
    """The same bytes under two names, with labels."""
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    for name in ("a", "b"):
        world.upload(f"{PREDICTIONS}{name}.csv", lemons.csv(lemons.predictions(sold)))
    world.upload(f"{LABELS}a.csv", lemons.csv(lemons.labels(sold)))


RACES: dict[str, Play] = {
    "the same bytes": sent_twice,
    "a copy": race(kept=slice(None)),
    "some rows again": race(kept=slice(30)),
    "most rows again, labels without times": race(kept=slice(20, None), timed=False),
    "some rows again, others bad": race(kept=slice(50), labels=False, bad=10),
    "a second try in the next window": race(kept=slice(None), days=1),
    "some second tries in the next window": race(kept=slice(40), days=1),
    "a second try with a time of the window before": race(kept=slice(60), days=-1),
    "a key that is overwritten within the second": overwritten_labels,
    "an ordinary day": PHASES["ordinary day"],
}
"""All of one or two windows."""

OLDER = {"a second try with a time of the window before"}
"""Here the newer window may be checked first: whether an alert of the older one is raised depends on it."""

DAYS: dict[str, tuple[str, ...]] = {
    "two days": ("ordinary day", "turned day"),
    "two turned days": ("turned day", "second turned day"),
    "three days": ("ordinary day", "turned day", "second turned day"),
}


@pytest.fixture(scope="module")
def begun() -> Iterator[tuple[World, Saved]]:
    """A model whose first version is in charge."""
    with world() as made:
        for name in ("declare", "refer"):
            PHASES[name](made)
            made.settle()
        yield made, made.cloud.save()


def held(world: World, *, alerts: bool) -> dict[str, object]:
    """What every order must lead to."""
    concluded = conclusions(world)
    names = (*DATA, *CHECKS, *(("alert ",) if alerts else ()))
    stored = concluded.stored | {key: concluded.content(key) or "" for key in concluded.objects}
    found: dict[str, object] = {
        name: _MOVED.sub("", _JOINED.sub("", measured(value) if name.startswith("check ") else value))
        for name, value in stored.items()
        if name.startswith(names) and not _INTERIM.search(name) and not is_empty(name, value)
    }
    for batch in emptied(world, stored):  # where the file was sent again after it was taken in, there is no trace of it
        found = {name: str(value).replace(f', "{batch}"', "") for name, value in found.items() if batch not in name}
    if alerts:
        defects = [world.object(key) for key in world.keys("defects/lemons/")]
        found["defects"] = [(one["defect"], one["steps"][-1]["state"], one["steps"][-1]["owner"]) for one in defects]
    return found


def emptied(world: World, stored: dict[str, str]) -> set[str]:
    """The batches of files that were sent twice, and stored before the first of them was: nothing is left of them."""
    repeats = {entry.correlation_id for entry in world.deployment.entries("lemons") if entry.action == "batch_repeated"}
    batches = {name.rpartition("/")[2].partition(".")[0] for name in stored}
    return {batch for batch in batches if correlation_of(batch) in repeats}


def measured(check: str) -> str:
    """A check without what cannot be measured for want of labels: outcomes may say so, or not be there."""
    batches, results = json.loads(check)
    return json.dumps([batches, [one for one in results if not one["message"].endswith("no row has a label yet")]])


def is_empty(name: str, value: str) -> bool:
    """Whether an object is what is left of labels that met predictions which do not count any more."""
    if name.startswith("outcomes/"):
        return json.loads(value)["outcomes"]["labelled"] == 0
    return name.endswith("-placed.parquet") and not json.loads(value)["sale"]


def differences(begun: tuple[World, Saved], plays: list[Play], seed: int, *, alerts: bool) -> list[str]:
    """The names of what another order and copies of messages changed."""
    world, saved = begun
    results = []
    for order in (None, random.Random(seed)):  # noqa: S311
        world.cloud.restore(saved)
        world.start()
        for play in plays:
            play(world)
        if order is None:
            world.settle()
        else:
            settle_in_any_order(world, order, copies=order.choice([0, 0.2, 0.5]))
        assert not world.errors
        results.append(held(world, alerts=alerts))
        alert = world.object("alerts/lemons.json") if world.keys("alerts/") else {"deliveries": {}, "executions": {}}
        assert not [name for name, told in alert["deliveries"].items() if told["lease"]]
        assert all(deed["done"] for deed in alert["executions"].values())
    one, other = results
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


@pytest.mark.parametrize("race", list(RACES))
def test_a_race_ends_alike_in_every_order(begun: tuple[World, Saved], race: str) -> None:
    assert differences(begun, [RACES[race]], seed=2, alerts=race not in OLDER) == []


def test_days_whose_messages_mix_lead_to_the_same_data_and_checks(begun: tuple[World, Saved]) -> None:
    plays = [PHASES[name] for name in DAYS["two days"]]
    # In this order predictions meet labels before the event of the labels is handled.
    assert differences(begun, plays, seed=7, alerts=False) == []


@pytest.mark.nightly
@pytest.mark.timeout(0)
@pytest.mark.parametrize("race", list(RACES))
def test_a_race_ends_alike_in_hundreds_of_orders(begun: tuple[World, Saved], race: str) -> None:
    found = {seed: differences(begun, [RACES[race]], seed, alerts=race not in OLDER) for seed in range(200)}
    assert {seed: names for seed, names in found.items() if names} == {}


@pytest.mark.nightly
@pytest.mark.timeout(0)
@pytest.mark.parametrize("days", list(DAYS))
def test_days_whose_messages_mix_in_hundreds_of_orders(begun: tuple[World, Saved], days: str) -> None:
    plays = [PHASES[name] for name in DAYS[days]]
    found = {seed: differences(begun, plays, seed, alerts=False) for seed in range(100)}
    assert {seed: names for seed, names in found.items() if names} == {}
