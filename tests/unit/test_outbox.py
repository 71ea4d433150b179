"""Only `steward.outbox` appends to the ledger: no service orders ledger, people and bus by itself."""

import ast
import re

from tests.sources import parse_where

WHERE = {"append": {"outbox.py"}, "close": {"outbox.py"}}


def calls_of_the_ledger(tree: ast.Module) -> set[str]:
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "ledger"
    }


def test_only_the_outbox_writes_to_the_ledger() -> None:
    found: dict[str, set[str]] = {name: set() for name in WHERE}
    for path, tree in parse_where(re.compile("ledger")):
        for name in calls_of_the_ledger(tree) & found.keys():
            found[name].add(path)
    assert found == WHERE
