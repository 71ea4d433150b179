"""`steward quarantine` on the deployed stack: rows are released once the declaration is mended, exactly once."""

from pathlib import Path

from steward.events import BatchIngested
from tests.integration import lemons

from .conftest import PLUMS
from .deployed import Deployed

MODEL = "greengages"
DAY = 40
"""A day of this test alone."""
WIDER = PLUMS.replace("maximum: 60", "maximum: 600")


def test_rows_are_listed_shown_and_released_exactly_once(plums: Deployed, run, tmp_path: Path) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=DAY, rows_a_day=40), plums.champion(MODEL))
    sold.loc[:2, "age"] = [70.0, 80.0, 90.5]
    upload = plums.upload(f"inbox/{MODEL}/predictions/old-cars.csv", lemons.csv(sold))
    came = plums.event(BatchIngested, upload)
    assert (came.rows, came.rejected_rows) == (37, 3)
    listed = run("quarantine", "list", MODEL)
    assert listed.returncode == 1, listed.stdout + listed.stderr
    assert came.batch in listed.stdout
    assert "3 rows" in listed.stdout
    shown = run("quarantine", "show", MODEL, came.batch, "--rows", "2")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "age" in shown.stdout
    (tmp_path / "plums.yaml").write_text(WIDER)
    assert run("push", "plums.yaml").returncode == 0
    before = len(list(plums.told(BatchIngested, MODEL)))
    released = run("quarantine", "release", MODEL, came.batch)
    assert released.returncode == 0, released.stdout + released.stderr
    plums.first(lambda: iter(list(plums.told(BatchIngested, MODEL))[before:]))
    again = run("quarantine", "release", MODEL, came.batch)
    assert again.returncode == 1, again.stdout + again.stderr
    assert "nothing is done" in again.stdout.replace("\n", " ")
    plums.rest()
    (ingested,) = list(plums.told(BatchIngested, MODEL))[before:]
    assert (ingested.rows, ingested.rejected_rows, ingested.windows) == (3, 0, came.windows)
    assert run("quarantine", "list", MODEL).returncode == 0
