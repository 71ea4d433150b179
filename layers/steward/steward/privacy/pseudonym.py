"""Keyed pseudonyms: the same value has the same one, and without the key nobody can find which (ISO/IEC 20889).

Source: RFC 2104 (HMAC), RFC 4648 (base32).
"""

import hmac
import re
from base64 import b32encode

from steward.records.canonical import canonical_id

_PREFIX = "pn-"
_BYTES = 16
"""Of the code that are kept: two of 2^32 values share a pseudonym by a chance of 3e-20."""
_FORM = re.compile(rf"{_PREFIX}[a-z2-7]{{26}}")


def derivation_message(model: str) -> bytes:
    """What the master key authenticates to give the key of a model.

    Each model has a key of its own, so that pseudonyms cannot be joined across models.
    """
    return b"steward pseudonyms v1\0" + model.encode()


def pseudonym(key: bytes, value: str) -> str:
    """The pseudonym of a value: the HMAC-SHA-256 of its canonical text, cut to 128 bits, in base32 behind a prefix.

    The text is the canonical form of an ID (decision 0019): all spellings of one value have one pseudonym. A pseudonym
    stays what it is, so that a row that comes again, out of quarantine for example, meets the others. A missing value
    stays missing.

    Args:
        key: of the model, 32 bytes; `steward.store.pseudonym_key` gives it.
        value: as it was written.

    >>> key = bytes(32)
    >>> pseudonym(key, "ada@example.org")
    'pn-vrngydrr3ln74lrifoxdwt26nq'
    >>> pseudonym(key, " 1400000.0") == pseudonym(key, "1400000")
    True
    >>> pseudonym(key, pseudonym(key, "1400000")) == pseudonym(key, "1400000")
    True
    """
    text = canonical_id(value)
    if not text or is_pseudonym(text):
        return text
    code = hmac.digest(key, text.encode(), "sha256")[:_BYTES]
    return _PREFIX + b32encode(code).decode().rstrip("=").lower()


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym."""
    return text.startswith(_PREFIX) and _FORM.fullmatch(text) is not None
