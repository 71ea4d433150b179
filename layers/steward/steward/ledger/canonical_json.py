"""The hash of a stored entry's canonical JSON (RFC 8785), at the speed of the standard library where that agrees."""

import hashlib
import json
from typing import Any, NoReturn

import rfc8785

_FIRST_OTHER_ORDER = "\ue000"
"""From this character on, RFC 8785 sorts keys by UTF-16 and the standard library by code points."""


class _HasFraction(Exception):
    """A number that RFC 8785 writes in its own way."""


def read_entry(body: bytes) -> tuple[dict[str, Any], str]:
    """The content of an entry without its hash, and the hash that it has by RFC 8785, in hexadecimal.

    Raises:
        ValueError: it is no JSON object, or has numbers that canonical JSON has no form for.
    """
    try:
        content = json.loads(body, parse_float=_refuse_fraction)
        plain = _without_hash(content)
        text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        if text.isascii() or max(text) < _FIRST_OTHER_ORDER:
            return content, hashlib.sha256(text.encode()).hexdigest()
    except _HasFraction:
        content = json.loads(body)
        plain = _without_hash(content)
    return content, hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def _without_hash(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError("an entry is a JSON object")  # noqa: TRY004 - it is the content that is wrong
    return {name: value for name, value in content.items() if name != "hash"}


def _refuse_fraction(_: str) -> NoReturn:
    raise _HasFraction
