"""How grave something is."""

from typing import Literal, get_args

Severity = Literal["info", "warning", "critical"]
"""What one may know, what one should look at, and what cannot wait."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least grave to the gravest."""


def rank(severity: Severity) -> int:
    """The place of a severity: graver ones have higher ranks.

    >>> rank("critical") > rank("warning") > rank("info")
    True
    """
    return SEVERITIES.index(severity)


def graver(severity: Severity) -> Severity:
    """The next graver one; `critical` is the last.

    >>> graver("info"), graver("critical")
    ('warning', 'critical')
    """
    return SEVERITIES[min(rank(severity) + 1, len(SEVERITIES) - 1)]
