"""`steward watch` shows how far a training has come; what is over within seconds writes nothing about it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from steward.retraining import recipe
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment
from .terminal import Ran, reached, run

AUTO = lemons.SPEC + "  span: auto\n"
PROGRESS = "progress/lemons.json"


def watch(steward: Deployment) -> Ran:
    with reached(steward):
        return run("watch", "lemons", "--last", "1", "--patience", "0")


@pytest.fixture
def slow(steward: Deployment) -> Iterator[list[str]]:
    """Each fit takes six seconds, after which somebody watches; what they see."""
    seen: list[str] = []
    fit = recipe.fit

    def fit_slowly(*given: Any, **named: Any) -> Any:
        steward.clock.pass_by(timedelta(seconds=6))
        if PROGRESS in steward.keys("progress/"):
            seen.append(watch(steward).stderr)
        return fit(*given, **named)

    with patch.object(recipe, "fit", fit_slowly):
        yield seen


def test_a_training_that_is_soon_over_writes_no_progress(trained: Deployment) -> None:
    assert trained.keys("progress/") == []


def test_stages_rows_and_the_best_so_far_are_shown_while_it_runs(steward: Deployment, slow: list[str]) -> None:
    lemons.begin(steward, AUTO)
    shown = "\n".join(slow)
    assert "comparing spans everything, fold 2; 5,600 rows read" in shown
    assert "best so far everything, mean loss 0." in shown
    assert "fitting; 5,600 rows read" in shown or "judging" in shown
    progress = steward.object(PROGRESS)
    assert progress["run"] == steward.entries("lemons")[-1].subject or progress["run"].startswith("2024")
    assert watch(steward).stderr.count("training") == 0  # it is over


def test_progress_is_written_every_few_seconds_at_most(steward: Deployment) -> None:
    written: list[str] = []
    put = Bucket.put

    def note(self: Bucket, key: str, *given: Any, **named: Any) -> Any:
        written.append(key)
        return put(self, key, *given, **named)

    fit = recipe.fit

    def fit_in_two_seconds(*given: Any, **named: Any) -> Any:
        steward.clock.pass_by(timedelta(seconds=2))
        return fit(*given, **named)

    with patch.object(recipe, "fit", fit_in_two_seconds), patch.object(Bucket, "put", note):
        lemons.begin(steward, AUTO)
    fits = 2 * 3 + 1
    assert 1 <= written.count(PROGRESS) <= fits * 2 / 5 + 1
