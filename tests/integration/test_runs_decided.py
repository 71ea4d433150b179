"""A run that was decided is begun, whatever happens between the decision and its record."""

from datetime import timedelta
from unittest.mock import patch

import pytest

from steward.events import RetrainingProposed, TrainingDeclined, TrainingRequested
from steward.retraining.runs import Run
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment


def proposed(steward: Deployment, number: int) -> RetrainingProposed:
    as_of = lemons.START + timedelta(days=18, seconds=number)
    return RetrainingProposed(
        occurred_at=steward.clock.now, model="lemons", as_of=as_of, correlation_id="test", reason=f"number {number}"
    )


@pytest.fixture
def decided(trained: Deployment) -> RetrainingProposed:
    """A proposal whose function dies after the decision, before the run is stored."""
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("cool_down: 3d", "cool_down: 1s"))
    sold = lemons.sales(2, first_day=14)
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(lemons.predictions(sold)))
    trained.upload("inbox/lemons/labels/14.csv", lemons.csv(lemons.labels(sold)))
    trained.settle()
    event, swap = proposed(trained, 0), Bucket.update

    def die(self: Bucket, key: str, kind: type, change: object) -> object:
        if kind is Run:
            raise OSError("the function dies here")
        return swap(self, key, kind, change)  # type: ignore[type-var, arg-type]

    with patch.object(Bucket, "update", die):
        assert not trained.deliver("kick_retraining", event)
    return event


def test_a_run_whose_function_died_is_begun_though_much_was_asked_meanwhile(
    trained: Deployment, decided: RetrainingProposed
) -> None:
    for number in range(1, 102):
        assert trained.deliver("kick_retraining", proposed(trained, number))
    assert trained.deliver("kick_retraining", decided, attempt=2)
    trained.settle()
    (requested,) = trained.told(TrainingRequested)[-1:]
    assert requested.as_of == decided.as_of
    assert f"runs/lemons/{requested.run}.json" in trained.keys("runs/lemons/")


def test_a_run_that_is_about_to_begin_is_in_flight(trained: Deployment, decided: RetrainingProposed) -> None:
    assert trained.deliver("kick_retraining", proposed(trained, 5))
    trained.settle()
    (declined,) = trained.told(TrainingDeclined)[-1:]
    assert any("has not ended" in reason for reason in declined.reasons)
    assert decided.as_of < declined.as_of
