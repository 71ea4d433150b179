"""Every alarm and every finding of the deployment has its entry in the runbooks, and every entry is named by one."""

import ast
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from steward.selfcheck.runbooks import RUNBOOKS, RunbookEntry, runbook
from tests.integration.template import ROOT, resources
from tests.sources import parse_where

SECTION, ENTRY = "## ", "### "
ALARMS = resources("AWS::CloudWatch::Alarm")


def anchor(heading: str) -> str:
    """How GitHub names a heading in an address."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def entries() -> dict[str, dict[str, str]]:
    """The text of each entry, by the heading of its section and its own anchor."""
    found: dict[str, dict[str, str]] = {}
    for section in (ROOT / RUNBOOKS).read_text().split(f"\n{SECTION}")[1:]:
        title, *parts = section.split(f"\n{ENTRY}")
        named = (part.partition("\n") for part in parts)
        found[title.partition("\n")[0]] = {anchor(heading): text for heading, _, text in named}
    return found


def constructions() -> Iterator[tuple[str, ast.Call]]:
    """Every place of the package that makes a problem."""
    for name, tree in parse_where(re.compile("Problem")):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                yield f"{name}:{node.lineno}", node


def test_each_alarm_has_an_entry_and_no_entry_is_of_no_alarm() -> None:
    assert list(entries()["Alarms"]) == [name.lower() for name in ALARMS]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_names_its_entry(name: str) -> None:
    assert ALARMS[name]["AlarmDescription"].endswith(f" See {RUNBOOKS}#{name.lower()}")


def test_each_finding_has_an_entry_and_no_entry_is_of_no_finding() -> None:
    assert list(entries()["Findings of steward doctor"]) == list(get_args(RunbookEntry))


def test_each_problem_names_its_entry() -> None:
    named = {
        place: next((word.value for word in made.keywords if word.arg == "runbook"), None)
        for place, made in constructions()
    }
    assert [place for place, value in named.items() if value is None] == []
    called = [value for value in named.values() if isinstance(value, ast.Call)]
    assert {ast.literal_eval(value.args[0]) for value in called} == set(get_args(RunbookEntry))
    assert [ast.unparse(value) for value in named.values() if not isinstance(value, ast.Call | None)] == ["RUNBOOKS"]


@pytest.mark.parametrize("section", ["Alarms", "Findings of steward doctor"])
def test_an_entry_says_what_was_seen_what_it_means_what_was_done_and_what_to_do(section: str) -> None:
    for name, text in entries()[section].items():
        words = re.findall(r"^- \*\*([\w ]+?):?\*\*", text, flags=re.MULTILINE)
        assert words == ["Seen", "Means", "Steward did", "Do", "Escalate"], name


def test_a_runbook_is_a_file_of_the_repository() -> None:
    path, _, entry = runbook("dead-letters").partition("#")
    assert (ROOT / path).is_file()
    assert entry in entries()["Findings of steward doctor"]
