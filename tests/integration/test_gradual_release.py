"""Gradual releases: a challenger gets traffic by steps, and takes over or is gone; each change is told once."""

import pandas as pd
import pytest

from steward.events import (
    ModelRemoved,
    OverrideAction,
    ReleaseChanged,
    ReleaseOverrideProposed,
    RunFailed,
)
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.routing import Routing
from tests.integration import lemons

from .deployment import Deployment
from .test_release_model import ANN, BEGIN, frozen, judged, recorded, released, roll_back, stage, thaw

FIRST_DAY = 16
CANARY = "release: {mode: canary, canary: {steps: [0.2, 0.5], bake: 1d, minimum_rows: 50}}\n"
SPEC = lemons.SPEC.replace("score: risk,", "score: risk, entity: buyer,")


@pytest.fixture
def steward(trained: Deployment) -> Deployment:
    return trained


def declare(steward: Deployment, release: str) -> None:
    steward.upload("specs/lemons.yaml", SPEC + release)
    steward.settle()
    assert not steward.errors, steward.errors


def routing(steward: Deployment) -> Routing:
    return Routing.model_validate(steward.object("models/lemons/routing.json"))


def sold(day: int, rows: int = 600, seed: int = 0, *, returning: bool = False) -> pd.DataFrame:
    """A day's cars, each with its buyer; every tenth sale names none."""
    frame = lemons.sales(1, first_day=FIRST_DAY + day, rows_a_day=rows, seed=seed)
    buyers = [f"buyer-{seed}-{0 if returning else day}-{at // 2}" if at % 10 else None for at in range(rows)]
    return frame.assign(buyer=buyers)


def serve(
    steward: Deployment,
    day: int,
    *,
    harmed: bool = False,
    harmed_version: str = "",
    dulled_champion: bool = False,
    rows: int = 600,
    seed: int = 0,
    labels: bool = True,
    returning: bool = False,
) -> pd.DataFrame:
    """An application answers a day's cars as the routing says; one of the arms may be made worse on purpose."""
    now, frame = routing(steward), sold(day, rows, seed, returning=returning)
    answers = [now.arm_of(buyer) for buyer in frame["buyer"]]
    scored = lemons.predictions(frame).assign(version=[answer.version for answer in answers])
    worse = scored["version"].eq(harmed_version) if harmed_version else scored["version"].ne(now.champion)
    if harmed or harmed_version:
        scored.loc[worse, "risk"] = 1 - scored.loc[worse, "risk"]
    if dulled_champion:  # it knows something yet, so that one day of it proves nothing
        dull = scored["version"].eq(now.champion)
        scored.loc[dull, "risk"] = 0.5 + 0.3 * (scored.loc[dull, "risk"] - 0.5)
    steward.upload(f"inbox/lemons/predictions/{day}-{seed}.csv", lemons.csv(scored))
    steward.settle()
    if labels:
        label(steward, day, rows, seed)
    assert not steward.errors, steward.errors
    return scored


def label(steward: Deployment, day: int, rows: int = 600, seed: int = 0) -> None:
    steward.upload(f"inbox/lemons/labels/{day}-{seed}.csv", lemons.csv(lemons.labels(sold(day, rows, seed))))
    steward.settle()


def override(steward: Deployment, action: OverrideAction, version: str | None = None) -> ReleaseOverrideProposed:
    return ReleaseOverrideProposed(
        occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id=f"command-{action}",
        action=action, version=version, reason="it is time", author=ANN,
    )  # fmt: skip


def stages(steward: Deployment) -> list[tuple[str, str]]:
    told = {event.event_id: event for event in steward.told(ReleaseChanged)}
    return [(event.stage, event.version) for event in told.values() if event.release]


def test_a_canary_that_does_well_takes_over_by_steps(steward: Deployment) -> None:
    declare(steward, CANARY)
    first = steward.champion("lemons")
    (begun,) = released(steward, judged(steward, "v2"))
    assert isinstance(begun, ReleaseChanged)
    assert (begun.stage, begun.version, begun.previous, begun.share) == ("challenger", "v2", first, 0.2)
    scored = serve(steward, 0)
    assert set(scored["version"]) == {first, "v2"}
    assert routing(steward).traffic is not None
    assert stages(steward) == [("challenger", "v2"), ("advanced", "v2")]
    assert routing(steward).release.step.share == 0.5  # type: ignore[union-attr]
    serve(steward, 1)
    serve(steward, 2)
    assert stages(steward) == [("challenger", "v2"), ("advanced", "v2"), ("champion", "v2")]
    assert (steward.champion("lemons"), stage(steward, "v2")) == ("v2", "promoted")
    assert routing(steward).traffic is None
    assert set(serve(steward, 3)["version"]) == {"v2"}
    assert [entry.action for entry in steward.entries("lemons") if entry.subject == "v2"] == [
        "release_changed",
        "release_changed",
        "champion_promoted",
        "version_attested",
    ]


def test_a_canary_made_worse_is_rolled_back_by_the_first_check_that_sees_it(steward: Deployment) -> None:
    declare(steward, CANARY)
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    serve(steward, 0, harmed=True)
    assert stages(steward) == [("challenger", "v2"), ("stopped", "v2")]
    assert (steward.champion("lemons"), stage(steward, "v2")) == (first, "refused")
    assert routing(steward).traffic is None
    stopped = recorded(steward, "release_changed")[-1]
    assert "its alert fires: " in stopped.summary
    assert "log loss" in stopped.summary
    notice = next(one for one in steward.notifications if "release of v2 ended" in one["Subject"])
    assert "its alert fires" in notice["Message"]
    assert set(serve(steward, 1)["version"]) == {first}


def test_a_guardrail_ends_a_canary_without_any_alert(steward: Deployment) -> None:
    guarded = CANARY.replace("minimum_rows: 50}}", "minimum_rows: 50}, guardrails: [{metric: log_loss, margin: 0.2}], "
                             "roll_back_on: [latency]}")  # fmt: skip
    declare(steward, guarded)
    released(steward, judged(steward, "v2"))
    serve(steward, 0, harmed=True)
    assert stages(steward)[-1] == ("stopped", "v2")
    assert "is worse on log_loss by more than 0.2" in recorded(steward, "release_changed")[-1].summary
    result = steward.object("models/lemons/releases/release-run-v2/experiment-0.json")
    assert ExperimentResult.model_validate(result).comparison("challenger").tolerable is False


def test_a_step_lasts_for_its_rows_and_its_checks(steward: Deployment) -> None:
    declare(steward, CANARY.replace("minimum_rows: 50", "minimum_rows: 150"))
    released(steward, judged(steward, "v2"))
    serve(steward, 0)
    assert stages(steward) == [("challenger", "v2")]
    serve(steward, 1)
    assert stages(steward) == [("challenger", "v2"), ("advanced", "v2")]


def test_labels_that_come_late_count_for_the_step_that_answered_them(steward: Deployment) -> None:
    three_steps = CANARY.replace("[0.2, 0.5]", "[0.2, 0.5, 0.8]").replace("rows: 50", "rows: 50, minimum_labels: 0")
    declare(steward, three_steps)
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    serve(steward, 0, harmed=True, labels=False)
    assert stages(steward) == [("challenger", "v2"), ("advanced", "v2")]
    serve(steward, 1, labels=False)
    label(steward, 0)
    assert stages(steward)[-1] == ("stopped", "v2")
    assert (steward.champion("lemons"), routing(steward).traffic) == (first, None)


def test_a_broken_split_ends_a_release(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    frame = sold(0, 3000)
    scored = lemons.predictions(frame).assign(version="v2")  # whatever the routing says
    steward.upload("inbox/lemons/predictions/0.csv", lemons.csv(scored))
    steward.settle()
    assert stages(steward)[-1] == ("stopped", "v2")
    assert "the arms do not have the rows that their weights say" in recorded(steward, "release_changed")[-1].summary


def test_rows_without_an_entity_are_in_no_arm(steward: Deployment) -> None:
    declare(steward, CANARY.replace("minimum_rows: 50", "minimum_rows: 5000"))
    released(steward, judged(steward, "v2"))
    scored = serve(steward, 0)
    (window,) = steward.keys("models/lemons/releases/release-run-v2/windows/")
    arms = steward.object(window)["sums"]["arms"]
    assert sum(arm["rows"] for arm in arms.values()) == scored["buyer"].notna().sum()
    assert set(scored.loc[scored["buyer"].isna(), "version"]) == {steward.champion("lemons")}


def test_a_second_version_waits_for_the_release_before_it(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    (held,) = released(steward, judged(steward, "v3"))
    assert isinstance(held, ReleaseChanged)
    assert held.stage == "held"
    assert "release-run-v2 of v2 is running" in held.summary
    serve(steward, 0, harmed=True)
    assert stages(steward) == [("challenger", "v2"), ("stopped", "v2"), ("challenger", "v3")]
    assert routing(steward).held == []


def test_a_version_that_waited_for_one_that_was_promoted_was_judged_against_another(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    released(steward, judged(steward, "v3"))
    assert steward.deliver("release_model", override(steward, "promote"))
    steward.settle()
    assert steward.champion("lemons") == "v2"
    assert "but v2 is in charge now" in steward.told(RunFailed)[-1].message
    assert stage(steward, "v3") == "failed"


def test_a_frozen_release_keeps_its_share_and_may_still_be_rolled_back(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    released(steward, frozen(steward))
    serve(steward, 0)
    assert stages(steward) == [("challenger", "v2")]
    assert released(steward, override(steward, "advance")) == []
    assert "promotions are frozen" in recorded(steward, "release_declined")[0].summary
    serve(steward, 1, harmed=True)
    assert stages(steward)[-1] == ("stopped", "v2")


def test_a_release_goes_on_after_a_freeze(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    released(steward, frozen(steward))
    serve(steward, 0)
    released(steward, thaw(steward))
    serve(steward, 1)
    assert stages(steward) == [("challenger", "v2"), ("advanced", "v2")]


@pytest.mark.parametrize(
    ("action", "stages_told"), [("abort", "stopped"), ("reject", "stopped"), ("promote", "champion"),
                                ("advance", "advanced"), ("approve", "approved")],
)  # fmt: skip
def test_people_decide(steward: Deployment, action: OverrideAction, stages_told: str) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    (told,) = released(steward, override(steward, action))
    assert isinstance(told, ReleaseChanged)
    assert (told.stage, told.version) == (stages_told, "v2")
    assert ANN in told.summary
    assert "it is time" in told.summary


def test_what_cannot_be_decided_is_declined_once(steward: Deployment) -> None:
    declare(steward, CANARY)
    assert released(steward, override(steward, "abort")) == []
    released(steward, judged(steward, "v2"))
    assert released(steward, override(steward, "promote", "v9")) == []
    declined = [entry.summary for entry in recorded(steward, "release_declined")]
    assert len(declined) == 2
    assert "no release is running" in declined[0]
    assert "v9 is no challenger" in declined[1]


def test_a_promotion_waits_for_its_approval(steward: Deployment) -> None:
    declare(
        steward, CANARY.replace("mode: canary,", "mode: canary, approval: required,").replace("[0.2, 0.5]", "[0.5]")
    )
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    serve(steward, 0)
    assert stages(steward) == [("challenger", "v2"), ("awaiting_approval", "v2")]
    notice = next(one for one in steward.notifications if "waits for your approval" in one["Subject"])
    assert "steward release lemons approve" in notice["Message"]
    serve(steward, 1)
    assert steward.champion("lemons") == first
    told = released(steward, override(steward, "approve"))
    assert [event.stage for event in told if isinstance(event, ReleaseChanged)] == ["approved", "champion"]
    assert steward.champion("lemons") == "v2"


def test_a_direct_release_waits_for_its_approval(steward: Deployment) -> None:
    declare(steward, "release: {approval: required}\n")
    first = steward.champion("lemons")
    (told,) = released(steward, judged(steward, "v2"))
    assert isinstance(told, ReleaseChanged)
    assert "waits for an approval" in told.summary
    assert set(serve(steward, 0)["version"]) == {first}
    released(steward, override(steward, "approve"))
    assert steward.champion("lemons") == "v2"


def test_a_rolled_back_champion_takes_its_release_with_it(steward: Deployment) -> None:
    released(steward, judged(steward, "v2"))
    declare(steward, CANARY)
    released(steward, judged(steward, "v3"))
    told = released(steward, roll_back(steward))
    assert [event.stage for event in told if isinstance(event, ReleaseChanged)] == ["rolled_back", "stopped"]
    assert routing(steward).traffic is None


def test_a_release_ends_with_its_model(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    told = steward.object("models/lemons/specs/000001.json")
    removed = ModelRemoved(
        occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id="c", revision="000009",
        stored=judged(steward, "v5").evaluation, summary="nobody sells cars any more",
    )  # fmt: skip
    assert told
    (stopped,) = released(steward, removed)
    assert isinstance(stopped, ReleaseChanged)
    assert stopped.stage == "stopped"
    assert routing(steward).traffic is None


def test_a_release_ends_where_the_declaration_changes_under_it(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    steward.upload("specs/lemons.yaml", SPEC.replace("  make: categorical\n", "") + CANARY)
    steward.settle()
    serve(steward, 0)
    assert stages(steward)[-1] == ("stopped", "v2")
    assert "declaration's task, features or outputs changed" in recorded(steward, "release_changed")[-1].summary


def test_a_challenger_made_for_another_declaration_is_refused(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", SPEC.replace("  make: categorical\n", "") + CANARY)
    steward.settle()
    (told,) = released(steward, judged(steward, "v2"))
    assert isinstance(told, ReleaseChanged)
    assert told.stage == "refused"
    assert "was made under another declaration" in told.summary
    assert "retrain" in told.summary
