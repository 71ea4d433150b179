"""A sample of each closed window is attributed by the deployed function, under its own role, and the window checked."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from steward.events import AlertRaised, AttributionsRequested, AttributionsUpdated, CheckCompleted, Event
from tests.integration import lemons

from .conftest import declare
from .deployed import Deployed

QUIET, STUCK = "20240115T000000Z_1d", "20240116T000000Z_1d"


@pytest.mark.timeout(240)
def test_a_feature_that_no_longer_contributes_is_told_of(steward: Deployed) -> None:
    declare(steward, "plums")
    for day, cells in ((14, {}), (15, {"age": 8.0})):
        sold = lemons.predictions(lemons.sales(1, first_day=day)).assign(**cells)
        steward.upload(f"inbox/plums/predictions/{day}.csv", lemons.csv(sold))
        steward.rest()
    due = lemons.START + timedelta(days=16)
    request = AttributionsRequested(occurred_at=due, as_of=due, model="plums", correlation_id="e2e-attributions")
    steward.publish(request)

    def led_to[Told: Event](kind: type[Told], window: str) -> Told:
        def found() -> Iterator[Told]:
            told = (event for event in steward.told(kind, "plums") if event.correlation_id == request.correlation_id)
            yield from (event for event in told if event.model_dump()["window"] == window)

        return steward.first(found)

    for window, status in ((QUIET, "ok"), (STUCK, "drift")):
        attributed = led_to(AttributionsUpdated, window)
        (stored,) = steward.contents(attributed.attributions.key).values()
        assert (attributed.rows, json.loads(stored)["method"]) == (300, "linear")
        assert led_to(CheckCompleted, window).statuses["attribution_drift"] == status
    assert led_to(AlertRaised, STUCK).monitor == "attribution_drift"
