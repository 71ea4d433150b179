"""No module can unpickle: artifacts are opened by `retraining.artifact` alone, which knows a list of types."""

import ast
import re
from collections.abc import Iterator

from tests.sources import parse_where

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
    for name, tree in parse_where(re.compile("|".join(UNPICKLERS | READERS))):
        used = {module for module in imports(tree) if module.partition(".")[0] in UNPICKLERS}
        used |= READERS & set(names(tree))
        if used:
            found[name] = used
    assert found == {}


def test_artifacts_are_opened_in_one_place() -> None:
    opens = [
        name
        for name, tree in parse_where(re.compile("skops"))
        if any(module.partition(".")[0] == "skops" for module in imports(tree))
    ]
    assert opens == ["retraining/artifact.py"]
