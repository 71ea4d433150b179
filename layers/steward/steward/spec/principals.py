"""Principals of AWS as declarations name them: ARNs with wildcards, and the roles that sessions are of."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import StringConstraints

from steward.spec.spec_section import spelling

_ARN = r"^arn:[^:\s]*:(iam|sts)::[^:\s]*:\S+$"
Principal = Annotated[
    str,
    StringConstraints(pattern=_ARN),
    spelling(_ARN, "ARN of a user or role: write one such as arn:aws:iam::123456789012:role/leads"),
]
"""An ARN; `*` stands for any signs and `?` for one, within the parts between colons."""

_SESSION = re.compile(r"(arn:aws[a-z-]*):sts(::\d{12}):assumed-role/([^/]+)/.+")
_WILDCARDS = {"*": ".*", "?": "."}


def role_of(arn: str) -> str:
    """The role that a session is of, and any other principal itself; a role's path is not told by its sessions.

    >>> role_of("arn:aws:sts::123456789012:assumed-role/leads/ann")
    'arn:aws:iam::123456789012:role/leads'
    """
    session = _SESSION.fullmatch(arn)
    return f"{session[1]}:iam{session[2]}:role/{session[3]}" if session else arn


def is_among(arn: str, patterns: Iterable[str]) -> bool:
    """Whether a principal, or the role that it is a session of, is one of those that patterns name.

    >>> is_among("arn:aws:sts::123456789012:assumed-role/leads/ann", ["arn:aws:iam::*:role/leads"])
    True
    """
    return any(_matches(pattern, one) for pattern in patterns for one in {arn, role_of(arn)})


def _matches(pattern: str, arn: str) -> bool:
    """Whether an ARN is as a pattern says, part by part between colons, as IAM's `ArnLike` compares."""
    wanted, found = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(found) and all(
        re.fullmatch("".join(_WILDCARDS.get(sign) or re.escape(sign) for sign in part), name)
        for part, name in zip(wanted, found, strict=True)
    )
