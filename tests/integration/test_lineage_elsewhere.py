"""What is written for others is read by their own libraries, in environments of their own."""

from pathlib import Path

import pytest

from steward.events import RunFailed
from tests.independent.evidence.environment import read_openlineage

from .deployment import Deployment
from .test_emit_lineage import EVENTS

FACETS = {
    *("schema", "dataSource", "version", "dataQualityMetrics", "columnLineage", "inputStatistics", "outputStatistics"),
    *("parent", "nominalTime", "errorMessage", "test", "jobType", "ownership"),
}


@pytest.mark.nightly
def test_openlineage_reads_every_kind_of_event_and_writes_the_same(trained: Deployment, tmp_path: Path) -> None:
    trained.upload("inbox/lemons/labels/x.csv", "nothing,of,use\n1,2,3\n")
    trained.settle()
    now = trained.clock.now
    failed = RunFailed(
        occurred_at=now, as_of=now, model="lemons", correlation_id="x", run="1", stage="training", message="no rows"
    )
    trained.deliver("emit_lineage", failed)
    for key, body in trained.contents(EVENTS).items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    read = read_openlineage(tmp_path)
    print(read)
    lines = [line.partition(":")[0] for line in read.splitlines()]
    for job in ("ingestion", "training", "validation", "release", "retraining"):
        assert {f"lemons.{job} START", f"lemons.{job} COMPLETE"} <= set(lines)
    assert {"lemons.ingestion FAIL", "lemons.training FAIL", "lemons.retraining FAIL"} <= set(lines)
    for facet in FACETS:
        assert facet in read
