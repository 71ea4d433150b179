"""Only `steward.outbox` appends to the ledger: no service orders ledger, people and bus by itself."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "layers" / "steward" / "steward"
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
    for path in PACKAGE.rglob("*.py"):
        for name in calls_of_the_ledger(ast.parse(path.read_text(encoding="utf-8"))) & found.keys():
            found[name].add(path.relative_to(PACKAGE).as_posix())
    assert found == WHERE
