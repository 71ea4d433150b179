"""Type checks of conditions against a declaration."""

import ast
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Literal

from steward.spec.expressions import ExpressionInvalid, comparisons, names, parse

ValueType = Literal["number", "text", "condition", "time", "embedding"]
"""What a part of a condition is; a boolean column is a condition by itself."""

VALUE_TYPES: dict[str, ValueType] = {
    "numeric": "number",
    "categorical": "text",
    "boolean": "condition",
    "datetime": "time",
    "text": "text",
    "embedding": "embedding",
}
"""By the type of feature that a column is declared as."""

_DESCRIPTIONS: dict[ValueType, str] = {
    "number": "a number",
    "text": "text",
    "condition": "true or false",
    "time": "a time",
    "embedding": "an embedding",
}
_SIGNS: dict[type[ast.operator | ast.boolop], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.And: "and",
    ast.Or: "or",
}


def check_condition(text: str, columns: Mapping[str, ValueType]) -> None:
    """Make sure that a condition says true or false of a row with these columns.

    Raises:
        ExpressionInvalid: it does not; the message has the place.
    """
    tree = parse(text)
    places = names(tree)
    for place in places:
        if place.id not in columns:
            raise ExpressionInvalid.of(text, place, _unknown(place.id, columns))
    if not places:
        raise ExpressionInvalid(text, 0, "it looks at no column, so it says the same of every row")
    _Checked(text, columns).expect("condition", tree, "a condition is true or false; compare it with something")


def moment(text: str) -> datetime:
    """The moment that a quoted text names, in UTC unless it says otherwise.

    Raises:
        ValueError: it names none.
    """
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class _Checked:
    """The types of the parts of one condition."""

    def __init__(self, text: str, columns: Mapping[str, ValueType]) -> None:
        self._text = text
        self._columns = columns

    def type_of(self, node: ast.expr) -> ValueType:
        match node:
            case ast.Constant(value=bool()):
                return "condition"
            case ast.Constant(value=value):
                return "text" if isinstance(value, str) else "number"
            case ast.Name(id=column):
                return self._columns[column]
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Compare():
                for left, operator, right in comparisons(node):
                    self._comparison(left, operator, right)
            case ast.UnaryOp(operand=operand):
                self.expect("condition", operand, "`not` needs a condition")
            case ast.BoolOp(op=op, values=parts):
                for part in parts:
                    self.expect("condition", part, f"`{_SIGNS[type(op)]}` joins conditions")
        return "condition"

    def expect(self, wanted: ValueType, node: ast.expr, why: str) -> None:
        self._agree(wanted, self.type_of(node), node, why)

    def _agree(self, wanted: ValueType, found: ValueType, node: ast.expr, why: str) -> None:
        if found != wanted:
            raise self._invalid(node, f"{_described(node, found)}; {why}")

    def _arithmetic(self, node: ast.BinOp) -> ValueType:
        left, right, sign = self.type_of(node.left), self.type_of(node.right), _SIGNS[type(node.op)]
        if not (sign == "-" and left == right == "time"):
            self._agree("number", left, node.left, f"`{sign}` needs numbers")
            self._agree("number", right, node.right, f"`{sign}` needs numbers")
        return "number"

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> None:
        if isinstance(operator, ast.Is):  # missing(column)
            return
        one = self.type_of(left)
        if isinstance(right, ast.List | ast.Tuple):
            self._membership(left, one, right.elts)
            return
        other = self.type_of(right)
        if {one, other} == {"time", "text"}:
            self._check_moment(left if one == "text" else right)
        elif one != other:
            sides = f"{_described(left, one)} and {_described(right, other)}"
            raise self._invalid(left, f"{sides}; compare like with like{_quote_hint(left, right)}")
        elif one == "embedding":
            raise self._invalid(left, "embeddings cannot be compared; only missing(column) looks at one")
        elif one in {"text", "condition"} and not isinstance(operator, ast.Eq | ast.NotEq):
            raise self._invalid(left, f"{_DESCRIPTIONS[one]} has no order; compare it with `==` or `!=`")

    def _membership(self, node: ast.expr, found: ValueType, values: list[ast.expr]) -> None:
        listed = self.type_of(values[0])
        if found == "time" and listed == "text":
            for value in values:
                self._check_moment(value)
        else:
            self._agree(listed, found, node, f"the list after `in` holds {'text' if listed == 'text' else 'numbers'}")

    def _check_moment(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Constant):
            raise self._invalid(node, "a time and text; compare like with like")
        try:
            moment(str(node.value))
        except ValueError:
            raise self._invalid(node, "this is no time; write ISO 8601, such as '2013-03-04T12:30:00Z'") from None

    def _invalid(self, node: ast.expr, problem: str) -> ExpressionInvalid:
        return ExpressionInvalid.of(self._text, node, problem)


def _described(node: ast.expr, found: ValueType) -> str:
    match node:
        case ast.Name(id=column) | ast.Compare(left=ast.Name(id=column), ops=[ast.Is()]):
            return f"{column} is {_DESCRIPTIONS[found]}"
        case ast.Constant(value=value):
            return f"{str(value).lower() if isinstance(value, bool) else repr(value)} is {_DESCRIPTIONS[found]}"
        case _:
            return f"this is {_DESCRIPTIONS[found]}"


def _quote_hint(left: ast.expr, right: ast.expr) -> str:
    """Categories that look like numbers are compared without quotes by everybody, once."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, ast.Constant) and type(one.value) is float and isinstance(other, ast.Name):
            return f" (if {other.id} is a category, quote its value: '{one.value:g}')"
    return ""


def _unknown(column: str, columns: Mapping[str, ValueType]) -> str:
    near = get_close_matches(column, columns, n=1)
    hint = f" (is it {near[0]}?)" if near else ""
    return (
        f"there is no column {column}{hint}; conditions look at features, outputs, attributes, scores and the "
        "prediction, and text stands in quotes"
    )
