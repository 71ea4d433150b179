"""The documentation's links, commands, targets and declarations are right, and what is generated is not stale."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.docs.__main__ import FOLDER, PAGES, written
from infra.docs.packages import reduced
from steward.cli.command_panels import PANELS
from steward.spec.document import read_spec

ROOT = Path(__file__).resolve().parents[2]
MARKDOWN = sorted(
    path
    for pattern in ("*.md", ".github/**/*.md", "functions/**/*.md", "infra/**/*.md", "layers/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
GUIDES = [ROOT / "README.md", *sorted(FOLDER.glob("*.md"))]
LONGEST_README = 200
COMMANDS = {entry.name: entry for entries in PANELS.values() for entry in entries}
PLACEHOLDERS = {"COMMAND", "FUNCTION", "..."}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def calls(path: Path) -> Iterator[list[str]]:
    """The calls of `steward` in a page: lines of indented code, and code between words."""
    text = path.read_text(encoding="utf-8")
    lines = [line.partition("  #")[0] for line in re.findall(r"^    (steward .+)$", text, re.MULTILINE)]
    for line in [*lines, *re.findall(r"`(steward [^`\n]+)`", text)]:
        yield shlex.split(line.partition(" > ")[0])[1:]


def refused(arguments: list[str]) -> str:
    """Why the command line has no such command or option; empty where it has."""
    if not arguments or arguments[0].startswith("-"):
        known, named = {"--help", "--install-completion", "--version"}, arguments
    else:
        name, *named = arguments
        if name not in COMMANDS:
            return f"no command {name}"
        command = COMMANDS[name].load()
        if hasattr(command, "commands"):
            if named and named[0] not in command.commands:
                return f"no command {name} {named[0]}"
            command = command.commands[named[0]] if named else command
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return ", ".join(sorted({word for word in named if word.startswith("--")} - known))


@pytest.mark.parametrize("path", MARKDOWN, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    folder = ROOT if path.name.startswith("+") else path.parent  # a fragment is about to be part of CHANGELOG.md
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        found = (folder / target).resolve() if target else path
        assert found.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(found), f"{link}: no such heading"


@pytest.mark.parametrize("path", [*GUIDES, ROOT / ".github" / "CONTRIBUTING.md"], ids=name_of)
def test_every_command_and_option_exists(path: Path) -> None:
    for arguments in calls(path):
        if not PLACEHOLDERS & set(arguments[:1]):
            assert refused(arguments) == "", f"steward {shlex.join(arguments)}"


@pytest.mark.parametrize("path", [*GUIDES, ROOT / ".github" / "CONTRIBUTING.md"], ids=name_of)
def test_every_target_of_make_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"^    make ([a-z0-9]+)", text, re.MULTILINE)) | set(re.findall(r"`make ([a-z0-9]+)", text))
    assert named <= targets


@pytest.mark.parametrize("path", [*GUIDES, ROOT / ".github" / "CONTRIBUTING.md"], ids=name_of)
def test_every_path_in_the_repository_exists(path: Path) -> None:
    """Paths that begin with `steward/` are in the library's layer."""
    for named in re.findall(r"`((?:functions|infra|layers|steward|tests)/[\w./-]+)`", path.read_text(encoding="utf-8")):
        assert (ROOT / ("layers/steward" if named.startswith("steward/") else "") / named).exists(), named


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [
        path.name for path in FOLDER.glob("*.md") if path.name != "README.md" and f"({path.name})" not in listed
    ] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_every_declaration_is_accepted(path: Path) -> None:
    """A fragment is one with the README's declaration around it, by the hour, in which what it declares anew counts."""
    for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        read_spec(block if block.startswith("model:") else around(block))


def around(fragment: str) -> str:
    (declaration,) = re.findall(
        r"^```yaml\n(model:.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    declaration = declaration.replace("window: {length: 1w}\n", "")
    if "retraining:" in fragment:
        (recipe,) = re.findall(r"^retraining:\n((?:  .*\n)+)", declaration, re.MULTILINE)
        declaration = declaration.replace(f"retraining:\n{recipe}", "")
    if "validation:" in fragment:
        declaration = re.sub(r"^validation: .*\n", "", declaration, flags=re.MULTILINE)
    if re.search(r"^columns:", fragment, re.MULTILINE):
        declaration = re.sub(r"^columns: .*\n", "", declaration, flags=re.MULTILINE)
    return declaration + fragment


@pytest.mark.parametrize("page", PAGES)
def test_what_is_generated_is_not_stale(page: str) -> None:
    present = (FOLDER / page).read_text(encoding="utf-8")
    assert written(page, present) == present, "run make generate"


def test_a_page_without_a_place_for_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="to write between"):
        written("commands.md", "# Commands\n")


def test_imports_that_follow_from_others_are_left_out_and_every_path_stays() -> None:
    assert reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}
    circle = {"a": {"b"}, "b": {"a", "c"}, "c": {"a"}}
    assert reduced(circle) == {"a": {"b"}, "b": {"c"}, "c": {"a"}}
