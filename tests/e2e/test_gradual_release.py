"""A canary on the deployed template: people who move it at once, and what the command shows."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from steward import aws
from steward.events import ReleaseChanged, RetrainingProposed
from steward.releasing.routing import Routing
from steward.store import keys
from steward.store.function_urls import FunctionUrl
from tests.integration import lemons

from .conftest import declare
from .deployed import Deployed
from .test_commands import run

MODEL = "medlars"
SPEC = lemons.SPEC.replace("score: risk,", "score: risk, entity: buyer,").replace("cool_down: 3d", "cool_down: 1h")
SPEC = SPEC.replace("minimum_new_labels: 500", "minimum_new_labels: 0").replace(
    "[roc_auc, log_loss, feature_drift]", "[]"
)
SPEC += "validation: {minimum_gain: -1.0}\n"
SPEC += "release: {mode: canary, canary: {steps: [0.1, 0.2, 0.4, 0.6], bake: 1d, minimum_rows: 40}}\n"
REQUESTS, ROWS = 16, 25
"""Requests of a day, and rows of each."""


@dataclass
class Application:
    """What asks the function URL, and remembers what it was answered.

    Attributes:
        asked: the ID of every row that was sent, by request.
        failed: answers that are no predictions.
        versions: of the answers, by row.
    """

    url: FunctionUrl
    asked: list[list[str]] = field(default_factory=list)
    failed: list[tuple[int, bytes]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def ask(self, rows: pd.DataFrame) -> set[str]:
        """Send rows; the versions that answered them."""
        self.asked.append(rows["sale"].tolist())
        answer = self.url.post(f"/models/{MODEL}/predictions", rows.to_json(orient="records").encode())
        if answer.status != 200:
            self.failed.append((answer.status, answer.body))
            return set()
        answered = {row["id"]: row["version"] for row in json.loads(answer.body)}
        self.versions |= answered
        return set(answered.values())


def sold(day: int, rows: int = REQUESTS * ROWS) -> pd.DataFrame:
    """A day's cars, each with its buyer."""
    frame = lemons.sales(1, first_day=day, rows_a_day=rows)
    return frame.assign(buyer=[f"buyer-{day}-{at}" for at in range(rows)])


def unlabelled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="lemon")


@pytest.fixture(scope="module")
def medlars(trained: Deployed) -> Deployed:
    """The model with its first version, and one that was trained since and is a canary."""
    declare(trained, MODEL, spec=SPEC)
    more = lemons.sales(2, first_day=14).assign(buyer="")
    trained.upload(f"inbox/{MODEL}/reference/second.csv", lemons.csv(more))
    trained.rest()
    asked = RetrainingProposed(
        occurred_at=datetime.now(UTC), model=MODEL, as_of=lemons.START + timedelta(days=16),
        correlation_id="e2e-canary", reason="two more days", author="the test",
    )  # fmt: skip
    trained.publish(asked)
    begun = trained.event(ReleaseChanged, "e2e-canary")
    assert begun.stage == "challenger", begun.summary
    time.sleep(1)  # as in `declare`
    trained.rest()
    return trained


@pytest.fixture(scope="module")
def application(medlars: Deployed) -> Iterator[Application]:
    with pytest.MonkeyPatch.context() as settings:
        for name, value in medlars.stack.environment.items():
            settings.setenv(name, value)
        aws.functions.cache_clear()
        asks = medlars.as_person_with("PeopleWhoPredict", "lambda")._request_signer._credentials
        yield Application(FunctionUrl(medlars.stack.outputs["ServePredictionsUrl"], asks))


def routing(steward: Deployed) -> Routing:
    return Routing.model_validate(steward.document(keys.routing(MODEL)))


def test_two_commands_at_once_are_both_carried_out(medlars: Deployed, application: Application) -> None:
    application.ask(unlabelled(sold(15, ROWS)))  # from here on time is that of the data, which is replayed
    medlars.rest()
    own = medlars.stack.environment
    with ThreadPoolExecutor(2) as people:
        orders = [people.submit(run, own, "release", MODEL, "advance", "--reason", why) for why in ("one", "two")]
        assert [order.result().returncode for order in orders] == [0, 0], [order.result() for order in orders]
    release = routing(medlars).release
    assert release is not None
    assert release.step.share == 0.4
    assert [change.action for change in release.changes] == ["start", "advance", "advance"]
    shown = run(own, "release", MODEL)
    assert shown.returncode == 0, shown.stderr
    assert f"canary release of {release.versions[0]} against {release.champion}, running" in shown.stdout
    assert "advanced without waiting" in shown.stdout
