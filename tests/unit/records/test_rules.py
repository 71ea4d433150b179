"""What leaves quarantine about a row: its number, the column and the rule, and no cell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import steward
from steward.records.raw import Reason, RejectedRow
from steward.records.rules import RULES, locate_problem

PACKAGE = Path(steward.__path__[0])
PLACES = {"note": 1, "Reason": 0, "Unusable": 0, "missing_times": 3, "_categories": 2}
"""The functions that give rows a reason, and at which place each takes the code."""


def codes() -> Iterator[str]:
    """The codes that the package writes out where it gives a row a reason."""
    for folder in ("records", "ingestion", "corrections", "sagemaker"):
        for file in sorted((PACKAGE / folder).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call):
                    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    code = node.args[PLACES[called]] if len(node.args) > PLACES.get(called, 99) else None
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield code.value


def test_every_code_of_a_row_has_a_rule() -> None:
    found = set(codes())
    assert found >= {"wrong_type", "out_of_range", "unknown_id", "empty_payload", "duplicate_row", "missing_time"}
    assert found - RULES.keys() == set()


@pytest.mark.parametrize("code", [*RULES, "rule:paid_before_due"])
@pytest.mark.parametrize("column", [None, "price"])
def test_a_problem_is_located_without_a_cell(code: str, column: str | None) -> None:
    said = locate_problem(RejectedRow(17, 18, (Reason(code, column, "price is 'secret'"),), '{"price":"secret"}'))
    assert said.startswith("row 17, column price: " if column else "row 17: ")
    assert said.endswith(f" ({code})")
    assert "secret" not in said
