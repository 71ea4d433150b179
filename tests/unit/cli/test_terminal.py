"""What is printed to a file or a pipe is not broken; on a terminal it is as wide as that."""

import io
import json
import math
from datetime import UTC, datetime

import pytest

from steward.cli.terminal import Terminal, draw_table, print_json

LONG = "inbox/car-loan/predictions/2026/" + "a-long-name-" * 20 + ".csv is a file with a long name, and a sentence"


class Window(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(file: io.StringIO, monkeypatch: pytest.MonkeyPatch, columns: str | None = None) -> list[str]:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    terminal = Terminal(file=file, highlight=False, color_system=None)
    table = draw_table("What there is", "id", "what", whole=("id",))
    table.add_row("a", LONG)
    table.add_row("b", "short")
    terminal.print(LONG, markup=False)
    terminal.print(table)
    return file.getvalue().splitlines()


def test_a_pipe_gets_whole_lines_without_blanks_at_their_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(io.StringIO(), monkeypatch) == [LONG, "What there is", "id  what", f"a   {LONG}", "b   short"]


@pytest.mark.parametrize("file", [io.StringIO, Window])
def test_the_variable_columns_is_heeded_everywhere(file, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(file(), monkeypatch, "60")
    assert max(map(len, lines)) <= 60
    assert len(lines) > 8


def test_json_has_the_fields_of_models_and_no_number_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"at": datetime(2026, 1, 2, tzinfo=UTC), "share": math.nan, "many": [(1, "é")]}
    print_json(document)
    print_json(document, lines=True)
    out = capsys.readouterr().out
    assert out.endswith('\n{"at":"2026-01-02T00:00:00Z","share":null,"many":[[1,"é"]]}\n')
    assert json.loads(out[: out.index("\n}") + 2]) == json.loads(out.splitlines()[-1])


def test_a_title_longer_than_its_table_is_not_broken_and_figures_end_below_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    file = io.StringIO()
    table = draw_table("A title that is much longer than what it is about", "what", "n", figures=("n",))
    table.add_row("a", "1")
    table.add_row("b", "1,000")
    Terminal(file=file, highlight=False, color_system=None).print(table)
    title, _, one, thousand = file.getvalue().splitlines()
    assert title == "A title that is much longer than what it is about"
    assert one.index("1") == thousand.index("1,000") + len("1,000") - 1
