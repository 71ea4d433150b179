"""Personal data in what people write themselves: names of files, and reasons that the ledger keeps for good."""

from collections.abc import Sequence

from steward.events import PersonalKind
from steward.privacy.recognisers import signs_of

_KINDS: tuple[PersonalKind, ...] = ("email", "phone", "iban", "payment_card", "national_id")
"""Not the addresses of computers and places, which reasons are about."""


def personal_kinds(text: str) -> Sequence[PersonalKind]:
    """The kinds of personal data that a text holds beyond doubt.

    >>> personal_kinds("asked by ada@example.org, 10.0.0.7 was down"), personal_kinds("request 2026-113")
    (('email',), ())
    """
    return tuple(sign.kind for sign in signs_of(text) if sign.certainty == "certain" and sign.kind in _KINDS)


def kinds_in_words(kinds: Sequence[PersonalKind]) -> str:
    """The kinds as a sentence has them.

    >>> kinds_in_words(("email", "payment_card"))
    'email, payment card'
    """
    return ", ".join(kind.replace("_", " ") for kind in kinds)
