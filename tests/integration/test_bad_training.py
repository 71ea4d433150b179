"""What a training cannot use ends the run with a reason and a remedy, keeps the champion, and loses nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest

from steward.events import RetrainingProposed
from steward.ledger import LedgerEntry
from steward.retraining import fit_estimate, recipe
from steward.retraining.fit_estimate import FitCost
from tests.integration import lemons

from .deployment import Deployment
from .test_corrections import correct, open_defect


def ask(steward: Deployment, day: int, correlation_id: str = "test") -> None:
    asked = RetrainingProposed(
        occurred_at=steward.clock.now, as_of=lemons.START + timedelta(days=day), model="lemons",
        correlation_id=correlation_id, reason="someone asks",
    )  # fmt: skip
    assert steward.deliver("kick_retraining", asked)


def upload(steward: Deployment, frame: pd.DataFrame, name: str = "more") -> None:
    steward.upload(f"inbox/lemons/reference/{name}.csv", lemons.csv(frame))
    steward.settle()


def later(days: int = 6, **changes: Any) -> pd.DataFrame:
    """Rows of the days after those that the champion knows."""
    return lemons.sales(days, first_day=14).assign(**changes)


def of(steward: Deployment, action: str) -> list[LedgerEntry]:
    return [entry for entry in steward.entries("lemons") if entry.action == action]


@pytest.fixture
def champion(trained: Deployment) -> Iterator[str]:
    """Stays in charge whatever is asked, and its records stay."""
    version, before = trained.champion("lemons"), set(trained.keys("records/"))
    yield version
    assert trained.champion("lemons") == version
    assert before <= set(trained.keys("records/"))
    assert not trained.failures


def failure(steward: Deployment) -> str:
    (entry,) = of(steward, "run_failed")
    return entry.summary


@pytest.mark.usefixtures("champion")
def test_a_dataset_of_one_class_is_refused(trained: Deployment) -> None:
    upload(trained, later(lemon=1))
    ask(trained, 20)
    trained.settle()
    said = failure(trained)
    assert "the holdout rows hold 0 negative labels and need 20; wait for more labels" in said
    assert "retraining.holdout_span or training_span" in said


@pytest.mark.usefixtures("champion")
def test_a_dataset_whose_rows_are_all_withdrawn_is_refused(trained: Deployment) -> None:
    defect = open_defect(trained)
    correct(trained, defect, lemons.sales(14)[["sale"]], kind="withdrawn-reference")
    upload(trained, later(4))
    defect = open_defect(trained, 15)
    correct(trained, defect, later(4)[["sale"]], kind="withdrawn-reference", name="b")
    ask(trained, 20)
    trained.settle()
    said = failure(trained)
    assert "no labelled row is left" in said
    assert "withdrawn" in said
    assert "upload" in said


@pytest.mark.usefixtures("champion")
def test_labels_from_the_future_are_left_out(trained: Deployment) -> None:
    """A run is about a moment; what is labelled as later is not there yet, and nothing of it is learnt."""
    upload(trained, pd.concat([later(3), lemons.sales(3, first_day=300, flipped=True)]))
    ask(trained, 17)
    trained.settle()
    made = trained.object(f"models/lemons/versions/{of(trained, 'training_completed')[-1].subject}/manifest.json")
    assert made["holdout_until"] <= (lemons.START + timedelta(days=17)).isoformat()
    assert made["holdout_rows"] + made["training_rows"] <= 17 * 400


@pytest.mark.usefixtures("champion")
def test_a_second_run_waits_while_one_is_under_way(trained: Deployment) -> None:
    upload(trained, later(6))
    trained.queues.pop("train_model")
    ask(trained, 20)
    trained.settle()
    ask(trained, 20, "another")
    trained.settle()
    assert len(of(trained, "training_requested")) == 2  # that of the first version among them
    assert "run" in of(trained, "training_declined")[-1].summary


@pytest.mark.usefixtures("champion")
def test_what_does_not_fit_into_the_function_is_refused_before_it_starts(trained: Deployment) -> None:
    upload(trained, later(6))
    huge = {**fit_estimate.COSTS, "LogisticRegression": FitCost(0.1, 1e6)}
    with patch.object(fit_estimate, "COSTS", huge), patch.object(recipe, "fit") as fit:
        ask(trained, 20)
        trained.settle()
    fit.assert_not_called()
    said = failure(trained)
    assert "LogisticRegression on 8,000 rows and 3 columns is estimated to take" in said
    assert "with the margins" in said
    assert "train it elsewhere and adopt it" in said


@pytest.mark.usefixtures("champion")
def test_reading_stops_when_the_rows_do_not_fit_into_memory(trained: Deployment) -> None:
    upload(trained, later(6))
    with patch.object(fit_estimate, "_READ_BYTES", 10**6), patch.object(recipe, "fit") as fit:
        ask(trained, 20)
        trained.settle()
    fit.assert_not_called()
    assert "training: reading stopped after 3" in failure(trained)
    assert "raise MemorySize of TrainModel" in failure(trained)
