"""Severity levels."""

from typing import Literal, get_args

Severity = Literal["info", "warning", "critical"]
"""What one may know, what one should look at, and what cannot wait."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least severe to the most severe."""


def rank(severity: Severity) -> int:
    """The place of a severity: more severe ones have higher ranks.

    >>> rank("critical") > rank("warning") > rank("info")
    True
    """
    return SEVERITIES.index(severity)


def escalate(severity: Severity) -> Severity:
    """Return the next higher severity.

    >>> escalate("info"), escalate("critical")
    ('warning', 'critical')
    """
    return SEVERITIES[min(rank(severity) + 1, len(SEVERITIES) - 1)]
