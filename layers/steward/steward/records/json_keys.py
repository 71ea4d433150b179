"""Which keys a file of JSON has anywhere, found without decoding it."""

import re
from collections.abc import Collection, Iterable

_OVERLAP = 1 << 12
"""Bytes of the block before that are looked at again: a key and its colon may lie on both sides of a border."""


def keys_in(blocks: Iterable[bytes], names: Collection[str]) -> list[str]:
    r"""The names that stand before a colon somewhere, in the given order.

    A name inside a nested object, or inside a text that looks like JSON, counts too; none that is a key is overlooked,
    also where its signs are escaped.

    >>> keys_in([b'{"a": {"b" : 1}, "c": "d", "\\u0065": 2}'], ["e", "d", "c", "b"])
    ['e', 'c', 'b']
    """
    sought = [_Key(name) for name in names]
    found: set[str] = set()
    before = b""
    for block in blocks:
        text = before + block
        found.update(key.name for key in sought if key.name not in found and key.is_in(text))
        if len(found) == len(sought):
            break
        before = text[-_OVERLAP:]
    return [name for name in names if name in found]


def words_in(blocks: Iterable[bytes], words: Collection[bytes]) -> set[bytes]:
    """The words that come anywhere."""
    found: set[bytes] = set()
    before = b""
    for block in blocks:
        text = before + block
        found.update(word for word in words if word not in found and word in text)
        if len(found) == len(words):
            break
        before = text[-_OVERLAP:]
    return found


class _Key:
    """A name, and how it may be written as a key; what is rare is told at once from what cannot be."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pattern = re.compile(b'"' + b"".join(map(_sign, name)) + rb'"\s*:')
        self._plain = f'"{name}"'.encode(errors="surrogatepass")
        self._escapes = _escapes(name)

    def is_in(self, text: bytes) -> bool:
        """Whether it stands before a colon."""
        likely = self._plain in text or (b"\\" in text and any(sign in text for sign in self._escapes))
        return likely and bool(self._pattern.search(text))


def _escapes(name: str) -> set[bytes]:
    """Some of these are in any text that has the name with a character escaped."""
    if not name.isascii():
        return {b"\\"}
    written = {rb"\u%04x" % ord(sign) for sign in name} | {rb"\u%04X" % ord(sign) for sign in name}
    return written | {_SHORT[sign] for sign in name if sign in _SHORT}


def _sign(sign: str) -> bytes:
    """Matches a character as it is, and escaped."""
    units = sign.encode("utf-16-be", "surrogatepass")
    escaped = b"".join(rb"\\u(?i:%04x)" % int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    ways = [escaped]
    if sign in _SHORT:
        ways.append(re.escape(_SHORT[sign]))
    if sign not in '"\\' and sign >= " ":
        ways.append(re.escape(sign.encode(errors="surrogatepass")))
    return b"(?:" + b"|".join(ways) + b")"


_SHORT = {'"': b'\\"', "\\": b"\\\\", "/": b"\\/", "\b": b"\\b", "\f": b"\\f", "\n": b"\\n", "\r": b"\\r", "\t": b"\\t"}
