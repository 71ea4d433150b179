"""How the times of a file were read stands in the ledger."""

import pandas as pd

from steward.events import BatchIngested, BatchRejected
from tests.integration import lemons

from .deployment import Deployment

INBOX = "inbox/lemons/predictions/"


def test_the_ledger_says_in_which_unit_times_were_and_how_many_placeholders(trained: Deployment) -> None:
    frame = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=40))
    frame["sold_at"] = pd.to_datetime(frame["sold_at"]).astype("datetime64[ms, UTC]").astype("int64")
    frame.loc[7, "sold_at"] = 0
    trained.upload(INBOX + "milliseconds.jsonl", frame.to_json(orient="records", lines=True))
    trained.settle()
    (event,) = trained.told(BatchIngested)[-1:]
    assert (event.rows, event.windows) == (39, ["20240117T000000Z_1d"])
    (entry,) = [entry for entry in trained.entries("lemons") if entry.identity == event.event_id]
    assert entry.summary == (
        "39 rows; 1 more are in quarantine: sold_at missing_time (1); see `steward quarantine show lemons "
        f"{event.batch}`; 1 window, 2024-01-17 00:00 to 2024-01-18 00:00; sold_at is in epoch milliseconds; "
        "placeholders in sold_at count as missing: 1970-01-01 (1)"
    )


def test_a_file_with_times_in_two_spellings_is_refused_whole(trained: Deployment) -> None:
    frame = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=40))
    frame.loc[20:, "sold_at"] = "1705500000000"
    trained.upload(INBOX + "mixed.csv", lemons.csv(frame))
    trained.settle()
    (event,) = trained.told(BatchRejected)[-1:]
    assert event.code == "mixed_times"
    assert "column sold_at mixes epoch milliseconds (20) and ISO 8601 (" in event.message
    assert trained.failures == []
