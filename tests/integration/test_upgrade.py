"""Two releases share one store while traffic shifts, after a roll-back, and after the next upgrade: nothing is lost."""

import json
from collections import Counter
from pathlib import Path

import pytest

from steward.events import AuditRequested, ReportRequested
from steward.evidence.window_outcomes import WindowOutcomes
from tests.nightly import nightly

from . import lemons, lifetime
from .memory_cloud import LEDGER
from .releases import Releases, releases

ROWS = 400

NOT_DONE = {
    "defects_in_time", "quarantine_attended",
    "training_reproduced", "origin_known", "licence_known", "purpose_known", "collection_described",
}  # fmt: skip
"""Invariants that do not hold of the life that is played: nobody attends to its defects, describes its data, or trains
its champion again."""


def day_of_uploads(both: Releases, day: int, files: int, *, flipped: bool = False) -> None:
    """So many files of predictions and as many of their labels, delivered one after the other."""
    sold = lemons.sales(1, first_day=day, rows_a_day=ROWS, flipped=flipped)
    for number in range(files):
        part = sold.iloc[number::files]
        both.world.upload(f"{lifetime.PREDICTIONS}{day}-{number}.csv", lemons.csv(lemons.predictions(part)))
        both.world.upload(
            f"{lifetime.LABELS}{day}-{number}.csv", lemons.csv(lemons.labels(part, timed=number % 2 == 0))
        )
        both.settle()


def batches(both: Releases) -> Counter[str]:
    """How often each upload is recorded as taken in."""
    entries = (json.loads(body) for key, body in both.world.cloud.current(LEDGER).items() if body[:1] == b"{")
    return Counter(entry["subject"] for entry in entries if entry["action"] == "batch_ingested")


def rows_profiled(both: Releases, day: int) -> int:
    """The predictions of a day that are in profiles."""
    stored = [key for key in both.world.keys("profiles/lemons/") if f"/{lifetime.window(day)}/" in key]
    return sum(both.world.object(key)["rows"] for key in stored)


def rows_labelled(both: Releases, day: int) -> int:
    """The predictions of a day that have met their labels."""
    stored = [key for key in both.world.keys("outcomes/lemons/") if key.endswith(f"/{lifetime.window(day)}.json")]
    return sum(WindowOutcomes.model_validate(both.world.object(key)).outcomes.labelled for key in stored)


def play(both: Releases, *phases: lifetime.Phase) -> None:
    """Phases of a model's life, one after the other."""
    for phase in phases:
        phase(both.world)
        both.settle()


@pytest.mark.parametrize(("days", "files"), [(1, 6), *nightly((4, 10))])
def test_nothing_is_unreadable_or_lost_over_an_upgrade_a_roll_back_and_another_upgrade(
    days: int, files: int, tmp_path: Path
) -> None:
    with releases(tmp_path) as both:
        report, audit = lifetime.after(0, ReportRequested), lifetime.after(0, AuditRequested)
        play(both, lifetime.declare, lifetime.refer, lifetime.ordinary_day, lifetime.turned_day(18, timed=True))
        both.share = 1.0
        play(both, lifetime.declare_anew)
        both.share = 0.5  # the shift
        for day in range(20, 20 + days):
            day_of_uploads(both, day, files)
        play(both, lifetime.report_defect, lifetime.freeze, lifetime.mute, lifetime.turned_day(24, timed=False))
        assert min(both.invoked.values()) > 50
        both.share = 0.0  # rolled back
        for day in range(25, 25 + days):
            day_of_uploads(both, day, files, flipped=day == 25)
        play(both, lifetime.correct, lifetime.thaw, lifetime.roll_back, report)
        for key in ("alerts/lemons.json", "models/lemons/routing.json", "runs/lemons/_policy.json"):
            assert "of_the_next_release" in both.world.object(key), key
        both.share = 1.0  # upgraded again
        for day in range(30, 30 + days):
            day_of_uploads(both, day, files)
        play(both, lifetime.change_defect("verify"), report, audit)

        assert both.world.errors == []
        assert both.unreadable("kept") == []
        assert both.unreadable("next") == []
        played = [begin + more for begin in (20, 25, 30) for more in range(days)]
        taken = batches(both)
        for day in played:
            uploads = [key for key in both.world.keys("inbox/lemons/") if key.rpartition("/")[2].startswith(f"{day}-")]
            assert {key: taken[key] for key in uploads} == dict.fromkeys(uploads, 1)
            assert len(uploads) == 2 * files
            assert rows_profiled(both, day) == rows_labelled(both, day) == ROWS, day
        audited = both.world.object(max(both.world.keys("reports/lemons/audits/")))
        broken = {finding["invariant"]: finding["message"] for finding in audited["findings"] if not finding["holds"]}
        assert broken.keys() == NOT_DONE, broken
