"""What the arms of a release did in one window, and the experiment that the windows of a step make up."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.experiments.arm_sums import ArmSums, WindowSums
from steward.experiments.experiment_plan import ExperimentMetric, ExperimentPlan
from steward.releasing.release import Release
from steward.releasing.traffic import CHAMPION
from steward.spec.durations import LONGEST
from steward.spec.release import ABRelease, RowMetric
from steward.spec.windows import Window

_LEVEL = 0.05
"""Of all guardrails of all steps of a canary together."""


class ReleaseWindow(VersionedModel):
    """What the arms of a release did in one window; made again whenever rows or labels of the window come.

    Attributes:
        uploaded: when the first of its predictions was uploaded, by the wall clock.
        complete: whether the label of every row is known.
        labelled: rows of each arm whose label is known.
        sums: of each arm. An arm is what a row's version says: who answered it, whenever its label comes.
    """

    schema_version: Literal[1] = 1
    release: str
    window: str
    uploaded: AwareDatetime
    complete: bool
    labelled: dict[str, int]
    sums: WindowSums


def windows_of_step(release: Release, at: int, windows: Sequence[ReleaseWindow]) -> list[ReleaseWindow]:
    """The windows in which one step's shares held from beginning to end, in order.

    A window in which the shares changed is left out: by the time of its data, and where rows come as they happen, by
    the wall clock, since some of its rows were answered under the shares before.

    Args:
        release: which.
        at: the number of the step, from 0.
        windows: of the release.
    """
    step = release.steps[at]
    following = release.steps[at + 1] if at + 1 < len(release.steps) else None
    found = []
    for one in sorted(windows, key=lambda one: one.window):
        window = Window.parse(one.window)
        ends_within = following is None or (
            window.end <= following.since and not window.start <= following.routed_at < window.end
        )
        begins_within = window.start >= step.since and not window.start <= step.routed_at < window.end
        if begins_within and ends_within and one.uploaded >= step.routed_at:
            found.append(one)
    return found


def closed_windows(windows: Sequence[ReleaseWindow], as_of: datetime) -> list[ReleaseWindow]:
    """Those that are over at a moment."""
    return [one for one in windows if Window.parse(one.window).end <= as_of]


def labelled_windows(
    windows: Sequence[ReleaseWindow], as_of: datetime, labels_within: timedelta
) -> list[ReleaseWindow]:
    """Those of which all labels are there, or can be expected to be."""
    return [one for one in windows if one.complete or Window.parse(one.window).end + labels_within <= as_of]


def total_arms(windows: Sequence[ReleaseWindow]) -> dict[str, ArmSums]:
    """What the arms did in all of some windows."""
    total: dict[str, ArmSums] = {}
    for one in windows:
        for arm, sums in one.sums.arms.items():
            total[arm] = total.get(arm, ArmSums()) + sums
    return total


def metrics_of(release: Release) -> list[RowMetric]:
    """The metrics that are summed up for a release."""
    decides = [release.policy.metric_of(release.task)] if release.policy.experiment else []
    return [*decides, *(guardrail.metric for guardrail in release.policy.guardrails)]


def weights_at(release: Release, at: int) -> dict[str, float]:
    """The share of each arm at a step; of a shadow release, where no arm has any, equal ones."""
    arms = list(release.challengers)
    share = release.steps[at].share if release.mode != "shadow" else 1 / (len(arms) + 1)
    return {CHAMPION: round(1 - share * len(arms), 12), **dict.fromkeys(arms, share)}


def plan_step(release: Release, at: int, *, by_entity: bool) -> ExperimentPlan | None:
    """The experiment of a step; None where there is nothing to compare.

    Args:
        release: which.
        at: the number of the step, from 0.
        by_entity: whether rows name the entity that they are of.
    """
    policy, step = release.policy, release.steps[at]
    guardrails = tuple(
        ExperimentMetric(name=one.metric, better=one.direction, margin=one.margin) for one in policy.guardrails
    )
    names: Mapping[str, float] = weights_at(release, at)
    if policy.experiment is None:
        if not guardrails:
            return None
        return ExperimentPlan(
            name=release.release,
            champion=CHAMPION,
            weights=dict(names),
            metric=guardrails[0],
            goal="non_inferiority",
            guardrails=guardrails[1:],
            level=_LEVEL / len(policy.by_steps.steps),
            unit="entity" if by_entity else "row",
            ends=step.since + LONGEST,
        )
    asked = policy.experiment
    metric = policy.metric_of(release.task)
    better = asked.better or ("higher" if metric in {"accuracy", "outcome"} else "lower")
    compared = isinstance(asked, ABRelease)
    margin = asked.smallest_effect if isinstance(asked, ABRelease) else asked.margin
    return ExperimentPlan(
        name=release.release,
        champion=CHAMPION,
        weights=dict(names),
        metric=ExperimentMetric(name=metric, better=better, margin=margin),
        goal=asked.goal if isinstance(asked, ABRelease) else "non_inferiority",
        guardrails=guardrails,
        level=asked.level,
        power=asked.power,
        adjusted=isinstance(asked, ABRelease) and asked.past is not None,
        paired=not compared,
        unit="entity" if by_entity else "row",
        ends=step.since + asked.duration,
    )
