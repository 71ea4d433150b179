"""What the client logs is ingested as it is: by the version that it names, with nothing in quarantine."""

from datetime import datetime

from steward.client import Assignment, Client
from steward.events import BatchIngested, BatchRejected
from tests.integration import lemons

from .deployment import Deployment


def test_logged_predictions_are_ingested(trained: Deployment) -> None:
    """By S3 itself; a file that is uploaded once more changes nothing."""
    version = trained.champion("lemons")
    assignment = Assignment.of("lemons-1", {version: 0.5, "other": 0.5})
    client = Client(
        "lemons", trained.data, assignment=assignment, id_column="sale", time_column="sold_at", seconds=3600
    )
    rows = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=60)).to_dict("records")
    for row in rows:
        features = {name: row[name] for name in ("age", "mileage", "make")}
        arm = client.arm_of(row["sale"])
        at = datetime.fromisoformat(row["sold_at"])
        client.log(features, prediction_id=row["sale"], at=at, version=version, arm=arm, risk=row["risk"])
    assert client.flush(30), client.status
    (key,) = [key for key in trained.keys("inbox/lemons/predictions/") if key.endswith(".jsonl.gz")]
    body = trained.contents(key)[key]
    trained.upload(key, body)
    trained.upload(key.replace(".jsonl.gz", "-again.jsonl.gz"), body)
    events = trained.settle()
    ingested = [event for event in events if isinstance(event, BatchIngested)]
    assert not [event for event in events if isinstance(event, BatchRejected)]
    assert sum(event.rows for event in ingested) == 60
    assert sum(event.rejected_rows for event in ingested) == 0
    assert {one for event in ingested for one in event.versions} == {version}
