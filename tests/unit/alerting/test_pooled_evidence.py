"""What windows prove together, how seldom chance does, and that a model that breaks is told of."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.alerting.inhibition import monitors_to_notify
from steward.alerting.inputs import CheckSummary, MonitorFinding
from steward.alerting.model_alerts import ModelAlerts
from steward.alerting.pooled_evidence import classify_window
from steward.alerting.state_machine import WindowKind
from steward.results import Precision
from steward.spec.alerting import AlertRule
from tests.benchmarks.alerting.breaks import World, bad_at_the_end, windows_until_told
from tests.nightly import nightly
from tests.unit.alerting.alert_dsl import NOW, told, window

HOURLY = AlertRule("log_loss", false_alarm_rate=0.5 / 8766 / 3)


def found(
    value: float,
    half: float = 0.05,
    *,
    observations: int = 1000,
    holdout: float = 0.001,
    unchanged: float | None = None,
    skewness: float = 0.0,
    degrees: int | None = None,
    selected: bool = False,
) -> MonitorFinding:
    """A log loss, usually 0.5 and at most 0.53."""
    return MonitorFinding(
        status="breach" if value - half > 0.53 else "ok",
        value=value, low=value - half, high=value + half, baseline=0.5, threshold=0.53, exceedance=(value - 0.5) / 0.03,
        precision=Precision(
            window=half, unchanged=unchanged or half, skewness=skewness, holdout=holdout, observations=observations,
            degrees=degrees, selected=selected,
        ),
    )  # fmt: skip


def kinds(*values: float, rule: AlertRule = HOURLY, half: float = 0.05) -> list[WindowKind]:
    known = [found(value, half) for value in values]
    return [classify_window(known[: at + 1], rule)[0] for at in range(len(known))]


def test_a_breach_that_chance_brings_some_times_a_year_is_not_bad_by_itself_and_three_in_a_row_are() -> None:
    assert kinds(0.582, 0.582, 0.582, half=0.0515) == ["between", "between", "bad"]
    assert kinds(0.65) == ["bad"]


def test_without_a_rate_of_false_alarms_each_breach_counts() -> None:
    assert kinds(0.59, 0.5, rule=AlertRule("log_loss")) == ["bad", "good"]


def test_trouble_that_has_surely_passed_is_over_with_the_first_good_window() -> None:
    assert kinds(0.7, 0.7, 0.7, 0.5, half=0.02) == ["bad", "bad", "bad", "good"]


def test_a_good_window_among_bad_ones_that_it_contradicts_is_good_and_one_that_may_be_chance_is_not() -> None:
    assert kinds(0.9, 0.9, 0.9, 0.5, half=0.06)[-1] == "good"
    assert kinds(0.65, 0.65, 0.65, 0.55, half=0.09)[-1] == "bad"


def test_the_error_of_the_holdout_is_not_averaged_away() -> None:
    sure, unsure = ([found(0.59, holdout=holdout)] * 3 for holdout in (0.001, 0.06))
    assert classify_window(sure, HOURLY)[0] == "bad"
    assert classify_window(unsure * 10, HOURLY)[0] != "bad"


def test_what_chance_brings_follows_from_an_unchanged_model_and_not_from_the_spread_of_a_broken_one() -> None:
    assert classify_window([found(0.6, half=0.06)], HOURLY)[0] != "bad"
    assert classify_window([found(0.6, half=0.06, unchanged=0.03)], HOURLY)[0] == "bad"


def test_a_spread_that_leans_towards_worse_needs_more_to_prove_a_change() -> None:
    assert classify_window([found(0.6, half=0.04)], HOURLY)[0] == "bad"
    assert classify_window([found(0.6, half=0.04, skewness=0.5)], HOURLY)[0] != "bad"


def test_few_rows_prove_more_where_their_spread_is_known_from_the_holdout():
    assert classify_window([found(0.65, half=0.05, observations=6)], HOURLY)[0] != "bad"
    assert classify_window([found(0.65, half=0.05, observations=6, degrees=199)], HOURLY)[0] == "bad"


def test_windows_that_have_a_figure_only_where_rare_rows_came_prove_nothing_together() -> None:
    assert classify_window([found(0.582, half=0.0515)] * 30, HOURLY)[0] == "bad"
    assert classify_window([found(0.582, half=0.0515, selected=True)] * 30, HOURLY)[0] != "bad"
    assert classify_window([found(0.9, half=0.0515, selected=True)], HOURLY)[0] == "bad"


@given(st.lists(st.floats(0.3, 0.53), min_size=1, max_size=40))
def test_windows_within_the_limit_are_never_bad_together(values: list[float]) -> None:
    assert "bad" not in kinds(*values)


@given(st.floats(0.4, 0.9), st.integers(1, 40))
def test_which_windows_there_were_before_the_newest_thirty_makes_no_difference(value: float, more: int) -> None:
    newest = [found(value)] * 30
    assert classify_window(newest, HOURLY) == classify_window([found(0.9)] * more + newest, HOURLY)


@pytest.mark.parametrize("broken", ["noise", "inverted", "relation changed"])
@pytest.mark.parametrize(
    "world",
    [
        World("binary_classification", 0.5, "1h", 125),
        World("binary_classification", 0.01, "1d", 3000),
        World("multiclass_classification", 0.05, "1d", 3000),
        World("regression", 0, "1h", 125),
        *nightly(World("binary_classification", 0.001, "1w", 100_000)),
    ],
    ids=lambda world: f"{world.task}-{world.share}-{world.window}",
)
def test_a_model_that_breaks_is_told_of_within_three_windows(world: World, broken) -> None:
    assert None not in windows_until_told(world, broken, 3, np.random.default_rng(1), good=5)


@pytest.mark.parametrize("share", [0.5, 0.001, *nightly(0.1, 0.01)])
def test_small_windows_of_a_model_that_is_as_ever_raise_nothing(share: float) -> None:
    world, rng = World("binary_classification", share, "1h", 125), np.random.default_rng(2)
    findings = world.judge_against(world.holdout(rng))
    history = [findings(world.outcomes(125, "none", rng)) for _ in range(200)]
    assert not any(any(bad_at_the_end(history[: at + 1], world.spec)) for at in range(len(history)))


def test_people_hear_of_a_rare_events_model_whose_scores_became_noise() -> None:
    """Of 1 % positives it loses hardly any log loss; only its ranking shows it, and nobody was told."""
    world, rng = World("binary_classification", 0.01, "1d", 3000), np.random.default_rng(3)
    judged, alerts, heard = world.judge_against(world.holdout(rng)), ModelAlerts(model="m").with_champion("v1"), []
    for day in range(30):
        findings = judged(world.outcomes(3000, "none" if day < 10 else "noise", rng))
        seen = CheckSummary(version="v1", window=window(day), check=f"{day}", evidence=1, findings=findings)
        alerts, news = told(alerts.with_check(seen), world.spec, NOW + timedelta(days=day))
        heard += [(day, name) for name in monitors_to_notify(news, alerts, "warning")]
    assert heard[0] in [(day, "roc_auc") for day in (10, 11, 12)]
    assert len(heard) == 1
