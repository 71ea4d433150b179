"""Conditions on a row, as declarations write them: a small language, of which Python's parser reads the form.

Columns stand by their names (`column("air time")` where a name is no single word), beside numbers, quoted text, `true`
and `false`. They are joined by `+ - * /`, compared by `== != < <= > >=` (chains too) and `in [...]`, and combined by
`and`, `or` and `not`; `missing(column)` asks whether a cell is empty. Nothing else of Python is there, and nothing is
ever run: what is parsed here is a tree of plain values, which `records.conditions` evaluates over whole columns.
"""

import ast
import math
import sys
import warnings
from functools import lru_cache

from steward.spec.expression_tree import (
    Arithmetic,
    ArithmeticSign,
    Combination,
    Comparison,
    ComparisonSign,
    Literally,
    Membership,
    Missing,
    Named,
    Negation,
    Node,
    names,
)

DEEPEST = 60
"""Levels of parentheses and operators within each other."""


class ExpressionInvalid(ValueError):
    """Text that is no condition, with the place of what is wrong."""

    def __init__(self, text: str, at: int, problem: str) -> None:
        rest = " ".join(text[at:].split())
        shown = rest if len(rest) <= _SHOWN else f"{rest[:_SHOWN]}..."
        super().__init__(f"at character {at + 1} ({shown}): {problem}" if shown else f"at the end: {problem}")


_SHOWN = 30
_FORM = (
    "a condition is made of columns, numbers, quoted text, `+ - * /`, comparisons, `and`, `or`, `not`, `in [...]` and "
    "`missing(column)`"
)
_ARITHMETIC: dict[type[ast.operator], ArithmeticSign] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: dict[type[ast.cmpop], ComparisonSign] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_INSTEAD: dict[type[ast.AST], str] = {
    ast.BitAnd: "`&` is not used here; write `and`",
    ast.BitOr: "`|` is not used here; write `or`",
    ast.Invert: "`~` is not used here; write `not`",
    ast.Is: "`is` is not used here; write `==`, or `missing(column)`",
    ast.IsNot: "`is not` is not used here; write `!=`, or `not missing(column)`",
    ast.Attribute: 'a name with a dot in it is written as `column("a.b")`',
    ast.NamedExpr: "equality is written with `==`",
}
_ASK = "ask for an empty cell with `missing(column)`"
_NOTHING = frozenset({"null", "Null", "NULL", "none", "nan", "NaN", "NA"})


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """The tree of a condition; whether its names and types fit a declaration is not looked at yet.

    Raises:
        ExpressionInvalid: it is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `1 is 1` and of "\\d", both of which are refused or meant
            body = ast.parse(text.lstrip(), mode="eval").body
    except SyntaxError as error:
        at = _stumble(text, error)
        raise ExpressionInvalid(text, at, _syntax(text[at:], str(error.msg))) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionInvalid(text, 0, f"it cannot be read ({error})") from None
    return _Reader(text).node(body, 0)


def columns_of(text: str) -> frozenset[str]:
    """The columns that a condition looks at.

    >>> sorted(columns_of("0 <= wind < 60 or missing(origin)"))
    ['origin', 'wind']
    """
    return frozenset(place.column for place in names(parse(text)))


class _Reader:
    """Turns Python's tree into ours, and refuses what has no place in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = _lines(text)

    def node(self, tree: ast.expr, depth: int) -> Node:
        at = self._at(tree)
        if depth > DEEPEST:
            raise self._invalid(at, f"it is nested more than {DEEPEST} levels deep; make two conditions of it")
        match tree:
            case ast.Constant(value=value):
                return Literally(self._constant(value, at), at)
            case ast.Name(id=name):
                return self._name(name, at)
            case ast.UnaryOp() | ast.BinOp() | ast.BoolOp():
                return self._operation(tree, depth + 1, at)
            case ast.Compare():
                return self._comparison(tree, depth + 1, at)
            case ast.Call():
                return self._call(tree, depth + 1, at)
            case _:
                raise self._invalid(at, self._instead(tree))

    def _constant(self, value: object, at: int) -> float | str | bool:
        if isinstance(value, bool | str):
            return value
        if value is None:
            raise self._invalid(at, _ASK)
        if not isinstance(value, int | float):
            raise self._invalid(at, "only numbers and quoted text can stand here")
        number = float(value) if abs(value) < sys.float_info.max else math.inf
        if math.isinf(number):
            raise self._invalid(at, "the number is too large")
        return number

    def _name(self, name: str, at: int) -> Node:
        if name in {"true", "false"}:
            return Literally(name == "true", at)
        if name in _NOTHING:
            raise self._invalid(at, _ASK)
        return Named(name, at)

    def _operation(self, tree: ast.UnaryOp | ast.BinOp | ast.BoolOp, depth: int, at: int) -> Node:
        match tree:
            case ast.BoolOp(op=word, values=values):
                parts = tuple(self.node(value, depth) for value in values)
                return Combination("and" if isinstance(word, ast.And) else "or", parts, at)
            case ast.BinOp(left=left, op=operator, right=right):
                if type(operator) not in _ARITHMETIC:
                    raise self._invalid(self._at(right), self._instead(operator))
                return Arithmetic(_ARITHMETIC[type(operator)], self.node(left, depth), self.node(right, depth), at)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Negation(self.node(operand, depth), at)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                inner = self.node(operand, depth)
                negative = isinstance(sign, ast.USub)
                if isinstance(inner, Literally) and type(inner.value) is float:
                    return Literally(-inner.value if negative else inner.value, at)
                return Arithmetic("-" if negative else "+", Literally(0.0, at), inner, at)
            case ast.UnaryOp(op=sign):
                raise self._invalid(at, self._instead(sign))

    def _comparison(self, tree: ast.Compare, depth: int, at: int) -> Node:
        """A chain is each of its links."""
        operands = (tree.left, *tree.comparators)
        links = tuple(
            self._link(operands[position], operator, operands[position + 1], depth)
            for position, operator in enumerate(tree.ops)
        )
        return links[0] if len(links) == 1 else Combination("and", links, at)

    def _link(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int) -> Node:
        at = self._at(left)
        if isinstance(operator, ast.In | ast.NotIn):
            member = Membership(self.node(left, depth), self._values(right, depth), at)
            return Negation(member, at) if isinstance(operator, ast.NotIn) else member
        if type(operator) not in _COMPARISONS:
            raise self._invalid(self._at(right), self._instead(operator))
        return Comparison(_COMPARISONS[type(operator)], self.node(left, depth), self.node(right, depth), at)

    def _values(self, tree: ast.expr, depth: int) -> tuple[Literally, ...]:
        at = self._at(tree)
        if not isinstance(tree, ast.List | ast.Tuple) or not tree.elts:
            raise self._invalid(at, "after `in` stands a list of numbers or quoted text, such as ['a', 'b']")
        values = [self.node(element, depth) for element in tree.elts]
        literal = tuple(value for value in values if isinstance(value, Literally) and not isinstance(value.value, bool))
        if len(literal) < len(values) or len({type(value.value) for value in literal}) > 1:
            raise self._invalid(at, "a list after `in` holds numbers, or quoted text, and nothing else")
        return literal

    def _call(self, tree: ast.Call, depth: int, at: int) -> Node:
        called = tree.func.id if isinstance(tree.func, ast.Name) else None
        arguments = [self.node(argument, depth) for argument in tree.args] if called in _FUNCTIONS else []
        match called, arguments:
            case "missing", [Named(column=column)] if not tree.keywords:
                return Missing(column, at)
            case "column", [Literally(value=str(column))] if not tree.keywords:
                return Named(column, at)
            case (("missing" | "column"), _):
                raise self._invalid(at, f"write {_FUNCTIONS[str(called)]}")
            case _:
                raise self._invalid(at, f"there is no such function; only {' and '.join(_FUNCTIONS.values())}")

    def _instead(self, tree: ast.AST) -> str:
        return _INSTEAD.get(type(tree), f"this has no place in a condition: {_FORM}")

    def _at(self, tree: ast.expr) -> int:
        """Python counts bytes, and from the start of each line."""
        line = self._lines[tree.lineno - 1].encode()[: tree.col_offset].decode()
        return _begin(self._text, tree.lineno) + len(line)

    def _invalid(self, at: int, problem: str) -> ExpressionInvalid:
        return ExpressionInvalid(self._text, at, problem)


_FUNCTIONS = {"missing": "missing(column)", "column": 'column("a name")'}


def _lines(text: str) -> list[str]:
    """As Python's parser tells them apart, to which a text is given without the blanks before it."""
    return text.lstrip().replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _begin(text: str, line: int) -> int:
    """The character that a line begins at."""
    return len(text) - len(text.lstrip()) + sum(len(before) + 1 for before in _lines(text)[: line - 1])


def _stumble(text: str, error: SyntaxError) -> int:
    """The character that Python's parser stumbled at; it gives none where the text ends too early."""
    return min(_begin(text, error.lineno) + error.offset - 1, len(text)) if error.lineno and error.offset else len(text)


def _syntax(rest: str, told: str) -> str:
    """What is wrong with the rest of a text, where Python has told something of it."""
    if rest.startswith("=") or "'=='" in told:
        return "equality is written with `==`"
    if rest.startswith(("&", "|")):
        return _INSTEAD[ast.BitAnd if rest.startswith("&") else ast.BitOr]
    return f"{'this is not understood' if told == 'invalid syntax' else told}; {_FORM}"
