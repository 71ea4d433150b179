"""When to run next, if staleness grows as forecast: runs now and later against waiting, metric and runs together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The cheapest plan that begins with a run, and the cheapest that does not.

    Attributes:
        now: cost of a run now and further runs at the best times.
        wait: cost of keeping the present version for one window at least, and of runs at the best times after that.
        windows: how long the cheaper plan keeps the present version; 0 for a run now.
    """

    now: float
    wait: float
    windows: int

    @property
    def advantage(self) -> float:
        """By how much a run now costs less than waiting; negative where waiting costs less."""
        return self.wait - self.now


def plan_runs(staleness: float, growth: float, cost: float, horizon: int) -> RunPlan:
    """Compare a run now with waiting, over a horizon.

    The present version loses `staleness + growth`, `staleness + 2 growth`, ... over a new one in the windows to come; a
    version that is trained at some time loses 0, `growth`, `2 growth`, ... The time between equally costly runs is
    shared out evenly, which is the best that can be done where staleness grows evenly.

    Args:
        staleness: of the present version, in units of the metric.
        growth: by how much it grows a window, not negative.
        cost: of a run, in units of the metric over one window.
        horizon: windows, 1 at least.

    >>> round(plan_runs(0.1, 0.0, 0.5, 10).advantage, 3), plan_runs(0.1, 0.0, 2.0, 10).advantage
    (0.1, -1.0)
    """
    with_run = [0.0, *(_cheapest_runs(windows, growth, cost) for windows in range(1, horizon + 1))]
    kept = [staleness * windows + growth * windows * (windows + 1) / 2 for windows in range(horizon + 1)]
    waits = {windows: kept[windows] + with_run[horizon - windows] for windows in range(1, horizon + 1)}
    best = min(waits, key=lambda windows: (waits[windows], -windows))
    now = with_run[horizon]
    return RunPlan(now=now, wait=waits[best], windows=0 if now < waits[best] else best)


def _cheapest_runs(windows: int, growth: float, cost: float) -> float:
    """The cost of so many windows that begin with a run, with as many runs as cost least.

    The cost is convex in the number of runs, so the first number after which it rises is the best.
    """
    best = _even_runs(windows, 1, growth, cost)
    for runs in range(2, windows + 1):
        more = _even_runs(windows, runs, growth, cost)
        if more >= best:
            break
        best = more
    return best


def _even_runs(windows: int, runs: int, growth: float, cost: float) -> float:
    """The cost of runs that are spread evenly over some windows."""
    length, longer = divmod(windows, runs)
    return runs * cost + growth * (longer * (length + 1) * length / 2 + (runs - longer) * length * (length - 1) / 2)
