"""Merges mappings by key."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from steward.errors import IncomparableProfiles


class Addable(Protocol):
    """Anything that adds up."""

    def __add__(self, other: Any, /) -> Self: ...


def merge_by_key[V: Addable](one: Mapping[str, V], other: Mapping[str, V]) -> dict[str, V]:
    """The sum under each name.

    Raises:
        IncomparableProfiles: the two have different names.
    """
    if one.keys() != other.keys():
        odd = sorted(one.keys() ^ other.keys())
        msg = f"{', '.join(odd[:3])} is in one of two profiles only; profile the records again over one set of bins"
        raise IncomparableProfiles(msg)
    return {name: mine + other[name] for name, mine in one.items()}


def merge_groups_by_key[V: Addable](
    one: Mapping[str, Mapping[str, V]], other: Mapping[str, Mapping[str, V]]
) -> dict[str, dict[str, V]]:
    """The sum of each group under each name.

    Raises:
        IncomparableProfiles: the two have different names or groups.
    """
    merge_by_key(dict.fromkeys(one, 0), dict.fromkeys(other, 0))
    return {name: merge_by_key(groups, other[name]) for name, groups in one.items()}
