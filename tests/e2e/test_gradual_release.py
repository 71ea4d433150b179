"""A canary on the deployed template, served by its function URL: it advances, and is rolled back once it is worse."""

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from threading import Thread

import pandas as pd
import pytest

from steward import aws
from steward.events import ReleaseChanged, RetrainingProposed
from steward.releasing.routing import Routing
from steward.repositories.served_models import REFRESH_SECONDS
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

    @contextmanager
    def steadily(self, rows: pd.DataFrame) -> Iterator[None]:
        """Ask a few rows at a time meanwhile, without a stop."""
        over = Signal()

        def stream() -> None:
            for start in range(0, len(rows), 5):
                if over.is_set():
                    return
                self.ask(rows[start : start + 5])

        thread = Thread(target=stream)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


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


def stages(steward: Deployed) -> list[str]:
    told = {event.event_id: event for event in steward.told(ReleaseChanged, MODEL) if event.release}
    return [event.stage for event in told.values()]


def label(steward: Deployed, frame: pd.DataFrame, name: str) -> str:
    return steward.upload(f"inbox/{MODEL}/labels/{name}.csv", lemons.csv(lemons.labels(frame)))


def recorded(steward: Deployed) -> Counter[str]:
    """The IDs of all records that the function logged."""
    found = steward.contents(f"inbox/{MODEL}/predictions/")
    bodies = [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in found.values()]
    return Counter(json.loads(line)["sale"] for body in bodies for line in body.splitlines() if line.strip())


def test_two_commands_at_once_are_both_carried_out(medlars: Deployed) -> None:
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
    time.sleep(1)  # as in `declare`


def test_a_canary_advances_and_is_rolled_back_under_a_steady_stream(
    medlars: Deployed, application: Application
) -> None:
    release = routing(medlars).release
    assert release is not None
    challenger, champion = release.versions[0], release.champion
    good, bad, stream = sold(16), sold(17), unlabelled(sold(18, 2000))
    for start in range(0, len(good), ROWS):
        application.ask(unlabelled(good)[start : start + ROWS])
    medlars.rest()
    label(medlars, good, "good")
    medlars.rest()
    assert stages(medlars)[-1] == "advanced"
    assert routing(medlars).release.step.share == 0.6  # type: ignore[union-attr]
    time.sleep(REFRESH_SECONDS)
    application.ask(stream[:ROWS])  # the routing is read again once this answer has left
    time.sleep(1)
    for start in range(0, len(bad), ROWS):
        application.ask(unlabelled(bad)[start : start + ROWS])
    medlars.rest()
    worse = bad["sale"].map(application.versions).eq(challenger)
    bad.loc[worse, "lemon"] = 1 - bad.loc[worse, "lemon"]  # as if its scores were inverted
    with application.steadily(stream[ROWS:]):
        cause = label(medlars, bad, "bad")
        stopped = medlars.event(ReleaseChanged, cause)
        assert stopped.stage == "stopped"
        assert "its alert fires" in stopped.summary
        assert routing(medlars).traffic is None
        deadline = time.monotonic() + 60
        while set(list(application.versions.values())[-5:]) != {champion}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    medlars.rest()
    assert stages(medlars)[-2:] == ["advanced", "stopped"]
    asked = [row for request in application.asked for row in request]
    print(f"\n{len(application.asked)} requests, {len(asked)} rows: {len(application.failed)} unanswered")
    assert application.failed == []
    assert set(asked) == set(application.versions)
    assert recorded(medlars) == Counter(asked)
