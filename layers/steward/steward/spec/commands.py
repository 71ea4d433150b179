"""Who may give which command."""

from typing import Annotated, Literal

from pydantic import Field

from steward.spec.principals import Principal
from steward.spec.spec_section import SpecSection

CommandName = Literal[
    "acknowledge",
    "mute",
    "check",
    "retrain",
    "freeze",
    "thaw",
    "roll_back",
    "release",
    "open_defect",
    "change_defect",
    "remove",
    "reproduce",
    "except",
]


class CommandPolicy(SpecSection):
    """Who may give which command."""

    allow: dict[CommandName, Annotated[list[Principal], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="By command, ARNs of users and roles (`arn:aws:iam::*:role/leads`), `*` and `?` as in IAM. A role "
        "stands for all of its sessions. A command that is not named is for everyone who may send to the queue.",
    )

    def patterns_for(self, command: str) -> list[str] | None:
        """The patterns of those who may give a command; None where the declaration does not name it."""
        return next((patterns for name, patterns in self.allow.items() if name == command), None)
