"""Text files that other programs wrote: what is in a cell stays there, and a key counts wherever it comes first."""

import json

from steward.events import BatchIngested, BatchRejected
from steward.records.quarantine import read_rejected
from tests.integration import lemons

from .deployment import Deployment

INBOX = "inbox/lemons/predictions/"


def json_lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_text_in_a_long_cell_becomes_no_prediction(trained: Deployment) -> None:
    frame = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=3)).assign(note="")
    row = ",".join(map(str, frame.iloc[0].replace({frame["sale"][0]: "ghost"})))
    frame.loc[1, "note"] = f"{row}\n" * 2000
    trained.upload(INBOX + "notes.csv", lemons.csv(frame))
    assert [event.rows for event in trained.settle() if isinstance(event, BatchIngested)] == [3]
    trained.upload(INBOX + "cut.csv", lemons.csv(frame)[:-50_000])
    assert [event.code for event in trained.settle() if isinstance(event, BatchRejected)] == ["unbalanced_quotes"]


def test_a_version_that_comes_after_the_first_chunk_counts(trained: Deployment) -> None:
    rows = lemons.predictions(lemons.sales(1, first_day=15, rows_a_day=4200)).to_dict("records")
    for row in rows[4150:]:
        row["version"] = "20990101-deadbeef"
    trained.upload(INBOX + "canary.jsonl", json_lines(rows))
    (event,) = [event for event in trained.settle() if isinstance(event, BatchIngested)]
    assert (event.rows, event.rejected_rows) == (4150, 50)
    (key,) = [key for key in trained.keys("quarantine/") if event.batch in key]
    rejected = read_rejected(trained.contents(key)[key])
    assert {reason.code for row in rejected for reason in row.reasons} == {"unknown_version"}


def test_a_nullable_feature_that_no_line_has_is_null(trained: Deployment) -> None:
    rows = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=20)).drop(columns="mileage").to_dict("records")
    trained.upload(INBOX + "sparse.jsonl", json_lines(rows))
    assert [event.rows for event in trained.settle() if isinstance(event, BatchIngested)] == [20]
    assert not trained.notifications
