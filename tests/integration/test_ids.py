"""Labels, corrections and withdrawals meet their predictions however the ids are written."""

import json
from uuid import UUID

import pandas as pd
import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from steward.events import BatchIngested, BatchRejected, DataCorrected, DefectChanged, DefectProposed
from tests.integration import lemons

from .deployment import Deployment

ROWS = 60
UUIDS = [str(UUID(int=(0x0190_163D_8694_739B << 64) + 2**63 + at)) for at in range(ROWS)]


def day(ids: list[object]) -> pd.DataFrame:
    return lemons.sales(1, first_day=20, rows_a_day=ROWS).assign(sale=ids)


def labels(steward: Deployment, name: str, frame: pd.DataFrame) -> tuple[int, int]:
    """Upload the labels and count those that have met their predictions, and those that never did."""
    steward.upload(f"inbox/lemons/labels/{name}", lemons.csv(frame[["sale", "sold_at", "lemon"]]))
    steward.settle()
    (key,) = steward.keys("outcomes/lemons/")
    found = steward.object(key)["outcomes"]
    return found["labelled"], found["orphans"]


def test_labels_meet_their_predictions_however_a_number_is_written(trained):
    frame = day(list(range(700000, 700000 + ROWS)))
    rows = lemons.predictions(frame).to_dict("records")
    body = "".join(json.dumps(row, default=str) + "\n" for row in rows)
    trained.upload("inbox/lemons/predictions/a.jsonl", body.encode())
    trained.settle()
    part = frame[:20]
    assert labels(trained, "gap.csv", part.assign(sale=part.sale.astype(float))) == (20, 0)
    part = frame[20:40]
    assert labels(trained, "char.csv", part.assign(sale=part.sale.map("{:<12}".format))) == (40, 0)
    part = frame[40:]
    assert labels(trained, "java.csv", part.assign(sale=part.sale.map("{:.10E}".format))) == (60, 0)
    assert not trained.failures


def test_labels_and_withdrawals_meet_predictions_of_uuids_in_bytes(trained, tmp_path):
    frame = lemons.predictions(day(UUIDS))
    columns = {
        "sale": Array([UUID(name).bytes for name in UUIDS], DataType.binary()),
        **{name: Array(frame[name].tolist(), DataType.utf8()) for name in ("sold_at", "make")},
        **{name: Array.from_numpy(frame[name].to_numpy(float)) for name in ("age", "mileage", "risk")},
    }
    path = tmp_path / "a.parquet"
    write_parquet(Table.from_pydict(columns), path)
    trained.upload("inbox/lemons/predictions/a.parquet", path.read_bytes())
    trained.settle()
    wanted = day([f"{{{name.upper()}}}" for name in UUIDS])
    assert labels(trained, "dotnet.csv", wanted) == (60, 0)
    asked = {"source": "person", "severity": "warning", "title": "sold twice", "windows": [], "author": "ada"}
    now = trained.clock.now
    trained.publish(DefectProposed(occurred_at=now, model="lemons", as_of=now, correlation_id="desk", **asked))
    trained.settle()
    withdrawn = pd.DataFrame({"sale": [UUID(name).hex for name in UUIDS[:10]]})
    place = f"inbox/lemons/corrections/{trained.told(DefectChanged)[-1].defect}/withdrawn-predictions"
    trained.upload(f"{place}/a.csv", lemons.csv(withdrawn))
    trained.settle()
    assert trained.told(DataCorrected)[-1].rows == 10
    assert not trained.failures


@pytest.mark.parametrize("kind", ["predictions", "labels"])
def test_rows_whose_ids_a_narrow_column_rounded_are_told_of_although_the_others_are_taken_in(trained, kind):
    frame = day([f"{1_400_000 + at:.2g}" if at < 40 else str(at) for at in range(ROWS)])
    if kind == "labels":
        trained.upload("inbox/lemons/predictions/a.csv", lemons.csv(lemons.predictions(day([*range(ROWS)]))))
        trained.settle()
    rows = lemons.predictions(frame) if kind == "predictions" else frame[["sale", "sold_at", "lemon"]]
    trained.upload(f"inbox/lemons/{kind}/narrow.csv", lemons.csv(rows))
    events = trained.settle()
    assert [(event.rows, event.rejected_rows) for event in events if isinstance(event, BatchIngested)] == [(20, 40)]
    assert [event.code for event in events if isinstance(event, BatchRejected)] == ["inexact_id"]
    (told,) = [note for note in map(str, trained.notifications) if "rows rejected" in note]
    assert "40 rows are in quarantine, since their IDs were rounded" in told
    assert "write IDs as whole numbers or as text, with all their digits" in told
