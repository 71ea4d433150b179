"""Every command is listed, has an example that can be typed, and is completed by the shell."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from steward.cli import app as command_line
from steward.cli.app import app
from steward.cli.command_panels import PANELS
from steward.cli.lazy import Entry
from tests.nightly import nightly
from tests.unit.examples import SPEC

ENTRIES = {entry.name: entry for panel in PANELS.values() for entry in panel}
WITHOUT_JSON = {"suggest", "import", "import-sagemaker", "predict"}
"""They print a declaration, or JSON alone."""


def leaves(entry: Entry) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """The commands of an entry: itself, or those of a group."""
    loaded = entry.load()
    if isinstance(loaded, typer.core.TyperGroup):
        yield from ((f"{entry.name} {name}", command) for name, command in loaded.commands.items())
    else:
        yield entry.name, loaded


@pytest.mark.parametrize("name", ENTRIES)
def test_the_example_of_a_command_can_be_typed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, command in leaves(ENTRIES[name]):
        marker, _, example = (command.epilog or "").partition("Example: ")
        assert (marker, command.help is not None) == ("", True), path
        words = shlex.split(example)
        own = ["steward", *path.split()]
        assert words[: len(own)] == own
        for word in words:
            if Path(word).suffix in {".csv", ".parquet", ".json", ".yaml"}:
                Path(word).touch()
            elif word.endswith("/"):
                Path(word).mkdir(exist_ok=True)
        if name == "suggest":
            Path("loans.yaml").unlink()
        command.make_context(path, words[len(own) :])


@pytest.mark.parametrize("name", ENTRIES)
def test_a_command_that_tells_something_tells_programs_too(name: str) -> None:
    for path, command in leaves(ENTRIES[name]):
        options = {option for parameter in command.params for option in parameter.opts}
        assert ("--json" in options) == (path not in WITHOUT_JSON), path


def test_the_list_has_every_command_with_one_line_each() -> None:
    listed = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"}).output
    for entry in ENTRIES.values():
        assert f" {entry.name} " in listed
        assert entry.summary in listed
        assert len(entry.summary) <= 80
        assert entry.summary.endswith(".")


def test_a_misspelt_command_is_told_with_the_nearest_and_the_version_is_shown() -> None:
    assert "Did you mean 'status'?" in CliRunner().invoke(app, ["stauts"]).output
    assert CliRunner().invoke(app, ["--version"]).output.startswith("steward 0.")


@pytest.mark.parametrize(
    ("shell", "typed", "found"),
    [
        ("bash", "steward qu", ["quarantine"]),
        ("zsh", "steward quarantine ", ["list", "show", "release"]),
        ("fish", "steward watch --js", ["--json"]),
        *nightly(
            ("bash", "steward quarantine ", ["list", "show", "release"]),
            ("bash", "steward watch --js", ["--json"]),
            ("fish", "steward quarantine ", ["list", "show", "release"]),
        ),
    ],
)
def test_shells_complete_commands_and_options(shell: str, typed: str, found: list[str]) -> None:
    words = typed.split(" ")
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['steward']; from steward.cli.app import main; main()"],
        env={
            **os.environ,
            "_STEWARD_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
            "_TYPER_COMPLETE_ARGS": typed,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(name in done.stdout for name in found), done
    assert "redrive" not in done.stdout


def test_with_json_an_error_is_a_document_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("")
    monkeypatch.setattr(sys, "argv", ["steward", "compare", str(tmp_path / "a.csv"), str(tmp_path / "a.csv"), "--json"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == (
        '{\n  "error": {\n    "kind": "BatchInvalid",\n    "problems": [\n      "'
        f'{tmp_path / "a.csv"} is empty (0 bytes); give a file with rows"\n    ]\n  }}\n}}\n'
    )
    assert "is empty (0 bytes)" in said.err


def test_validate_reads_every_file_and_names_the_wrong_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, good = tmp_path / "wrong.yaml", tmp_path / "good.yaml"
    wrong.write_text(SPEC.replace("window:", "windwo:"))
    good.write_text(SPEC)
    problem = "line 14, column 1: windwo: no such setting; is it window?"
    for form in ((), ("--json",)):
        monkeypatch.setattr(sys, "argv", ["steward", "validate", str(wrong), str(good), *form])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        said = capsys.readouterr()
        assert ended.value.code == 2
        if form:
            assert [one["problems"] for one in json.loads(said.out)] == [[problem], []]
            assert [one["model"] for one in json.loads(said.out)] == [None, "lemons"]
        else:
            assert said.out == f"{good} declares lemons: 3 features, windows of 1 day\n"
            assert said.err == f"{wrong}: {problem}\n"
