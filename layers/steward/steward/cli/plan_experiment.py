"""`steward plan-experiment`: users and days that an experiment takes, without a deployment."""

import math
from dataclasses import dataclass
from typing import Annotated, TypedDict

import typer

from steward.cli.options import Json
from steward.cli.terminal import console, draw_table, print_json
from steward.errors import ExperimentInvalid
from steward.experiments.planning import ArmsDesign, SampleSize, plan_size, proportion_variances

_CHAMPION = "champion"
_FACTORS = (0.5, 1.0, 2.0)
"""Effects of the table, in parts of the one that was asked for."""


class Planned(TypedDict):
    """One plan, as a program reads it; days are None without the users of a day."""

    smallest: float
    users: int
    users_by_arm: dict[str, int]
    days: int | None
    expected_users: int
    expected_days: int | None
    expected_users_without_effect: int
    fixed_size_users: int
    looks_cost: float
    level_of_each_challenger: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, but for the effect."""

    rate: float | None
    deviation: float | None
    weights: dict[str, float]
    level: float
    power: float
    correlation: float
    per_day: float | None

    def answer(self, smallest: float) -> Planned:
        """Plan for one effect."""
        variances = (
            proportion_variances(self.rate, smallest, self.weights)
            if self.rate is not None
            else dict.fromkeys(self.weights, (self.deviation or 0.0) ** 2)
        )
        size = plan_size(ArmsDesign(self.weights, variances, abs(smallest), self.level, self.power, self.correlation))
        return Planned(
            smallest=smallest,
            users=size.entities,
            users_by_arm=size.by_arm,
            days=self._days(size.entities),
            expected_users=size.expected,
            expected_days=self._days(size.expected),
            expected_users_without_effect=size.expected_without,
            fixed_size_users=size.fixed,
            looks_cost=_looks_cost(size),
            level_of_each_challenger=size.level,
            standard_error=size.standard_error,
        )

    def _days(self, users: int) -> int | None:
        return math.ceil(users / self.per_day) if self.per_day else None


def plan_experiment(  # noqa: PLR0917 - options, which are given by name
    smallest: Annotated[
        float, typer.Option(help="Smallest effect worth finding, in the metric's unit: 0.01 or -0.01.")
    ],
    rate: Annotated[float | None, typer.Option(help="The champion's rate, of a metric that is a share.")] = None,
    deviation: Annotated[
        float | None, typer.Option(help="Standard deviation of the metric between users, of any other metric.")
    ] = None,
    per_day: Annotated[float | None, typer.Option(help="New users of all arms a day.")] = None,
    level: Annotated[float, typer.Option(help="Chance of ever calling an arm better or worse that is not.")] = 0.05,
    power: Annotated[float, typer.Option(help="Chance of finding the smallest effect.")] = 0.8,
    challengers: Annotated[int, typer.Option(min=1, max=20, help="Arms beside the champion.")] = 1,
    champion_share: Annotated[
        float | None, typer.Option(help="Share of the champion; the challengers have the rest. Equal by default.")
    ] = None,
    correlation: Annotated[
        float, typer.Option(help="Of the metric with the same user's past, if that is taken off (CUPED).")
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """Work out how many users and days an experiment takes that may be looked at any time."""
    if (rate is None) == (deviation is None):
        raise ExperimentInvalid("give either --rate, of a metric that is a share, or --deviation, of any other")
    if per_day is not None and not per_day > 0:
        raise ExperimentInvalid(f"--per-day is {per_day:g} and must be above 0")
    share = 1 / (challengers + 1) if champion_share is None else champion_share
    if not 0 < share < 1:
        raise ExperimentInvalid(f"--champion-share is {share:g} and must be above 0 and below 1")
    names = ["challenger"] if challengers == 1 else [f"challenger {at + 1}" for at in range(challengers)]
    weights = {_CHAMPION: share} | dict.fromkeys(names, (1 - share) / challengers)
    question = Question(rate, deviation, weights, level, power, correlation, per_day)
    planned = question.answer(smallest)
    if as_json:
        print_json(planned)
        return
    _print_plan(question, planned)
    _print_effects(question, smallest)


def _print_plan(question: Question, planned: Planned) -> None:
    of = f"a rate of {question.rate:g}" if question.rate is not None else f"a deviation of {question.deviation:g}"
    console.print(
        f"To find an effect of {planned['smallest']:g} on {of} with {question.power:.0%} power at level "
        f"{question.level:g}, looking at any time:\n",
        markup=False,
    )
    lines = [("users", f"{planned['users']:,}")]
    lines += [(f"  {arm}", f"{users:,}") for arm, users in planned["users_by_arm"].items()]
    if planned["days"] is not None:
        lines.append((f"days, at {question.per_day:,.0f} users a day", f"{planned['days']:,}"))
    average = f"{planned['expected_users']:,} users"
    if planned["expected_days"] is not None:
        average += f", {planned['expected_days']:,} days"
    lines.append(("on average, if the effect is there", average))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        console.print(f"  {name:<{width}}  {value}", markup=False, highlight=False)
    console.print(
        f"\nWhat the looks cost: a test that is looked at once, at the end, takes {planned['fixed_size_users']:,} "
        f"users; this one takes {planned['looks_cost']:.0%} more at most.\n",
        markup=False,
    )


def _print_effects(question: Question, smallest: float) -> None:
    figures = ("effect", "users", "on average", "looked at once", *(("days",) if question.per_day else ()))
    table = draw_table("Other effects", *figures, figures=figures)
    for factor in _FACTORS:
        try:
            one = question.answer(factor * smallest)
        except ExperimentInvalid:  # a rate that would be none with so large an effect
            continue
        cells = [f"{one['users']:,}", f"{one['expected_users']:,}", f"{one['fixed_size_users']:,}"]
        table.add_row(f"{one['smallest']:g}", *cells, *([f"{one['days']:,}"] if one["days"] is not None else []))
    console.print(table)


def _looks_cost(size: SampleSize) -> float:
    return size.entities / size.fixed - 1
