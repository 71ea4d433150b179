"""National IDs, payment cards and IBANs whose check digits hold, by python-stdnum.

The library is loaded with the first value that has the form of an identifier: most files have none.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

_NOT_CODE = re.compile(r"[\s.\-/]")
_FORMS: dict[str, tuple[str, re.Pattern[str]]] = {
    # the scheme: the library's module, and the form of a value without blanks, dots, hyphens and slashes
    "be_national_number": ("stdnum.be.nn", re.compile(r"\d{11}")),
    "de_tax_id": ("stdnum.de.idnr", re.compile(r"[1-9]\d{10}")),
    "es_dni": ("stdnum.es.dni", re.compile(r"\d{8}[A-Z]")),
    "es_nie": ("stdnum.es.nie", re.compile(r"[XYZ]\d{7}[A-Z]")),
    "fi_personal_code": ("stdnum.fi.hetu", re.compile(r"\d{6}[-+A]\d{3}[0-9A-Z]")),
    "fr_nir": ("stdnum.fr.nir", re.compile(r"[1-478]\d{4}[0-9AB]\d{9}|[1-478]\d{5}[AB]\d{8}|[1-478]\d{14}")),
    "gb_nhs_number": ("stdnum.gb.nhs", re.compile(r"\d{10}")),
    "it_codice_fiscale": (
        "stdnum.it.codicefiscale", re.compile(r"[A-Z]{6}[0-9L-V]{2}[A-EHLMPRST][0-9L-V]{2}[A-Z][0-9L-V]{3}[A-Z]"),
    ),
    "nl_bsn": ("stdnum.nl.bsn", re.compile(r"\d{9}")),
    "no_birth_number": ("stdnum.no.fodselsnummer", re.compile(r"\d{11}")),
    "pl_pesel": ("stdnum.pl.pesel", re.compile(r"\d{11}")),
    "se_personal_number": ("stdnum.se.personnummer", re.compile(r"\d{10}|(?:19|20)\d{10}")),
}  # fmt: skip
_ANY_FORM = re.compile("|".join(f"(?:{form.pattern})" for _, form in _FORMS.values()))
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
_SSN = re.compile(r"(?!000|666|9\d\d)\d{3}[- ](?!00)\d\d[- ](?!0000)\d{4}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD_PREFIX = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"  # Discover
    r"|(?:30[0-5]\d|3095|3[689]\d\d)\d{10,15}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}|(?:2131|1800)\d{11}"  # JCB
    r"|62\d{14,17}"  # UnionPay
    r"|(?:50|5[6-8]|6[0-9])\d{10,17}"  # Maestro
)


def compact(text: str) -> str:
    """A value without the blanks, dots, hyphens and slashes that people write in it, in capitals."""
    return _NOT_CODE.sub("", text).upper()


def id_schemes(text: str) -> tuple[str, ...]:
    """The schemes of national IDs that a whole value has the form and the check digits of.

    >>> id_schemes("86 095 742 719"), id_schemes("86 095 742 718"), id_schemes("AB 12 34 56 C")
    (('de_tax_id',), (), ('gb_national_insurance_number',))
    """
    code, plain = compact(text), text.strip().upper()
    found = []
    if _fits(_ANY_FORM, code, plain):
        found = [name for name, (module, form) in _FORMS.items() if _fits(form, code, plain) and _valid(module, plain)]
    if _NINO.fullmatch(code):
        found.append("gb_national_insurance_number")
    if _SSN.fullmatch(plain):
        found.append("us_social_security_number")
    return tuple(found)


def has_id_form(text: str) -> bool:
    """Whether a whole value has the form of an ID that has check digits: one in ten or fewer is one by luck."""
    code, plain = compact(text), text.strip().upper()
    return _fits(_ANY_FORM, code, plain)


def has_card_form(text: str) -> bool:
    """Whether a whole value has the length and the first digits of a payment card: one in ten has its check digit."""
    return _CARD_PREFIX.fullmatch(compact(text)) is not None


def is_card(text: str) -> bool:
    """Whether a whole value is the number of a payment card.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112"), is_card("1234567812345670")
    (True, False, False)
    """
    code = compact(text)
    distinct = len(set(code)) > 1
    return distinct and _CARD_PREFIX.fullmatch(code) is not None and _valid("stdnum.luhn", code)


def is_iban(text: str) -> bool:
    """Whether a whole value is an IBAN: the structure of its country, and the remainder modulo 97.

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    code = compact(text)
    return _IBAN.fullmatch(code) is not None and _remainder(code) == 1 and _iban_holds(code)


def _fits(form: re.Pattern[str], code: str, plain: str) -> bool:
    return form.fullmatch(code) is not None or form.fullmatch(plain) is not None


def _valid(module: str, code: str) -> bool:
    return _validator(module)(code)


def _remainder(code: str) -> int:
    """Modulo 97, of the letters as numbers: the library, which knows each country's structure, takes 0.5 ms."""
    return int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97


def _iban_holds(code: str) -> bool:
    from stdnum import iban  # noqa: PLC0415 - as above

    return bool(iban.is_valid(code, check_country=False))  # a country's own digits are the bank's business


@cache
def _validator(module: str) -> Callable[[str], bool]:
    found: Callable[[str], bool] = import_module(module).is_valid
    return found
