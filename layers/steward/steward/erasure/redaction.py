"""Documents without the names of a subject: words that are the subject, or the id of one of its rows, are replaced."""

import json
import re
from collections.abc import Callable

ERASED = "[erased]"
"""What stands where a subject was named."""

_WORD = re.compile(r"[^\s,;:'\"()\[\]{}<>=/|`]+")
_QUOTED = re.compile(r"(['\"`])([^'\"`\n]{1,256})\1")
_LONGEST = 256
_EDGES = ".!?"
_FEWEST_DIGITS, _FEWEST_SIGNS = 7, 4
_LISTS = frozenset({"ids", "prediction_ids"})
"""Fields of documents that hold ids and nothing else."""


def tokens(text: str) -> list[str]:
    """The words of a text: what stands between blanks, quotes, brackets and separators.

    >>> tokens("no prediction of 's-17', s-18.")
    ['no', 'prediction', 'of', 's-17', 's-18']
    """
    return [word.strip(_EDGES) for word in _WORD.findall(text) if word.strip(_EDGES)]


def is_distinctive(word: str) -> bool:
    """Whether a word can be taken for a name wherever it stands: `12` may be a count, and `ann` a syllable.

    >>> [is_distinctive(word) for word in ("12", "1400000", "ann", "s-17", "ada@example.org")]
    [False, True, False, True, True]
    """
    return len(word) >= (_FEWEST_DIGITS if word.isdigit() else _FEWEST_SIGNS)


def redact_text(text: str, named: Callable[[str], bool]) -> str:
    """A text with every word replaced that names a subject: if it is distinctive, or stands in quotes.

    Args:
        text: what is written.
        named: whether a word names the subject.

    >>> redact_text("labels of s-17, s-18 and '12' wait; 12 did not", lambda word: word in {"s-17", "12"})
    "labels of [erased], s-18 and '[erased]' wait; 12 did not"
    """
    if len(text) <= _LONGEST and is_distinctive(text) and named(text):
        return ERASED

    def quoted(found: re.Match[str]) -> str:
        return f"{found[1]}{ERASED}{found[1]}" if named(found[2]) else found[0]

    def replaced(found: re.Match[str]) -> str:
        word = found[0].strip(_EDGES)
        known = len(word) <= _LONGEST and is_distinctive(word) and named(word)
        return found[0].replace(word, ERASED) if known else found[0]

    return _WORD.sub(replaced, _QUOTED.sub(quoted, text))


def redact_document(body: bytes, named: Callable[[str], bool]) -> bytes | None:
    """A JSON document without the names of a subject, in its texts and keys; None where it has none.

    Args:
        body: UTF-8; what is no JSON is taken for text, what is no text has no names.
        named: whether a word names the subject.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    try:
        content = json.loads(text)
    except ValueError:
        left = redact_text(text, named)
        return None if left == text else left.encode()
    redacted = _redacted(content, named, ids=False)
    return None if redacted == content else json.dumps(redacted, ensure_ascii=False, separators=(",", ":")).encode()


def _redacted(content: object, named: Callable[[str], bool], *, ids: bool) -> object:
    if isinstance(content, str):
        return ERASED if ids and named(content) else redact_text(content, named)
    if isinstance(content, list):
        return [_redacted(one, named, ids=ids) for one in content]
    if isinstance(content, dict):
        return {redact_text(key, named): _redacted(one, named, ids=key in _LISTS) for key, one in content.items()}
    return content
