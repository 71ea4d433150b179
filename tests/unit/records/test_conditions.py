"""A condition over whole columns says of each row what it says of that row alone."""

import ast
import operator
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.records.columns import (
    FLAGS,
    CategoricalColumn,
    Chunk,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.records.conditions import evaluate
from steward.spec.expression_types import check_condition

TYPES = {
    "a": "number",
    "b": "number",
    "make": "text",
    "twin": "text",
    "remark": "text",
    "leased": "condition",
    "built": "time",
    "photo": "embedding",
}
MAKES = ("Opel", "Fiat", "Ford")
ROW = st.fixed_dictionaries(
    {
        "a": st.none() | st.sampled_from([-1.0, 0.0, 0.5, 2.0, np.inf, -np.inf]),
        "b": st.none() | st.sampled_from([-1.0, 0.0, 2.0]),
        "make": st.none() | st.sampled_from(MAKES),
        "twin": st.none() | st.sampled_from(MAKES),
        "remark": st.none() | st.sampled_from(["Opel", "rusty"]),
        "leased": st.none() | st.booleans(),
        "built": st.none() | st.sampled_from([datetime(2013, 3, 4, tzinfo=UTC), datetime(2014, 1, 1, 12, tzinfo=UTC)]),
        "photo": st.none() | st.just([1.0, 2.0]),
    }
)

NUMBERS = st.recursive(
    st.sampled_from(["a", "b", "0", "2", "-1.5"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=4,
)
CHECKS = st.one_of(
    st.builds("{} {} {}".format, NUMBERS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBERS),
    st.builds("{} < {} <= {}".format, NUMBERS, NUMBERS, NUMBERS),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["make", "remark", "'Opel'"]),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["twin", "remark", "'Fiat'", "'Opel'"]),
    ),
    st.builds(
        "{} {} ['Opel', 'rusty', 'x']".format, st.sampled_from(["make", "remark"]), st.sampled_from(["in", "not in"])
    ),
    st.builds("{} {} [0, 2.0]".format, NUMBERS, st.sampled_from(["in", "not in"])),
    st.builds("built {} '2013-06-01'".format, st.sampled_from(["<", ">=", "==", "!="])),
    st.builds("missing({})".format, st.sampled_from(["a", "make", "remark", "leased", "built", "photo"])),
    st.sampled_from(["leased", "leased == true", "leased != (a < b)", "built in ['2013-03-04']", "true"]),
)
CONDITIONS = st.recursive(
    CHECKS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {} or {})".format, inner, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)


def chunk_of(rows) -> Chunk:
    def cells(name):
        return [row[name] for row in rows]

    def coded(values, categories):
        codes = [-1 if value is None else categories.index(value) for value in values]
        return CategoricalColumn(np.array(codes, np.int32), categories)

    def numbers(values):
        missing = np.array([value is None for value in values], bool)
        return NumericColumn(np.array([np.nan if value is None else value for value in values], float), missing)

    moments = [None if cell is None else np.datetime64(cell.replace(tzinfo=None)) for cell in cells("built")]
    photos = np.array([[np.nan] * 2 if cell is None else cell for cell in cells("photo")], np.float32).reshape(-1, 2)
    return Chunk(
        len(rows),
        {
            "a": numbers(cells("a")),
            "b": numbers(cells("b")),
            "make": coded(cells("make"), MAKES),
            "twin": coded(cells("twin"), MAKES[::-1]),
            "remark": TextColumn(np.array([*cells("remark"), None], object)[:-1]),
            "leased": coded([None if cell is None else str(cell).lower() for cell in cells("leased")], FLAGS),
            "built": TimeColumn(np.array(moments, "datetime64[us]")),
            "photo": EmbeddingColumn(photos, np.isnan(photos[:, 0])),
        },
    )


SIGNS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def alone(tree: ast.AST, row) -> object:  # noqa: C901, PLR0911 - a line a kind
    """What an expression is worth in one row, None where that is unknown, by Python's own tree and values."""
    match tree:
        case ast.Constant(value=value):
            return value
        case ast.Name(id="true"):
            return True
        case ast.Name(id=name):
            return row[name]
        case ast.Call(args=[ast.Name(id=name)]):
            return row[name] is None
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            value = alone(inner, row)
            return None if value is None else not value
        case ast.UnaryOp(operand=inner):
            return -alone(inner, row)
        case ast.BoolOp(op=word, values=parts):
            values = [alone(part, row) for part in parts]
            decisive = isinstance(word, ast.Or)
            return decisive if decisive in values else None if None in values else not decisive
        case ast.BinOp(left=left, op=sign, right=right):
            values = [alone(left, row), alone(right, row)]
            if None in values or (isinstance(sign, ast.Div) and values[1] == 0):
                return None
            result = SIGNS[type(sign)](*values)
            return None if np.isnan(result) else result
        case ast.Compare(left=left, ops=signs, comparators=others):
            links = zip([left, *others], signs, others, strict=False)
            values = [link(alone(one, row), sign, alone(other, row)) for one, sign, other in links]
            return False if False in values else None if None in values else True
        case ast.List(elts=elements):
            return [alone(element, row) for element in elements]
    raise AssertionError(ast.dump(tree))


def link(one, sign, other):
    if one is None or other is None:
        return None
    if isinstance(one, datetime):
        other = [moment(text) for text in other] if isinstance(other, list) else moment(other)
    if isinstance(sign, ast.In | ast.NotIn):
        return (one in other) == isinstance(sign, ast.In)
    return bool(SIGNS[type(sign)](one, other))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(condition=CONDITIONS, rows=st.lists(ROW, max_size=5))
def test_it_says_of_every_row_what_it_says_of_that_row_alone(condition, rows):
    answer = evaluate(condition, chunk_of(rows))
    expected = [alone(ast.parse(condition, mode="eval").body, row) for row in rows]
    assert answer.true.tolist() == [value is True for value in expected]
    assert answer.false.tolist() == [value is False for value in expected]
    assert answer.unknown.tolist() == [value is None for value in expected]


@given(condition=CONDITIONS)
def test_what_is_asked_here_may_be_declared(condition):
    check_condition(f"({condition}) or leased", TYPES)


@given(condition=CONDITIONS, rows=st.lists(ROW, min_size=1, max_size=5), data=st.data())
def test_it_says_the_same_of_a_row_in_any_chunk(condition, rows, data):
    cut = data.draw(st.integers(0, len(rows)))
    whole, first, rest = (evaluate(condition, chunk_of(part)) for part in (rows, rows[:cut], rows[cut:]))
    assert whole.true.tolist() == first.true.tolist() + rest.true.tolist()
    assert whole.false.tolist() == first.false.tolist() + rest.false.tolist()


def test_a_column_that_the_chunk_lacks_is_empty_in_every_row():
    chunk = Chunk(2, {"a": NumericColumn(np.array([1.0, 5.0]))})
    assert evaluate("b > 3", chunk).unknown.all()
    assert evaluate("a > 3 or b > 3", chunk).true.tolist() == [False, True]
    assert evaluate("a > 3 and leased", chunk).false.tolist() == [True, False]
    assert evaluate("missing(b) and make not in ['x'] or missing(make)", chunk).true.all()
    assert evaluate("b + 1 in [2] or remark == make", chunk).unknown.all()


def test_a_nan_is_no_number_to_compare():
    chunk = Chunk(2, {"a": NumericColumn(np.array([np.nan, 1.0]))})
    assert evaluate("a == a", chunk).true.tolist() == [False, True]
    assert evaluate("missing(a)", chunk).true.tolist() == [True, False]


def test_the_difference_of_two_moments_is_in_seconds():
    times = np.array(["2013-03-04T12:30", "NaT"], "datetime64[us]")
    chunk = Chunk(2, {"left": TimeColumn(times + np.timedelta64(90, "s")), "came": TimeColumn(times)})
    assert evaluate("left - came == 90", chunk).true.tolist() == [True, False]
    assert evaluate("left > came", chunk).unknown.tolist() == [False, True]
    assert evaluate("came == '2013-03-04T13:30:00+01:00'", chunk).true.tolist() == [True, False]


def test_booleans_that_came_as_categories_in_another_order_are_the_same():
    chunk = Chunk(3, {"leased": CategoricalColumn(np.array([0, 1, -1], np.int32), ("true", "false"))})
    assert evaluate("leased", chunk).true.tolist() == [True, False, False]
    assert evaluate("leased == false", chunk).true.tolist() == [False, True, False]


@pytest.mark.parametrize(
    "condition", ["zip == '98101.0'", "zip in ['98101 ', '1']", "zip in [98101]", "not (zip != '98101')"]
)
def test_a_category_is_equal_to_any_spelling_of_it(condition):
    chunk = Chunk(3, {"zip": CategoricalColumn(np.array([0, 1, -1], np.int32), ("98101", "007"))})
    assert evaluate(condition, chunk).true.tolist() == [True, False, False]
    assert not evaluate("zip == '7'", chunk).true.any()


@pytest.mark.parametrize("condition", ["a", "a + 1", "make + 1 > 2", "photo == photo", "a == make", "(a < 1) in [1]"])
def test_what_no_declaration_allows_is_a_mistake_of_the_caller(condition):
    rows = [
        {
            "a": 1.0,
            "b": 1.0,
            "make": "Opel",
            "twin": "Opel",
            "remark": "x",
            "leased": True,
            "built": None,
            "photo": None,
        }
    ]
    with pytest.raises((TypeError, ValueError)):
        assert evaluate(condition, chunk_of(rows)).true.tolist() == ["never"]
