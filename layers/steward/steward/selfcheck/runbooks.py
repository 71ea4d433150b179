"""Names the entry of the runbooks that a problem of the deployment is told with."""

from typing import Literal

RUNBOOKS = "infra/docs/runbooks.md"
"""In the repository: whoever deploys has it, at the commit that is deployed."""

RunbookEntry = Literal[
    "resource-is-gone",
    "resource-differs-from-the-template",
    "nobody-has-subscribed",
    "dead-letters",
    "old-messages",
    "schedules",
    "uploads-trigger-nothing",
    "windows-not-checked",
    "audit-overdue",
    "stack-older-than-its-store",
    "nothing-watched",
    "copies-are-missing",
]


def runbook(entry: RunbookEntry) -> str:
    """Where an entry is.

    >>> runbook("dead-letters")
    'infra/docs/runbooks.md#dead-letters'
    """
    return f"{RUNBOOKS}#{entry}"
