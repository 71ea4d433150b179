"""Evaluates conditions over whole columns with three-valued logic."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from steward.records.canonical import canonical_category
from steward.records.columns import (
    FLAGS,
    CategoricalColumn,
    Chunk,
    Column,
    EmbeddingColumn,
    Mask,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.records.valid_records import matches
from steward.spec.expression_types import moment
from steward.spec.expressions import comparisons, parse

_Numbers = NDArray[np.float64]
_Times = NDArray[np.datetime64]

_ORDERS: dict[type[ast.cmpop], Callable[..., Mask]] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_OPERATIONS: dict[type[ast.operator], Callable[..., _Numbers]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
}


@dataclass(frozen=True, slots=True)
class TernaryMask:
    """Result of a condition for each row (Kleene's strong three-valued logic).

    Attributes:
        true: where it is met, shape (rows,).
        false: where it is not, shape (rows,); where it is neither, a cell that it looks at is empty.
    """

    true: Mask
    false: Mask

    @property
    def unknown(self) -> Mask:
        """Where neither is known."""
        return ~(self.true | self.false)


_Texts = CategoricalColumn | TextColumn
_Value = _Numbers | _Times | _Texts | str | TernaryMask | None
"""A part of a condition over all rows, or one that is the same for all. Numbers and times that are unknown are NaN and
NaT; None is a column that the chunk does not have."""


def evaluate(condition: str, chunk: Chunk) -> TernaryMask:
    """What a condition says of each row of a chunk.

    A column that the chunk lacks is empty in every row. Division by zero has no result, so nothing is known of it.

    Args:
        condition: checked against the declaration that the chunk was read by.
        chunk: the rows.
    """
    return _Evaluation(chunk).mask(parse(condition))


class _Evaluation:
    """One chunk, over which the parts of conditions are evaluated."""

    def __init__(self, chunk: Chunk) -> None:
        self._columns = chunk.columns
        self._rows = chunk.rows

    def mask(self, node: ast.expr) -> TernaryMask:
        """A part that is true or false."""
        match node:
            case ast.Compare():
                return _all([self._comparison(*links) for links in comparisons(node)])
            case ast.UnaryOp(operand=operand):
                return _negated(self.mask(operand))
            case ast.BoolOp(op=ast.And(), values=parts):
                return _all([self.mask(part) for part in parts])
            case ast.BoolOp(values=parts):
                return _negated(_all([_negated(self.mask(part)) for part in parts]))
            case _:
                return self._flag(self._value(node))

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> TernaryMask:
        match operator, left, right:
            case ast.Is(), ast.Name(id=name), _:  # missing(column)
                column = self._columns.get(name)
                return self._known(np.ones(self._rows, np.bool_) if column is None else _empty(column))
            case _, _, ast.List(elts=elements) | ast.Tuple(elts=elements):
                found = self._membership(
                    left, [element.value for element in elements if isinstance(element, ast.Constant)]
                )
                return _negated(found) if isinstance(operator, ast.NotIn) else found
            case _:
                return self._ordered(self._value(left), operator, self._value(right))

    def _ordered(self, left: _Value, operator: ast.cmpop, right: _Value) -> TernaryMask:
        if left is None or right is None:
            return self._unknown()
        if isinstance(left, TernaryMask) or isinstance(right, TernaryMask):
            equal = _both_or_neither(self._flag(left), self._flag(right))
        elif isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
            one, other = _numbers(left), _numbers(right)
            known = ~(_unknown(one) | _unknown(other))
            return self._known(_ORDERS[type(operator)](one, other), known)
        elif isinstance(left, str) and isinstance(right, str):
            equal = self._known(np.bool_(left == right))
        else:
            equal = _same_text(left, right)
        return equal if isinstance(operator, ast.Eq) else _negated(equal)

    def _membership(self, node: ast.expr, listed: list[object]) -> TernaryMask:
        match value := self._value(node):
            case None:
                return self._unknown()
            case np.ndarray():
                values = np.array([_numbers(one) if isinstance(one, str) else one for one in listed])
                return self._known(np.isin(value, values), ~_unknown(value))
            case CategoricalColumn() | TextColumn():
                return _among(value, frozenset(map(str, listed)))
            case str():
                return self._known(np.bool_(value in listed))
            case _:
                raise TypeError("a condition is in no list")

    def _value(self, node: ast.expr) -> _Value:
        match node:
            case ast.Constant(value=bool() as value):
                return self._known(np.bool_(value))
            case ast.Constant(value=value):
                return value if isinstance(value, str) else np.array(value, np.float64)
            case ast.Name(id=name):
                return _of_column(self._columns.get(name))
            case ast.BinOp():
                return self._arithmetic(node)
            case _:
                return self.mask(node)

    def _arithmetic(self, node: ast.BinOp) -> _Numbers | None:
        left, right = self._value(node.left), self._value(node.right)
        if left is None or right is None:
            return None
        if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
            raise TypeError("arithmetic needs numbers")
        with np.errstate(all="ignore"):
            if left.dtype.kind == "M":
                return _seconds(left) - _seconds(right)
            if isinstance(node.op, ast.Div):
                return np.asarray(np.where(right == 0, np.nan, np.divide(left, right)), np.float64)
            return np.asarray(_OPERATIONS[type(node.op)](left, right), np.float64)

    def _flag(self, value: _Value) -> TernaryMask:
        """A column of booleans, or what is an answer already."""
        match value:
            case TernaryMask():
                return value
            case CategoricalColumn():
                return TernaryMask(*(matches(value, flag) for flag in reversed(FLAGS)))
            case None:
                return self._unknown()
            case _:
                raise TypeError("numbers, times and text are no conditions")

    def _known(self, true: Mask | np.bool_, known: Mask | np.bool_ = np.True_) -> TernaryMask:
        """Where something is true; where it is not known, it is neither true nor false."""
        return TernaryMask(
            np.broadcast_to(true & known, self._rows),
            np.broadcast_to(~true & known, self._rows),
        )

    def _unknown(self) -> TernaryMask:
        return self._known(np.False_, np.False_)


def _negated(answer: TernaryMask) -> TernaryMask:
    return TernaryMask(answer.false, answer.true)


def _all(answers: list[TernaryMask]) -> TernaryMask:
    """Where all are true; false where one is."""
    if len(answers) == 1:
        return answers[0]
    trues, falses = [answer.true for answer in answers], [answer.false for answer in answers]
    return TernaryMask(np.logical_and.reduce(trues), np.logical_or.reduce(falses))


def _of_column(column: Column | None) -> _Value:
    match column:
        case NumericColumn(values) | TimeColumn(values):
            return values
        case EmbeddingColumn():
            raise TypeError("embeddings cannot be compared")
        case _:
            return column


def _empty(column: Column) -> Mask:
    """Where there is no value: of numbers, a NaN is none either."""
    return np.isnan(column.values) if isinstance(column, NumericColumn) else column.absent


def _among(column: CategoricalColumn | TextColumn, wanted: frozenset[str]) -> TernaryMask:
    """Where a text is one of those wanted; of categories, where the canonical forms are alike."""
    if isinstance(column, TextColumn):
        true = np.fromiter((cell in wanted for cell in column.values), np.bool_, column.rows)
    else:
        forms = {canonical_category(text) for text in wanted}
        found = [canonical_category(name) in forms for name in column.categories]
        true = np.array([*found, False], np.bool_)[column.codes]
    return TernaryMask(true, ~(true | column.absent))


def _same_text(left: _Texts | str, right: _Texts | str) -> TernaryMask:
    if isinstance(left, str):
        left, right = right, left
    if isinstance(left, str):
        raise TypeError("two texts are alike in no row or in all")
    if isinstance(right, str):
        return _among(left, frozenset({right}))
    equal = np.asarray(_cells(left) == _cells(right), np.bool_)
    known = ~(left.absent | right.absent)
    return TernaryMask(equal & known, ~equal & known)


def _cells(column: _Texts) -> NDArray[np.object_]:
    if isinstance(column, TextColumn):
        return column.values
    return np.array([*column.categories, None], object)[column.codes]


def _numbers(value: object) -> _Numbers | _Times:
    """Numbers and times as they are; text beside times is a moment."""
    if isinstance(value, str):
        return np.array(moment(value).astimezone(UTC).replace(tzinfo=None), "datetime64[us]")
    if isinstance(value, np.ndarray):
        return value
    raise TypeError("numbers are compared with numbers, and times with times")


def _seconds(moments: _Numbers | _Times) -> _Numbers:
    """Since 1970, to the microsecond for some 280 years; NaN where not a time."""
    since = moments.astype("datetime64[us]") - np.datetime64(0, "us")
    return np.asarray(since / np.timedelta64(1, "s"), np.float64)


def _unknown(values: _Numbers | _Times) -> Mask:
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)


def _both_or_neither(left: TernaryMask, right: TernaryMask) -> TernaryMask:
    return TernaryMask(
        (left.true & right.true) | (left.false & right.false), (left.true & right.false) | (left.false & right.true)
    )
