"""Parses conditions on a row with Python's parser.

Columns stand by their names (`column("air time")` where a name is no single word), beside numbers, quoted text, `true`
and `false`. They are joined by `+ - * /`, compared by `== != < <= > >=` (chains too) and `in [...]`, and combined by
`and`, `or` and `not`; `missing(column)` asks whether a cell is empty. Nothing else of Python is allowed, and nothing is
ever run: `parse` returns Python's own syntax tree, which `expression_types` checks against a declaration and
`records.conditions` evaluates over whole columns.
"""

import ast
import sys
import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

DEEPEST = 60
"""Levels of parentheses and operators within each other."""


class ExpressionInvalid(ValueError):
    """Text that is no condition, with the place of what is wrong."""

    def __init__(self, text: str, at: int, problem: str) -> None:
        rest = " ".join(text[at:].split())
        shown = rest if len(rest) <= _SHOWN else f"{rest[:_SHOWN]}..."
        super().__init__(f"at character {at + 1} ({shown}): {problem}" if shown else f"at the end: {problem}")

    @classmethod
    def of(cls, text: str, node: ast.expr, problem: str) -> "ExpressionInvalid":
        """What is wrong with a part of a condition; Python counts bytes, and from the start of each line."""
        line = _lines(text)[node.lineno - 1].encode()[: node.col_offset].decode()
        return cls(text, _begin(text, node.lineno) + len(line), problem)


_SHOWN = 30
_FORM = (
    "a condition is made of columns, numbers, quoted text, `+ - * /`, comparisons, `and`, `or`, `not`, `in [...]` and "
    "`missing(column)`"
)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)
_INSTEAD: dict[type[ast.AST], str] = {
    ast.BitAnd: "`&` is not used here; write `and`",
    ast.BitOr: "`|` is not used here; write `or`",
    ast.Invert: "`~` is not used here; write `not`",
    ast.Is: "`is` is not used here; write `==`, or `missing(column)`",
    ast.IsNot: "`is not` is not used here; write `!=`, or `not missing(column)`",
    ast.Attribute: 'a name with a dot in it is written as `column("a.b")`',
    ast.NamedExpr: "equality is written with `==`",
}
_FUNCTIONS = {"missing": "missing(column)", "column": 'column("a name")'}
_ASK = "ask for an empty cell with `missing(column)`"
_NOTHING = frozenset({"null", "Null", "NULL", "none", "nan", "NaN", "NA"})


@lru_cache(maxsize=512)
def parse(text: str) -> ast.expr:
    """The syntax tree of a condition; whether its names and types fit a declaration is not checked yet.

    Returns:
        Constants (float, str or bool), names, arithmetic, comparisons, lists of constants after `in`, `not`, `and` and
        `or`. `column("a")` is the name itself, and `missing(a)` stands as `a is None`. Read it, never change it.

    Raises:
        ExpressionInvalid: the text is no condition.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `1 is 1` and of "\\d", both of which are refused or meant
            body = ast.parse(text.lstrip(), mode="eval").body
    except SyntaxError as error:
        at = _syntax_error_position(text, error)
        raise ExpressionInvalid(text, at, _syntax_problem(text[at:], str(error.msg))) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionInvalid(text, 0, f"it cannot be read ({error})") from None
    return _ConditionReader(text).node(body, 0)


def names(tree: ast.expr) -> list[ast.Name]:
    """Every place of a condition where a column is looked at, from left to right."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return sorted(found, key=lambda name: (name.lineno, name.col_offset))


def columns_of(text: str) -> frozenset[str]:
    """The columns that a condition looks at.

    >>> sorted(columns_of("0 <= wind < 60 or missing(origin)"))
    ['origin', 'wind']
    """
    return frozenset(name.id for name in names(parse(text)))


def comparisons(chain: ast.Compare) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """The left side, operator and right side of each comparison of a chain: `a < b < c` is `a < b and b < c`."""
    for (left, right), operator in zip(pairwise((chain.left, *chain.comparators)), chain.ops, strict=True):
        yield left, operator, right


class _ConditionReader:
    """Refuses what of Python is no condition, and writes what can be written in two ways in one."""

    def __init__(self, text: str) -> None:
        self._text = text

    def node(self, tree: ast.expr, depth: int) -> ast.expr:
        if depth > DEEPEST:
            raise self._invalid(tree, f"it is nested more than {DEEPEST} levels deep; make two conditions of it")
        match tree:
            case ast.Constant():
                return self._constant(tree)
            case ast.Name():
                return self._name(tree)
            case ast.BoolOp(values=values):
                tree.values = [self.node(value, depth + 1) for value in values]
                return tree
            case ast.UnaryOp() | ast.BinOp():
                return self._operation(tree, depth + 1)
            case ast.Compare():
                return self._comparison(tree, depth + 1)
            case ast.Call():
                return self._call(tree, depth + 1)
            case _:
                raise self._invalid(tree, self._instead(tree))

    def _constant(self, tree: ast.Constant) -> ast.expr:
        if isinstance(tree.value, bool | str):
            return tree
        if tree.value is None:
            raise self._invalid(tree, _ASK)
        if not isinstance(tree.value, int | float):
            raise self._invalid(tree, "only numbers and quoted text can stand here")
        if not abs(tree.value) < sys.float_info.max:
            raise self._invalid(tree, "the number is too large")
        return ast.copy_location(ast.Constant(float(tree.value)), tree)

    def _name(self, tree: ast.Name) -> ast.expr:
        if tree.id in _NOTHING:
            raise self._invalid(tree, _ASK)
        return ast.copy_location(ast.Constant(tree.id == "true"), tree) if tree.id in {"true", "false"} else tree

    def _operation(self, tree: ast.UnaryOp | ast.BinOp, depth: int) -> ast.expr:
        if isinstance(tree, ast.BinOp):
            if not isinstance(tree.op, _ARITHMETIC):
                raise self._invalid(tree.right, self._instead(tree.op))
            tree.left, tree.right = self.node(tree.left, depth), self.node(tree.right, depth)
            return tree
        if isinstance(tree.op, ast.Invert):
            raise self._invalid(tree, self._instead(tree.op))
        tree.operand = self.node(tree.operand, depth)
        match tree:
            case ast.UnaryOp(op=ast.Not()):
                return tree
            case ast.UnaryOp(op=sign, operand=ast.Constant(value=float(number))):
                return ast.copy_location(ast.Constant(-number if isinstance(sign, ast.USub) else number), tree)
            case _:
                zero = ast.copy_location(ast.Constant(0.0), tree)
                operator = ast.Sub() if isinstance(tree.op, ast.USub) else ast.Add()
                return ast.copy_location(ast.BinOp(zero, operator, tree.operand), tree)

    def _comparison(self, tree: ast.Compare, depth: int) -> ast.expr:
        tree.left = self.node(tree.left, depth)
        for at, (operator, right) in enumerate(zip(tree.ops, tree.comparators, strict=True)):
            if not isinstance(operator, _COMPARISONS):
                raise self._invalid(right, self._instead(operator))
            listed = isinstance(operator, ast.In | ast.NotIn)
            tree.comparators[at] = self._values(right, depth) if listed else self.node(right, depth)
            if listed and at < len(tree.ops) - 1:
                raise self._invalid(right, "a list is compared with nothing else; join two conditions with `and`")
        return tree

    def _values(self, tree: ast.expr, depth: int) -> ast.expr:
        if not isinstance(tree, ast.List | ast.Tuple) or not tree.elts:
            raise self._invalid(tree, "after `in` stands a list of numbers or quoted text, such as ['a', 'b']")
        tree.elts = [self.node(element, depth) for element in tree.elts]
        types = {type(value.value) if isinstance(value, ast.Constant) else None for value in tree.elts}
        if types not in ({float}, {str}):
            raise self._invalid(tree, "a list after `in` holds numbers, or quoted text, and nothing else")
        return tree

    def _call(self, tree: ast.Call, depth: int) -> ast.expr:
        called = tree.func.id if isinstance(tree.func, ast.Name) else None
        if called not in _FUNCTIONS:
            raise self._invalid(tree, f"there is no such function; only {' and '.join(_FUNCTIONS.values())}")
        match called, [self.node(argument, depth) for argument in tree.args]:
            case "missing", [ast.Name() as column] if not tree.keywords:
                return ast.copy_location(ast.Compare(column, [ast.Is()], [ast.Constant(None)]), tree)
            case "column", [ast.Constant(value=str(name))] if not tree.keywords:
                return ast.copy_location(ast.Name(name), tree)
            case _:
                raise self._invalid(tree, f"write {_FUNCTIONS[called]}")

    def _instead(self, tree: ast.AST) -> str:
        return _INSTEAD.get(type(tree), f"this has no place in a condition: {_FORM}")

    def _invalid(self, tree: ast.expr, problem: str) -> ExpressionInvalid:
        return ExpressionInvalid.of(self._text, tree, problem)


def _lines(text: str) -> list[str]:
    """As Python's parser tells them apart, to which a text is given without the blanks before it."""
    return text.lstrip().replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _begin(text: str, line: int) -> int:
    """The character that a line begins at."""
    return len(text) - len(text.lstrip()) + sum(len(before) + 1 for before in _lines(text)[: line - 1])


def _syntax_error_position(text: str, error: SyntaxError) -> int:
    """The character that Python's parser stumbled at; it gives none where the text ends too early."""
    return min(_begin(text, error.lineno) + error.offset - 1, len(text)) if error.lineno and error.offset else len(text)


def _syntax_problem(rest: str, message: str) -> str:
    """What is wrong with the rest of a text, where Python has a message about it."""
    if rest.startswith("=") or "'=='" in message:
        return "equality is written with `==`"
    if rest.startswith(("&", "|")):
        return _INSTEAD[ast.BitAnd if rest.startswith("&") else ast.BitOr]
    return f"{'this is not understood' if message == 'invalid syntax' else message}; {_FORM}"
