"""Conditions in a declaration: what they may say, and where one is told to be wrong."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from steward.spec.expression_types import check_condition
from steward.spec.expressions import DEEPEST, ExpressionInvalid, columns_of, parse
from tests.unit.examples import SPEC

TYPES = {
    "age": "number",
    "km": "number",
    "make": "text",
    "remark": "text",
    "leased": "condition",
    "built": "time",
    "sold": "time",
    "photo": "embedding",
    "air time": "number",
}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("age > 3", {"age"}),
        ("0 <= age < 60 <= km", {"age", "km"}),
        ("-1.5e3 < -age + +km * 2 / 3", {"age", "km"}),
        ("make == 'Opel' or make != \"Fiat\"", {"make"}),
        ("make in ['Opel', 'Fiat'] and age not in (1, -2)", {"make", "age"}),
        ("not missing(photo) and leased", {"photo", "leased"}),
        ("leased == true or leased != (age > 3)", {"leased", "age"}),
        ("built <= sold and sold - built < 86400 * 365", {"built", "sold"}),
        ("built >= '2001-02-03' and sold in ['2013-03-04T12:30:00Z']", {"built", "sold"}),
        ("make == remark", {"make", "remark"}),
        ("column('air time') / km < 2 and missing(column('air time'))", {"air time", "km"}),
        ("  (age\n  > 3)\n", {"age"}),
        ("True and age > 1_000", {"age"}),
        ("make == 'Citroën' and age > 3", {"make", "age"}),
    ],
)
def test_what_a_condition_may_say(text, columns):
    check_condition(text, TYPES)
    assert columns_of(text) == columns


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("age = 3", "5 (= 3)", "equality is written with `==`"),
        ("age >", "at the end", "this is not understood"),
        ("age > 3)", "8 ())", "unmatched ')'"),
        ("age > 3 && km > 1", "10 (& km > 1)", "write `and`"),
        ("age > 3 || km > 1", "10 (| km > 1)", "write `or`"),
        ("age > 3 AND km > 1", "9 (AND km > 1)", "this is not understood; a condition is made of columns"),
        ("(age > 3) & (km > 1)", "14 (km > 1))", "write `and`"),
        ("(age > 3) | (km > 1)", "14", "write `or`"),
        ("~leased", "1 (~leased)", "write `not`"),
        ("age is None", "8 (None)", "missing(column)"),
        ("age == None", "8 (None)", "missing(column)"),
        ("age != null", "8 (null)", "missing(column)"),
        ("age ** 2 > 1", "8 (2 > 1)", "has no place in a condition"),
        ("age // 2 > 1", "8", "has no place in a condition"),
        ("make.upper() == 'X'", "1", "no such function"),
        ("self.age > 1", "1", 'column("a.b")'),
        ("age[0] > 1", "1", "has no place in a condition"),
        ("(lambda: 1)() > age", "1", "no such function"),
        ("age if leased else km", "1", "has no place in a condition"),
        ("[a for a in age]", "1", "has no place in a condition"),
        ("f'{age}' == make", "1", "has no place in a condition"),
        ("b'x' == make", "1", "only numbers and quoted text"),
        ("age > 1j", "7 (1j)", "only numbers and quoted text"),
        ("(age := 3) > 1", "2", "equality is written with `==`"),
        ("__import__('os').system('x')", "1", "no such function"),
        ("abs(age) > 1", "1", "only missing(column) and column("),
        ("missing(age, km)", "1", "write missing(column)"),
        ("missing('age')", "1", "write missing(column)"),
        ("column(age) > 1", "1", 'write column("a name")'),
        ("age > 1e999", "7", "too large"),
        (f"age > {'9' * 400}", "7", "too large"),
        ("age in []", "8 ([])", "a list of numbers or quoted text"),
        ("age in km", "8 (km)", "a list of numbers or quoted text"),
        ("age in [1, 'a']", "8", "numbers, or quoted text, and nothing else"),
        ("age in [km]", "8", "numbers, or quoted text, and nothing else"),
        ("age in [true]", "8", "numbers, or quoted text, and nothing else"),
        (f"{'-' * 100}age > 1", "61", "nested more than 60 levels deep"),
        (f"{'(' * 400}age{')' * 400} > 1", "", "too many nested parentheses"),
        ("age > \0", "", "null"),
        ("ageing > 3", "1 (ageing > 3)", "there is no column ageing (is it age?)"),
        ("make == Opel", "9 (Opel)", "there is no column Opel; conditions look at features"),
        (
            "make == 3",
            "1",
            "make is text and 3.0 is a number; compare like with like (if make is a category, quote its",
        ),
        ("'Opel' > 3", "", "it looks at no column"),
        ("age == 'old'", "1", "age is a number and 'old' is text; compare like with like"),
        ("make < 'Opel'", "1", "text has no order"),
        ("leased < true", "1", "true or false has no order"),
        ("leased == 'true'", "1", "leased is true or false and 'true' is text"),
        ("make in [1, 2]", "1", "make is text; the list after `in` holds numbers"),
        ("leased in ['true']", "1", "leased is true or false; the list after `in` holds text"),
        ("age + make > 3", "7", "make is text; `+` needs numbers"),
        ("built + sold > 3", "1", "built is a time; `+` needs numbers"),
        ("age - built > 3", "7", "built is a time; `-` needs numbers"),
        ("built > 'soon'", "9 ('soon')", "this is no time; write ISO 8601"),
        ("built in ['soon']", "11 ('soon'])", "this is no time"),
        ("built == make", "10 (make)", "compare like with like"),
        ("photo == photo", "1", "only missing(column) looks at one"),
        ("age and leased", "1", "age is a number; `and` joins conditions"),
        ("not make", "5 (make)", "make is text; `not` needs a condition"),
        ("age + 1", "1", "this is a number; a condition is true or false"),
        ("age", "1 (age)", "age is a number; a condition is true or false"),
        ("1 < 2", "1", "it looks at no column"),
        ("(age >\n make)", "2 (age > make))", "make is text"),
        ("(age > 3\r\n or make)", "14 (make))", "make is text; `or` joins conditions"),
    ],
)
def test_what_it_may_not_say_is_told_with_its_place(text, place, problem):
    with pytest.raises(ExpressionInvalid) as refusal:
        check_condition(text, TYPES)
    told = str(refusal.value)
    assert problem in told
    assert place in told.split(": ", 1)[0] if place else True, told


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_condition_or_refused(text):
    with contextlib.suppress(ExpressionInvalid):
        check_condition(text, TYPES)


WORDS = "age make leased built photo 1 'a' and or not in [ ] ( ) , < == + - / missing( column('km') true é '2013-01-01'"
FRAGMENTS = st.sampled_from([*WORDS.split(" "), " ", " ", "\n", "\r"])


@given(st.lists(FRAGMENTS, max_size=14).map("".join))
def test_whatever_is_put_together_is_a_condition_or_refused(text):
    with contextlib.suppress(ExpressionInvalid):
        check_condition(text, TYPES)


def test_the_deepest_condition_is_still_one():
    text = "not " * (DEEPEST - 1) + "leased"
    check_condition(text, TYPES)
    check_condition(" - ".join(["age"] * DEEPEST) + " > 1", TYPES)
    assert parse(text) is parse(text)


RULED = (
    SPEC
    + """\
attributes:
  leased: boolean
rules:
  - name: plausible
    check: 0 <= age and mileage / age < 100000
    reason: nobody drives that much
  - {name: named, check: "not missing(make)"}
segments:
  - make
  - {name: young, where: age < 3}
"""
)


def test_rules_and_segments_are_declared():
    spec = read_spec(RULED)
    assert [rule.name for rule in spec.rules] == ["plausible", "named"]
    assert [segment.where for segment in spec.segments] == [None, "age < 3"]


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        (
            "mileage / age <",
            "mileage / age =",
            "line 21, column 5: rules.0.check: at character 28 (= 100000): equality",
        ),
        (
            "mileage / age",
            "milage / age",
            "line 21, column 5: rules.0.check: at character 14 (milage / age < 100000): ",
        ),
        (
            "mileage / age",
            "make / age",
            "line 21, column 5: rules.0.check: at character 14 (make / age < 100000): make",
        ),
        (
            "where: age < 3",
            "where: lemon == '1'",
            "line 26, column 19: segments.1.where: at character 1 (lemon == '1')",
        ),
        ("name: named", "name: plausible", "line 23, column 6: rules.1.name: another rule has this name"),
        ("name: named", "name: not named", "line 23, column 6: rules.1.name: 'not named' is no name: write"),
        ("  - make", "  - age", "age is no categorical or boolean feature or attribute"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_the_line_of_the_rule(written, instead, problem):
    assert written in RULED
    with pytest.raises(SpecInvalid) as refusal:
        read_spec(RULED.replace(written, instead))
    assert any(problem in line for line in refusal.value.problems), refusal.value.problems
