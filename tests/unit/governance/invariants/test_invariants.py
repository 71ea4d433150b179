"""Each invariant is broken by itself, and the audit finds that one and no other."""

import re
import shlex
from pathlib import Path

import pytest

from steward.cli.command_panels import PANELS
from steward.governance.audit import audit
from steward.governance.invariants import catalogue
from steward.governance.invariants.catalogue import DATA_GOVERNANCE, GROUPS, INVARIANTS, PROCESS_GOVERNANCE
from steward.spec.severity import SEVERITIES
from tests.unit.governance.invariants import (
    of_approvals,
    of_data,
    of_documents,
    of_erasures,
    of_operation,
    of_personal_data,
    of_versions,
    of_versions_and_ledger,
)
from tests.unit.governance.invariants.intact import Break, intact

BREAKS: list[Break] = [
    *of_versions_and_ledger.BREAKS,
    *of_data.BREAKS,
    *of_documents.BREAKS,
    *of_versions.BREAKS,
    *of_operation.BREAKS,
    *of_erasures.BREAKS,
    *of_approvals.BREAKS,
    *of_personal_data.BREAKS,
]
"""Everything that is broken in turn; a module of breaks is added here."""


def test_all_hold_of_the_intact_model_and_each_looks_at_something() -> None:
    report = audit(intact(), identity="a1")
    assert {one.invariant: one.message for one in report.findings if one.status != "holds"} == {}
    assert [one.invariant for one in report.findings] == list(INVARIANTS)
    assert all(one.message and not one.remedy and one.since is None for one in report.findings)


@pytest.mark.parametrize("broken", BREAKS, ids=[f"{one.invariant}-{one.name.replace(' ', '_')}" for one in BREAKS])
def test_what_is_wrong_fails_its_invariant_alone(broken: Break) -> None:
    report = audit(broken.change(intact()), identity="a1")
    assert {one.invariant: one.message for one in report.failing}.keys() == {broken.invariant}
    (finding,) = report.failing
    assert broken.said in finding.message
    assert finding.since == report.as_of
    assert finding.remedy
    assert "{" not in finding.remedy


def test_every_invariant_has_a_test_that_breaks_it() -> None:
    assert {one.invariant for one in BREAKS} == INVARIANTS.keys()


def test_names_are_unique_and_each_has_a_severity_a_remedy_and_a_promise() -> None:
    assert len(INVARIANTS) == len(DATA_GOVERNANCE) + len(PROCESS_GOVERNANCE)
    assert list(GROUPS.values()) == [PROCESS_GOVERNANCE, DATA_GOVERNANCE]
    for invariant in INVARIANTS.values():
        assert invariant.severity in SEVERITIES
        assert "`" in invariant.remedy
        assert (type(invariant).__doc__ or "").strip().endswith(".")


def test_the_commands_of_remedies_have_all_that_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lemons.yaml").touch()
    texts = [path.read_text(encoding="utf-8") for path in Path(catalogue.__file__).parent.glob("*.py")]
    commands = {one for text in texts for one in re.findall(r"`steward ([^`]+)`", text)}
    assert len(commands) > 15
    for command in commands:
        name, *arguments = shlex.split(command.replace("{model}", "lemons").replace("{champion}", "champion"))
        (entry,) = [entry for entries in PANELS.values() for entry in entries if entry.name == name]
        loaded = entry.load()
        if hasattr(loaded, "commands"):
            loaded, arguments = loaded.commands[arguments[0]], arguments[1:]
        loaded.make_context(name, arguments)  # refuses an option that is missing or unknown
