"""What conditions on a row are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

ArithmeticSign = Literal["+", "-", "*", "/"]
ComparisonSign = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Literally:
    """A number, a text, or true or false."""

    value: float | str | bool
    at: int


@dataclass(frozen=True, slots=True)
class Named:
    """The cell of a column."""

    column: str
    at: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether the cell of a column is empty."""

    column: str
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers made one; of two moments, their difference in seconds."""

    sign: ArithmeticSign
    left: "Node"
    right: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two values lie to each other."""

    sign: ComparisonSign
    left: "Node"
    right: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a value is one of a list."""

    of: "Node"
    values: tuple[Literally, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Negation:
    """Not."""

    of: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Combination:
    """All of several conditions, or any."""

    word: Literal["and", "or"]
    parts: "tuple[Node, ...]"
    at: int


Node = Literally | Named | Missing | Arithmetic | Comparison | Membership | Negation | Combination
"""Each knows the character, from 0, that it begins at."""


def names(node: Node) -> Iterator[Named | Missing]:
    """Every place where a column is looked at."""
    match node:
        case Named() | Missing():
            yield node
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            yield from names(left)
            yield from names(right)
        case Membership(of=inner) | Negation(of=inner):
            yield from names(inner)
        case Combination(parts=parts):
            for part in parts:
                yield from names(part)
        case Literally():
            pass
