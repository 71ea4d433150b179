"""A wrong day is found, corrected and followed to its end on the deployed stack, by uploads and the command line."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from steward.events import CheckCompleted, DataCorrected, DefectChanged, DefectChangeRequested, DefectOverdue
from steward.events import DefectReviewRequested as ReviewRequested
from tests.integration import lemons

from .deployed import Deployed

COMMAND = Path(sys.executable).with_name("steward")
DAY = 120


def run(steward: Deployed, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STEWARD_"))}
    environment = kept | steward.stack.environment | {"COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=90
    )


def change(steward: Deployed, defect: str, what: str) -> None:
    now = datetime.now(UTC)
    steward.publish(
        DefectChangeRequested(
            occurred_at=now, model="lemons", as_of=now, correlation_id=f"e2e-{what}", defect=defect, change=what,  # type: ignore[arg-type]
            author="arn:aws:iam::000000000000:user/ada",
        )
    )  # fmt: skip
    steward.event(DefectChanged, f"e2e-{what}")


def test_a_wrong_day_is_found_corrected_and_closed(steward: Deployed, tmp_path: Path) -> None:
    good = lemons.predictions(lemons.sales(1, first_day=DAY), steward.champion("lemons"))
    upload = steward.upload(
        "inbox/lemons/predictions/wrong.csv", lemons.csv(good.assign(mileage=good["mileage"] * 1000))
    )
    opened = steward.event(DefectChanged, upload)
    assert opened.state == "open"
    steward.rest()
    listed = run(steward, "defects", "lemons")
    assert opened.defect in listed.stdout, listed.stdout + listed.stderr
    change(steward, opened.defect, "confirm")
    (tmp_path / "right.csv").write_bytes(lemons.csv(good))
    pushed = run(
        steward,
        "push",
        str(tmp_path / "right.csv"),
        "--model",
        "lemons",
        "--kind",
        "predictions",
        "--defect",
        opened.defect,
    )
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr
    assert "400 rows of predictions replaced" in pushed.stdout
    steward.rest()
    corrected = [event for event in steward.told(DataCorrected, "lemons") if event.defect == opened.defect][-1]
    check = steward.event(CheckCompleted, corrected.correlation_id)
    assert steward.document(check.stored.key)["corrections"] == [corrected.batch]
    assert check.statuses["scale_consistency"] != "breach"
    later = (opened.deadline - lemons.START).days + 1  # what is replayed is overdue once its data have gone on that far
    steward.upload(
        "inbox/lemons/predictions/later.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=later)))
    )
    steward.rest()
    overdue = ReviewRequested(
        occurred_at=datetime.now(UTC), model="lemons", as_of=opened.deadline, correlation_id="e2e-review"
    )
    steward.publish(overdue)
    told = steward.first(
        lambda: (event for event in steward.told(DefectOverdue, "lemons") if event.defect == opened.defect)
    )
    assert told.state == "corrected"
    steward.first(lambda: (sent for sent in steward.notifications if opened.defect in sent.subject))
    change(steward, opened.defect, "verify")
    change(steward, opened.defect, "close")
    steward.rest()
    shown = json.loads(run(steward, "defects", "lemons", opened.defect, "--json").stdout)
    assert [step["state"] for step in shown[0]["steps"]] == [
        "open",
        "confirmed",
        "correcting",
        "corrected",
        "verified",
        "closed",
    ]
    whole = run(steward, "defects", "lemons", opened.defect)
    assert corrected.batch in whole.stdout, whole.stdout + whole.stderr
    assert "finished" in run(steward, "defects", "lemons", "--burn-down").stdout
