"""Personal data in one value: what is it by itself, and what does it hold among other text.

A sign is `certain` where its form or its check digits leave no doubt, wherever it stands, and `possible` where other
values look alike: a number of ten digits passes a check digit by luck one time in ten. Which possible signs count is
decided over a column (`steward.privacy.examination`).
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from steward.events import PersonalKind
from steward.privacy.checked_codes import compact, has_card_form, has_id_form, id_schemes, is_card, is_iban

Certainty = Literal["certain", "possible", "alike"]
"""`alike`: it has the form, and the check digits are wrong: it speaks against the column."""


class RecognisedKind(NamedTuple):
    """Personal data that a value is, or holds; the value itself is not kept."""

    kind: PersonalKind
    certainty: Certainty
    schemes: tuple[str, ...] = ()


LONGEST = 2000
"""Characters of a value that are looked at."""

_PLAIN = (
    r"[-+]?(?:\d{0,7}|\d*\.\d*(?:[eE][-+]?\d+)?)|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::[\d.]+)?(?:Z|[-+]\d\d:?\d\d)?)?"
)
"""Most values are a moment, a number that is too short for any code, or one with a fraction."""
_ALL_PLAIN = re.compile(rf"(?:(?:{_PLAIN}|[A-Za-z_ ]*)\n)*")
_CANDIDATE = re.compile(
    r"@|:|°|-[0-9A-Fa-f]{2}-|\d(?:[ ().\-/]*\d){5}|[A-Za-z]{2}\d{2}|[A-Za-z]{6}\d|[A-Za-z]\d[A-Za-z\d]? \d[A-Za-z]{2}"
)
"""Without any of these a value holds nothing."""
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%'-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?!(?:png|jpe?g|gif|svg|css|js|html?|py)\b)"
    r"[^\W\d_]{2,24}(?![\w@]|-\w|:\S)",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![\w-])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?(?![\w-])")
_SHORTEST_IBAN = 15
_LONGEST_ID = 24
_GROUPED_CARD = re.compile(
    r"(?<![\w.,+-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{5})(?![\w-]|[.,]\d)"
)
_BARE_CARD = re.compile(r"(?<![\w.,+-])\d{12,19}(?![\w-]|[.,]\d)")
_PHONES = (
    re.compile(
        r"(?<![\w+.,/-])(?:\+|00(?=[1-9]\d?[ ()\-/.]))[1-9][\d ().\-/]{5,22}\d"
        r"(?:(?: ?x| ?ext\.? ?)\d{1,6})?(?![\w-]|[.,:]\d)"
    ),
    re.compile(
        r"(?<![\w+.,/-])(?:\+?1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}"
        r"(?: ?(?:x|ext\.?) ?\d{1,6})?(?![\w-]|[.,:/]\d)"
    ),
    re.compile(r"(?<![\w+.,/-])\(0\d{1,5}\)[ -]?\d[\d ]{3,9}\d(?![\w-]|[.,:/]\d)"),
    re.compile(r"(?<![\w+.,/-])0[1-9](?:([ .-])\d\d)(?:\1\d\d){3}(?![\w-]|[.,:/]\d)"),
)
_DECIMAL = re.compile(r"\+?\d+\.\d+")
_NATIONAL_PHONE = re.compile(r"\+?\(?0\d{1,5}\)?[ /-]?\d{2,4}(?:[ -]?\d{2,4}){1,3}|[2-9]\d\d[ .-]\d{3}[ .-]\d{4}")
_PHONE_DIGITS = 8, 15
_IPV4 = re.compile(
    r"(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w-]|\.\d)"
)
_IPV6 = re.compile(r"(?<![\w:.-])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.\d)")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_VERSION_PART = 31
"""The parts of version numbers are hardly ever larger, and one of an address's four is."""
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")
_FISCAL_CODE = re.compile(r"(?<!\w)[A-Za-z]{6}[0-9L-Vl-v]{2}[A-Za-z][0-9L-Vl-v]{2}[A-Za-z][0-9L-Vl-v]{3}[A-Za-z](?!\w)")
_SPACED_NIR = re.compile(r"(?<!\w)[12] \d\d \d\d \d[\dAB] \d{3} \d{3} \d\d(?!\w)")
_SPACED_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D](?!\w)"
)
_ABOUT_IDS = re.compile(
    r"\b(?:ssn|social security|nino|national insurance|nhs|steuer-?id\w*|idnr|s[ée]cu(?:rit[ée] sociale)?|nir|dni|nie|"
    r"nif|codice fiscale|bsn|"
    r"pesel|personnummer|rijksregister\w*|hetu|f[øo]dselsnummer|(?:tax|national|identity) (?:id|number))\b",
    re.IGNORECASE,
)
_ABOUT_CARDS = re.compile(r"\b(?:card|visa|mastercard|amex|kreditkarte|karte|carte|tarjeta|carta)\b", re.IGNORECASE)
_CODES = re.compile(r"(?<![\w.,+-])[A-Z]{0,2}\d[\d .\-/]{5,18}\d?[A-Z]?(?![\w-]|[.,]\d)")
_POINT = re.compile(
    r"(?:POINT ?)?\(?([-+]?\d{1,3}\.\d{3,})°? ?[NSns]?\s*[,; ]\s*([-+]?\d{1,3}\.\d{3,})°? ?[EWOewo]?\)?"
)
_ANGLE = r"{}°\s?\d{{1,2}}['′’](?:\s?[\d.]{{1,6}}[\"″”])?\s?[{}]"
_SEXAGESIMAL = re.compile(_ANGLE.format(r"\d{1,2}", "NS") + r"[, ]+" + _ANGLE.format(r"\d{1,3}", "EWO"))
_UK_POSTCODE = re.compile(r"(?:GIR 0AA|[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})")
_LATITUDE, _LONGITUDE = 90, 180


def are_plain(values: Iterable[str]) -> bool:
    """Whether all values are moments, words of the Latin alphabet or numbers that are no codes: most columns are."""
    return _ALL_PLAIN.fullmatch("\n".join([*values, ""])) is not None


def signs_of(text: str, *, ids: bool = True) -> tuple[RecognisedKind, ...]:
    """The signs of personal data in one value, each kind once.

    Args:
        text: the value.
        ids: whether the check digits of national IDs are worked out where the whole value has the form of one.

    >>> [sign.kind for sign in signs_of("write to ada@example.org or call +44 20 7946 0018")]
    ['email', 'phone']
    >>> signs_of("0.41234"), signs_of("2013-01-01T05:00:00Z"), signs_of("b7c9d1b2-4111-4111-8111-111111111111")
    ((), (), ())
    """
    text = text[:LONGEST]
    if _CANDIDATE.search(text) is None:
        return ()
    text = _UUID.sub(" ", text).strip()
    found = [*_network(text), *_codes(text)]
    if not any(sign.kind == "iban" for sign in found):  # whose groups look like the number of a card
        found += _numbers(text, ids=ids)
    kinds: dict[PersonalKind, RecognisedKind] = {}
    for sign in found:
        before = kinds.get(sign.kind)
        if before is None or _RANK[sign.certainty] > _RANK[before.certainty]:
            kinds[sign.kind] = sign
    return tuple(kinds.values())


_RANK: dict[Certainty, int] = {"alike": 0, "possible": 1, "certain": 2}


def _network(text: str) -> list[RecognisedKind]:
    """What signs between letters and digits tell: addresses of mail and of computers, places."""
    found = []
    if "@" in text and _EMAIL.search(text):
        found.append(RecognisedKind("email", "certain"))
    if ":" in text or "-" in text:
        if _MAC.search(text):
            found.append(RecognisedKind("mac_address", "certain"))
        if any(_is_ipv6(one[0]) for one in _IPV6.finditer(text)):
            found.append(RecognisedKind("ip_address", "certain"))
    if "." in text:
        addresses = [one[0] for one in _IPV4.finditer(text)]
        if any(_is_ipv4(one) for one in addresses):
            found.append(RecognisedKind("ip_address", "certain"))
        elif addresses:
            found.append(RecognisedKind("ip_address", "alike"))
        if _is_place(text):
            found.append(RecognisedKind("coordinates", "possible"))
    return found


def _codes(text: str) -> list[RecognisedKind]:
    """What letters and digits in groups tell."""
    found = []
    if _SEXAGESIMAL.search(text):
        found.append(RecognisedKind("coordinates", "certain"))
    if any(_holds_iban(one[0]) for one in _IBAN.finditer(text)):
        found.append(RecognisedKind("iban", "certain"))
    if _UK_POSTCODE.fullmatch(text):
        found.append(RecognisedKind("postcode", "possible"))
    return found


def _holds_iban(text: str) -> bool:
    """Whether a text is an IBAN, or begins with one: words may follow that look like a group of it."""
    code = compact(text)
    return any(is_iban(code[:length]) for length in range(len(code), _SHORTEST_IBAN - 1, -1))


def _numbers(text: str, *, ids: bool) -> list[RecognisedKind]:
    """What digits tell: cards, national IDs, phones."""
    cards = _cards(text)
    found = [*cards, *_ids(text, whole=ids)]
    if not any(sign.certainty == "certain" for sign in found) and not _DECIMAL.fullmatch(text):
        if any(_has_phone_digits(one[0]) for form in _PHONES for one in form.finditer(text)):
            found.append(RecognisedKind("phone", "certain"))
        elif not text.isdigit() and _NATIONAL_PHONE.fullmatch(text) and _has_phone_digits(text):
            found.append(RecognisedKind("phone", "possible"))
    return found


def _cards(text: str) -> list[RecognisedKind]:
    grouped = [one[0] for one in _GROUPED_CARD.finditer(text)]
    if any(is_card(one) for one in grouped):
        return [RecognisedKind("payment_card", "certain")]
    bare = [one[0] for one in _BARE_CARD.finditer(text)]
    if any(is_card(one) for one in bare):
        certain = len(text) > len(bare[0]) and _ABOUT_CARDS.search(text)
        return [RecognisedKind("payment_card", "certain" if certain else "possible")]
    return [RecognisedKind("payment_card", "alike")] if any(has_card_form(one) for one in (*grouped, *bare)) else []


def _ids(text: str, *, whole: bool) -> list[RecognisedKind]:
    short = whole and len(text) <= _LONGEST_ID
    schemes = id_schemes(text) if short else ()
    if "it_codice_fiscale" in schemes or "us_social_security_number" in schemes:
        return [RecognisedKind("national_id", "certain", schemes)]
    for form in (_FISCAL_CODE, _SSN, _SPACED_NIR, _SPACED_NINO):
        for one in form.finditer(text):
            if found := id_schemes(one[0]):
                return [RecognisedKind("national_id", "certain", found)]
    if schemes:
        return [RecognisedKind("national_id", "possible", schemes)]
    if _ABOUT_IDS.search(text):
        for one in _CODES.finditer(text):
            if found := id_schemes(one[0].strip(" .-/")):
                return [RecognisedKind("national_id", "certain", found)]
    return [RecognisedKind("national_id", "alike")] if short and has_id_form(text) else []


def _has_phone_digits(text: str) -> bool:
    digits = sum(map(str.isdigit, text.partition("x")[0].partition("ext")[0]))
    fewest, most = _PHONE_DIGITS
    return fewest <= digits <= most


def _is_ipv4(text: str) -> bool:
    return max(map(int, text.split("."))) > _VERSION_PART


def _is_ipv6(text: str) -> bool:
    groups = [group for group in text.split(":") if group]
    if len(groups) < 3 or max(map(len, groups)) < 3:  # noqa: PLR2004 - `a::b`, `12:30:45` and `::1` are nobody's
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_place(text: str) -> bool:
    pair = _POINT.fullmatch(text)
    if pair is None:
        return False
    one, other = abs(float(pair[1])), abs(float(pair[2]))
    return min(one, other) <= _LATITUDE and max(one, other) <= _LONGITUDE and max(one, other) > 1
