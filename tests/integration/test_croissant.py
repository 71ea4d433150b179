"""The data card of a version is accepted by mlcroissant, which loads every record of the checkout with it."""

from pathlib import Path

import pytest

from steward.cli.version_checkout import checkout
from steward.events import RetrainingProposed
from steward.store.bucket import Bucket
from tests.independent.evidence.environment import load_croissant

from . import lemons
from .deployment import Deployment

DATA = """
documentation: {intended_use: Tell buyers which cars to look at}
data: {licence: CC-BY-4.0, citation: The cars, origin: https://example.com, collection: by hand, biases: "<none> known"}
"""


@pytest.mark.nightly
def test_mlcroissant_validates_the_card_of_a_checkout_and_loads_all_its_records(
    steward: Deployment, tmp_path: Path
) -> None:
    lemons.begin(steward, lemons.SPEC + DATA)
    for day in (14, 15):
        sold = lemons.sales(1, first_day=day)
        steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
        steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold, timed=day == 14)))
    steward.settle()
    now = steward.clock.now
    steward.publish(RetrainingProposed(occurred_at=now, as_of=now, model="lemons", correlation_id="t", reason="asked"))
    steward.settle()
    data = Bucket(steward.data, steward.name)
    version = max(data.list_prefixes("models/lemons/versions/"))
    checkout(data, "lemons", version, tmp_path / "out", unreleased=True)
    said = load_croissant(tmp_path / "out" / "dataset" / "croissant.json")
    columns = ["sale", "sold_at", "lemon", "age", "mileage", "make"]
    of_kind = {
        "labels": ["sale", "lemon"],
        "predictions": [one for one in columns if one != "lemon"],
        "reference": columns,
    }
    rows = {"labels": 800, "predictions": 800, "reference": 5600}
    assert said.splitlines() == [
        f"{kind}: {rows[kind]} records of {', '.join(f'{kind}/{name}' for name in names)}"
        for kind, names in of_kind.items()
    ]
