"""Immutable ids, and the lookup of one by its prefix, as in git."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from steward.errors import StewardError
from steward.releasing.routing import Promotion

ArtifactKind = Literal["spec", "dataset", "version", "baseline", "run", "check", "release"]

_SHOWN = 6
_HASH = 16


class UnknownId(StewardError):
    """Nothing of a model has this id, or several things begin with it."""


@dataclass(frozen=True, slots=True, order=True)
class Identified:
    """One thing of a model that has an immutable id.

    Attributes:
        key: the object that holds it, or that it stands in.
    """

    kind: ArtifactKind
    id: str
    key: str


def release_id(promotion: Promotion) -> str:
    """The id of one change of champion, which follows from what changed and when."""
    content = f"{promotion.version}:{promotion.run}:{promotion.promoted_at.isoformat()}"
    return hashlib.sha256(content.encode()).hexdigest()[:_HASH]


def baseline_id(sha256: str) -> str:
    """The id of a baseline, which follows from its bytes.

    >>> baseline_id("0123456789abcdef" * 4)
    '0123456789abcdef'
    """
    return sha256[:_HASH]


def resolve(prefix: str, known: Iterable[Identified], model: str) -> Identified:
    """The one thing whose id is `prefix`, or begins with it as no other does.

    Raises:
        UnknownId: there is none, or there are several; the message lists them.

    >>> known = [Identified("version", "20240110-ab", ""), Identified("version", "20240117-cd", "")]
    >>> resolve("20240117", known, "lemons").id
    '20240117-cd'
    """
    begins = sorted(item for item in known if prefix and item.id.startswith(prefix))
    exact = [item for item in begins if item.id == prefix]
    found = exact or begins
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnknownId(
            f"nothing of {model} has an id that begins with {prefix!r}; `steward log {model}` shows ids, and with "
            "--checks those of checks"
        )
    listed = ", ".join(f"{item.kind} {item.id}" for item in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise UnknownId(f"{prefix!r} may mean {listed}{more}: say more of it")
