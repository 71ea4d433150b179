"""Every writer's spelling of an id or a category meets every other's, and nothing else is merged."""

import unicodedata
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from arro3.core import Array, DataType
from hypothesis import given
from hypothesis import strategies as st

from steward.records.canonical import canonical_category, canonical_id, canonical_label, has_lost_digits
from steward.records.ids import canonical_ids, identifiers

ID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"

MEET = {
    "1400000": [
        "1400000", "1400000.0", "1400000.00", "1400000.0000000000", "1.4E6", "1.4e+06", "1.4e+6", "1.4E+006",
        "1.400000E6", "1.400000000000000000e+06", "1400000     ", "     1400000", "1400000\0\0\0", "\ufeff1400000",
        "1400000\xa0", "1400000.0 ", "\t1400000\r",
    ],
    "100000": ["1e+05", "1E+5", "1.0E5", "100000.0"],
    "12345678": ["1.2345678E7", "1.2345678e+07", "12345678.000"],
    "123456": ["1.23456E5", "1.23456e+05"],
    "12345600": ["1.23456E7"],
    "0": ["0.0", "-0.0", "0.00", "0E-10", "0e+00", "0.000000000000000000e+00"],
    "-7": ["-7.0", "-7.000"],
    "9007199254740991": ["9007199254740991.0", "9.007199254740991E15"],
    "1234567890123456789012": ["1234567890123456789012.00"],
    ID: [
        ID.upper(), ID.replace("-", ""), ID.replace("-", "").upper(), "{" + ID + "}", "{" + ID.upper() + "}", f"({ID})",
        f"urn:uuid:{ID}", f"URN:UUID:{ID.upper()}", f" {ID} ", ID[:9].upper() + ID[9:],
    ],
    "Café": ["Cafe\u0301", "Café  "],
    "": ["", "  ", "\0\0\0", "\ufeff", "NaN", "\\N"],
}  # fmt: skip

APART = [
    "7", "007", "07", "7.5", "7.50", "+7", "-7", "7e3", "7a", "07.0", "7_000", "7,000", "٧", "1.1", "1.10", "1.1.0",
    "1e5", "1E5", "0e1234", "0e-10", "12e4567", "0x7", "abc", "ABC", "Abc", "a b", "a  b", "order-7", "order-7.0",
    "nan", "None", "true", "TRUE", "1.23457E+11", "123457000000", "9007199254740993", "9007199254740993.0",
    "9007199254740992", "1.2345678901234568e+18", "1234567890123456768", "1234567890123456800", ID, ID + "0", ID[:-1],
    ID.replace("-", ":"), "{" + ID, ID + "}", "(" + ID + "}", ID.replace("-", "", 1), "null", "1.5e-05", "1.5e+00",
]  # fmt: skip


@pytest.mark.parametrize("expected", MEET)
def test_spellings_of_one_id_meet(expected):
    assert {canonical_id(text) for text in MEET[expected]} == {expected}
    assert canonical_ids(MEET[expected]) == [expected] * len(MEET[expected])


def test_ids_that_people_keep_apart_stay_apart():
    assert len({canonical_id(text) for text in APART}) == len(APART)
    assert [canonical_id(text) for text in APART] == APART


def test_spellings_of_one_category_meet():
    assert {canonical_category(text) for text in ("True", "true", "TRUE", " true")} == {"true"}
    assert {canonical_category(text) for text in ("98101", "98101.0", "98101.000", "98101 ")} == {"98101"}
    assert [canonical_category(text) for text in ("01001", "1.10", "1.1", "Late", "late", "t", "yes")] == [
        "01001", "1.10", "1.1", "Late", "late", "t", "yes",
    ]  # fmt: skip
    assert {canonical_label(text) for text in ("True", "true", "1", "1.0", "1.00 ")} == {"1"}


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("1.23457E+11", True),  # a spreadsheet's
        ("1.23E+11", True),  # one's that was saved twice
        ("1.40000E+06", True),
        ("1.234568e+11", True),  # C's %e
        ("1.2345678901234568e+18", True),
        ("1.2345678901234568E18", True),
        ("9007199254740992.0", True),
        ("1e+16", True),
        ("9007199254740991.0", False),
        ("1.23456E7", False),  # Java writes all digits that there are
        ("1.400000e+06", False),
        ("1.4e+06", False),
        ("1234567890123456789", False),
        ("1234567890123456789.000", False),  # a decimal
        ("1e16", False),  # may be hexadecimal
        ("1.5e+00", False),
        ("order-1.0", False),
        (ID, False),
    ],
)
def test_numbers_that_were_rounded_are_known(text, lost):
    assert has_lost_digits(text) == lost
    assert has_lost_digits(canonical_id(text)) == lost


TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="0123456789.eE+- "),
    st.text(alphabet="0123456789abcdefABCDEF-{}()", min_size=30, max_size=40),
    st.uuids().flatmap(lambda made: st.sampled_from([str(made), made.hex, made.hex.upper(), made.urn, f"{{{made}}}"])),
    st.integers().map(str),
    st.floats().map(repr),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.sampled_from([*APART, *(text for texts in MEET.values() for text in texts)]),
)


@given(TEXTS)
def test_a_canonical_form_is_its_own(text):
    for form in (canonical_id, canonical_category, canonical_label):
        assert form(form(text)) == form(text)


@given(TEXTS, st.text(alphabet=" \t\n\0\xa0\ufeff", max_size=5), st.text(alphabet=" \t\n\0\xa0\ufeff", max_size=5))
def test_padding_and_composition_change_no_id(text, before, after):
    assert canonical_id(before + text + after) == canonical_id(text)
    assert canonical_id(unicodedata.normalize("NFD", text)) == canonical_id(unicodedata.normalize("NFC", text))


@given(st.integers(), st.integers(0, 12))
def test_an_integer_keeps_every_digit(number, zeros):
    assert canonical_id(str(number)) == (str(number) if len(str(number)) != 32 else str(UUID(str(number))))
    assert canonical_id(f"{number}.00{'0' * zeros}") == canonical_id(str(number))


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_double_that_is_exact_meets_its_integer(number):
    spelt = [repr(float(number)), f"{float(number):.17e}", f"{Decimal(number):.6f}", repr(float(number)).upper()]
    rounded = [text for text in spelt if has_lost_digits(text)]
    assert not rounded
    assert {canonical_id(text) for text in spelt} == {str(number)}
    assert identifiers(Array.from_numpy(np.array([number], np.float64)), "id").values.tolist() == [str(number)]


@given(st.integers(2**53, 2**70) | st.integers(-(2**70), -(2**53)))
def test_a_double_that_is_not_exact_meets_no_integer(number):
    read = identifiers(Array.from_numpy(np.array([number], np.float64)), "id")
    assert read.inexact is not None
    for text in (repr(float(number)), f"{float(number):.17e}", f"{float(number):.1f}"):
        assert has_lost_digits(text)
        assert canonical_id(text) == text


def test_floats_of_32_bits_are_exact_to_2_to_the_24th():
    read = identifiers(Array.from_numpy(np.array([16777215, 16777216, 7.5], np.float32)), "id")
    assert read.values.tolist()[::2] == ["16777215", "7.5"]
    assert read.inexact.tolist() == [False, True, False]


@given(st.lists(TEXTS, max_size=20))
def test_a_column_is_read_as_its_cells_are(texts):
    utf8 = [text.encode(errors="replace").decode() for text in texts]
    assert canonical_ids(utf8) == [canonical_id(text) for text in utf8]
    read = identifiers(Array(utf8, DataType.utf8()), "id")
    assert read.values.tolist() == [canonical_id(text) or None for text in utf8]
    inexact = [False] * len(utf8) if read.inexact is None else read.inexact.tolist()
    assert inexact == [has_lost_digits(text) for text in utf8]
