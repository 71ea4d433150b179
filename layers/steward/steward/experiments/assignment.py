"""Sticky assignment of entities to the arms of an experiment, the same in Python, JavaScript and SQL."""

import hashlib
import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from steward.errors import ExperimentInvalid

POSITIONS = 2**52
"""Positions that an entity can have: each is exact in a double, with which JavaScript counts."""

_HEX_DIGITS = 13
_SALT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TOLERANCE = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class ArmBound:
    """One arm and where its positions end.

    Attributes:
        name: of the arm.
        weight: its share of the entities.
        below: the first position beyond it; it begins where the arm before ends.
    """

    name: str
    weight: float
    below: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """The arms of an experiment, in order, and the salt that mixes the entities.

    Bounds are whole numbers, so that every language compares the same: an entity belongs to the first arm whose
    `below` is above its position.

    >>> assignment = Assignment.of("loans-7", {"champion": 0.9, "challenger": 0.1})
    >>> assignment.arm_of("customer-17"), assignment.arm_of(None)
    ('champion', None)
    """

    salt: str
    arms: tuple[ArmBound, ...]

    @classmethod
    def of(cls, salt: str, weights: Mapping[str, float]) -> "Assignment":
        """Lay out arms by their weights.

        Of two arms, only entities of the first move when the second is given more weight, so that a challenger named
        last keeps its entities while its share grows.

        Args:
            salt: of this experiment; another one mixes the entities anew. Letters, digits, `.`, `_` and `-`.
            weights: share of each arm, in order; they sum to one.

        Raises:
            ExperimentInvalid: a weight is not in (0, 1], their sum is not one, or the salt has other characters.
        """
        if not _SALT.fullmatch(salt):
            raise ExperimentInvalid(f"salt {salt!r} must be 1 to 64 letters, digits, '.', '_' or '-'; choose another")
        for name, weight in weights.items():
            if not name or not 0 < weight <= 1:
                raise ExperimentInvalid(
                    f"weight {weight!r} of arm {name!r} must be above 0 and at most 1; leave out an arm without traffic"
                )
        exact = {name: Fraction(repr(float(weight))) for name, weight in weights.items()}
        total = sum(exact.values(), Fraction(0))
        if abs(total - 1) > _TOLERANCE:
            listed = ", ".join(f"{name} {weight:g}" for name, weight in weights.items()) or "none"
            raise ExperimentInvalid(
                f"weights sum to {float(total):.12g} and must sum to one ({listed}); the champion takes what is left"
            )
        bounds: list[ArmBound] = []
        reached = Fraction(0)
        for name, share in exact.items():
            reached += share
            bounds.append(ArmBound(name, float(share), round(reached / total * POSITIONS)))
        return cls(salt, tuple(bounds))

    def arm_of(self, entity: str | int | None) -> str | None:
        """The arm of an entity; None where no entity is known.

        A row without an entity (None, NaN, empty text) takes no part in the experiment: it is served by the champion
        and is not counted.

        Raises:
            ExperimentInvalid: the entity is neither text nor a whole number, or text that UTF-8 cannot hold.
        """
        text = entity_text(entity)
        if text is None:
            return None
        place = position(self.salt, text)
        return next(arm.name for arm in self.arms if place < arm.below)

    @property
    def weights(self) -> dict[str, float]:
        """The share of each arm."""
        return {arm.name: arm.weight for arm in self.arms}


def position(salt: str, entity: str) -> int:
    """Where an entity is among the 2^52 positions: the first 13 hexadecimal digits of SHA-256 of `salt:entity`.

    Python, browsers, Spark, Athena, BigQuery, PostgreSQL and DuckDB all have SHA-256 built in.

    Args:
        salt: of the experiment.
        entity: as text, hashed as UTF-8 without any change of case, blanks or accents.

    >>> position("salt", "a")
    518499798226784
    """
    return int(hashlib.sha256(f"{salt}:{entity}".encode()).hexdigest()[:_HEX_DIGITS], 16)


def entity_text(entity: object) -> str | None:
    """An entity as the text that is hashed; None where it is missing.

    Raises:
        ExperimentInvalid: it is neither text nor a whole number, whose text would differ between languages.
    """
    if entity is None or entity == "" or (isinstance(entity, float) and math.isnan(entity)):
        return None
    if isinstance(entity, str):
        if not entity.isascii() and any("\ud800" <= sign <= "\udfff" for sign in entity):
            raise ExperimentInvalid(f"entity {entity!r} has half a surrogate pair, which is no text in UTF-8: mend it")
        return entity
    if not isinstance(entity, bool) and isinstance(entity, numbers.Integral):
        return str(int(entity))
    raise ExperimentInvalid(
        f"entity {entity!r} is of type {type(entity).__name__}: pass text or a whole number, since other types are "
        "written differently by different languages"
    )
