"""Text statistics: length, words, share of non-letters, and a hash of every word."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from steward.records.hashing import Hashes, mix

MOST_CHARACTERS = 20_000
"""Characters of a cell whose words are looked at; the rest counts for the length alone."""

_BLOCK = 1 << 17
"""Characters taken apart at a time."""

_POINTS = 0x110000
_BASE = np.uint64(0x9FB21C651E98DF25)
"""An odd constant; a word's hash is the sum of its characters times the constant's powers."""

_WORD, _LETTER, _SPACE, _ALONE, _KNOWN = 1, 2, 4, 8, 16
_IDEOGRAPHS = ((0x3041, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
"""Scripts without spaces between words (kana and Han): each character is taken for a word."""


@dataclass(frozen=True, slots=True)
class TextStatistics:
    """What some texts are like.

    Attributes:
        length: characters, int64, shape (rows,).
        words: runs of letters and digits; ideographs count one by one. int64, shape (rows,).
        non_letters: share of the characters, white space left out, that are no letters; NaN where there is none.
            float64, shape (rows,).
        tokens: a hash of each word in lower case, in the order of the text, uint64, shape (all words,).
    """

    length: NDArray[np.int64]
    words: NDArray[np.int64]
    non_letters: NDArray[np.float64]
    tokens: Hashes

    def share(self, counted: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The share of each text's words that are counted, shape (rows,); NaN where there are no words.

        Args:
            counted: shape (all words,).
        """
        with np.errstate(invalid="ignore"):
            return _sum_stretches(counted, self.words) / self.words


def text_statistics(texts: list[str]) -> TextStatistics:
    """Take texts apart, by the characters' classes in Unicode.

    >>> found = text_statistics(["Two words, 2!", ""])
    >>> found.length.tolist(), found.words.tolist(), found.non_letters.round(3).tolist()
    ([13, 0], [3, 0], [0.273, nan])
    """
    parts = [_tokenise(block) for block in _blocks(texts)]
    return TextStatistics(
        length=np.fromiter(map(len, texts), np.int64, len(texts)),
        words=np.concatenate([words for words, _, _ in parts]) if parts else np.empty(0, np.int64),
        non_letters=np.concatenate([shares for _, shares, _ in parts]) if parts else np.empty(0),
        tokens=np.concatenate([tokens for _, _, tokens in parts]) if parts else np.empty(0, np.uint64),
    )


def _blocks(texts: list[str]) -> Iterator[list[str]]:
    block: list[str] = []
    held = 0
    for text in texts:
        bounded = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS]
        if block and held + len(bounded) > _BLOCK:
            yield block
            block, held = [], 0
        block.append(bounded)
        held += len(bounded) + 1
    if block:
        yield block


def _tokenise(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.float64], Hashes]:
    """Words and share of non-letters of each text, and the tokens; a line feed stands between texts."""
    points = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), "<u4")
    classes = _classes(points)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    ends = np.cumsum(lengths)
    spaces = _sum_stretches(classes & _SPACE > 0, lengths) - 1
    letters = _sum_stretches(classes & _LETTER > 0, lengths)
    with np.errstate(invalid="ignore"):
        shares = 1 - letters / (lengths - 1 - spaces)
    starts, tokens = _tokens(points, classes)
    before = np.searchsorted(starts, ends - lengths)
    return np.searchsorted(starts, ends) - before, shares, tokens


def _tokens(points: NDArray[np.uint32], classes: NDArray[np.uint8]) -> tuple[NDArray[np.intp], Hashes]:
    """Where each word begins, and its hash."""
    inside = classes & _WORD > 0
    begins = inside.copy()
    begins[1:] &= ~inside[:-1] | (classes[1:] & _ALONE > 0) | (classes[:-1] & _ALONE > 0)
    at = np.flatnonzero(inside)
    first = np.flatnonzero(begins[at])
    if not len(first):
        return np.empty(0, np.intp), np.empty(0, np.uint64)
    lower = _lower_case().take(points[at]).astype(np.uint64)
    place = np.arange(len(at)) - np.repeat(first, np.diff(np.append(first, len(at))))
    lower *= _powers().take(place, mode="clip")
    return at[first], mix(np.add.reduceat(lower, first))


def _sum_stretches(marks: NDArray[np.bool_], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many marks fall into each of the consecutive stretches."""
    counted = np.concatenate(([0], np.cumsum(marks)))
    ends = np.cumsum(lengths)
    sums: NDArray[np.int64] = counted[ends] - counted[ends - lengths]
    return sums


def _classes(points: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The classes of characters, each looked up in Unicode once per process."""
    table = _class_table()
    found = table.take(points)
    if not found.all():
        _learn(np.unique(points[found == 0]).tolist())
        found = table.take(points)
    return found


def _learn(unknown: list[int]) -> None:
    table, lower = _class_table(), _lower_case()
    for point in unknown:
        character = chr(point)
        alone = any(first <= point <= last for first, last in _IDEOGRAPHS)
        table[point] = (
            _KNOWN
            | (_WORD if character.isalnum() else 0)
            | (_LETTER if character.isalpha() else 0)
            | (_SPACE if character.isspace() else 0)
            | (_ALONE if alone else 0)
        )
        lower[point] = ord(character.lower()) if len(character.lower()) == 1 else point


@cache
def _class_table() -> NDArray[np.uint8]:
    """The class of every code point met so far, 0 for the others."""
    return np.zeros(_POINTS, np.uint8)


@cache
def _lower_case() -> NDArray[np.uint32]:
    return np.arange(_POINTS, dtype=np.uint32)


@cache
def _powers() -> NDArray[np.uint64]:
    """Powers of the base; characters beyond the last one's place share it."""
    return np.cumprod(np.full(256, _BASE, np.uint64), dtype=np.uint64)
