"""Look at simulated experiments as `steward.experiments` does, and count."""

from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np

from steward.experiments.arm_sums import ArmSums
from steward.experiments.boundaries import required_drift
from steward.experiments.effects import difference_of_means
from steward.experiments.sample_ratio import examine_ratio
from steward.experiments.sequential_comparison import asymptotic_interval
from tests.benchmarks.experiments.worlds import EVERY, LEVEL, LOOKS, POWER, USERS, WORLDS, World, sums_by_look

_FIXED = NormalDist().inv_cdf(1 - LEVEL / 2)


@dataclass(frozen=True)
class Counted:
    """Simulated experiments of one kind.

    Attributes:
        world: of the metric.
        effect: whether the challenger is better.
        experiments: simulated.
        stopped: of these, by each look; the last is the planned end.
        wrong: called worse though better.
        fixed: found by a test of fixed size at the planned size.
        peeking: stopped by the test of fixed size at any look until then, which is what people do.
    """

    world: str
    effect: bool
    experiments: int
    stopped: list[int]
    wrong: int
    fixed: int
    peeking: int


def count(world: World, experiments: int, *, effect: bool, seed: int) -> Counted:
    """Simulate experiments, with a look after every 100 users until the planned end."""
    rng = np.random.default_rng(seed)
    planned = world.effect / required_drift(LEVEL, POWER)
    stopped, wrong, fixed, peeking = np.zeros(LOOKS, int), 0, 0, 0
    for _ in range(experiments):
        at, sign, deviations = _follow(world, rng, world.effect if effect else 0.0, planned)
        if at is not None:
            stopped[at:] += 1
            wrong += effect and sign < 0
        fixed += abs(deviations[USERS // EVERY - 1]) > _FIXED
        peeking += max(map(abs, deviations)) > _FIXED
    return Counted(world.name, effect, experiments, stopped.tolist(), int(wrong), int(fixed), int(peeking))


def _follow(
    world: World, rng: np.random.Generator, effect: float, planned: float
) -> tuple[int | None, int, list[float]]:
    """The look that stopped, in which direction, and the standardised effect of each look of the fixed plan."""
    at, sign, deviations, ended = None, 0, [], False
    for look, arms in enumerate(sums_by_look(world, rng, effect)):
        found = difference_of_means(*arms, adjusted=world.adjusted)
        if found is None:
            deviations.append(0.0)
            continue
        if look < USERS // EVERY:
            deviations.append(found.value / found.standard_error)
        if at is None and not ended:
            interval = asymptotic_interval(found, planned, LEVEL)
            if interval.low > 0 or interval.high < 0:
                at, sign = look, 1 if interval.low > 0 else -1
            ended = found.standard_error <= planned
        if look >= USERS // EVERY and (ended or at is not None):
            break
    return at, sign, deviations


def count_ratios(share: float, experiments: int, *, seed: int, returning: bool = False) -> list[int]:
    """Of experiments with this share of the first arm, how many were stopped by each look at 1,000 users more."""
    rng = np.random.default_rng(seed)
    weights, stopped = {"champion": 0.5, "challenger": 0.5}, np.zeros(100, int)
    for _ in range(experiments):
        arms = [np.zeros(128, int), np.zeros(128, int)]
        for look in range(100):
            users = rng.multinomial(1000, np.full(128, 1 / 128))
            mine = rng.binomial(users, share)
            arms = [arms[0] + mine, arms[1] + users - mine]
            sums = {
                name: ArmSums.model_construct(
                    rows=int(counts.sum()), group_rows=tuple(counts.tolist()) if returning else ()
                )
                for name, counts in zip(weights, arms, strict=True)
            }
            if examine_ratio(sums, weights, unit="entity" if returning else "row").broken:
                stopped[look:] += 1
                break
    return stopped.tolist()


def simulate_arms(experiments: int) -> list[dict]:
    """A/A and A/B tests of every kind of metric; a line of progress for each. There are a fifth as many A/B tests."""
    found = []
    for place, world in enumerate(WORLDS):
        for effect in (False, True):
            some = max(1, experiments // 5) if effect else experiments
            counted = count(world, some, effect=effect, seed=1000 + 2 * place + effect)
            stopped = (counted.stopped[look] for look in (49, 99, LOOKS - 1))
            kind = "A/B" if effect else "A/A"
            print(
                world.name, kind, some, *stopped, counted.wrong, counted.fixed, counted.peeking, sep=" | ", flush=True
            )
            found.append(asdict(counted))
    return found


def simulate_ratios(experiments: int) -> list[dict]:
    """Right and broken splits, of rows and of entities."""
    found = []
    for unit in ("row", "entity"):
        for share in (0.5, 0.51):
            stopped = count_ratios(share, experiments, seed=2000 + int(100 * share), returning=unit == "entity")
            print(unit, share, experiments, stopped[49], stopped[99], sep=" | ", flush=True)
            found.append({"share": share, "unit": unit, "experiments": experiments, "stopped": stopped})
    return found
