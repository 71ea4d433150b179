"""What `steward defects` shows: what is due and overdue, everything about one defect, and the days' burn-down."""

from datetime import timedelta

from rich.console import Console, RenderableType
from rich.text import Text

from steward.cli.defects import burn_down_table, describe, table
from steward.defects.defect import Defect
from steward.defects.impact import AffectedDataset, AffectedObject, AffectedVersion, Impact
from steward.defects.ordering import burn_down
from steward.spec.defects import DefectPolicy
from tests.unit.defects.samples import WINDOWS, applied, proposed
from tests.unit.examples import DAY, START, stored

POLICY = DefectPolicy(owner="yard@example.com")
OPEN = Defect.open(proposed(title="odd [miles]"), POLICY, owner="owner@example.com")


def shown(*parts: RenderableType) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


def test_the_list_says_what_is_overdue_who_owns_it_and_which_versions_learned_from_it() -> None:
    trained = AffectedVersion(version="v7", dataset="d1", use="training")
    learned = OPEN.model_copy(update={"impact": Impact(versions=(trained,))})
    early = shown(table("lemons", [learned], OPEN.deadline - timedelta(hours=1)))
    assert "Defects of lemons: 1 to be done" in early
    assert "odd [miles]" in early
    assert "warning, open, owned by yard@example.com" in early
    assert "bad rows are in versions v7" in early
    assert "OVERDUE" not in early
    assert "OVERDUE" in shown(table("lemons", [OPEN], OPEN.deadline + timedelta(hours=1)))


def test_the_burn_down_has_a_bar_of_what_is_left_each_day() -> None:
    later = Defect.open(proposed(30, correlation_id="upload-2"), POLICY, owner="owner@example.com")
    lines = shown(burn_down_table(burn_down([OPEN, later], START + DAY, days=2))).splitlines()
    assert [line.split() for line in lines[-2:]] == [
        ["2024-01-01", "1", "0", "1", "0", "#"],
        ["2024-01-02", "1", "0", "2", "0", "##"],
    ]


def test_one_defect_is_shown_with_history_corrections_and_everything_that_it_touched() -> None:
    whole, part = stored("records/a.parquet"), stored("records/b.parquet")
    impact = Impact(
        windows=tuple(WINDOWS[:2]),
        objects=(
            AffectedObject(window=WINDOWS[0], rows=None, stored=whole),
            AffectedObject(window=WINDOWS[1], rows=1200, stored=part),
        ),
        datasets=(AffectedDataset(dataset="d1", stored=stored("datasets/d1.json")),),
        versions=(AffectedVersion(version="v7", dataset="d1", use="holdout"),),
    )
    defect = OPEN.model_copy(update={"corrections": (applied(0),), "impact": impact})
    text = shown(*(Text.from_markup(line) for line in describe(defect)))
    for line in (
        f"{defect.defect}  odd [miles]",
        "2024-01-01 00:00  open        policy: odd [miles]",
        "2024-01-01 00:00  monitor     warning: odd [miles]",
        "1 rows of predictions replaced: 20240101T000000Z-0123456789ab-replaced",
        "Windows touched: 2; objects: 2",
        "records/a.parquet  version v1  sha256 aaaaaaaaaaaa  all under suspicion",
        "records/b.parquet  version v1  sha256 aaaaaaaaaaaa  1,200 rows",
        "dataset d1",
        "version v7  bad rows in its holdout, by dataset d1",
    ):
        assert line in text
