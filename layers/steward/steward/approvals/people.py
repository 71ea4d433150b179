"""Whether two proven principals are one person: four eyes are of people, not of sessions."""

import re
from collections.abc import Sequence

from steward.spec.principals import is_among, role_of

IDENTITY_CENTER = "arn:*:iam::*:role/AWSReservedSSO_*"
"""Roles of IAM Identity Center: it, and not who signs in, names their sessions, by the name of the user."""

_NAMED = re.compile(r"arn:[^:]*:(?:iam|sts)::(\d{12}):(?:user/(?:.*/)?|assumed-role/[^/]+/|federated-user/)([^/]+)")


def is_person(arn: str) -> bool:
    """Whether a requester is somebody whom AWS named, and neither a policy nor unknown."""
    return arn.startswith("arn:")


def is_same_person(one: str, other: str, personal_roles: Sequence[str] = ()) -> bool:
    """Whether two principals are, or cannot be told not to be, one person.

    A user and a session of the same name are, in whatever account and role. So are two sessions of one role, whose
    names whoever assumes it may choose (`sts:RoleSessionName`), unless the role is known to name people: otherwise one
    person could ask as one session and approve as another.

    Args:
        one: the ARN that AWS named.
        other: another.
        personal_roles: patterns of the roles whose sessions can only have their person's name.

    >>> role = "arn:aws:sts::123456789012:assumed-role"
    >>> is_same_person(f"{role}/leads/ann", f"{role}/leads/bob")
    True
    >>> is_same_person(f"{role}/leads/ann", f"{role}/leads/bob", ["arn:aws:iam::123456789012:role/leads"])
    False
    >>> is_same_person(f"{role}/leads/ann", "arn:aws:iam::123456789012:user/risk/Ann")
    True
    """
    if one == other or _name(one) == _name(other):
        return True
    shared = _shared_identity(one)
    return shared == _shared_identity(other) and not is_among(shared, [IDENTITY_CENTER, *personal_roles])


def _name(arn: str) -> str:
    """The name of a user or a session, as IAM compares them, without regard to case; any other ARN itself."""
    named = _NAMED.fullmatch(arn)
    return named[2].casefold() if named else arn


def _shared_identity(arn: str) -> str:
    """What several people may be: the role of a session, or whoever may name federated users of an account."""
    account, separator, _ = arn.partition(":federated-user/")
    return account if separator else role_of(arn)
