"""The champion is tested on labels that came since it was made, and people hear of it when it fails."""

from datetime import timedelta

from steward.events import ChampionTested, ChampionTestRequested
from tests.integration import lemons

from .deployment import Deployment


def outcome(steward: Deployment, *, days: int, flipped: bool = False) -> ChampionTested:
    """The result of a test after some more days with labels."""
    sold = lemons.sales(days, first_day=14, flipped=flipped)
    steward.clock.now = lemons.START + timedelta(days=14 + days, hours=1)
    steward.upload("inbox/lemons/predictions/a.csv", lemons.csv(lemons.predictions(sold, steward.champion("lemons"))))
    steward.upload("inbox/lemons/labels/a.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()
    now = steward.clock.now
    request = ChampionTestRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="test")
    assert steward.deliver("validate_model", request)
    assert steward.deliver("validate_model", request)
    steward.settle()
    first, again = steward.told(ChampionTested)
    assert first.event_id == again.event_id
    return first


def test_a_champion_that_still_beats_a_constant_passes(trained: Deployment) -> None:
    event = outcome(trained, days=5)
    assert event.passed, event.summary
    assert event.rows == 2000
    assert event.evaluation
    evidence = trained.object(event.evaluation.key)
    assert evidence["metrics"]["roc_auc"] > 0.7
    assert [entry.action for entry in trained.entries("lemons")].count("champion_tested") == 1


def test_a_champion_of_a_world_turned_upside_down_fails_and_people_hear_of_it(trained: Deployment) -> None:
    event = outcome(trained, days=5, flipped=True)
    assert event.passed is False
    assert any("fails its test" in (note.get("Subject") or "") for note in trained.notifications)


def test_too_few_blocks_of_time_are_no_verdict(trained: Deployment) -> None:
    event = outcome(trained, days=1)
    assert event.passed is None
    assert "3 are needed" in event.summary
