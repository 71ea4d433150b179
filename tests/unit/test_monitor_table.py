"""The page of monitors says what the code says."""

import importlib.util
from pathlib import Path
from typing import Any, get_args

import pytest

from steward.spec.monitors import MonitorName, Monitors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generator() -> Any:
    spec = importlib.util.spec_from_file_location("monitors_table", ROOT / "infra" / "schemas" / "monitors.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(text: str) -> dict[str, list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return {cells[1].strip(" `"): [cell.strip() for cell in cells[2:-1]] for cells in
            (line.replace("\\|", "¦").split("|") for line in lines)}  # fmt: skip


def test_the_table_is_not_stale(generator: Any) -> None:
    page = (ROOT / "infra" / "docs" / "monitors.md").read_text(encoding="utf-8")
    assert generator.written(page) == page, "run python infra/schemas/monitors.py"


def test_every_monitor_has_a_row_that_says_what_it_watches_and_its_limit(generator: Any) -> None:
    found = rows(generator.table())
    assert set(found) == set(Monitors.model_fields) == set(get_args(MonitorName))
    for name, (watches, _, limit, labels) in found.items():
        assert watches.endswith("."), name
        assert (limit == "off") == (getattr(Monitors(), name) is None)
        assert labels in ("", "yes")
    assert found["accuracy"] == [
        "Share of rows whose decided class is the true one.",
        "its 95 % interval",
        "`tolerance: 0.03`",
        "yes",
    ]


def test_a_page_without_a_place_for_it_is_refused(generator: Any) -> None:
    with pytest.raises(ValueError, match="to write the table between"):
        generator.written("# Steward\n")
