"""Compares what policies would have led to: runs, promotions, the realised metric and what runs cost."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean, stdev
from typing import Literal

from pydantic import ConfigDict

from steward.backtest.candidates import loss_table
from steward.backtest.hindsight import IdealSchedule, best_schedules
from steward.backtest.records import ReplayImpossible
from steward.backtest.rehearsal import Rehearsal
from steward.backtest.results import PolicyReplay, ReplayedWindow, ScheduleReplay
from steward.documents import InputHidingModel
from steward.events import RealisedLoss
from steward.spec.windows import Window
from steward.student_t import student_quantile

NEVER, EVERY, HINDSIGHT = "never", "every window", "best in hindsight"
_MOST_RUNS = 60


class ReplayInterval(InputHidingModel):
    """A figure with its 95 % interval."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")

    value: float
    low: float
    high: float


class PolicyResult(InputHidingModel):
    """One line of the comparison.

    Attributes:
        kind: a policy that was replayed with its gates, or a schedule of candidates without any.
        runs, promoted, refused, failed: in the windows that count; the first version is none of them.
        held_back: decisions that held a run back.
        mean: the mean of the windows' metric, each window counting alike; its interval follows from the windows' own.
        gain: by how much it is better than never retrained, window by window, windows counting as independent.
        dollars: what the runs cost at list price; None where it is not known what one costs.
        total: the mean with what runs cost, as a loss a window (of a metric that is better when higher, less it); None
            where it is not said what a run costs.
        windows: what each window realised.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")

    policy: str
    kind: Literal["policy", "schedule"]
    runs: int
    promoted: int
    refused: int
    failed: int
    held_back: int
    mean: ReplayInterval
    gain: ReplayInterval
    dollars: float | None
    total: float | None
    windows: list[ReplayedWindow]


class BacktestReport(InputHidingModel):
    """What `steward backtest` found.

    Attributes:
        metric: that the policies judge by.
        label_delay: how long after a window its labels were taken to come, in seconds.
        run_cost: what a run was taken to cost, in units of the metric over one window; None where it was not said.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")

    model: str
    metric: str
    first_window: str
    last_window: str
    reference_until: datetime
    label_delay: float
    run_cost: float | None
    policies: list[PolicyResult]


class _Costs(InputHidingModel):
    dollars_a_run: float
    run_cost: float | None


def compare_policies(
    rehearsal: Rehearsal,
    *,
    model: str,
    reference_until: datetime,
    label_delay: float,
    since: datetime | None = None,
    dollars_a_run: float = 0.0,
    run_cost: float | None = None,
) -> BacktestReport:
    """Compare policies, the never-retrained version, a candidate at every window, and the best schedule in hindsight.

    Args:
        rehearsal: what was replayed.
        model: whose records.
        reference_until: the end of the reference.
        label_delay: how long after a window its labels come, in seconds.
        since: windows that begin before this moment do not count.
        dollars_a_run: what a run costs; 0 where that is not known.
        run_cost: what a run costs in units of the metric over one window. The best schedule minimises losses with it;
            where it is None, it has as many runs as the first policy.

    Raises:
        ReplayImpossible: no window that counts has a metric.
    """
    schedule, costs = rehearsal.schedule, _Costs(dollars_a_run=dollars_a_run, run_cost=run_cost)
    counted = [name for name in schedule.windows if since is None or Window.parse(name).start >= since]
    declared = _of_windows(rehearsal.policies[0], counted)
    everything = [after for after in schedule.trained_after if after >= 0]
    best = _best(schedule, counted, sum(len(window.runs) for window in declared), costs)
    schedules = {NEVER: (), EVERY: everything, HINDSIGHT: best.after}
    never = _realised_by(schedule, ())
    known = [never[name] for name in counted if name in never]
    if not known:
        raise ReplayImpossible(
            "no window that counts has a metric to compare: choose more of them with --from and --to"
        )
    results = [_summarise_replay(replay, counted, never, costs) for replay in rehearsal.policies]
    results += [_summarise_schedule(name, schedule, after, counted, never, costs) for name, after in schedules.items()]
    return BacktestReport(
        model=model,
        metric=known[0].metric,
        first_window=counted[0],
        last_window=counted[-1],
        reference_until=reference_until,
        label_delay=label_delay,
        run_cost=run_cost,
        policies=results,
    )


def _best(schedule: ScheduleReplay, counted: Sequence[str], runs: int, costs: _Costs) -> IdealSchedule:
    """The best schedule for the windows that count."""
    losses = loss_table(schedule.realised, len(schedule.windows))
    losses[:, [name not in counted for name in schedule.windows]] = 0.0
    if costs.run_cost is None:
        return best_schedules(losses, schedule.trained_after, runs)[-1]
    price = costs.run_cost
    found = best_schedules(losses, schedule.trained_after, min(_MOST_RUNS, len(schedule.realised) - 1))
    return min(found, key=lambda one: one.loss + price * one.runs)


def _realised_by(schedule: ScheduleReplay, after: Sequence[int]) -> dict[str, RealisedLoss]:
    """What a schedule of candidates realised in each window; each serves until the next begins."""
    serving, found = 0, {}
    for place, name in enumerate(schedule.windows):
        if place - 1 in after:
            serving = schedule.trained_after.index(place - 1)
        if place in schedule.realised[serving]:
            found[name] = schedule.realised[serving][place]
    return found


def _of_windows(replay: PolicyReplay, counted: Sequence[str]) -> list[ReplayedWindow]:
    return [window for window in replay.windows if window.window in counted]


def _summarise_replay(
    replay: PolicyReplay, counted: Sequence[str], never: Mapping[str, RealisedLoss], costs: _Costs
) -> PolicyResult:
    windows = _of_windows(replay, counted)
    outcomes = [run.outcome for window in windows for run in window.runs]
    return _summarise(
        replay.policy, "policy", windows, never, costs,
        runs=len(outcomes), promoted=outcomes.count("promoted"), refused=outcomes.count("refused"),
        failed=outcomes.count("failed"), held_back=sum(window.held_back for window in windows),
    )  # fmt: skip


def _summarise_schedule(  # noqa: PLR0917 - a line of the comparison
    name: str,
    schedule: ScheduleReplay,
    after: Sequence[int],
    counted: Sequence[str],
    never: Mapping[str, RealisedLoss],
    costs: _Costs,
) -> PolicyResult:
    realised = _realised_by(schedule, after)
    windows = [
        ReplayedWindow(window=window, version=name, rows=one.rows, realised=one)
        for window, one in realised.items()
        if window in counted
    ]
    runs = sum(schedule.windows[place] in counted for place in after)
    return _summarise(
        name, "schedule", windows, never, costs, runs=runs, promoted=runs, refused=0, failed=0, held_back=0
    )


def _summarise(
    name: str,
    kind: Literal["policy", "schedule"],
    windows: list[ReplayedWindow],
    never: Mapping[str, RealisedLoss],
    costs: _Costs,
    **counts: int,
) -> PolicyResult:
    realised = {window.window: window.realised for window in windows if window.realised}
    mean = _mean([one.value for one in realised.values()], [(one.high - one.low) / 2 for one in realised.values()])
    sign = -1 if any(one.higher_is_better for one in realised.values()) else 1
    gains = [sign * (never[window].value - one.value) for window, one in realised.items() if window in never]
    total = None if costs.run_cost is None else sign * mean.value + costs.run_cost * counts["runs"] / len(realised)
    return PolicyResult(
        policy=name,
        kind=kind,
        mean=mean,
        gain=_mean(gains),
        dollars=counts["runs"] * costs.dollars_a_run if costs.dollars_a_run else None,
        total=total,
        windows=windows,
        **counts,
    )


def _mean(values: Sequence[float], halves: Sequence[float] | None = None) -> ReplayInterval:
    """The mean of some windows; its interval by those of the windows, or by how much they differ."""
    count, middle = len(values), fmean(values)
    if halves is not None:
        half = math.sqrt(math.fsum(one**2 for one in halves)) / count
    elif count > 1:
        half = student_quantile(count - 1) * stdev(values) / math.sqrt(count)
    else:
        half = math.inf
    return ReplayInterval(value=middle, low=middle - half, high=middle + half)
