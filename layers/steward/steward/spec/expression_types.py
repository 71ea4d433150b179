"""Whether a condition fits a declaration: its columns are there, and numbers meet numbers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Literal, assert_never

from steward.spec.expression_tree import (
    Arithmetic,
    Combination,
    Comparison,
    Literally,
    Membership,
    Missing,
    Named,
    Negation,
    Node,
    names,
)
from steward.spec.expressions import ExpressionInvalid, parse

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

_SAID: dict[ValueType, str] = {
    "number": "a number",
    "text": "text",
    "condition": "true or false",
    "time": "a time",
    "embedding": "an embedding",
}


def check_condition(text: str, columns: Mapping[str, ValueType]) -> None:
    """Make sure that a condition says true or false of a row with these columns.

    Raises:
        ExpressionInvalid: it does not; the message has the place.
    """
    checked = _Checked(text, columns)
    tree = parse(text)
    for place in names(tree):
        if place.column not in columns:
            raise ExpressionInvalid(text, place.at, _unknown(place.column, columns))
    if not any(True for _ in names(tree)):
        raise ExpressionInvalid(text, 0, "it looks at no column, so it says the same of every row")
    checked.expect("condition", tree, "a condition is true or false; compare it with something")


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

    def type_of(self, node: Node) -> ValueType:
        match node:
            case Literally() | Named() | Missing():
                return self._leaf(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Comparison():
                self._comparison(node)
            case Membership():
                self._membership(node)
            case Negation(of=inner):
                self.expect("condition", inner, "`not` needs a condition")
            case Combination(word=word, parts=parts):
                for part in parts:
                    self.expect("condition", part, f"`{word}` joins conditions")
            case _:
                assert_never(node)
        return "condition"

    def expect(self, wanted: ValueType, node: Node, why: str) -> None:
        self._agree(wanted, self.type_of(node), node, why)

    def _agree(self, wanted: ValueType, found: ValueType, node: Node, why: str) -> None:
        if found != wanted:
            raise ExpressionInvalid(self._text, node.at, f"{self._said(node, found)}; {why}")

    def _leaf(self, node: Literally | Named | Missing) -> ValueType:
        match node:
            case Named(column=column):
                return self._columns[column]
            case Missing() | Literally(value=bool()):
                return "condition"
            case Literally(value=value):
                return "text" if isinstance(value, str) else "number"

    def _arithmetic(self, node: Arithmetic) -> ValueType:
        left, right = self.type_of(node.left), self.type_of(node.right)
        if not (node.sign == "-" and left == right == "time"):
            self._agree("number", left, node.left, f"`{node.sign}` needs numbers")
            self._agree("number", right, node.right, f"`{node.sign}` needs numbers")
        return "number"

    def _comparison(self, node: Comparison) -> None:
        left, right = self.type_of(node.left), self.type_of(node.right)
        if {left, right} == {"time", "text"}:
            self._is_moment(node.left if left == "text" else node.right)
        elif left != right:
            sides = f"{self._said(node.left, left)} and {self._said(node.right, right)}"
            raise ExpressionInvalid(self._text, node.at, f"{sides}; compare like with like{_quote_hint(node)}")
        elif left == "embedding":
            raise ExpressionInvalid(
                self._text, node.at, "embeddings cannot be compared; only missing(column) looks at one"
            )
        elif left in {"text", "condition"} and node.sign not in {"==", "!="}:
            raise ExpressionInvalid(self._text, node.at, f"{_SAID[left]} has no order; compare it with `==` or `!=`")

    def _membership(self, node: Membership) -> None:
        listed = self.type_of(node.values[0])
        found = self.type_of(node.of)
        if found == "time" and listed == "text":
            for value in node.values:
                self._is_moment(value)
        else:
            self._agree(
                listed, found, node.of, f"the list after `in` holds {'text' if listed == 'text' else 'numbers'}"
            )

    def _is_moment(self, node: Node) -> None:
        if not isinstance(node, Literally):
            raise ExpressionInvalid(self._text, node.at, "a time and text; compare like with like")
        try:
            moment(str(node.value))
        except ValueError:
            problem = "this is no time; write ISO 8601, such as '2013-03-04T12:30:00Z'"
            raise ExpressionInvalid(self._text, node.at, problem) from None

    def _said(self, node: Node, found: ValueType) -> str:
        match node:
            case Named(column=column) | Missing(column=column):
                return f"{column} is {_SAID[found]}"
            case Literally(value=value):
                return f"{str(value).lower() if isinstance(value, bool) else repr(value)} is {_SAID[found]}"
            case _:
                return f"this is {_SAID[found]}"


def _quote_hint(node: Comparison) -> str:
    """Categories that look like numbers are compared without quotes by everybody, once."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Literally) and type(one.value) is float and isinstance(other, Named):
            return f" (if {other.column} is a category, quote its value: '{one.value:g}')"
    return ""


def _unknown(column: str, columns: Mapping[str, ValueType]) -> str:
    near = get_close_matches(column, columns, n=1)
    hint = f" (is it {near[0]}?)" if near else ""
    return (
        f"there is no column {column}{hint}; conditions look at features, outputs, attributes, scores and the "
        "prediction, and text stands in quotes"
    )
