"""Check digits tell IDs, cards and IBANs from numbers that only look like them."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steward.privacy import checked_codes
from steward.privacy.checked_codes import id_schemes, is_card, is_iban
from steward.privacy.examination import examine

CHECKED = {
    "be_national_number": "85073003328", "de_tax_id": "36574261809", "es_dni": "54362315K", "es_nie": "X2482300W",
    "fi_personal_code": "131052-308T", "fr_nir": "255081416802538", "gb_nhs_number": "9434765870",
    "it_codice_fiscale": "RCCMNL83S18D969H", "nl_bsn": "111222333", "no_birth_number": "15108695088",
    "pl_pesel": "44051401359", "se_personal_number": "880320-0016",
}  # fmt: skip
DIGITS = st.integers(0, 40), st.sampled_from("123456789")


def altered(code: str, at: int, by: str) -> str:
    """A code with one of its digits changed."""
    digits = [place for place, sign in enumerate(code) if sign.isdigit()]
    place = digits[at % len(digits)]
    changed = str((int(code[place]) + int(by)) % 10)
    return code[:place] + changed + code[place + 1 :]


@pytest.mark.parametrize("scheme", CHECKED)
def test_an_id_of_each_scheme_is_known(scheme: str) -> None:
    assert scheme in id_schemes(CHECKED[scheme])
    assert scheme in id_schemes(f" {CHECKED[scheme]} ")


@given(st.sampled_from(sorted(CHECKED)), *DIGITS)
def test_an_id_with_another_digit_is_none(scheme: str, at: int, by: str) -> None:
    assert scheme not in id_schemes(altered(CHECKED[scheme], at, by))


@given(st.sampled_from(["4111111111111111", "378282246310005", "5555555555554444", "6011111111111117"]), *DIGITS)
def test_a_card_with_another_digit_is_none(card: str, at: int, by: str) -> None:
    assert is_card(card)
    assert not is_card(altered(card, at, by))


@given(st.sampled_from(["DE89370400440532013000", "GB82WEST12345698765432", "NL91ABNA0417164300"]), *DIGITS)
def test_an_iban_with_another_digit_is_none(iban: str, at: int, by: str) -> None:
    assert is_iban(iban)
    assert not is_iban(altered(iban, at, by))


@given(st.lists(st.integers(10**15, 10**16 - 1).map(str), min_size=12, max_size=60, unique=True))
def test_numbers_of_sixteen_digits_are_no_column_of_cards(numbers: list[str]) -> None:
    assume(sum(map(is_card, numbers)) < len(numbers) / 2)
    assert "payment_card" not in examine("reference", numbers).kinds


@given(st.integers(10**8, 10**9), st.integers(20, 60))
def test_consecutive_numbers_are_no_column_of_ids(first: int, count: int) -> None:
    assert examine("order", [str(number) for number in range(first, first + count)]).kinds == {}


@given(st.text(max_size=200))
def test_any_text_is_looked_at(text: str) -> None:
    examine("remark", [text])


def test_the_layer_ships_the_countries_that_are_known() -> None:
    makefile = (Path(__file__).parents[3] / "layers" / "data" / "Makefile").read_text()
    shipped = set(re.search(r"^COUNTRIES := (.*)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    assert shipped == {module.split(".")[1] for module, _ in checked_codes._FORMS.values()}
