"""What an experiment has found: the document that a release is decided by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.experiments.arm_sums import ArmSums, WindowSums, accumulate_windows
from steward.experiments.experiment_plan import ExperimentPlan
from steward.experiments.sample_ratio import SampleRatio, examine_ratio
from steward.experiments.sequential_comparison import Comparison, compare_arms

ExperimentDecision = Literal["continue", "promote", "keep", "stop"]


class ArmFigures(TolerantModel):
    """What an arm did until the decision.

    Attributes:
        rows: served by it.
        known: rows for which each metric is known.
        means: of each metric; of pairs, the mean difference.
    """

    rows: int
    known: dict[str, int]
    means: dict[str, float]


class ExperimentResult(VersionedModel):
    """The state of an experiment; a pure function of its plan, its sums and the moment.

    Attributes:
        plan: as it was fixed.
        as_of: the moment that it speaks for.
        decision: `continue`; `promote` an arm; `keep` the champion; or `stop`, since a broken split
            proves nothing.
        arm: that is promoted.
        decided: start of the window after which it was decided; later windows change nothing.
        reason: in a sentence.
        reasons: of each challenger.
        comparisons: every challenger on every metric, until the decision.
        sample_ratio: at the decision.
        arms: what they did.
        first, last, windows: the windows that it rests on.
        evidence: names of the stored objects that it rests on, as the caller gave them.
    """

    schema_version: Literal[1] = 1
    plan: ExperimentPlan
    as_of: AwareDatetime
    decision: ExperimentDecision
    arm: str | None = None
    decided: AwareDatetime | None = None
    reason: str
    reasons: dict[str, str] = {}
    comparisons: tuple[Comparison, ...] = ()
    sample_ratio: SampleRatio | None = None
    arms: dict[str, ArmFigures] = {}
    first: AwareDatetime | None = None
    last: AwareDatetime | None = None
    windows: int = 0
    evidence: tuple[str, ...] = ()

    def comparison(self, challenger: str, metric: str | None = None) -> Comparison:
        """A challenger on a metric, by default the one that decides."""
        wanted = metric or self.plan.metric.name
        return next(one for one in self.comparisons if (one.challenger, one.metric.name) == (challenger, wanted))


def conclude(
    plan: ExperimentPlan, windows: Sequence[WindowSums], as_of: datetime, evidence: Sequence[str] = ()
) -> ExperimentResult:
    """Look after every window that is closed, and stop at the first decision.

    Args:
        plan: of the experiment.
        windows: closed ones, in any order. A label that comes after its window was looked at belongs to no look: pass
            windows once their labels can be expected to be there.
        as_of: the moment that the result speaks for; the experiment is over from `plan.ends` on.
        evidence: names of the stored objects that the sums come from.

    Raises:
        ExperimentInvalid: the sums show figures beyond a metric's bounds.

    >>> from datetime import UTC, datetime, timedelta
    >>> from steward.experiments.arm_sums import MetricSums, group_of
    >>> from steward.experiments.experiment_plan import ExperimentMetric
    >>> start = datetime(2026, 3, 1, tzinfo=UTC)
    >>> plan = ExperimentPlan(
    ...     name="loans-7", champion="v1", weights={"v1": 0.5, "v2": 0.5}, ends=start + timedelta(days=28),
    ...     metric=ExperimentMetric(name="accuracy", margin=0.05),
    ... )
    >>> windows = []
    >>> for day in range(10):
    ...     arms = {}
    ...     for arm, right in (("v1", 150), ("v2", 166)):  # of 200 rows
    ...         groups = [group_of(f"{arm} {day} {row}") for row in range(200)]
    ...         figures = [float(row < right) for row in range(200)]
    ...         arms[arm] = ArmSums.of(groups, 200, {"accuracy": MetricSums.of(figures, groups=groups)})
    ...     windows.append(WindowSums(start=start + timedelta(days=day), arms=arms))
    >>> result = conclude(plan, windows, as_of=start + timedelta(days=10))
    >>> result.decision, result.arm, result.windows
    ('promote', 'v2', 3)
    """
    used = [window for window in windows if window.start < plan.ends]
    reached = accumulate_windows(used)
    whole = {
        (challenger, metric.name): compare_arms(plan, used, challenger, metric)
        for challenger in plan.challengers
        for metric in plan.metrics
    }
    over = as_of >= plan.ends
    for at, (start, sums) in enumerate(reached):
        ratio = None if plan.paired else examine_ratio(sums.arms, plan.weights, unit=plan.unit)
        comparisons = {key: one.until(start) for key, one in whole.items()}
        last = over and at + 1 == len(reached)
        decision, arm, reason, reasons = _decide(plan, comparisons, ratio, over=last)
        if decision != "continue" or at + 1 == len(reached):
            return ExperimentResult(
                plan=plan,
                as_of=as_of,
                decision=decision,
                arm=arm,
                decided=start if decision != "continue" else None,
                reason=reason,
                reasons=reasons,
                comparisons=tuple(comparisons.values()),
                sample_ratio=ratio,
                arms={name: _figures(sums.arms.get(name, ArmSums())) for name in plan.weights},
                first=reached[0][0],
                last=start,
                windows=at + 1,
                evidence=tuple(evidence),
            )
    reason = "the experiment ended without a row" if over else "no window is closed yet"
    return ExperimentResult(
        plan=plan, as_of=as_of, decision="keep" if over else "continue", reason=reason, evidence=tuple(evidence)
    )


def _decide(
    plan: ExperimentPlan, comparisons: dict[tuple[str, str], Comparison], ratio: SampleRatio | None, *, over: bool
) -> tuple[ExperimentDecision, str | None, str, dict[str, str]]:
    """What follows from the looks until now."""
    if ratio and ratio.broken:
        return "stop", None, describe_ratio(ratio), {}
    verdicts = {name: _judge(plan, name, comparisons, over=over) for name in plan.challengers}
    reasons = {name: f"{name} {why}" for name, (_, why) in verdicts.items()}
    passed = [name for name, (verdict, _) in verdicts.items() if verdict == "promote"]
    if passed:
        best = max(passed, key=lambda name: _gain(comparisons[name, plan.metric.name]))
        return "promote", best, reasons[best], reasons
    waiting = [name for name, (verdict, _) in verdicts.items() if verdict == "continue"]
    return ("continue" if waiting else "keep"), None, "; ".join(reasons[name] for name in waiting or reasons), reasons


def _judge(
    plan: ExperimentPlan, challenger: str, comparisons: dict[tuple[str, str], Comparison], *, over: bool
) -> tuple[ExperimentDecision, str]:
    """One challenger."""
    main = comparisons[challenger, plan.metric.name]
    guardrails = [comparisons[challenger, guardrail.name] for guardrail in plan.guardrails]
    superior = plan.goal == "superiority"
    lost = [one for one in (*guardrails, *([] if superior else [main])) if one.tolerable is False]
    if lost:
        return (
            "keep",
            f"is worse on {lost[0].metric.name} by more than {lost[0].metric.margin:g} {describe_interval(lost[0])}",
        )
    if superior and main.sign == "worse":
        return "keep", f"is worse on {main.metric.name} {describe_interval(main)}"
    if superior and main.sign == "open" and main.negligible:
        return "keep", f"is not better on {main.metric.name} by {main.metric.margin:g} {describe_interval(main)}"
    return _judge_unharmed(plan, main, guardrails, over=over)


def _judge_unharmed(
    plan: ExperimentPlan, main: Comparison, guardrails: list[Comparison], *, over: bool
) -> tuple[ExperimentDecision, str]:
    """A challenger that has not been shown to be worse, or not to matter."""
    name, margin = main.metric.name, main.metric.margin
    if plan.goal == "superiority":
        reached, said = main.sign == "better", f"is better on {name}"
    else:
        reached, said = main.tolerable is True, f"is not worse on {name} by {margin:g}"
    open_ones = [one for one in guardrails if one.tolerable is None]
    unproven = " and ".join(one.metric.name for one in open_ones)
    if reached and not open_ones:
        return "promote", f"{said} {describe_interval(main)}" + (", and no guardrail is worse" if guardrails else "")
    if over or (all(one.finished for one in open_ones) if reached else main.finished):
        why = (
            f"{said}, but that no guardrail is worse is not proven of {unproven},"
            if reached
            else "has no proven effect"
        )
        return "keep", f"{why} at the planned end {describe_interval(main)}"
    if reached:
        return "continue", f"{said}; {unproven} cannot be told yet"
    return "continue", f"cannot be told from the champion on {name} yet {describe_interval(main)}"


def _gain(comparison: Comparison) -> float:
    return comparison.last.value if comparison.last else 0.0


def describe_interval(comparison: Comparison) -> str:
    """The newest interval of a gain, in words."""
    look = comparison.last
    if not look:
        return "(too few rows)"
    return f"(gain {look.value:.4g}, between {look.low:.4g} and {look.high:.4g}, after {look.rows:,} rows)"


def describe_ratio(ratio: SampleRatio) -> str:
    """Why an experiment is stopped whose arms do not have their shares."""
    parts = ", ".join(f"{name} {count:,} of {ratio.expected[name]:,.0f}" for name, count in ratio.counts.items())
    return (
        f"the arms do not have the rows that their weights say ({parts}): find out what loses or doubles rows of an "
        "arm, mend it, and begin anew under another name"
    )


def _figures(sums: ArmSums) -> ArmFigures:
    known = {name: metric.rows for name, metric in sums.metrics.items() if metric.rows}
    return ArmFigures(
        rows=sums.rows, known=known, means={name: sums.metrics[name].total / rows for name, rows in known.items()}
    )
