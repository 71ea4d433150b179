"""Retention policy of a model's stored objects."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field

from steward.spec.durations import Duration
from steward.spec.spec_section import SpecSection

_SHORTEST = timedelta(days=35)
"""Checks and retraining look back as far: what is younger is in use."""

RetainedKind = Literal["inbox", "records", "profiles", "checks", "quarantine"]
Retained = Annotated[Duration, Field(ge=_SHORTEST)]


class Retention(SpecSection):
    """How long each kind of object is kept: 35 days at least; null, the default, keeps it for good."""

    hold: bool | AwareDatetime = Field(
        default=False, description="true: nothing is removed; a moment: nothing is until then."
    )
    inbox: Retained | None = Field(default=None, description="Uploads, from when they were made.")
    records: Retained | None = Field(
        default=None,
        description="Stored predictions, labels, telemetry and shadows, from the end of their window; labels without "
        "a prediction, from their upload. Reference rows are kept.",
    )
    profiles: Retained | None = Field(default=None, description="Profiles, from the end of their window.")
    checks: Retained | None = Field(default=None, description="Checks, from the end of their window.")
    quarantine: Retained | None = Field(default=None, description="Rejected rows, from when they were rejected.")

    def holds(self, as_of: datetime) -> bool:
        """Whether nothing may be removed at a moment."""
        return self.hold if isinstance(self.hold, bool) else as_of < self.hold

    def of(self, kind: RetainedKind) -> timedelta | None:
        """How long objects of a kind are kept; None for good."""
        spans = {
            "inbox": self.inbox,
            "records": self.records,
            "profiles": self.profiles,
            "checks": self.checks,
            "quarantine": self.quarantine,
        }
        return spans[kind]

    @property
    def expires(self) -> bool:
        """Whether anything is ever removed."""
        return any(self.of(kind) is not None for kind in get_args(RetainedKind))
