"""`steward backtest`: the same rows, from a deployment or from files, lead to the same report; nothing is changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration import lemons

from .deployment import Deployment
from .terminal import reached, run

DAYS = range(14, 20)
FILES = ("--files", "reference.csv", "predictions", "labels", "--spec", "lemons.yaml")


@pytest.fixture
def lived(trained: Deployment) -> Deployment:
    """Six days with labels after the reference."""
    for day in DAYS:
        sold = lemons.sales(1, first_day=day)
        scored = lemons.predictions(sold, trained.champion("lemons"))
        trained.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
        trained.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    kick = trained.queues.pop("check_window")
    trained.settle()
    trained.queues["check_window"] = kick
    return trained


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The same rows in files."""
    (tmp_path / "lemons.yaml").write_text(lemons.SPEC)
    (tmp_path / "often.yaml").write_text("retraining: {every: 3d, on_alerts: []}\n")
    (tmp_path / "reference.csv").write_bytes(as_bytes(lemons.csv(lemons.sales(14))))
    for kind, rows_of in (("predictions", lemons.predictions), ("labels", lemons.labels)):
        (tmp_path / kind).mkdir()
        for day in DAYS:
            sold = lemons.sales(1, first_day=day)
            (tmp_path / kind / f"{day}.csv").write_bytes(as_bytes(lemons.csv(rows_of(sold))))
    return tmp_path


def as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def report(*arguments: str) -> dict[str, Any]:
    ran = run("backtest", *arguments, "--processes", "1", "--json")
    assert ran.code == 0, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def test_stored_records_and_files_lead_to_the_same_report(lived: Deployment, folder: Path) -> None:
    before = lived.contents("")
    often = ("--policy", str(folder / "often.yaml"))
    with reached(lived):
        stored = report("lemons", *often)
    files = [str(folder / name) for name in ("reference.csv", "predictions", "labels")]
    read = report("--files", *files, "--spec", str(folder / "lemons.yaml"), *often)
    assert lived.contents("") == before, "nothing is stored"
    for line in stored["policies"]:
        line["dollars"] = None
    assert read == stored
    assert [line["policy"] for line in stored["policies"]] == [
        "declared", "often", "never", "every window", "best in hindsight",
    ]  # fmt: skip
    assert [len(line["windows"]) for line in stored["policies"]] == [6] * 5
    assert stored["policies"][1]["runs"] >= 1


def test_the_table_and_the_chart_show_each_policy(folder: Path) -> None:
    table = folder / "all.csv"
    table.write_bytes(as_bytes(lemons.csv(lemons.sales(20))))
    chart = folder / "chart.svg"
    ran = run(
        "backtest", "--files", str(table), "--spec", str(folder / "lemons.yaml"), "--reference-until", "2024-01-15",
        "--policy", str(folder / "often.yaml"), "--chart", str(chart), "--run-cost", "0.01", "--processes", "1",
        "--from", "2024-01-16", "--to", "2024-01-19",
    )  # fmt: skip
    assert ran.code == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert any(line.startswith("2024-01-16 ") and line.count(" 0.") == 5 for line in lines)
    assert not any(line.startswith(("2024-01-15", "2024-01-19")) for line in lines)
    (never,) = [line for line in lines if line.startswith("never ")]
    assert never.split()[1:4] == ["0", "0", "0"]
    heading = next(line for line in lines if line.startswith("policy "))
    assert heading.split()[-1] == "total"
    assert "dollars" not in heading
    picture = chart.read_text()
    assert picture.startswith("<svg ")
    assert all(f">{name}</text>" in picture for name in ("declared", "often", "never", "best in hindsight"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("lemons", "pears"), "name one model"),
        (("--files", "reference.csv"), "--files needs --spec"),
        (("--files", "reference.csv", "--spec", "lemons.yaml"), "one table needs --reference-until"),
        (("--files", "reference.csv", "labels", "--spec", "lemons.yaml"), "name three files or folders"),
        (("--files", "predictions", "predictions", "labels", "--spec", "lemons.yaml"), "has no column lemon"),
        (("--files", "nowhere.csv", "predictions", "labels", "--spec", "lemons.yaml"), "is no file"),
        (("--files", "reference.csv", "predictions", "labels", "--spec", "nowhere.yaml"), "cannot be read"),
        (
            ("--files", "reference.csv", "predictions", "labels", "--spec", "often.yaml"),
            "often.yaml: line 1, column 1: ",
        ),
        ((*FILES, "--from", "2024-03-01"), "give --from an earlier date, or --to a later one"),
        ((*FILES, "--chart", "charts/lemons.svg"), "there is no folder charts; make it, or name another file"),
        (("lemons", "--from", "spring"), "spring is no date"),
        (("lemons", "--label-delay", "a week"), "is not a duration"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused_with_a_remedy(
    trained: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], problem: str
) -> None:
    monkeypatch.chdir(folder)
    with reached(trained):
        ran = run("backtest", *arguments, "--processes", "1")
    assert ran.code == 2
    assert problem in ran.stderr


def test_one_window_tells_no_interval(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    ran = run("backtest", *FILES, "--to", "2024-01-16", "--processes", "1")
    assert ran.code == 0, ran.stderr
    assert "lemons: 1 window from 2024-01-15; " in ran.stdout
    assert "+0.0000 (one window tells no interval)" in ran.stdout


def test_a_model_without_labelled_rows_after_its_reference_says_so(trained: Deployment) -> None:
    with reached(trained):
        ran = run("backtest", "lemons", "--processes", "1")
    assert ran.code == 2
    assert "there are no labelled rows after the reference" in ran.stderr
