"""No module can unpickle: artifacts are opened by `retraining.artifact` alone, which knows a list of types."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "layers" / "steward" / "steward"
UNPICKLERS = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
READERS = {"read_pickle", "allow_pickle"}


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg and ast.unparse(node.value) != "False":
            yield node.arg


def test_nothing_imports_or_asks_for_what_unpickles() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {name for name in imports(tree) if name.partition(".")[0] in UNPICKLERS} | (READERS & set(names(tree)))
        if used:
            found[path.relative_to(PACKAGE).as_posix()] = used
    assert found == {}


def test_artifacts_are_opened_in_one_place() -> None:
    opens = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if any(name.partition(".")[0] == "skops" for name in imports(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    assert opens == ["retraining/artifact.py"]
