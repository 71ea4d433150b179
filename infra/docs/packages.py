"""The packages of the library, and which imports which."""

import ast
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PACKAGE = "steward"
_LIBRARY = ROOT / "layers" / "steward" / PACKAGE
_EVERYWHERE = {"errors", "events", "results", "spec"}
"""Packages that nearly all others import: they are in the table, and have no arrows."""

type Imports = dict[str, set[str]]
"""The packages that each package imports."""


@cache
def modules() -> grimp.ImportGraph:
    """Every module of the library, and its imports but those for types alone."""
    return grimp.build_graph(PACKAGE, exclude_type_checking_imports=True)


@cache
def imports() -> Imports:
    """The imports between the packages and modules directly under `steward`."""
    graph = modules()
    names = sorted(name.removeprefix(f"{PACKAGE}.") for name in graph.find_children(PACKAGE))
    return {
        name: {
            other
            for other in names
            if other != name
            and graph.direct_import_exists(
                importer=f"{PACKAGE}.{name}", imported=f"{PACKAGE}.{other}", as_packages=True
            )
        }
        for name in names
    }


def reduced(found: Imports) -> Imports:
    """The imports that do not follow from others: every path that there was is still there.

    >>> reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    {'a': {'b'}, 'b': {'c'}, 'c': set()}
    """
    kept = {name: set(others) for name, others in found.items()}
    for name in sorted(kept):
        for other in sorted(kept[name]):
            kept[name].discard(other)
            if other not in _reached(kept, name):
                kept[name].add(other)
    return kept


def picture() -> str:
    """The packages as a Mermaid flowchart: an arrow goes from a package to one that it imports."""
    found = imports()
    drawn = {name: others - _EVERYWHERE for name, others in found.items() if name not in _EVERYWHERE}
    lines = ["```mermaid", "flowchart TD"]
    for name, others in reduced(drawn).items():
        if others:
            lines.append(f"    {name} --> {' & '.join(sorted(others))}")
    return "\n".join([*lines, "```"])


def table() -> str:
    """Every package with the first sentence of its docstring."""
    lines = ["| package | what it holds | imports |", "| --- | --- | --- |"]
    for name, others in imports().items():
        lines.append(f"| `{name}` | {_sentence(name)} | {', '.join(sorted(others)) or '–'} |")
    return "\n".join(lines)


def _reached(found: Imports, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for other in found[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def _sentence(name: str) -> str:
    path = _LIBRARY / name
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")
