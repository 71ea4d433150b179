"""Names and prose are plain: words that went stay away, names say one thing, functions are verbs."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import PACKAGE, parse_where, sources

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for pattern in ("README.md", "functions/*.md", "infra/docs/*.md") for path in ROOT.glob(pattern))

REFUSED = {
    "astray": "mismatched",
    "deed": "action, execution",
    "deeds": "actions, executions",
    "facet": "derived feature",
    "facets": "derived features",
    "fallen": "rejected",
    "grave": "severe, severity",
    "graver": "more severe",
    "gravest": "most severe",
    "happening": "event",
    "happenings": "events",
    "mended": "recovered, corrected",
    "outlook": "forecast",
    "outlooks": "forecasts",
    "standings": "statuses, fleet summary",
    "station": "service",
    "stations": "services",
    "strayed": "mismatched",
    "swept": "due",
    "torn": "unparseable",
    "unaudited": "overdue",
    "unchecked": "overdue",
    "untold": "pending",
    "unwell": "degraded",
}
"""Words that name nothing in the field, and what to write instead."""

REFUSED_NAMES = {"told": "what was said: reported, announcement, notified"}
"""Words of ordinary sentences that are no names."""

SPOKEN_OF_BY_OTHERS = {room: {"facet", "facets"} for room in ("sagemaker", "lineage")}
"""Words that are other products' own, in the packages and pages about their files."""

PARTICIPLES = re.compile(
    "asked|brought|carried|changed|claimed|cut|fallen|followed|found|given|held|judged|kept|laid|left|let|listed|made|moved"
    "|named|noted|said|sampled|settled|shown|spoken|sought|stored|swept|taken|told|torn|wanted"
)
"""A function of such a name says neither what it does nor what it returns."""

SUBJECT_ROOMS = {"cli", "events", "repositories", "services", "spec", "store"}
"""Their modules are named for the subject that they are about, which another package may be named for too."""


def words_of(identifier: str) -> set[str]:
    """The words of a name: `ModelStandings` and `model_standings` have the same."""
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower().split("_"))


def defined(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names of functions, classes, parameters and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name):
            yield node.target.id, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def docstrings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
            yield text, getattr(node, "lineno", 1)


def words_refused_in(name: str) -> set[str]:
    return REFUSED.keys() - SPOKEN_OF_BY_OTHERS.get(name.split("/", maxsplit=1)[0], set())


def refused_words(name: str, tree: ast.Module) -> Iterator[str]:
    """What to write instead, for each refused word of a module."""
    refused = words_refused_in(name)
    for source, what in ((defined, "a name"), (docstrings, "a docstring")):
        for text, line in source(tree):
            words = words_of(text) if what == "a name" else set(re.findall(r"[a-z]+", text.lower()))
            for word in refused & words:
                yield f"{PACKAGE.name}/{name}:{line}: {word!r} in {what}; write {REFUSED[word]}"


def test_words_that_went_stay_away() -> None:
    any_of_them = re.compile("|".join(REFUSED), re.IGNORECASE)
    assert [found for name, tree in parse_where(any_of_them) for found in refused_words(name, tree)] == []
    assert [name for name in sources() if words_refused_in(name) & set(re.findall(r"[a-z]+", name))] == [], "a path"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_are_written_without_them(path: Path) -> None:
    refused = REFUSED.keys() - SPOKEN_OF_BY_OTHERS.get(path.stem, set())
    words = set(re.findall(r"[a-z]+", path.read_text(encoding="utf-8").lower()))
    assert {word: REFUSED[word] for word in refused & words} == {}


def test_functions_are_verbs() -> None:
    found = [
        f"{name}:{node.lineno}: {node.name}"
        for name, tree in parse_where(re.compile(rf"def _*(?:{PARTICIPLES.pattern})_*\b"))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and PARTICIPLES.fullmatch(node.name.strip("_"))
        and not any("property" in ast.dump(decorator) for decorator in node.decorator_list)
    ]
    assert found == [], "say what it does, with a verb"


@pytest.mark.parametrize("word", REFUSED_NAMES)
def test_what_is_stored_or_passed_has_the_name_of_the_thing(word: str) -> None:
    named = parse_where(re.compile(rf"\b{word}\b"))
    found = [f"{name}:{line}" for name, tree in named for text, line in defined(tree) if text == word]
    assert found == [], f"write {REFUSED_NAMES[word]}"


def test_keys_are_cut_in_one_place() -> None:
    """`steward.store.keys` alone reads the parts of an S3 key; the store itself knows the last one and the folder."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in parse_where(re.compile(r"key\W*\.\s*r?(split|partition)\("))
        if not name.startswith(("store/", "sagemaker/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"split", "rsplit", "partition", "rpartition"}
        and re.search(r"\bkey$", ast.unparse(node.func.value))
        and any(isinstance(argument, ast.Constant) and argument.value == "/" for argument in node.args)
    ]
    assert found == [], "ask steward.store.keys for it"


def public_types(text: str) -> Iterator[str]:
    """Names of classes and of type aliases: they begin a line, as the formatter writes them."""
    yield from re.findall(r"^(?:class|type) (\w+)\s*[(:=\[]", text, re.MULTILINE)
    yield from (name for name in re.findall(r"^([A-Z]\w*) = ", text, re.MULTILINE) if not name.isupper())


def test_a_class_or_an_alias_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for name, text in sources().items():
        for found in public_types(text):
            places[found].append(name)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_module_has_a_name_of_its_own() -> None:
    names = [
        Path(name).stem
        for name in sources()
        if name.split("/", maxsplit=1)[0] not in SUBJECT_ROOMS and Path(name).stem != "__init__" and "/" in name
    ]
    assert [name for name, times in Counter(names).items() if times > 1] == []
