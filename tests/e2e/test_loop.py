"""The whole loop on the deployed stack, every function under its own role, and files that it must refuse."""

import io

import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet

from steward.events import (
    AlertRaised,
    AuditCompleted,
    AuditRequested,
    BatchIngested,
    BatchRejected,
    CheckCompleted,
    ReleaseChanged,
    TrainingRequested,
    ValidationCompleted,
)
from tests.integration import lemons

from .conftest import declare
from .deployed import Deployed


@pytest.mark.timeout(240)
def test_a_world_that_turns_is_noticed_retrained_for_and_audited(steward: Deployed) -> None:
    declare(steward, "quinces")
    first = steward.champion("quinces")
    for day in (14, 17, 20, 23):
        sold = lemons.sales(3, first_day=day, flipped=day >= 17)
        steward.upload(f"inbox/quinces/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
        steward.rest()
        steward.upload(f"inbox/quinces/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
        steward.rest()
    now = max(event.occurred_at for event in steward.told(CheckCompleted, "quinces"))
    request = AuditRequested(occurred_at=now, as_of=now, model="quinces", correlation_id="e2e-audit")
    steward.publish(request)
    audited = steward.event(AuditCompleted, request.correlation_id)

    assert any(raised.monitor == "roc_auc" for raised in steward.told(AlertRaised, "quinces"))
    requested = list(steward.told(TrainingRequested, "quinces"))
    judged = {event.run: event.passed for event in steward.told(ValidationCompleted, "quinces")}
    released = {event.run: event.stage for event in steward.told(ReleaseChanged, "quinces")}
    assert len(requested) > 1
    reasons = [reason for event in requested[1:] for reason in event.reasons]
    assert any("roc_auc" in reason and reason.endswith("firing") for reason in reasons)  # alone, or beside others
    assert set(judged) == set(released) == {event.run for event in requested}
    assert all(released[run] == ("champion" if passed else "refused") for run, passed in judged.items())
    assert (steward.champion("quinces") == first) == (list(released.values()).count("champion") == 1)
    assert audited.passed, audited.failed


def test_the_rows_of_an_unknown_model_are_refused_with_what_to_do(steward: Deployed) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=14))
    refused = refusal(steward, "inbox/unheard-of/predictions/a.csv", lemons.csv(sold))
    assert refused.code == "unknown_model"
    assert "specs/unheard-of.yaml" in refused.message


def test_a_truncated_parquet_file_is_refused(steward: Deployed) -> None:
    refused = refusal(steward, "inbox/lemons/predictions/cut.parquet", parquet(["s1", "s2"])[:-20])
    assert refused.code == "truncated"


def test_a_file_of_huge_cells_is_refused_for_what_it_lacks_and_kills_nobody(steward: Deployed) -> None:
    bomb = parquet([f"{number}{'0' * 2**22}" for number in range(100)])
    assert len(bomb) < 2**20
    refused = refusal(steward, "inbox/lemons/predictions/bomb.parquet", bomb)
    assert refused.code == "missing_columns"


def test_bad_rows_are_quarantined_and_the_others_go_on(steward: Deployed) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=15, rows_a_day=40, seed=5))
    scored.loc[0, "age"] = 99.0
    ingested = steward.event(BatchIngested, steward.upload("inbox/lemons/predictions/odd.csv", lemons.csv(scored)))
    assert (ingested.rows, ingested.rejected_rows) == (39, 1)
    assert any(ingested.batch in key for key in steward.contents("quarantine/model=lemons"))
    steward.rest()


def parquet(values: list[str]) -> bytes:
    """A column of texts."""
    output = io.BytesIO()
    table = Table.from_batches([RecordBatch.from_arrays([Array(values, DataType.utf8())], names=["sale"])])
    write_parquet(table, output, compression="zstd(1)")
    return output.getvalue()


def refusal(steward: Deployed, key: str, body: bytes) -> BatchRejected:
    """Upload what must be refused, and see that the subscriber hears of it and the file is kept."""
    before = len(steward.notifications)
    refused = steward.event(BatchRejected, steward.upload(key, body))
    notice = steward.first(
        lambda: (sent for sent in steward.notifications[before:] if sent.attributes["id"] == refused.event_id)
    )
    assert "file rejected" in notice.subject
    assert steward.s3.get_object(Bucket=steward.data, Key=key)["Body"].read() == body
    steward.rest()
    return refused
