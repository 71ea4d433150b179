"""Plans: sizes that a simulation confirms, and figures out of range that are refused."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from steward.cli.app import app
from steward.errors import ExperimentInvalid
from steward.experiments.planning import ArmsDesign, plan_size, proportion_variances

HALVES = {"champion": 0.5, "challenger": 0.5}


def design(**changes: object) -> ArmsDesign:
    given_ = {"weights": HALVES, "variances": dict.fromkeys(HALVES, 1.0), "smallest": 0.1, **changes}
    return ArmsDesign(**given_)


def test_the_fixed_size_is_the_textbooks() -> None:
    """Of two arms: 2 (1.96 + 0.84)² variance / effect² users each (Lachin 1981)."""
    assert plan_size(design()).fixed == pytest.approx(2 * 2 * (1.959964 + 0.841621) ** 2 / 0.01, abs=1)


@given(smallest=st.floats(0.01, 1), level=st.floats(0.001, 0.1), power=st.floats(0.5, 0.95))
def test_looking_costs_at_most_a_quarter_and_saves_on_average(smallest: float, level: float, power: float) -> None:
    size = plan_size(design(smallest=smallest, level=level, power=power))
    assert size.fixed < size.entities < 1.25 * size.fixed + 3
    assert size.expected <= size.expected_without <= size.entities
    assert sum(size.by_arm.values()) == size.entities


@given(factor=st.floats(1.1, 10))
def test_a_smaller_effect_takes_more_users_by_its_square(factor: float) -> None:
    few, many = plan_size(design()), plan_size(design(smallest=0.1 / factor))
    assert many.entities == pytest.approx(few.entities * factor**2, rel=0.01)


def test_a_covariate_saves_what_it_explains_and_uneven_arms_cost() -> None:
    even = plan_size(design()).entities
    assert plan_size(design(correlation=0.8)).entities == pytest.approx(0.36 * even, rel=0.01)
    assert plan_size(design(weights={"champion": 0.9, "challenger": 0.1})).entities > 2.7 * even


def test_several_challengers_share_the_level() -> None:
    weights = {"champion": 0.4, "one": 0.3, "two": 0.3}
    size = plan_size(design(weights=weights, variances=dict.fromkeys(weights, 1.0)))
    assert size.level == 0.025


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"level": 0.0}, "level is 0"),
        ({"level": 0.5}, "level is 0.5"),
        ({"power": 1.0}, "power is 1"),
        ({"power": 0.01}, "power is 0.01"),
        ({"smallest": 0.0}, r"smallest effect is 0 and must be above 0"),
        ({"smallest": math.nan}, "smallest effect is nan"),
        ({"variances": {"champion": 0.0, "challenger": 1.0}}, "variance of the metric is 0"),
        ({"correlation": 1.0}, "correlation is 1"),
        ({"weights": {"champion": 1.0}}, "a champion and a challenger"),
    ],
)
def test_figures_out_of_range_are_refused(changes: dict, why: str) -> None:
    with pytest.raises(ExperimentInvalid, match=why):
        plan_size(design(**changes))


def test_a_rate_stays_between_nothing_and_all() -> None:
    assert proportion_variances(0.1, 0.1, HALVES) == pytest.approx({"champion": 0.09, "challenger": 0.16})
    with pytest.raises(ExperimentInvalid, match="the rate is 12"):
        proportion_variances(12, 1, HALVES)
    with pytest.raises(ExperimentInvalid, match=r"with the smallest effect is 1\.05"):
        proportion_variances(0.95, 0.1, HALVES)


def test_the_command_prints_users_days_and_what_the_looks_cost() -> None:
    said = CliRunner().invoke(app, ["plan-experiment", "--rate", "0.12", "--smallest", "0.01", "--per-day", "5000"])
    assert said.exit_code == 0
    for part in ("37,408", "days, at 5,000 users a day", "34,331 users; this one takes 9% more at most", "147,08"):
        assert part in said.stdout


def test_the_command_plans_for_programs_too() -> None:
    said = CliRunner().invoke(
        app, ["plan-experiment", "--deviation", "2", "--smallest", "-0.1", "--challengers", "2", "--json"]
    )
    planned = json.loads(said.stdout)
    assert planned["users"] == sum(planned["users_by_arm"].values())
    assert len(planned["users_by_arm"]) == 3
    assert planned["level_of_each_challenger"] == 0.025
    assert planned["days"] is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "give either --rate"),
        (("--rate", "0.1", "--deviation", "1"), "give either --rate"),
        (("--rate", "0.1", "--per-day", "0"), "--per-day is 0"),
        (("--deviation", "1e6"), "takes 3.4e\\+17 users, .* give a larger smallest effect"),
        (("--rate", "0.1", "--champion-share", "1"), "--champion-share is 1"),
    ],
)
def test_the_command_refuses_what_it_cannot_plan(options: tuple[str, ...], why: str) -> None:
    with pytest.raises(ExperimentInvalid, match=why):
        CliRunner().invoke(app, ["plan-experiment", "--smallest", "0.01", *options], catch_exceptions=False)
