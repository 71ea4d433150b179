"""Experiments in a release: sums of labelled rows decide it; shadows are judged on the rows of the champion."""

import pandas as pd
import pytest

from steward.events import BatchIngested, BatchRejected, ReleaseChanged
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.release_windows import ReleaseWindow
from tests.integration import lemons

from .deployment import Deployment
from .test_gradual_release import declare, label, routing, serve, sold, stages
from .test_release_model import judged, recorded, released

AB = "release: {mode: ab, ab: {smallest_effect: 0.05, duration: 10d, share: 0.5}}\n"
SHADOW = "release: {mode: shadow, shadow: {margin: 0.2, duration: 10d}}\n"


@pytest.fixture
def steward(trained: Deployment) -> Deployment:
    return trained


def result(steward: Deployment) -> ExperimentResult:
    return ExperimentResult.model_validate(steward.object("models/lemons/releases/release-run-v2/experiment-0.json"))


def test_the_better_arm_of_an_experiment_takes_over(steward: Deployment) -> None:
    declare(steward, AB)
    released(steward, judged(steward, "v2"))
    day = 0
    while routing(steward).release:
        serve(steward, day, dulled_champion=True, rows=250)
        day += 1
    assert stages(steward) == [("challenger", "v2"), ("champion", "v2")]
    found = result(steward)
    assert (found.decision, found.arm) == ("promote", "challenger")
    looks = found.comparison("challenger").looks
    assert looks[-1].low > 0
    assert looks[-1].high - looks[-1].low < looks[0].high - looks[0].low
    assert "is better on log_loss" in recorded(steward, "champion_promoted")[-1].summary
    assert all(steward.keys(name) for name in found.evidence)


def test_an_experiment_without_an_effect_keeps_the_champion_at_its_end(steward: Deployment) -> None:
    declare(steward, AB.replace("10d", "2d"))
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    for day in range(3):
        serve(steward, day)
    assert stages(steward) == [("challenger", "v2"), ("stopped", "v2")]
    assert steward.champion("lemons") == first
    assert result(steward).decision == "keep"


def test_an_experiment_of_several_challengers_begins_with_all_of_them(steward: Deployment) -> None:
    declare(steward, "release: {mode: ab, ab: {smallest_effect: 0.05, duration: 10d, challengers: 2}}\n")
    (held,) = released(steward, judged(steward, "v2"))
    assert isinstance(held, ReleaseChanged)
    assert held.stage == "held"
    assert "begins with 2 challengers, and 1 passed so far" in held.summary
    serve(steward, 0)
    released(steward, judged(steward, "v3"))
    release = routing(steward).release
    assert release is not None
    assert release.versions == ("v3", "v2")
    assert routing(steward).held == []
    assert len(set(serve(steward, 1)["version"])) == 3
    serve(steward, 2, harmed_version="v3")
    assert stages(steward)[1:] == [("stopped", "v3")]
    assert [waiting.version for waiting in routing(steward).held] == ["v2"]


def test_the_past_of_an_entity_is_taken_off(steward: Deployment) -> None:
    declare(steward, AB.replace("share: 0.5", "share: 0.5, past: 2d"))
    for day in (-2, -1):
        serve(steward, day, returning=True)
    released(steward, judged(steward, "v2", day=0))
    serve(steward, 0, returning=True)
    assert steward.keys("models/lemons/releases/release-run-v2/past.npz")
    window = ReleaseWindow.model_validate(
        steward.object(steward.keys("models/lemons/releases/release-run-v2/windows/")[0])
    )
    sums = window.sums.arms["challenger"].metrics["log_loss"]
    assert sums.covariate_squares > 0
    assert result(steward).plan.adjusted


def shadow(steward: Deployment, day: int, *, harmed: bool = False, version: str | None = "v2") -> None:
    """A shadow scores a day's cars too."""
    scored = lemons.predictions(sold(day))[["sale", "sold_at", "risk"]]
    if harmed:
        scored["risk"] = 1 - scored["risk"]
    if version:
        scored["version"] = version
    steward.upload(f"inbox/lemons/shadows/{day}-{version}.csv", lemons.csv(scored))
    steward.settle()


def test_a_shadow_is_judged_on_the_rows_that_the_champion_answers(steward: Deployment) -> None:
    declare(steward, SHADOW)
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    traffic = routing(steward).traffic
    assert traffic is not None
    assert (traffic.shadows, traffic.share_of("v2")) == (("v2",), 0)
    day = 0
    while routing(steward).release:  # what score_shadows writes counts: the version's own scores of the same rows
        assert set(serve(steward, day, dulled_champion=True)["version"]) == {first}
        day += 1
    assert stages(steward) == [("challenger", "v2"), ("champion", "v2")]
    found = result(steward)
    assert (found.plan.paired, found.decision) == (True, "promote")
    assert found.arms["challenger"].rows == found.arms["champion"].rows
    assert not steward.keys("profiles/lemons/v2/")


def test_a_shadow_that_is_worse_never_answers(steward: Deployment) -> None:
    declare(steward, SHADOW)
    released(steward, judged(steward, "v2"))
    for day in range(3):
        shadow(steward, day, harmed=True)  # before the rows that it scored too, and their labels
        serve(steward, day)
    assert stages(steward) == [("challenger", "v2"), ("stopped", "v2")]
    assert "is worse on log_loss by more than 0.2" in recorded(steward, "release_changed")[-1].summary


def test_labels_may_come_long_after_shadows(steward: Deployment) -> None:
    declare(steward, SHADOW)
    released(steward, judged(steward, "v2"))
    for day in range(3):
        shadow(steward, day, harmed=True)
        serve(steward, day, labels=False)
    for day in range(3):
        label(steward, day)
    assert stages(steward)[-1] == ("stopped", "v2")


def test_two_shadows_of_one_prediction_are_both_taken_in(steward: Deployment) -> None:
    declare(steward, SHADOW)
    released(steward, judged(steward, "v2"))
    judged(steward, "v3")
    scored = lemons.predictions(sold(0))[["sale", "sold_at", "risk"]]
    both = pd.concat([scored.assign(version=version) for version in ("v2", "v3")])
    steward.upload("inbox/lemons/shadows/both.csv", lemons.csv(both))
    steward.settle()
    ingested = next(event for event in steward.told(BatchIngested) if event.kind == "shadows")
    assert (ingested.rows, ingested.rejected_rows) == (1200, 0)


def test_rows_of_shadows_must_say_which_version_scored_them(steward: Deployment) -> None:
    declare(steward, SHADOW)
    scored = lemons.predictions(sold(0))[["sale", "sold_at", "risk"]].assign(version=None)
    steward.upload("inbox/lemons/shadows/nameless.csv", lemons.csv(scored))
    steward.upload("inbox/lemons/shadows/columnless.csv", lemons.csv(scored.drop(columns="version")))
    steward.upload("inbox/lemons/shadows/unknown.csv", lemons.csv(scored.assign(version="v77")))
    steward.settle()
    refused = {event.source.rsplit("/")[-1]: event.message for event in steward.told(BatchRejected)}
    assert "write the version that scored it" in refused["nameless.csv"]
    assert "lacks column version" in refused["columnless.csv"]
    assert "was never made for this model" in refused["unknown.csv"]
