"""Two releases share one store while traffic shifts, after a roll-back, and after the next upgrade: nothing is lost."""

import json
from collections import Counter
from pathlib import Path

from steward.events import AuditRequested, ReportRequested
from steward.evidence.window_outcomes import WindowOutcomes

from . import lemons, lifetime
from .memory_cloud import LEDGER
from .releases import Releases, releases

FILES_A_DAY = 20
ROWS = 400


def day_of_uploads(both: Releases, day: int, *, flipped: bool = False) -> None:
    """Twenty files, of predictions and of their labels, delivered one after the other."""
    sold = lemons.sales(1, first_day=day, rows_a_day=ROWS, flipped=flipped)
    for number in range(FILES_A_DAY // 2):
        part = sold.iloc[number :: FILES_A_DAY // 2]
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


def test_nothing_is_unreadable_or_lost_over_an_upgrade_a_roll_back_and_another_upgrade(tmp_path: Path) -> None:
    with releases(tmp_path) as both:
        world = both.world
        for phase in (lifetime.declare, lifetime.refer, lifetime.ordinary_day, lifetime.turned_day(18, timed=True)):
            phase(world)
            both.settle()
        both.share = 1.0
        lifetime.declare_anew(world)
        both.settle()
        both.share = 0.5
        for day in range(20, 24):  # the shift
            day_of_uploads(both, day)
        for phase in (lifetime.report_defect, lifetime.freeze, lifetime.mute, lifetime.turned_day(24, timed=False)):
            phase(world)
            both.settle()
        shifted = dict(both.invoked)
        both.share = 0.0
        for day in range(25, 28):  # rolled back
            day_of_uploads(both, day, flipped=day == 26)
        for phase in (lifetime.correct, lifetime.thaw, lifetime.roll_back, lifetime.after(0, ReportRequested)):
            phase(world)
            both.settle()
        both.share = 1.0
        for day in range(28, 31):  # upgraded again
            day_of_uploads(both, day)
        for phase in (
            lifetime.change_defect("verify"),
            lifetime.after(0, ReportRequested),
            lifetime.after(0, AuditRequested),
        ):
            phase(world)
            both.settle()

        assert world.errors == []
        assert min(shifted["kept"], shifted["next"]) > 200
        assert both.unreadable("kept") == []
        assert both.unreadable("next") == []
        uploads = [key for key in world.keys("inbox/lemons/") if key.rpartition("/")[2][:2] in map(str, range(20, 31))]
        assert len(uploads) >= 200
        assert {key: batches(both)[key] for key in uploads} == dict.fromkeys(uploads, 1)
        for day in [*range(20, 24), *range(25, 31)]:
            assert rows_profiled(both, day) == rows_labelled(both, day) == ROWS, day
        assert world.object(max(world.keys("reports/lemons/audits/")))["findings"] == []
        for key in ("alerts/lemons.json", "models/lemons/routing.json", "runs/lemons/_policy.json"):
            assert "of_the_next_release" in world.object(key), key
