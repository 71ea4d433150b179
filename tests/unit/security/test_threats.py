"""Every control of the threat model names what shows it, and what it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "infra" / "security.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| who", "| ---"))
]


@pytest.mark.parametrize("row", ROWS, ids=[row[1] for row in ROWS])
def test_each_threat_has_a_control_and_a_test_that_is_there(row: list[str]) -> None:
    _, threat, control, shown = row
    assert threat
    assert control
    path, _, name = shown.strip("`").partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not name or re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"{path} has no {name}"


def test_the_actors_that_are_to_be_looked_at_are() -> None:
    actors = " ".join(row[0] for row in ROWS)
    for actor in ("uploader", "subscriber", "compromised function", "operator", "malicious artifact", "poisoned data"):
        assert f"{actor}" in actors
